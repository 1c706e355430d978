import { sql } from 'kysely';
import { readFloors } from './floors.ts';
import type { DeliveryReason, DeliveryStatus, SubscriberStatus } from './schema.ts';
import type { Db } from './store.ts';

/** What an act on one delivery has to know before it may be done. */
export interface DeliveryFacts {
  id: number;
  subscriberId: number;
  status: DeliveryStatus;
  reason: DeliveryReason | null;
  editionDate: string;
  expiresAt: number;
  /** 1: there is something to say without papers (a quiet or late day). */
  isQuiet: boolean;
  subscriberStatus: SubscriberStatus;
  /** Where the subscriber lives. */
  timezone: string;
  emailKey: string;
  /** Papers that it holds: nobody else sends them to this subscriber. */
  held: number;
  /** Whether mail to it came back for good, and whether word came that it arrived. */
  cameBack: boolean;
  arrived: boolean;
}

/** Null: there is no such delivery. */
export async function findDeliveryFacts(db: Db, id: number): Promise<DeliveryFacts | null> {
  const row = await db
    .selectFrom('deliveries as d')
    .innerJoin('subscribers as s', 's.id', 'd.subscriber_id')
    .select((eb) => [
      'd.id',
      'd.subscriber_id as subscriberId',
      'd.status',
      'd.reason',
      'd.edition_date as editionDate',
      'd.expires_at as expiresAt',
      'd.occasion',
      's.status as subscriberStatus',
      's.email_key as emailKey',
      's.timezone',
      eb
        .selectFrom('delivery_papers')
        .select((count) => count.fn.countAll<number>().as('count'))
        .whereRef('delivery_id', '=', 'd.id')
        .where('released_at', 'is', null)
        .as('held'),
    ])
    .where('d.id', '=', id)
    .executeTakeFirst();
  if (!row) return null;
  const returned = await db
    .selectFrom('bounces')
    .select(['class', 'reason'])
    .where('delivery_id', '=', id)
    .execute();
  const { occasion, held, ...facts } = row;
  return {
    ...facts,
    held: held ?? 0,
    isQuiet: occasion === 'quiet' || occasion === 'late',
    // One that is only delayed may still arrive.
    cameBack: returned.some(
      (one) => one.class === 'hard' || (one.class === 'soft' && one.reason !== 'delayed'),
    ),
    arrived: returned.some((one) => one.class === 'delivered' || one.class === 'complaint'),
  };
}

/** Puts a delivery that ended back into the queue, to be tried at `at` (epoch ms) first. */
export async function requeueDelivery(
  db: Db,
  id: number,
  { at, detail, leastUntil }: { at: number; detail: string; leastUntil?: number },
): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({
      status: 'pending',
      reason: null,
      detail,
      ended_at: null,
      next_attempt_at: at,
      ...(leastUntil === undefined ? {} : { expires_at: sql<number>`max(expires_at, ${leastUntil})` }),
    })
    .where('id', '=', id)
    .execute();
}

/** Ends an uncertain delivery by somebody's word. */
export async function endByHand(
  db: Db,
  id: number,
  {
    status,
    reason,
    detail,
    at,
  }: { status: 'sent' | 'failed'; reason: DeliveryReason | null; detail: string; at: number },
): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ status, reason, detail, ended_at: at, next_attempt_at: null })
    .where('id', '=', id)
    .execute();
}

/** A released paper of a delivery. */
export interface ReleasedPaper {
  position: number;
  /** The row to hold it by; null: it must not be sent by this delivery any more. */
  sendAs: number | null;
}

/**
 * The released papers of a delivery, and which of them may still be sent: not withdrawn, above the floors, and not held
 * by another of the subscriber's deliveries since.
 */
export async function findReleased(db: Db, id: number): Promise<ReleasedPaper[]> {
  const rows = await db
    .selectFrom('delivery_papers')
    .select(['position', 'subscriber_id', 'paper_id'])
    .where('delivery_id', '=', id)
    .where('released_at', 'is not', null)
    .orderBy('position')
    .execute();
  const taken = new Set<number>();
  const released: ReleasedPaper[] = [];
  for (const { position, subscriber_id: subscriberId, paper_id: paperId } of rows) {
    const sendable = await findSendable(db, paperId);
    const isFree = sendable !== null && !taken.has(sendable) && !(await isHeld(db, subscriberId, sendable));
    if (isFree) taken.add(sendable);
    released.push({ position, sendAs: isFree ? sendable : null });
  }
  return released;
}

/** Holds again what `findReleased` found free, in the same transaction; the rest leaves the delivery, which will not show it. */
export async function holdReleased(db: Db, id: number, released: readonly ReleasedPaper[]): Promise<void> {
  for (const { position, sendAs } of released) {
    if (sendAs !== null)
      await db
        .updateTable('delivery_papers')
        .set({ released_at: null, paper_id: sendAs })
        .where('delivery_id', '=', id)
        .where('position', '=', position)
        .execute();
    else
      for (const table of ['shown_papers', 'delivery_papers'] as const)
        await db.deleteFrom(table).where('delivery_id', '=', id).where('position', '=', position).execute();
  }
}

/** The row that holds a paper's work now, when that may be sent to whoever has not had it; null: it may not. */
async function findSendable(db: Db, paperId: number): Promise<number | null> {
  const { papersForgottenUntil, papersRestoredUntil } = await readFloors(db);
  const { rows } = await sql<{ id: number }>`
    WITH RECURSIVE work (id) AS (
      SELECT ${paperId}
      UNION
      SELECT p.merged_into FROM work JOIN papers AS p ON p.id = work.id WHERE p.merged_into IS NOT NULL)
    SELECT p.id FROM work JOIN papers AS p ON p.id = work.id
    WHERE p.merged_into IS NULL AND p.withdrawn_at IS NULL
      AND p.first_seen_at > ${Math.max(papersForgottenUntil, papersRestoredUntil)}
      AND coalesce(p.published_at, p.first_seen_at) > ${papersRestoredUntil}
      AND coalesce(p.announced_at, p.first_seen_at) > ${papersRestoredUntil}`.execute(db);
  return rows[0]?.id ?? null;
}

async function isHeld(db: Db, subscriberId: number, paperId: number): Promise<boolean> {
  const row = await db
    .selectFrom('delivery_papers')
    .select('delivery_id')
    .where('subscriber_id', '=', subscriberId)
    .where('paper_id', '=', paperId)
    .where('released_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}
