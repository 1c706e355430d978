import { chooseDigest, noteOf } from '../digest/choose.ts';
import {
  endOfEdition,
  latestEdition,
  localDateAt,
  nextDueAt,
  type Schedule,
  type Weekday,
} from '../digest/schedule.ts';
import {
  countDueSubscribers,
  findDueSubscribers,
  findEditionsSince,
  findHeldPapers,
  findLiveTopics,
  insertDeliveries,
  insertNotes,
  type LiveTopic,
  type NewDelivery,
  type PlanCounts,
  type PlannedEdition,
  savePlanRun,
  setNextDue,
  startPlanRun,
} from '../store/plan-runs.ts';
import type { SubscriberRow } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import type { CandidateSet, NotedPool } from './candidate-set.ts';

/** Why the planner skipped a due digest. */
export type PlanSkip = 'nothing_new' | 'source_late' | 'no_topics' | 'folded';

export interface PlanDeps {
  db: Db;
  /** The instant to plan for, epoch ms. */
  at: number;
  candidates: CandidateSet;
  /** A source has not delivered what it should have: a digest without papers is then not a quiet day. */
  sourceLate: boolean;
  messageId: (subscriberId: number, editionDate: string) => string;
  pageSize?: number;
  onProgress?: (done: number, due: number) => void;
}

export interface PlanReport extends PlanCounts {
  planRunId: number;
}

const hourMs = 3_600_000;
/** How long a digest that could only be planned after its day may still be tried. */
const lateGraceMs = 12 * hourMs;
/** How far back a subscriber's editions are looked at: the one before a weekly one is seen. */
const lookBackMs = 15 * 24 * hourMs;

export function scheduleOf(row: Pick<SubscriberRow, 'timezone' | 'digest_time' | 'days'>): Schedule {
  return { timezone: row.timezone, digestTime: row.digest_time, days: row.days.split(',') as Weekday[] };
}

/**
 * Freezes the papers of every digest that is due at `at`, a page of subscribers per transaction, and moves
 * each subscriber's due instant on in the same transaction. Running it again does nothing twice; killed in
 * the middle, the next run goes on with the rest.
 */
export async function plan(deps: PlanDeps): Promise<PlanReport> {
  const { db, at, pageSize = 500 } = deps;
  const due = await countDueSubscribers(db, at);
  const planRunId = await startPlanRun(db, at);
  const counts: PlanCounts = { due: 0, planned: 0, skipped: {} };
  let done = 0;
  deps.onProgress?.(0, due);
  for (;;) {
    const visited = await db
      .transaction()
      .execute((trx) => planPage({ ...deps, db: trx }, planRunId, counts, pageSize));
    done += visited;
    deps.onProgress?.(done, Math.max(due, done));
    if (visited < pageSize) break;
  }
  await savePlanRun(db, planRunId, counts, at);
  return { planRunId, ...counts };
}

/** Plans one page inside the caller's transaction; returns how many subscribers it moved on. */
async function planPage(
  deps: PlanDeps,
  planRunId: number,
  counts: PlanCounts,
  pageSize: number,
): Promise<number> {
  const { db, at, candidates } = deps;
  const subscribers = await findDueSubscribers(db, at, pageSize);
  if (subscribers.length === 0) return 0;
  const ids = subscribers.map((one) => one.id);
  const topics = Map.groupBy(await findLiveTopics(db, ids), (one) => one.subscriberId);
  const held = Map.groupBy(await findHeldPapers(db, ids, candidates.firstPaperId), (one) => one.subscriberId);
  const since = localDateAt(at - lookBackMs, 'UTC');
  const known = Map.groupBy(await findEditionsSince(db, ids, since), (one) => one.subscriberId);

  const deliveries: NewDelivery[] = [];
  for (const subscriber of subscribers) {
    for (const edition of editionsToPlan(subscriber, at, known.get(subscriber.id) ?? [])) {
      const delivery: NewDelivery = {
        subscriberId: subscriber.id,
        editionDate: edition.date,
        dueAt: edition.dueAt,
        expiresAt: edition.expiresAt,
        messageId: deps.messageId(subscriber.id, edition.date),
        more: 0,
        skipped: null,
        papers: [],
      };
      if (edition.folded) delivery.skipped = { reason: 'folded', detail: edition.folded };
      else {
        const heldIds = new Set(held.get(subscriber.id)?.map((one) => one.paperId));
        await fillDelivery(deps, planRunId, delivery, subscriber, topics.get(subscriber.id) ?? [], heldIds);
      }
      deliveries.push(delivery);
      counts.due++;
      if (delivery.skipped)
        counts.skipped[delivery.skipped.reason] = (counts.skipped[delivery.skipped.reason] ?? 0) + 1;
      else counts.planned++;
    }
  }
  await insertDeliveries(db, planRunId, at, deliveries);
  await setNextDue(
    db,
    subscribers.map((one) => ({ id: one.id, nextDueAt: nextDueAt(scheduleOf(one), at + 1) })),
  );
  await savePlanRun(db, planRunId, counts, null);
  return subscribers.length;
}

