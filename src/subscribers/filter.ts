import { isDate, isTimezone } from '../digest/schedule.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { subscriberStatuses } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import { hashAddresses } from '../store/subscriber-hashes.ts';
import type { SubscriberFilter } from '../store/subscribers.ts';
import { findByOldSlug, findTopicBySlug } from '../store/topics.ts';

/** Whom a list is about, as typed into a form, a query string or options. Absent or empty: whoever. */
export interface FilterInput {
  status?: string | undefined;
  /** Part of the address. */
  search?: string | undefined;
  /** A slug. */
  topic?: string | undefined;
  timezone?: string | undefined;
  /** `yes` or `no`. */
  suppressed?: string | undefined;
  /** Dates (UTC): joined on that day or later, before that day. */
  joinedSince?: string | undefined;
  joinedBefore?: string | undefined;
  /** Local dates: got a digest of that day or a later one, or none. */
  digestSince?: string | undefined;
  noDigestSince?: string | undefined;
}

export interface FilterProblem {
  field: keyof FilterInput;
  message: string;
}

export type ReadFilter = { ok: true; filter: SubscriberFilter } | { ok: false; problems: FilterProblem[] };

/**
 * Reads whom a list is about. Where it asks who is suppressed, the hashes that tell are made sure of first. Every
 * problem is told.
 */
export async function readFilter(db: Db, hashAddress: HashAddress, input: FilterInput): Promise<ReadFilter> {
  const filter: SubscriberFilter = {};
  const problems: FilterProblem[] = [];
  const tell = (field: keyof FilterInput, message: string) => problems.push({ field, message });
  const { status, search, topic, timezone, suppressed } = trimmed(input);

  const known = subscriberStatuses.find((one) => one === status);
  if (known) filter.status = known;
  else if (status) tell('status', `Expected one of ${subscriberStatuses.join(', ')}.`);
  if (search) filter.search = search.slice(0, 254);
  if (topic) {
    const found = (await findTopicBySlug(db, topic)) ?? (await findByOldSlug(db, topic));
    if (found) filter.topicId = found.id;
    else tell('topic', `There is no topic “${topic.slice(0, 80)}”.`);
  }
  if (timezone) {
    if (timezone.length <= 64 && isTimezone(timezone)) filter.timezone = timezone;
    else tell('timezone', 'Expected an IANA time zone such as Europe/Berlin.');
  }
  if (suppressed === 'yes' || suppressed === 'no') filter.suppressed = suppressed === 'yes';
  else if (suppressed) tell('suppressed', 'Expected yes or no.');

  const dates = trimmed(input);
  const date = (field: 'joinedSince' | 'joinedBefore' | 'digestSince' | 'noDigestSince') => {
    const text = dates[field];
    if (!text) return undefined;
    if (isDate(text)) return text;
    tell(field, 'Expected a date such as 2026-06-22.');
    return undefined;
  };
  const [joinedSince, joinedBefore] = [date('joinedSince'), date('joinedBefore')];
  const [digestSince, noDigestSince] = [date('digestSince'), date('noDigestSince')];
  if (joinedSince) filter.createdSince = Date.parse(joinedSince);
  if (joinedBefore) filter.createdBefore = Date.parse(joinedBefore);
  if (digestSince) filter.digestSince = digestSince;
  if (noDigestSince) filter.noDigestSince = noDigestSince;
  if (problems.length > 0) return { ok: false, problems };
  if (filter.suppressed !== undefined) await hashAddresses(db, hashAddress);
  return { ok: true, filter };
}

function trimmed(input: FilterInput): FilterInput {
  return Object.fromEntries(Object.entries(input).map(([name, text]) => [name, text?.trim()]));
}
