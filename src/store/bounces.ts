import type { BounceRowClass } from './schema.ts';
import type { Db } from './store.ts';

export interface NewBounce {
  eventKey: string;
  origin: string;
  class: BounceRowClass;
  reason: string;
  addressHash: string | null;
  deliveryId: number | null;
  subscriberId: number | null;
  status: string | null;
  reply: string | null;
  diagnostic: string;
  occurredAt: number | null;
  recordedAt: number;
}

/** Its id, or null when this event was kept before. */
export async function insertBounce(db: Db, bounce: NewBounce): Promise<number | null> {
  const row = await db
    .insertInto('bounces')
    .values({
      event_key: bounce.eventKey,
      origin: bounce.origin,
      class: bounce.class,
      reason: bounce.reason,
      address_hash: bounce.addressHash,
      delivery_id: bounce.deliveryId,
      subscriber_id: bounce.subscriberId,
      status: bounce.status,
      reply: bounce.reply,
      diagnostic: bounce.diagnostic,
      occurred_at: bounce.occurredAt,
      recorded_at: bounce.recordedAt,
    })
    .onConflict((conflict) => conflict.column('event_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Whether an event was kept before. */
export async function isBounceKnown(db: Db, eventKey: string): Promise<boolean> {
  const row = await db
    .selectFrom('bounces')
    .select('id')
    .where('event_key', '=', eventKey)
    .executeTakeFirst();
  return row !== undefined;
}

/** How often the same was said of a delivery; nobody counts beyond `atMost`. */
export async function countReturned(
  db: Db,
  deliveryId: number,
  kind: BounceRowClass,
  reason: string,
  atMost: number,
): Promise<number> {
  const rows = await db
    .selectFrom('bounces')
    .select('id')
    .where('delivery_id', '=', deliveryId)
    .where('class', '=', kind)
    .where('reason', '=', reason)
    .limit(atMost)
    .execute();
  return rows.length;
}

/** A delivery that word came back about, with its subscriber. */
export interface ReturnedDelivery {
  id: number;
  subscriberId: number;
  status: string;
  attempts: number;
  /** When it was handed over last; null: never. */
  sendingAt: number | null;
  email: string;
  /** `erased:…` once erased. */
  emailKey: string;
  subscriberStatus: string;
  addressSince: number;
}

/** By its id, else by its Message-ID (with angle brackets). Null when there is none. */
export async function findReturnedDelivery(
  db: Db,
  by: { deliveryId: number | null; messageId: string | null },
): Promise<ReturnedDelivery | null> {
  const find = (column: 'd.id' | 'd.message_id', value: number | string) =>
    db
      .selectFrom('deliveries as d')
      .innerJoin('subscribers as s', 's.id', 'd.subscriber_id')
      .select([
        'd.id',
        'd.subscriber_id as subscriberId',
        'd.status',
        'd.attempts',
        'd.sending_at as sendingAt',
        's.email',
        's.email_key as emailKey',
        's.status as subscriberStatus',
        's.address_since as addressSince',
      ])
      .where(column, '=', value)
      .executeTakeFirst();
  const found = by.deliveryId === null ? undefined : await find('d.id', by.deliveryId);
  if (found) return found;
  return by.messageId === null ? null : ((await find('d.message_id', by.messageId)) ?? null);
}

/** All that came back from an address after an instant, oldest first; `at` is when it was recorded. */
export async function findHistory(
  db: Db,
  addressHash: string,
  after: number,
): Promise<{ id: number; class: BounceRowClass; reason: string; at: number }[]> {
  return await db
    .selectFrom('bounces')
    .select(['id', 'class', 'reason', 'recorded_at as at'])
    .where('address_hash', '=', addressHash)
    .where('recorded_at', '>', after)
    .orderBy('recorded_at')
    .orderBy('id')
    .execute();
}

/**
 * Word came back about a delivery that may have been accepted or not: it was. Also one that waits to be sent once
 * more, or its reader would get it twice. False: it was known before.
 */
export async function markArrived(db: Db, deliveryId: number, detail: string, at: number): Promise<boolean> {
  const result = await db
    .updateTable('deliveries')
    .set({ status: 'sent', reason: null, detail, ended_at: at, next_attempt_at: null })
    .where('id', '=', deliveryId)
    .where((eb) =>
      eb.or([
        eb('status', '=', 'uncertain'),
        eb.and([eb('status', '=', 'pending'), eb('sending_at', 'is not', null)]),
      ]),
    )
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export interface BounceEntry {
  id: number;
  origin: string;
  class: BounceRowClass;
  reason: string;
  status: string | null;
  reply: string | null;
  diagnostic: string;
  deliveryId: number | null;
  /** Null when it is about nobody who is known. */
  email: string | null;
  addressHash: string | null;
  occurredAt: number | null;
  recordedAt: number;
  /** Whether the address was suppressed for it, and that stands. */
  suppressed: boolean;
}

export interface BounceFilter {
  class?: BounceRowClass;
  /** The address's key. */
  emailKey?: string;
  deliveryId?: number;
  id?: number;
  /** Only ids below this one: the next page. */
  beforeId?: number;
  limit: number;
}

/** What came back, newest first. */
export async function listBounces(db: Db, filter: BounceFilter): Promise<BounceEntry[]> {
  let query = db
    .selectFrom('bounces as b')
    .leftJoin('subscribers as s', 's.id', 'b.subscriber_id')
    .leftJoin('suppressions as u', (join) =>
      join.onRef('u.bounce_id', '=', 'b.id').on('u.lifted_at', 'is', null),
    )
    .select([
      'b.id',
      'b.origin',
      'b.class',
      'b.reason',
      'b.status',
      'b.reply',
      'b.diagnostic',
      'b.delivery_id as deliveryId',
      's.email',
      'b.address_hash as addressHash',
      'b.occurred_at as occurredAt',
      'b.recorded_at as recordedAt',
      'u.id as suppressionId',
    ])
    .orderBy('b.id', 'desc')
    .limit(filter.limit);
  if (filter.id !== undefined) query = query.where('b.id', '=', filter.id);
  if (filter.class) query = query.where('b.class', '=', filter.class);
  if (filter.deliveryId !== undefined) query = query.where('b.delivery_id', '=', filter.deliveryId);
  if (filter.emailKey !== undefined) query = query.where('s.email_key', '=', filter.emailKey);
  if (filter.beforeId !== undefined) query = query.where('b.id', '<', filter.beforeId);
  const rows = await query.execute();
  return rows.map(({ suppressionId, ...row }) => ({ ...row, suppressed: suppressionId !== null }));
}
