import { sql } from 'kysely';
import type { Weekday } from '../digest/schedule.ts';
import { forgetInAudit } from './audit-forget.ts';
import { findNextId } from './floors.ts';
import { forgetAnswersAbout } from './request-keys.ts';
import type { SubscriberStatus } from './schema.ts';
import type { Db } from './store.ts';
import { toRow, toSubscriber } from './subscriber-rows.ts';

export { atomically } from './atomically.ts';
export {
  countSubscribers,
  countUpTo,
  eachSubscriberPage,
  isCostly,
  listNewestSubscribers,
  listSubscribers,
  type SubscriberFilter,
  type SubscriberPage,
} from './subscriber-list.ts';

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
  /** Counts how often their links were switched off: those signed before work no more. */
  linkEpoch: number;
  /** While paused: the local date from which mail comes again, and when its first digest is due; null: no end is set. */
  resumeDate: string | null;
  resumeAt: number | null;
  /** Null unless active. */
  nextDueAt: number | null;
  createdAt: number;
  updatedAt: number;
}

type Later = 'linkEpoch' | 'resumeDate' | 'resumeAt';

/** What a new subscriber has not done yet. */
export type SubscriberFields = Omit<Subscriber, 'id' | Later> & Partial<Pick<Subscriber, Later>>;

/** `addressHash`: where whoever adds them knows it (subscriber-hashes.ts). */
export type NewSubscriberFields = SubscriberFields & { addressHash?: string };

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
export async function insertSubscribers(
  db: Db,
  subscribers: readonly NewSubscriberFields[],
): Promise<number[]> {
  if (subscribers.length === 0) return [];
  const nextId = await findNextId(db, 'subscribers');
  const rows = await db
    .insertInto('subscribers')
    .values(
      subscribers.map((one, index) => ({
        ...toRow(one),
        address_hash: one.addressHash ?? null,
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

/**
 * Makes a subscriber unknown for good: the address becomes a placeholder, server replies that may quote it
 * go, and with them what they liked; their own topics lose their words, and so does the audit log. Other rows stay, so
 * that every delivery is accounted for.
 */
export async function eraseSubscriberRow(db: Db, id: number, at: number): Promise<void> {
  await forgetAnswersAbout(db, id);
  await db
    .updateTable('subscribers')
    .set({
      email: `erased-${id}@erased.invalid`,
      email_key: `erased:${id}`,
      status: 'erased',
      timezone: 'UTC',
      locale: 'en',
      next_due_at: null,
      resume_date: null,
      resume_at: null,
      updated_at: at,
    })
    .where('id', '=', id)
    .execute();
  await db.updateTable('deliveries').set({ detail: null }).where('subscriber_id', '=', id).execute();
  await db.deleteFrom('feedback').where('subscriber_id', '=', id).execute();
  await db.deleteFrom('waiting_letters').where('subscriber_id', '=', id).execute();
  await db.deleteFrom('address_changes').where('subscriber_id', '=', id).execute();
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
