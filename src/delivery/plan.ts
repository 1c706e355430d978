import { setImmediate } from 'node:timers/promises';
import { chooseDigest, noteOf, type PoolEntry } from '../digest/choose.ts';
import { localDateAt } from '../digest/schedule.ts';
import { type Steering, steerPool } from '../digest/steer.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import {
  bringBackDue,
  countDueSubscribers,
  expirePending,
  findDueSubscribers,
  findEditionsSince,
  findFurthestDue,
  findHeldPapers,
  findLastSentDates,
  findLiveTopics,
  insertDeliveries,
  insertNotes,
  type LiveTopic,
  type NewDelivery,
  type PlanCounts,
  savePlanRun,
  setNextDue,
  startPlanRun,
} from '../store/plan-runs.ts';
import type { SubscriberRow } from '../store/schema.ts';
import type { Db } from '../store/store.ts';
import { findSuppressed } from '../store/suppressions.ts';
import type { CandidateSet, NotedPool } from './candidate-set.ts';
import { createDayReader, type DayReader, editionsToPlan, lookBackMs } from './editions.ts';
import { lastHandledDate, occasionOf } from './occasion.ts';
import { createSteeringReader, type SteeringReader } from './steering.ts';

/** Why the planner skipped a due digest. */
export type PlanSkip = 'nothing_new' | 'source_late' | 'no_topics' | 'folded' | 'suppressed';

export interface PlanDeps {
  db: Db;
  /** The instant to plan for, epoch ms. */
  at: number;
  candidates: CandidateSet;
  /** A source has not delivered what it should have: a digest without papers is then not a quiet day. */
  sourceLate: boolean;
  messageId: (subscriberId: number, editionDate: string) => string;
  hashAddress: HashAddress;
  pageSize?: number;
  onProgress?: (done: number, due: number) => void;
  /** Told the id of the run's row as soon as it has one. */
  onRun?: (planRunId: number) => void;
}

export interface PlanReport extends PlanCounts {
  planRunId: number;
}

/**
 * Freezes the papers of every digest that is due at `at`, a page of subscribers per transaction, and moves
 * each subscriber's due instant on in the same transaction. Running it again does nothing twice; killed in
 * the middle, the next run goes on with the rest.
 */
export async function plan(deps: PlanDeps): Promise<PlanReport> {
  const { db, at, pageSize = 500 } = deps;
  const startedAt = performance.now();
  await db.transaction().execute((trx) => expirePending(trx, at));
  const readDay = createDayReader(at);
  const readSteering = createSteeringReader(deps.candidates);
  await bringBackFarDue(db, at, readDay);
  const due = await countDueSubscribers(db, at);
  const planRunId = await startPlanRun(db, at);
  deps.onRun?.(planRunId);
  const counts: PlanCounts = { due: 0, planned: 0, skipped: {} };
  let done = 0;
  deps.onProgress?.(0, due);
  for (;;) {
    const visited = await db
      .transaction()
      .execute((trx) => planPage({ ...deps, db: trx }, planRunId, counts, pageSize, readDay, readSteering));
    done += visited;
    deps.onProgress?.(done, Math.max(due, done));
    if (visited < pageSize) break;
    // SQLite answers at once: without a turn of the event loop no signal is heard and no statement freed.
    await setImmediate();
  }
  await savePlanRun(db, planRunId, counts, { at, tookMs: performance.now() - startedAt });
  return { planRunId, ...counts };
}

/** After a clock that stood in the future, nobody waits for that future to come. */
async function bringBackFarDue(db: Db, at: number, readDay: DayReader): Promise<void> {
  for (const { furthestDueAt, ...schedule } of await findFurthestDue(db, at)) {
    const { nextDueAt } = readDay(schedule);
    if (furthestDueAt > nextDueAt) await bringBackDue(db, at, schedule, nextDueAt);
  }
}

