import type { Command } from 'commander';
import { readDate } from './arguments.ts';
import type { DeliverySearchGiven } from './desk.ts';

/** What deliveries are looked for by, but for their status. */
export function addSearchOptions(command: Command): Command {
  return command
    .option('--reason <reason>', 'only those with this reason')
    .option('--email <address>', 'only those to this subscriber')
    .option('--date <date>', 'only this edition date', readDate)
    .option('--topic <slug>', 'only those with papers for this topic');
}

export function searchOf({ reason, email, date, topic }: Record<string, unknown>): DeliverySearchGiven {
  const given = Object.entries({ reason, email, date, topic }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}
