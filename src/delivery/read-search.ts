import { isDate } from '../digest/schedule.ts';
import { parseAddress } from '../mail/addresses.ts';
import type { DeliverySearch } from '../store/delivery-search.ts';
import { deliveryReasons, deliveryStatuses } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import { findSubscriber, findSubscriberByKey } from '../store/subscribers.ts';
import { findByOldSlug, findTopicBySlug } from '../store/topics.ts';

/** What deliveries are looked for by, as it stands in an address, in a form or among options. Empty: whatever. */
export const searchNames = ['status', 'date', 'reason', 'topic', 'email', 'run'] as const;
export type SearchTexts = Partial<Record<(typeof searchNames)[number], string | undefined>>;

export interface SearchProblem {
  field: (typeof searchNames)[number];
  message: string;
}

/** What is asked for, and what about it cannot be. */
export interface ReadSearch {
  search: DeliverySearch;
  problems: SearchProblem[];
}

/** `email`: an address, or the id of a subscriber. */
export async function readDeliverySearch(db: Db, texts: SearchTexts): Promise<ReadSearch> {
  const search: DeliverySearch = {};
  const problems: SearchProblem[] = [];
  const tell = (field: SearchProblem['field'], message: string) => problems.push({ field, message });
  const { status, date, reason, topic, email, run } = texts;
  const known = deliveryStatuses.find((one) => one === status);
  if (known) search.status = known;
  else if (status) tell('status', `“${status}” is no status: expected ${deliveryStatuses.join(', ')}.`);
  if (date && isDate(date)) search.editionDate = date;
  else if (date) tell('date', `“${date}” is no date such as 2026-06-22.`);
  const knownReason = deliveryReasons.find((one) => one === reason?.replaceAll(' ', '_'));
  if (knownReason) search.reason = knownReason;
  else if (reason) tell('reason', `“${reason}” is no reason: expected ${deliveryReasons.join(', ')}.`);
  const [, from, until = from] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(run ?? '') ?? [];
  if (from) search.planRuns = { from: Number(from), until: Number(until) };
  else if (run) tell('run', `“${run}” is no number of a plan run, nor two such as 12-15.`);
  if (topic) {
    const found = (await findTopicBySlug(db, topic)) ?? (await findByOldSlug(db, topic));
    if (found) search.topicId = found.id;
    else tell('topic', `There is no topic “${topic}”.`);
  }
  if (email) {
    const subscriber = await findReader(db, email);
    if (subscriber) search.subscriberId = subscriber.id;
    else tell('email', `Nobody subscribes with “${email}”.`);
  }
  return { search, problems };
}

async function findReader(db: Db, text: string) {
  if (/^\d{1,15}$/.test(text)) return await findSubscriber(db, Number(text));
  const parsed = parseAddress(text);
  return parsed.ok ? await findSubscriberByKey(db, parsed.address.key) : null;
}
