import type { Command } from 'commander';
import type { App } from '../app.ts';
import { parseAddress } from '../mail/addresses.ts';
import type { DeliverySearch } from '../store/delivery-search.ts';
import { findSubscriberByKey } from '../store/subscribers.ts';
import { findTopicBySlug } from '../store/topics.ts';
import { readDate } from './arguments.ts';
import { CommandError } from './command.ts';

/** What deliveries are looked for by, but for their status. */
export function addSearchOptions(command: Command): Command {
  return command
    .option('--reason <reason>', 'only those with this reason')
    .option('--email <address>', 'only those to this subscriber')
    .option('--date <date>', 'only this edition date', readDate)
    .option('--topic <slug>', 'only those with papers for this topic');
}

/** Throws CommandError for an address that is none and a topic that is not there. */
export async function readSearch(app: App, options: Record<string, unknown>): Promise<DeliverySearch> {
  const search: DeliverySearch = {};
  if (options.reason) search.reason = options.reason as string;
  if (options.date) search.editionDate = options.date as string;
  if (options.email) {
    const parsed = parseAddress(options.email as string);
    if (!parsed.ok) throw new CommandError(parsed.message);
    const subscriber = await findSubscriberByKey(app.store.db, parsed.address.key);
    // Nobody's have none.
    search.subscriberId = subscriber?.id ?? 0;
  }
  if (options.topic) {
    const topic = await findTopicBySlug(app.store.db, options.topic as string);
    if (!topic) throw new CommandError(`There is no topic “${options.topic}”.`);
    search.topicId = topic.id;
  }
  return search;
}
