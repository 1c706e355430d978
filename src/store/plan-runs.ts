import type { Occasion } from '../digest/digest.ts';
import { findNextId, readFloors } from './floors.ts';
import { givenUp, releasePapers } from './ledger.ts';
import { chunksOf } from './paper-rows.ts';
import type { DeliveryReason, SubscriberRow } from './schema.ts';
import type { Db } from './store.ts';

/** A live subscription with its topic. */
export interface LiveTopic {
  subscriberId: number;
  topicId: number;
  name: string;
  query: string;
}

export interface NewDelivery {
  subscriberId: number;
  editionDate: string;
  dueAt: number;
  expiresAt: number;
  messageId: string;
  more: number;
  /** Left out: an ordinary day. */
  occasion?: Occasion;
  /** Null: a digest to send. Otherwise why there is none. */
  skipped: { reason: DeliveryReason; detail: string | null } | null;
  papers: { paperId: number; topicId: number | null; noteId: number }[];
}

export interface PlanCounts {
  due: number;
  planned: number;
  skipped: Record<string, number>;
}

export async function startPlanRun(db: Db, at: number): Promise<number> {
  const row = await db
    .insertInto('plan_runs')
    .values({ at, started_at: at, finished_at: null, due: 0, planned: 0, skipped: '{}' })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** The first run that planned for an instant from `from` on and before `until`; null: none is known. */
export async function findPlanRunBetween(
  db: Db,
  from: number,
  until: number,
): Promise<{ id: number; at: number; finishedAt: number | null } | null> {
  const row = await db
    .selectFrom('plan_runs')
    .select(['id', 'at', 'finished_at as finishedAt'])
    .where('at', '>=', from)
    .where('at', '<', until)
    .orderBy('at')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

export async function savePlanRun(
  db: Db,
  id: number,
  counts: PlanCounts,
  finished: { at: number; tookMs: number } | null,
): Promise<void> {
  await db
    .updateTable('plan_runs')
    .set({
      due: counts.due,
      planned: counts.planned,
      skipped: JSON.stringify(counts.skipped),
      finished_at: finished?.at ?? null,
      took_ms: finished && Math.round(finished.tookMs),
    })
    .where('id', '=', id)
    .execute();
}

/** The next page of active subscribers whose digest is due at `at`, longest due first. */
export async function findDueSubscribers(db: Db, at: number, limit: number): Promise<SubscriberRow[]> {
  return await db
    .selectFrom('subscribers')
    .selectAll()
    .where('next_due_at', '<=', at)
    .where('status', '=', 'active')
    .orderBy('next_due_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Where a page of due subscribers ends. */
export interface DueCursor {
  dueAt: number;
  id: number;
}

/** Active subscribers who come due until an instant, longest due first, from after a cursor on; moves nobody on. */
export async function findDueAfter(
  db: Db,
  until: number,
  after: DueCursor | null,
  limit: number,
): Promise<SubscriberRow[]> {
  let query = db
    .selectFrom('subscribers')
    .selectAll()
    .where('next_due_at', '<=', until)
    .where('status', '=', 'active')
    .orderBy('next_due_at')
    .orderBy('id')
    .limit(limit);
  if (after)
    query = query
      .where('next_due_at', '>=', after.dueAt)
      .where((eb) => eb.or([eb('next_due_at', '>', after.dueAt), eb('id', '>', after.id)]));
  return await query.execute();
}

export async function countDueSubscribers(db: Db, at: number): Promise<number> {
  const row = await db
    .selectFrom('subscribers')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('next_due_at', '<=', at)
    .where('status', '=', 'active')
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Live subscriptions to topics that are not archived, of one page of subscribers, by subscriber and topic. */
export async function findLiveTopics(db: Db, subscriberIds: number[]): Promise<LiveTopic[]> {
  if (subscriberIds.length === 0) return [];
  return await db
    .selectFrom('subscriptions')
    .innerJoin('topics', 'topics.id', 'subscriptions.topic_id')
    .select([
      'subscriptions.subscriber_id as subscriberId',
      'topics.id as topicId',
      'topics.name as name',
      'topics.query as query',
    ])
    .where('subscriptions.subscriber_id', 'in', subscriberIds)
    .where('subscriptions.ended_at', 'is', null)
    .where('topics.archived_at', 'is', null)
    .orderBy('subscriptions.subscriber_id')
    .orderBy('topics.id')
    .execute();
}

/**
 * Papers that each subscriber was sent or is about to be (not released), from paper `fromPaperId` on:
 * older papers are no candidates any more, so a year of digests is not read back.
 */
export async function findHeldPapers(
  db: Db,
  subscriberIds: number[],
  fromPaperId: number,
): Promise<{ subscriberId: number; paperId: number }[]> {
  if (subscriberIds.length === 0) return [];
  return await db
    .selectFrom('delivery_papers')
    .select(['subscriber_id as subscriberId', 'paper_id as paperId'])
    .where('subscriber_id', 'in', subscriberIds)
    .where('paper_id', '>=', fromPaperId)
    .where('released_at', 'is', null)
    .execute();
}

/** One edition of a subscriber that has its row. */
export interface PlannedEdition {
  subscriberId: number;
  editionDate: string;
  reason: DeliveryReason | null;
  dueAt: number;
  plannedAt: number;
}

/** The date of each subscriber's latest edition that was sent before a date; those who never had one are absent. */
export async function findLastSentDates(
  db: Db,
  subscriberIds: number[],
  beforeDate: string,
): Promise<Map<number, string>> {
  if (subscriberIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('deliveries')
    .select((eb) => ['subscriber_id as id', eb.fn.max('edition_date').as('date')])
    .where('subscriber_id', 'in', subscriberIds)
    .where('edition_date', '<', beforeDate)
    .where('status', '=', 'sent')
    .groupBy('subscriber_id')
    .execute();
  return new Map(rows.map(({ id, date }) => [id, date]));
}

/** The editions of one page of subscribers from a date on, oldest first. */
export async function findEditionsSince(
  db: Db,
  subscriberIds: number[],
  fromDate: string,
): Promise<PlannedEdition[]> {
  if (subscriberIds.length === 0) return [];
  return await db
    .selectFrom('deliveries')
    .select([
      'subscriber_id as subscriberId',
      'edition_date as editionDate',
      'reason',
      'due_at as dueAt',
      'planned_at as plannedAt',
    ])
    .where('subscriber_id', 'in', subscriberIds)
    .where('edition_date', '>=', fromDate)
    .orderBy('subscriber_id')
    .orderBy('edition_date')
    .execute();
}

/** Whose editions from a date on were all missed, for one of these reasons, though they had others before. */
export interface ReturningFilter {
  sinceDate: string;
  missedReasons: readonly DeliveryReason[];
}

/** Of some subscribers those who return, each with the date of their last edition that was not missed. */
export async function findReturnDates(
  db: Db,
  subscriberIds: readonly number[],
  { sinceDate, missedReasons }: ReturningFilter,
): Promise<Map<number, string>> {
  if (subscriberIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('deliveries')
    .select((eb) => ['subscriber_id as id', eb.fn.max('edition_date').as('date')])
    .where('subscriber_id', 'in', subscriberIds)
    .where((is) => is.or([is('reason', 'is', null), is('reason', 'not in', missedReasons)]))
    .groupBy('subscriber_id')
    .having((eb) => eb(eb.fn.max('edition_date'), '<', sinceDate))
    .execute();
  return new Map(rows.map(({ id, date }) => [id, date]));
}

/** The topics, each once, of those who return and come due until an instant; those with most of such readers first. */
export async function findTopicsOfReturning(
  db: Db,
  { until, sinceDate, missedReasons }: ReturningFilter & { until: number },
  limit: number,
): Promise<Omit<LiveTopic, 'subscriberId'>[]> {
  return await db
    .selectFrom('subscribers as one')
    .innerJoin('subscriptions', 'subscriptions.subscriber_id', 'one.id')
    .innerJoin('topics', 'topics.id', 'subscriptions.topic_id')
    .select(['topics.id as topicId', 'topics.name', 'topics.query'])
    .where('one.next_due_at', '<=', until)
    .where('one.status', '=', 'active')
    .where((is) =>
      is(
        is
          .selectFrom('deliveries as had')
          .select('had.edition_date')
          .whereRef('had.subscriber_id', '=', 'one.id')
          .where((of) => of.or([of('had.reason', 'is', null), of('had.reason', 'not in', missedReasons)]))
          .orderBy('had.edition_date', 'desc')
          .limit(1),
        '<',
        sinceDate,
      ),
    )
    .where('subscriptions.ended_at', 'is', null)
    .where('topics.archived_at', 'is', null)
    .groupBy('topics.id')
    .orderBy((of) => of.fn.countAll(), 'desc')
    .orderBy('topics.id')
    .limit(limit)
    .execute();
}

export async function insertNotes(db: Db, planRunId: number, notes: string[]): Promise<number[]> {
  const ids: number[] = [];
  for (const note of notes) {
    const row = await db
      .insertInto('paper_notes')
      .values({ plan_run_id: planRunId, note })
      .returning('id')
      .executeTakeFirstOrThrow();
    ids.push(row.id);
  }
  return ids;
}

/**
 * Writes one page of deliveries and their papers; part of the caller's transaction. Returns those that were
 * written, as they were: an edition that has its row already keeps it, and one that may have had a row before old
 * ones were forgotten (floors.ts) is not sent.
 */
export async function insertDeliveries(
  db: Db,
  planRunId: number,
  plannedAt: number,
  given: NewDelivery[],
): Promise<NewDelivery[]> {
  const { editionsForgottenUntil } = await readFloors(db);
  const deliveries = given.map((one) =>
    one.skipped || one.editionDate > editionsForgottenUntil ? one : { ...one, ...forgotten },
  );
  const idOf = new Map<string, number>();
  for (const some of chunksOf(deliveries, rowsAtOnce)) {
    const nextId = await findNextId(db, 'deliveries');
    const inserted = await db
      .insertInto('deliveries')
      .values(
        some.map((one, index) => ({
          ...toRow(one, planRunId, plannedAt),
          ...(nextId === null ? {} : { id: nextId + index }),
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .returning(['id', 'message_id'])
      .execute();
    for (const row of inserted) idOf.set(row.message_id, row.id);
  }
  const written = deliveries.filter((one) => idOf.has(one.messageId));
  const papers = written.flatMap((one) =>
    one.papers.map((paper, position) => ({
      delivery_id: idOf.get(one.messageId) as number,
      position,
      subscriber_id: one.subscriberId,
      paper_id: paper.paperId,
      topic_id: paper.topicId,
      note_id: paper.noteId,
    })),
  );
  for (const some of chunksOf(papers, rowsAtOnce))
    await db.insertInto('delivery_papers').values(some).execute();
  return written;
}

const forgotten: Pick<NewDelivery, 'skipped' | 'papers' | 'more'> = {
  skipped: { reason: 'folded', detail: 'so old an edition may have been sent and forgotten since' },
  papers: [],
  more: 0,
};

/**
 * Few enough that the same statement serves again and again: statements of thousands of rows are each their own,
 * and hold hundreds of megabytes until the garbage collector, which does not see them, comes by.
 */
const rowsAtOnce = 100;

function toRow(one: NewDelivery, planRunId: number, plannedAt: number) {
  return {
    subscriber_id: one.subscriberId,
    plan_run_id: planRunId,
    edition_date: one.editionDate,
    status: one.skipped ? ('skipped' as const) : ('pending' as const),
    reason: one.skipped?.reason ?? null,
    detail: one.skipped?.detail ?? null,
    message_id: one.messageId,
    due_at: one.dueAt,
    planned_at: plannedAt,
    next_attempt_at: one.skipped ? null : plannedAt,
    expires_at: one.expiresAt,
    attempts: 0,
    ended_at: one.skipped ? plannedAt : null,
    more: one.more,
    occasion: one.occasion ?? 'day',
  };
}

/** Moves the stored due instant of one page of subscribers on. */
export async function setNextDue(db: Db, due: { id: number; nextDueAt: number }[]): Promise<void> {
  const byInstant = Map.groupBy(due, (one) => one.nextDueAt);
  for (const [nextDueAt, group] of byInstant)
    await db
      .updateTable('subscribers')
      .set({ next_due_at: nextDueAt })
      .where(
        'id',
        'in',
        group.map((one) => one.id),
      )
      .where('status', '=', 'active')
      .execute();
}

/** Deliveries that waited until their time was over: they fail now, and their papers compete in this plan already. */
export async function expirePending(db: Db, at: number): Promise<number> {
  let expired = 0;
  for (;;) {
    const rows = await db
      .updateTable('deliveries')
      .set({
        ...givenUp('failed', 'expired'),
        detail: 'the day of its edition is over',
        ended_at: at,
        next_attempt_at: null,
      })
      .where('status', '=', 'pending')
      .where('id', 'in', (waiting) =>
        waiting
          .selectFrom('deliveries')
          .select('id')
          .where('status', '=', 'pending')
          .where('expires_at', '<=', at)
          .limit(expiredAtOnce),
      )
      .returning(['id', 'status'])
      .execute();
    await releasePapers(
      db,
      rows.filter((row) => row.status === 'failed').map((row) => row.id),
      at,
    );
    expired += rows.length;
    if (rows.length < expiredAtOnce) return expired;
  }
}

const expiredAtOnce = 500;

/** A schedule that subscribers share, as their rows say it. */
export type ScheduleColumns = Pick<SubscriberRow, 'timezone' | 'digest_time' | 'days'>;

/**
 * Each schedule of active subscribers with the furthest due instant after `at` that one of them has. Those who joined
 * after `at` are not among them: then it is `at` that is in the past.
 */
export async function findFurthestDue(
  db: Db,
  at: number,
): Promise<(ScheduleColumns & { furthestDueAt: number })[]> {
  return await db
    .selectFrom('subscribers')
    .select((eb) => ['timezone', 'digest_time', 'days', eb.fn.max<number>('next_due_at').as('furthestDueAt')])
    .where('next_due_at', '>', at)
    .where('status', '=', 'active')
    .where('created_at', '<=', at)
    .groupBy(['timezone', 'digest_time', 'days'])
    .execute();
}

/** Makes `dueAt` the due instant of all of a schedule's subscribers of whom `findFurthestDue` tells a later one. */
export async function bringBackDue(
  db: Db,
  at: number,
  schedule: ScheduleColumns,
  dueAt: number,
): Promise<void> {
  await db
    .updateTable('subscribers')
    .set({ next_due_at: dueAt })
    .where('next_due_at', '>', dueAt)
    .where('status', '=', 'active')
    .where('created_at', '<=', at)
    .where('timezone', '=', schedule.timezone)
    .where('digest_time', '=', schedule.digest_time)
    .where('days', '=', schedule.days)
    .execute();
}