async function fillDelivery(
  deps: PlanDeps,
  planRunId: number,
  delivery: NewDelivery,
  subscriber: SubscriberRow,
  topics: LiveTopic[],
  held: ReadonlySet<number>,
): Promise<void> {
  if (topics.length === 0) {
    delivery.skipped = { reason: 'no_topics', detail: null };
    return;
  }
  const pool = deps.candidates.poolFor(topics);
  const choice = chooseDigest(pool, held, {
    maxPapers: subscriber.max_papers,
    nearDuplicate: deps.candidates.nearDuplicate,
  });
  if (choice.chosen.length === 0) {
    delivery.skipped = { reason: deps.sourceLate ? 'source_late' : 'nothing_new', detail: null };
    return;
  }
  delivery.more = choice.more;
  for (const { entry, topicId } of choice.chosen) {
    const noteId = await noteIdFor(deps, planRunId, pool, entry.paperId);
    delivery.papers.push({ paperId: entry.paperId, topicId, noteId });
  }
}

/** The note's row, written once per plan run for a set of topics and a paper. */
async function noteIdFor(
  deps: PlanDeps,
  planRunId: number,
  pool: NotedPool,
  paperId: number,
): Promise<number> {
  const known = pool.noteIds.get(paperId);
  if (known !== undefined) return known;
  const entry = pool.byPaper.get(paperId);
  const candidate = deps.candidates.candidates.get(paperId);
  if (!entry || !candidate) throw new Error(`paper ${paperId} is not among the candidates`);
  const [id] = await insertNotes(deps.db, planRunId, [JSON.stringify(noteOf(entry, candidate))]);
  pool.noteIds.set(paperId, id as number);
  return id as number;
}

interface EditionToPlan {
  date: string;
  dueAt: number;
  expiresAt: number;
  /** Not null: the day went by without a run; says so in words. */
  folded: string | null;
}

/**
 * Which of a due subscriber's editions get a row: the latest one when its local day is not over, and the
 * first of those whose day went by. An edition of a past day is folded into the next one; but when the one
 * before it missed its day too, runs come too rarely, and late is better than never.
 */
export function editionsToPlan(
  subscriber: Pick<SubscriberRow, 'timezone' | 'digest_time' | 'days' | 'next_due_at'>,
  at: number,
  known: readonly Pick<PlannedEdition, 'editionDate' | 'reason' | 'plannedAt'>[],
): EditionToPlan[] {
  const schedule = scheduleOf(subscriber);
  const latest = latestEdition(schedule, at);
  const storedDueAt = subscriber.next_due_at ?? latest.dueAt;
  const dayEndsAt = endOfEdition(latest.date, schedule.timezone);
  const before = known.findLast((one) => one.editionDate < latest.date);
  const missedItsDay = (one: typeof before) =>
    one !== undefined &&
    (one.reason === 'folded' || one.plannedAt >= endOfEdition(one.editionDate, schedule.timezone));
  const runsAreRare = missedItsDay(before);
  const sendable = at < dayEndsAt || runsAreRare;
  const first = storedDueAt < latest.dueAt ? localDateAt(storedDueAt, schedule.timezone) : latest.date;

  const editions: EditionToPlan[] = [];
  if (first < latest.date || !sendable) {
    const missed = first < latest.date && !sendable ? `${first} to ${latest.date}` : first;
    const next = sendable ? latest.date : localDateAt(nextDueAt(schedule, at + 1), schedule.timezone);
    editions.push({
      date: first,
      dueAt: storedDueAt,
      expiresAt: endOfEdition(first, schedule.timezone),
      folded: `no run came on the day of ${missed}; its papers compete again for ${next}`,
    });
  }
  if (sendable)
    editions.push({
      date: latest.date,
      dueAt: latest.dueAt,
      expiresAt: Math.max(dayEndsAt, runsAreRare ? at + lateGraceMs : 0),
      folded: null,
    });
  // An edition has one row, ever: a schedule that was changed after today's digest gives no second one.
  return editions.filter((edition) => !known.some((one) => one.editionDate === edition.date));
}
