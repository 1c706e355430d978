import { sql } from 'kysely';
import type { Occasion } from '../digest/digest.ts';
import { type DeliveryReason, type DeliveryStatus, isOpen, type SubscriberStatus } from './schema.ts';
import { domainOfDelivery } from './slow-domains.ts';
import { createStatement } from './statement.ts';
import type { Db } from './store.ts';
import { findSuppressed } from './suppressions.ts';

/**
 * The send protocol's writes. Every change of a status names the status it comes from (compare-and-set),
 * so two processes cannot both act on a delivery.
 */

/** A delivery in a worker's hands, with what the wire and the renderer need of its subscriber. */
export interface ClaimedDelivery {
  id: number;
  planRunId: number;
  subscriberId: number;
  editionDate: string;
  messageId: string;
  attempts: number;
  expiresAt: number;
  plannedAt: number;
  more: number;
  occasion: Occasion;
  email: string;
  locale: string;
  timezone: string;
  /** Of the subscriber's links, see subscribers/tokens.ts. */
  linkEpoch: number;
  /** When it was put back though the server may have accepted it; null: never. */
  resentAt: number | null;
}

/** How an attempt or a last look ended, as it is recorded. */
export type Ending = HowItEnded & {
  /** Papers that were frozen with it and not shown, for they were withdrawn: they are released when it is sent. */
  withdrawnPapers?: readonly number[];
};

type HowItEnded =
  | { id: number; status: 'sent'; detail: string | null }
  | { id: number; status: 'failed' | 'skipped'; reason: DeliveryReason; detail: string | null }
  | { id: number; status: 'uncertain'; reason: DeliveryReason; detail: string | null }
  /**
   * Back in the queue. `counted` false: the attempt says nothing about it. `resent`: it may have been accepted (UNCERTAIN=resend);
   * otherwise it certainly was not.
   */
  | {
      id: number;
      status: 'pending';
      reason: DeliveryReason | null;
      detail: string | null;
      nextAttemptAt: number;
      counted: boolean;
      resent?: boolean;
    };

/**
 * Takes up to `limit` pending deliveries whose time has come, longest waiting first; none to `otherThan` these domains.
 * One statement: no two workers get the same.
 */
export async function claimDeliveries(
  db: Db,
  worker: string,
  now: number,
  limit: number,
  otherThan: readonly string[] = [],
): Promise<ClaimedDelivery[]> {
  const claimed =
    otherThan.length === 0
      ? await claimReady(db, { worker, now, limit })
      : await claimOthers(db, { worker, now, limit, domains: JSON.stringify(otherThan) });
  if (claimed.length === 0) return [];
  return await readClaimed(db, { ids: claimed.map((row) => row.id) });
}

const claimReady = createStatement(
  (db: Db, { worker, now, limit }: { worker: string; now: number; limit: number }) =>
    db
      .updateTable('deliveries')
      .set({ status: 'claimed', claimed_by: worker, claimed_at: now })
      .where('status', '=', 'pending')
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('deliveries')
          .select('id')
          .where('status', '=', 'pending')
          .where('next_attempt_at', '<=', now)
          .orderBy('next_attempt_at')
          .orderBy('id')
          .limit(limit),
      )
      .returning('id'),
);

const claimOthers = createStatement(
  (
    db: Db,
    { worker, now, limit, domains }: { worker: string; now: number; limit: number; domains: string },
  ) =>
    db
      .updateTable('deliveries')
      .set({ status: 'claimed', claimed_by: worker, claimed_at: now })
      .where('status', '=', 'pending')
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('deliveries')
          .select('id')
          .where('status', '=', 'pending')
          .where('next_attempt_at', '<=', now)
          .where(domainOfDelivery, 'not in', sql<string>`(SELECT value FROM json_each(${domains}))`)
          .orderBy('next_attempt_at')
          .orderBy('id')
          .limit(limit),
      )
      .returning('id'),
);

const readClaimed = createStatement((db: Db, { ids }: { ids: number[] }) =>
  db
    .selectFrom('deliveries as d')
    .innerJoin('subscribers as s', 's.id', 'd.subscriber_id')
    .select([
      'd.id',
      'd.plan_run_id as planRunId',
      'd.subscriber_id as subscriberId',
      'd.edition_date as editionDate',
      'd.message_id as messageId',
      'd.attempts',
      'd.expires_at as expiresAt',
      'd.planned_at as plannedAt',
      'd.more',
      'd.occasion',
      'd.resent_at as resentAt',
      's.email',
      's.locale',
      's.timezone',
      's.link_epoch as linkEpoch',
    ])
    .where('d.id', 'in', ids)
    .orderBy('d.id'),
);

