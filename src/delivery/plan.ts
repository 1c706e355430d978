import { setImmediate } from 'node:timers/promises';
import { noteOf, type PoolEntry } from '../digest/choose.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { endPauses } from '../store/pauses.ts';
import {
  bringBackDue,
  countDueSubscribers,
  expirePending,
  findDueSubscribers,
  findFurthestDue,
  insertDeliveries,
  insertNotes,
  type NewDelivery,
  type PlanCounts,
  savePlanRun,
  setNextDue,
  startPlanRun,
} from '../store/plan-runs.ts';
import type { Db } from '../store/store.ts';
import type { CandidateSet, NotedPool } from './candidate-set.ts';
import { type DecidedEdition, decideEditions, loadReaderFacts, type ReaderFacts } from './decide.ts';
import { createDayReader, type DayReader } from './editions.ts';
import { loadMissedForDue, type MissedSet } from './missed.ts';
import { createSteeringReader, type SteeringReader } from './steering.ts';

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
  while ((await endPauses(db, at, pageSize)) === pageSize) await setImmediate();
  const due = await countDueSubscribers(db, at);
  const planRunId = await startPlanRun(db, at);
  deps.onRun?.(planRunId);
  const counts: PlanCounts = { due: 0, planned: 0, skipped: {} };
  let done = 0;
  deps.onProgress?.(0, due);
  const missed = await loadMissedForDue(db, deps.candidates, at);
  try {
    for (;;) {
      const page: PageDeps = { ...deps, missed, readDay, readSteering, planRunId, counts, pageSize };
      const visited = await db.transaction().execute((trx) => planPage({ ...page, db: trx }));
      done += visited;
      deps.onProgress?.(done, Math.max(due, done));
      if (visited < pageSize) break;
      // SQLite answers at once: without a turn of the event loop no signal is heard and no statement freed.
      await setImmediate();
    }
  } finally {
    missed?.close();
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

interface PageDeps extends PlanDeps {
  planRunId: number;
  counts: PlanCounts;
  pageSize: number;
  readDay: DayReader;
  readSteering: SteeringReader;
  missed: MissedSet | null;
}

/** Plans one page inside the caller's transaction; returns how many subscribers it moved on. */
async function planPage(deps: PageDeps): Promise<number> {
  const { db, at, planRunId, counts, pageSize, readDay } = deps;
  const subscribers = await findDueSubscribers(db, at, pageSize);
  if (subscribers.length === 0) return 0;
  const facts = await loadReaderFacts(deps, subscribers, at);
  const deliveries: NewDelivery[] = [];
  for (const subscriber of subscribers) {
    const own = facts.get(subscriber.id) as ReaderFacts;
    for (const decided of decideEditions(deps, subscriber, own, readDay(subscriber), at))
      deliveries.push(await toDelivery(deps, planRunId, subscriber.id, decided));
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

async function toDelivery(
  deps: PlanDeps,
  planRunId: number,
  subscriberId: number,
  { edition, occasion, skipped, chosen, more, shared, from }: DecidedEdition,
): Promise<NewDelivery> {
  const papers: NewDelivery['papers'] = [];
  for (const { entry, topicId } of chosen) {
    const noteId = await noteIdFor(deps, planRunId, { shared: shared as NotedPool, from }, entry);
    papers.push({ paperId: entry.paperId, topicId, noteId });
  }
  return {
    subscriberId,
    editionDate: edition.date,
    dueAt: edition.dueAt,
    expiresAt: edition.expiresAt,
    messageId: deps.messageId(subscriberId, edition.date),
    more,
    occasion,
    skipped,
    papers,
  };
}

/** The note's row, written once per plan run for a set of topics and a paper; for who steers, of their own. */
async function noteIdFor(
  deps: PlanDeps,
  planRunId: number,
  { shared, from }: { shared: NotedPool; from: CandidateSet },
  entry: PoolEntry,
): Promise<number> {
  const isShared = shared.byPaper.get(entry.paperId) === entry;
  const known = isShared ? shared.noteIds.get(entry.paperId) : undefined;
  if (known !== undefined) return known;
  const candidate = from.candidates.get(entry.paperId);
  if (!candidate) throw new Error(`paper ${entry.paperId} is not among the candidates`);
  const [id] = await insertNotes(deps.db, planRunId, [
    JSON.stringify(noteOf(entry, candidate, from.sharesTitle(entry.paperId))),
  ]);
  if (isShared) shared.noteIds.set(entry.paperId, id as number);
  return id as number;
}
