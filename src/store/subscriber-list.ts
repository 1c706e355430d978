import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { SubscriberStatus } from './schema.ts';
import type { Db } from './store.ts';
import { toSubscriber } from './subscriber-rows.ts';
import type { Subscriber } from './subscribers.ts';

/** Whom a list is about: all of it has to hold. */
export interface SubscriberFilter {
  status?: SubscriberStatus;
  /** Part of the address, in any case. */
  search?: string;
  /** With a live subscription to this topic. */
  topicId?: number;
  timezone?: string;
  /** Whether their address must not be mailed; `hashAddresses` is to be called before. */
  suppressed?: boolean;
  /** Joined from this instant on, and before that one: epoch ms. */
  createdSince?: number;
  createdBefore?: number;
  /** Whether a digest of this local date or a later one was sent to them. */
  digestSince?: string;
  noDigestSince?: string;
  /** Only these (at most some thousands). */
  ids?: readonly number[];
}

/** One page, by id; `nextAfter` asks for the following one, null: there is none. */
export interface SubscriberPage {
  subscribers: Subscriber[];
  nextAfter: number | null;
}

/** A page of subscribers after an id (0: from the first); `limit` up to 1,000. */
export async function listSubscribers(
  db: Db,
  options: SubscriberFilter & { afterId?: number; limit?: number } = {},
): Promise<SubscriberPage> {
  const limit = Math.min(Math.max(options.limit ?? 100, 1), 1000);
  const rows = await filtered(db, options)
    .selectAll()
    .where('id', '>', options.afterId ?? 0)
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const subscribers = rows.slice(0, limit).map(toSubscriber);
  return { subscribers, nextAfter: rows.length > limit ? (subscribers.at(-1)?.id ?? null) : null };
}

/**
 * The same from the newest back; `nextBefore` asks for the following page. Where each subscriber's digests have to be
 * looked at, it gives up after so many, and the page may hold fewer than there are.
 */
export async function listNewestSubscribers(
  db: Db,
  options: SubscriberFilter & { beforeId?: number; limit: number },
): Promise<{ subscribers: Subscriber[]; nextBefore: number | null }> {
  const limit = Math.min(Math.max(options.limit, 1), 1000);
  const before = options.beforeId ?? (await findNewestId(db)) + 1;
  const from = isCostly(options) ? Math.max(0, before - lookedAtMost) : 0;
  const rows = await filtered(db, options)
    .selectAll()
    .where('id', '<', before)
    .where('id', '>=', from)
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const subscribers = rows.slice(0, limit).map(toSubscriber);
  const lastId = subscribers.at(-1)?.id ?? null;
  return { subscribers, nextBefore: rows.length > limit ? lastId : from > 0 ? from : null };
}

const lookedAtMost = 20_000;

/** Whether deliveries of each subscriber have to be looked at. */
export function isCostly({ digestSince, noDigestSince }: SubscriberFilter): boolean {
  return digestSince !== undefined || noDigestSince !== undefined;
}

async function findNewestId(db: Db): Promise<number> {
  const row = await db
    .selectFrom('subscribers')
    .select((eb) => eb.fn.max<number | null>('id').as('id'))
    .executeTakeFirst();
  return row?.id ?? 0;
}

/** How many there are, the erased left out, of whom nothing is to be done; with `most`, counted no further than that. */
export async function countUpTo(db: Db, filter: SubscriberFilter, most?: number): Promise<number> {
  let chosen = filtered(db, filter).select('id').where('status', '!=', 'erased');
  if (most !== undefined) chosen = chosen.limit(most);
  const row = await db
    .selectFrom(chosen.as('chosen'))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirst();
  return row?.count ?? 0;
}

/** Everybody, a page at a time. */
export async function* eachSubscriberPage(
  db: Db,
  filter: SubscriberFilter = {},
  pageSize = 500,
): AsyncGenerator<Subscriber[]> {
  let after: number | null = 0;
  while (after !== null) {
    const page: SubscriberPage = await listSubscribers(db, { ...filter, afterId: after, limit: pageSize });
    if (page.subscribers.length > 0) yield page.subscribers;
    after = page.nextAfter;
    // SQLite answers at once: without a turn of the event loop, finished statements are never freed.
    await setImmediate();
  }
}

/** How many there are of each status; every status is named. */
export async function countSubscribers(
  db: Db,
  filter: SubscriberFilter = {},
): Promise<Record<SubscriberStatus, number>> {
  const rows = await filtered(db, filter)
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .groupBy('status')
    .execute();
  const counts = { pending: 0, active: 0, paused: 0, unsubscribed: 0, erased: 0 };
  for (const { status, count } of rows) counts[status] = count;
  return counts;
}

function filtered(db: Db, filter: SubscriberFilter) {
  const { status, search, topicId, timezone, suppressed, createdSince, createdBefore, ids } = filter;
  let query = db.selectFrom('subscribers');
  if (ids) query = query.where('id', 'in', ids);
  if (status) query = query.where('status', '=', status);
  if (timezone !== undefined) query = query.where('timezone', '=', timezone);
  if (createdSince !== undefined) query = query.where('created_at', '>=', createdSince);
  if (createdBefore !== undefined) query = query.where('created_at', '<', createdBefore);
  if (search)
    query = query.where((eb) =>
      eb(eb.fn<number>('instr', ['email_key', eb.val(search.toLowerCase())]), '>', 0),
    );
  if (topicId !== undefined)
    query = query.where('id', 'in', (eb) =>
      eb
        .selectFrom('subscriptions')
        .select('subscriber_id')
        .where('topic_id', '=', topicId)
        .where('ended_at', 'is', null),
    );
  if (suppressed !== undefined) {
    const standing = sql<string>`(SELECT address_hash FROM suppressions WHERE lifted_at IS NULL)`;
    query = suppressed
      ? query.where('address_hash', 'in', standing)
      : query.where((eb) => eb.or([eb('address_hash', 'is', null), eb('address_hash', 'not in', standing)]));
  }
  const sentSince = (date: string) => sql<boolean>`EXISTS (
    SELECT 1 FROM deliveries AS d
    WHERE d.subscriber_id = subscribers.id AND d.edition_date >= ${date} AND d.status = 'sent')`;
  if (filter.digestSince !== undefined) query = query.where(sentSince(filter.digestSince));
  if (filter.noDigestSince !== undefined)
    query = query.where((eb) => eb.not(sentSince(filter.noDigestSince ?? '')));
  return query;
}
