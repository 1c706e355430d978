import { setImmediate } from 'node:timers/promises';
import { type Selectable, sql } from 'kysely';
import { parseDays, type Weekday, weekdays } from '../digest/schedule.ts';
import { forgetInAudit } from './audit-forget.ts';
import { findNextId } from './floors.ts';
import type { NewSubscriberRow, SubscriberStatus, SubscribersTable } from './schema.ts';
import type { Db } from './store.ts';

export { atomically } from './atomically.ts';

/** An address and its schedule. Instants are epoch ms. */
export interface Subscriber {
  id: number;
  email: string;
  emailKey: string;
  status: SubscriberStatus;
  timezone: string;
  digestTime: string;
  days: Weekday[];
  maxPapers: number;
  locale: string;
  /** A mail comes also when there is nothing new. */
  quietMail: boolean;
  /** Null unless active. */
  nextDueAt: number | null;
  createdAt: number;
  updatedAt: number;
}

export type SubscriberFields = Omit<Subscriber, 'id'>;

export interface SubscriberFilter {
  status?: SubscriberStatus;
  /** Part of the address, in any case. */
  search?: string;
  /** With a live subscription to this topic. */
  topicId?: number;
}

/** One page, by id; `nextAfter` asks for the following one, null: there is none. */
export interface SubscriberPage {
  subscribers: Subscriber[];
  nextAfter: number | null;
}

export async function findSubscriber(db: Db, id: number): Promise<Subscriber | null> {
  const row = await db.selectFrom('subscribers').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toSubscriber(row) : null;
}

/** By the address's key (mail/addresses.ts). */
export async function findSubscriberByKey(db: Db, emailKey: string): Promise<Subscriber | null> {
  const [found] = await findSubscribersByKeys(db, [emailKey]);
  return found ?? null;
}

/** At most some thousands of keys at once. Those without a subscriber are absent. */
export async function findSubscribersByKeys(db: Db, emailKeys: readonly string[]): Promise<Subscriber[]> {
  if (emailKeys.length === 0) return [];
  const rows = await db.selectFrom('subscribers').selectAll().where('email_key', 'in', emailKeys).execute();
  return rows.map(toSubscriber);
}

/** Keeps new subscribers (at most 1,000 at once); their ids in the same order. */
export async function insertSubscribers(db: Db, subscribers: readonly SubscriberFields[]): Promise<number[]> {
  if (subscribers.length === 0) return [];
  const nextId = await findNextId(db, 'subscribers');
  const rows = await db
    .insertInto('subscribers')
    .values(
      subscribers.map((one, index) => ({
        ...toRow(one),
        ...(nextId === null ? {} : { id: nextId + index }),
      })),
    )
    .returning(['id', 'email_key'])
    .execute();
  // SQLite does not promise the order of RETURNING.
  const ids = new Map(rows.map((row) => [row.email_key, row.id]));
  return subscribers.map(({ emailKey }) => ids.get(emailKey) ?? Number.NaN);
}

/** Writes every field of one subscriber; another address is theirs since `updatedAt`. */
export async function saveSubscriber(db: Db, subscriber: Subscriber): Promise<void> {
  const { created_at: _, ...row } = toRow(subscriber);
  const since = sql<number>`CASE email_key WHEN ${row.email_key} THEN address_since ELSE ${row.updated_at} END`;
  await db
    .updateTable('subscribers')
    .set({ ...row, address_since: since })
    .where('id', '=', subscriber.id)
    .execute();
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

/** The time zones of everybody who is not gone, with how many live by each. */
export async function countTimezones(db: Db): Promise<{ timezone: string; count: number }[]> {
  return await db
    .selectFrom('subscribers')
    .select((eb) => ['timezone', eb.fn.countAll<number>().as('count')])
    .where('status', 'in', ['pending', 'active', 'paused'])
    .groupBy('timezone')
    .orderBy('timezone')
    .execute();
}

function filtered(db: Db, { status, search, topicId }: SubscriberFilter) {
  let query = db.selectFrom('subscribers');
  if (status) query = query.where('status', '=', status);
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
  return query;
}

function toSubscriber(row: Selectable<SubscribersTable>): Subscriber {
  return {
    id: row.id,
    email: row.email,
    emailKey: row.email_key,
    status: row.status,
    timezone: row.timezone,
    digestTime: row.digest_time,
    days: parseDays(row.days) ?? [...weekdays],
    maxPapers: row.max_papers,
    locale: row.locale,
    quietMail: row.quiet_mail === 1,
    nextDueAt: row.next_due_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toRow(subscriber: SubscriberFields): NewSubscriberRow {
  return {
    email: subscriber.email,
    email_key: subscriber.emailKey,
    status: subscriber.status,
    timezone: subscriber.timezone,
    digest_time: subscriber.digestTime,
    days: subscriber.days.join(','),
    max_papers: subscriber.maxPapers,
    locale: subscriber.locale,
    quiet_mail: subscriber.quietMail ? 1 : 0,
    next_due_at: subscriber.nextDueAt,
    created_at: subscriber.createdAt,
    updated_at: subscriber.updatedAt,
  };
}

/**
 * Makes a subscriber unknown for good: the address becomes a placeholder, server replies that may quote it
 * go, and with them what they liked; their own topics lose their words, and so does the audit log. Other rows stay, so
 * that every delivery is accounted for.
 */
export async function eraseSubscriberRow(db: Db, id: number, at: number): Promise<void> {
  await db
    .updateTable('subscribers')
    .set({
      email: `erased-${id}@erased.invalid`,
      email_key: `erased:${id}`,
      status: 'erased',
      timezone: 'UTC',
      locale: 'en',
      next_due_at: null,
      updated_at: at,
    })
    .where('id', '=', id)
    .execute();
  await db.updateTable('deliveries').set({ detail: null }).where('subscriber_id', '=', id).execute();
  await db.deleteFrom('feedback').where('subscriber_id', '=', id).execute();
  await db.updateTable('bounces').set({ diagnostic: '' }).where('subscriber_id', '=', id).execute();
  await db
    .updateTable('topics')
    .set((eb) => ({
      slug: eb(eb.val('erased-'), '||', eb.cast<string>('id', 'text')),
      name: 'erased',
      query: 'erased',
      description: null,
      updated_at: at,
      archived_at: eb.fn.coalesce('archived_at', eb.val(at)),
    }))
    .where('owner_id', '=', id)
    .execute();
  await db
    .deleteFrom('topic_aliases')
    .where('topic_id', 'in', (own) => own.selectFrom('topics').select('id').where('owner_id', '=', id))
    .execute();
  await forgetInAudit(db, id);
}