/** How many deliveries wait at `now`. */
export async function countReady(db: Db, now: number): Promise<number> {
  const row = await db
    .selectFrom('deliveries')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('status', '=', 'pending')
    .where('next_attempt_at', '<=', now)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** What the last look before sending found. */
export type LastLook = 'go' | 'gone' | Exclude<SubscriberStatus, 'active'> | 'address_changed' | 'suppressed';

/**
 * The last look and the mark; call it inside a transaction. Of the deliveries that `worker` claimed, those whose
 * subscriber is still active, at the address they were claimed for, and not suppressed, become `sending`: theirs is
 * `go`. `gone`: the delivery is not this worker's any more.
 */
export async function markSending(
  db: Db,
  worker: string,
  now: number,
  claimed: readonly { id: number; email: string }[],
  hashAddress: (emailKey: string) => string,
): Promise<Map<number, LastLook>> {
  const looks = new Map<number, LastLook>(claimed.map((one) => [one.id, 'gone']));
  const found = await lookLast(db, { worker, ids: claimed.map((one) => one.id) });
  const rows = found.map((row) => ({ ...row, hash: hashAddress(row.email_key) }));
  const suppressed = await findSuppressed(
    db,
    rows.map((row) => row.hash),
  );
  const emailOf = new Map(claimed.map((one) => [one.id, one.email]));
  const go: number[] = [];
  for (const row of rows) {
    if (row.status !== 'active') looks.set(row.id, row.status);
    else if (row.email !== emailOf.get(row.id)) looks.set(row.id, 'address_changed');
    else if (suppressed.has(row.hash)) looks.set(row.id, 'suppressed');
    else {
      looks.set(row.id, 'go');
      go.push(row.id);
    }
  }
  if (go.length > 0) await mark(db, { now, ids: go });
  return looks;
}

const lookLast = createStatement((db: Db, { worker, ids }: { worker: string; ids: number[] }) =>
  db
    .selectFrom('deliveries as d')
    .innerJoin('subscribers as s', 's.id', 'd.subscriber_id')
    .select(['d.id', 's.status', 's.email', 's.email_key'])
    .where('d.id', 'in', ids)
    .where('d.status', '=', 'claimed')
    .where('d.claimed_by', '=', worker),
);

const mark = createStatement((db: Db, { now, ids }: { now: number; ids: number[] }) =>
  db
    .updateTable('deliveries')
    .set({ status: 'sending', sending_at: now, attempts: sql`attempts + 1` })
    .where('id', 'in', ids),
);

/**
 * Records endings. Papers of a delivery that certainly was not sent (failed, skipped) are released and
 * compete again; those of an uncertain one are not.
 */
export async function recordEndings(
  db: Db,
  worker: string,
  now: number,
  endings: readonly Ending[],
): Promise<void> {
  const sentPlainly = new Map<string | null, number[]>();
  for (const ending of endings) {
    if ((ending.status === 'sent' || ending.status === 'uncertain') && ending.withdrawnPapers)
      await releasePapers(db, [ending.id], now, ending.withdrawnPapers);
    if (ending.status === 'sent') {
      const same = sentPlainly.get(ending.detail);
      if (same) same.push(ending.id);
      else sentPlainly.set(ending.detail, [ending.id]);
    } else await recordOne(db, worker, now, ending);
  }
  for (const [detail, ids] of sentPlainly) await recordSent(db, { worker, now, detail, ids });
}

const recordSent = createStatement(
  (db: Db, sent: { worker: string; now: number; detail: string | null; ids: number[] }) =>
    db
      .updateTable('deliveries')
      .set({
        status: 'sent',
        ended_at: sent.now,
        claimed_by: null,
        next_attempt_at: null,
        reason: null,
        detail: sent.detail,
      })
      .where('id', 'in', sent.ids)
      .where('status', '=', 'sending')
      .where('claimed_by', '=', sent.worker),
);

/** Marking as `sending` counted the attempt; one that ended before that, for want of a connection, was not counted. */
const countedAttempts = sql<number>`CASE status WHEN 'claimed' THEN attempts + 1 ELSE attempts END`;
const uncountedAttempts = sql<number>`CASE status WHEN 'claimed' THEN attempts ELSE attempts - 1 END`;

async function recordOne(
  db: Db,
  worker: string,
  now: number,
  ending: Exclude<Ending, { status: 'sent' }>,
): Promise<void> {
  const pending = ending.status === 'pending';
  const gaveUp = ending.status === 'failed' || ending.status === 'skipped';
  const rows = await db
    .updateTable('deliveries')
    .set({
      ...(gaveUp ? givenUp(ending.status, ending.reason) : { status: ending.status, reason: ending.reason }),
      detail: ending.detail,
      claimed_by: null,
      ended_at: pending ? null : now,
      next_attempt_at: pending ? ending.nextAttemptAt : null,
      ...(pending ? { attempts: ending.counted ? countedAttempts : uncountedAttempts } : {}),
      ...(pending && ending.resent ? { resent_at: now } : {}),
    })
    .where('id', '=', ending.id)
    .where('status', 'in', ['claimed', 'sending'])
    .where('claimed_by', '=', worker)
    .returning('status')
    .execute();
  if (rows.some((row) => row.status === 'failed' || row.status === 'skipped'))
    await releasePapers(db, [ending.id], now);
}

/**
 * What a delivery becomes that is not sent any more. One that was put back although the server may have had it
 * (UNCERTAIN=resend) stays uncertain, whatever came of its second copy, and its papers are not released.
 */
export function givenUp(status: 'failed' | 'skipped', reason: DeliveryReason) {
  return {
    status: sql<DeliveryStatus>`CASE WHEN resent_at IS NULL THEN ${status} ELSE 'uncertain' END`,
    reason: sql<DeliveryReason>`CASE WHEN resent_at IS NULL THEN ${reason} ELSE 'no_reply' END`,
  };
}

/** Lets papers of deliveries compete again: all of them, or only those named. */
export async function releasePapers(
  db: Db,
  deliveryIds: number[],
  now: number,
  onlyPapers?: readonly number[],
): Promise<void> {
  if (deliveryIds.length === 0) return;
  let query = db
    .updateTable('delivery_papers')
    .set({ released_at: now })
    .where('delivery_id', 'in', deliveryIds)
    .where('released_at', 'is', null);
  if (onlyPapers) query = query.where('paper_id', 'in', onlyPapers);
  await query.execute();
}

/** Gives claimed deliveries back untouched, as a worker does when it stops. */
export async function unclaim(db: Db, worker: string): Promise<number> {
  const result = await db
    .updateTable('deliveries')
    .set({ status: 'pending', claimed_by: null, claimed_at: null })
    .where(isOpen)
    .where('status', '=', 'claimed')
    .where('claimed_by', '=', worker)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}
