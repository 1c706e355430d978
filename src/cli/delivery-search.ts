import { type Command, InvalidArgumentError } from 'commander';
import { deliveryReasons } from '../store/schema.ts';
import { readDate } from './arguments.ts';
import type { DeliverySearchGiven } from './desk.ts';

/** What deliveries are looked for by, but for their status. */
export function addSearchOptions(command: Command): Command {
  return command
    .option('--reason <reason>', 'only those with this reason, such as nothing_new', readReason)
    .option('--email <address>', 'only those to this subscriber')
    .option('--date <date>', 'only this edition date', readDate)
    .option('--topic <slug>', 'only those with papers for this topic');
}

function readReason(text: string): string {
  if (deliveryReasons.some((one) => one === text)) return text;
  throw new InvalidArgumentError(`expected one of ${deliveryReasons.join(', ')}.`);
}

export function searchOf({ reason, email, date, topic }: Record<string, unknown>): DeliverySearchGiven {
  const given = Object.entries({ reason, email, date, topic }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}