/** Plans one page inside the caller's transaction; returns how many subscribers it moved on. */
async function planPage(
  deps: PlanDeps,
  planRunId: number,
  counts: PlanCounts,
  pageSize: number,
  readDay: DayReader,
  readSteering: SteeringReader,
): Promise<number> {
  const { db, at, candidates } = deps;
  const subscribers = await findDueSubscribers(db, at, pageSize);
  if (subscribers.length === 0) return 0;
  const ids = subscribers.map((one) => one.id);
  const topics = Map.groupBy(await findLiveTopics(db, ids), (one) => one.subscriberId);
  const held = Map.groupBy(await findHeldPapers(db, ids, candidates.firstPaperId), (one) => one.subscriberId);
  const oldestDueAt = Math.min(at, ...subscribers.map((one) => one.next_due_at ?? at));
  const since = localDateAt(oldestDueAt - lookBackMs, 'UTC');
  const known = Map.groupBy(await findEditionsSince(db, ids, since), (one) => one.subscriberId);

  const unknown = ids.filter((id) => lastHandledDate(known.get(id) ?? [], '9999') === null);
  const sentBefore = await findLastSentDates(db, unknown, since);

  const hashes = new Map(subscribers.map((one) => [one.id, deps.hashAddress(one.email_key)]));
  const suppressed = await findSuppressed(db, [...hashes.values()]);
  const steerings = await readSteering(db, ids);

  const deliveries: NewDelivery[] = [];
  for (const subscriber of subscribers) {
    const day = readDay(subscriber);
    const editions = known.get(subscriber.id) ?? [];
    const lastDate = lastHandledDate(editions, day.latest.date) ?? sentBefore.get(subscriber.id) ?? null;
    for (const edition of editionsToPlan(subscriber, at, editions, day)) {
      const delivery: NewDelivery = {
        subscriberId: subscriber.id,
        editionDate: edition.date,
        dueAt: edition.dueAt,
        expiresAt: edition.expiresAt,
        messageId: deps.messageId(subscriber.id, edition.date),
        more: 0,
        occasion: occasionOf(day.schedule, day.previousDate, lastDate),
        skipped: null,
        papers: [],
      };
      const suppression = suppressed.get(hashes.get(subscriber.id) ?? '');
      if (suppression)
        delivery.skipped = {
          reason: 'suppressed',
          detail: `the address is suppressed: ${suppression.reason}`,
        };
      else if (edition.folded) delivery.skipped = { reason: 'folded', detail: edition.folded };
      else {
        const heldIds = new Set(held.get(subscriber.id)?.map((one) => one.paperId));
        const wants = {
          topics: topics.get(subscriber.id) ?? [],
          held: heldIds,
          steering: steerings.get(subscriber.id),
        };
        await fillDelivery(deps, planRunId, delivery, subscriber, wants);
      }
      deliveries.push(delivery);
    }
  }
  for (const { skipped } of await insertDeliveries(db, planRunId, at, deliveries)) {
    counts.due++;
    if (skipped) counts.skipped[skipped.reason] = (counts.skipped[skipped.reason] ?? 0) + 1;
    else counts.planned++;
  }
  await setNextDue(
    db,
    subscribers.map((one) => ({ id: one.id, nextDueAt: readDay(one).nextDueAt })),
  );
  await savePlanRun(db, planRunId, counts, null);
  return subscribers.length;
}

/** What decides which papers a subscriber gets. */
interface Wants {
  topics: LiveTopic[];
  held: ReadonlySet<number>;
  /** Undefined: they never asked for more or less of anything. */
  steering: Steering | undefined;
}

async function fillDelivery(
  deps: PlanDeps,
  planRunId: number,
  delivery: NewDelivery,
  subscriber: SubscriberRow,
  { topics, held, steering }: Wants,
): Promise<void> {
  if (topics.length === 0) {
    delivery.skipped = { reason: 'no_topics', detail: null };
    return;
  }
  const shared = deps.candidates.poolFor(topics);
  const pool = steering ? steerPool(shared, steering) : shared;
  const choice = chooseDigest(pool, held, {
    maxPapers: subscriber.max_papers,
    twinsOf: deps.candidates.twinsOf,
  });
  if (choice.chosen.length === 0) {
    if (subscriber.quiet_mail === 1) delivery.occasion = deps.sourceLate ? 'late' : 'quiet';
    else delivery.skipped = { reason: deps.sourceLate ? 'source_late' : 'nothing_new', detail: null };
    return;
  }
  delivery.more = choice.more;
  for (const { entry, topicId } of choice.chosen) {
    const noteId = await noteIdFor(deps, planRunId, shared, entry);
    delivery.papers.push({ paperId: entry.paperId, topicId, noteId });
  }
}

/** The note's row, written once per plan run for a set of topics and a paper; for who steers, of their own. */
async function noteIdFor(
  deps: PlanDeps,
  planRunId: number,
  shared: NotedPool,
  entry: PoolEntry,
): Promise<number> {
  const isShared = shared.byPaper.get(entry.paperId) === entry;
  const known = isShared ? shared.noteIds.get(entry.paperId) : undefined;
  if (known !== undefined) return known;
  const candidate = deps.candidates.candidates.get(entry.paperId);
  if (!candidate) throw new Error(`paper ${entry.paperId} is not among the candidates`);
  const [id] = await insertNotes(deps.db, planRunId, [
    JSON.stringify(noteOf(entry, candidate, deps.candidates.sharesTitle(entry.paperId))),
  ]);
  if (isShared) shared.noteIds.set(entry.paperId, id as number);
  return id as number;
}
