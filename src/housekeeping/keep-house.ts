import { setImmediate } from 'node:timers/promises';
import { type Compacted, compact } from '../store/compact.ts';
import { pruneEditionCounts } from '../store/edition-counts.ts';
import { findFact, saveFact } from '../store/installation.ts';
import { pruneRequestKeys } from '../store/request-keys.ts';
import {
  findLastPaperId,
  findOldPlanRuns,
  pruneBounces,
  pruneDeliveries,
  pruneHttpCache,
  pruneIngestRuns,
  prunePlanRun,
  pruneRunLogs,
  pruneSendRuns,
  pruneSignals,
} from '../store/retention.ts';
import { pruneSignUps } from '../store/sign-ups.ts';
import type { Store } from '../store/store.ts';

export interface HousekeepingDeps {
  store: Store;
  /** Epoch ms. */
  now: number;
  retention: { readonly signalsDays: number; readonly deliveriesDays: number };
  /** Awaited between two short transactions; a turn of the event loop passes in any case. */
  between?: () => Promise<unknown>;
  signal?: AbortSignal;
}

/** How many rows went. */
export interface HousekeepingReport {
  signals: number;
  deliveries: number;
  planRuns: number;
  ingestRuns: number;
  sendRuns: number;
  runLogLines: number;
  bounces: number;
  signUps: number;
  /** Old enough, but they hold a paper that is recent again. */
  deliveriesKept: number;
  /** Why nothing was forgotten this time; null: it was. */
  postponed: string | null;
  /** False: it was asked to stop before the end; the next one goes on. */
  finished: boolean;
  file: Compacted;
}

const dayMs = 24 * 3_600_000;
/** Digest windows reach back 90 days at most (DIGEST_WINDOW_DAYS), and clocks may differ by some. */
const recentMs = 92 * dayMs;
/** Soft bounces count half after 30 days: after a year they weigh nothing. */
const leastBounceDays = 365;
/** What runs wrote to the log is of interest while somebody may still ask what went wrong. */
const runLogDays = 30;
/** A longer pause than between monthly runs may as well be a clock that is wrong. */
const longestPauseMs = 40 * dayMs;
/** Each transaction takes some ms on a small machine. */
const atOnce = { papers: 2000, deliveries: 200, notes: 2000, rows: 1000, runs: 100 };

/**
 * Forgets what is older than the settings say, in short transactions, so that whoever sends or serves hardly waits.
 * Safe to end at any moment. Papers, suppressions and subscribers are never forgotten, who signed up and did not
 * confirm it is. After a long pause, or when the clock went back, it only notes the time: what a wrong clock removes
 * does not come back.
 */
export async function keepHouse(deps: HousekeepingDeps): Promise<HousekeepingReport> {
  const { store, now, retention } = deps;
  const report: HousekeepingReport = {
    signals: 0,
    deliveries: 0,
    planRuns: 0,
    ingestRuns: 0,
    sendRuns: 0,
    runLogLines: 0,
    bounces: 0,
    signUps: 0,
    deliveriesKept: 0,
    postponed: await judgeClock(store, now),
    finished: true,
    file: { bytes: 0, freeBytes: 0 },
  };
  if (report.postponed === null) {
    const oldSignals = now - retention.signalsDays * dayMs;
    const oldDeliveries = now - retention.deliveriesDays * dayMs;
    const oldBounces = now - Math.max(retention.deliveriesDays, leastBounceDays) * dayMs;
    await forgetSignals(deps, oldSignals, report);
    await forgetDeliveries(deps, oldDeliveries, report);
    await repeat(deps, async () => {
      const bounces = await pruneBounces(store.db, oldBounces, atOnce.rows);
      report.bounces += bounces;
      return bounces === atOnce.rows;
    });
    await repeat(deps, async () => {
      const runs = await pruneIngestRuns(store.db, oldSignals, atOnce.rows);
      report.ingestRuns += runs;
      return runs === atOnce.rows;
    });
    await repeat(deps, async () => {
      const signUps = await pruneSignUps(store.db, now, atOnce.rows);
      report.signUps += signUps;
      return signUps === atOnce.rows;
    });
    await repeat(deps, async () => {
      const runs = await pruneSendRuns(store.db, oldDeliveries, atOnce.rows);
      report.sendRuns += runs;
      return runs === atOnce.rows;
    });
    await repeat(deps, async () => {
      const lines = await pruneRunLogs(store.db, now - runLogDays * dayMs, atOnce.rows);
      report.runLogLines += lines;
      return lines === atOnce.rows;
    });
    if (!deps.signal?.aborted) await pruneHttpCache(store.db, oldSignals);
    if (!deps.signal?.aborted)
      await pruneEditionCounts(store.db, new Date(oldDeliveries).toISOString().slice(0, 10));
    if (!deps.signal?.aborted) await pruneRequestKeys(store.db, now);
  }
  report.finished = !deps.signal?.aborted;
  report.file = await compact(store);
  return report;
}

/** Null: go on. */
async function judgeClock({ db }: Store, now: number): Promise<string | null> {
  const before = await findFact(db, 'housekept_at');
  await saveFact(db, 'housekept_at', String(now));
  if (before === null) return 'this is the first time: nothing is forgotten until the next';
  const passed = now - Number(before);
  if (passed >= 0 && passed <= longestPauseMs) return null;
  return `the last time was at ${new Date(Number(before)).toISOString()}: in case a clock is wrong, nothing is forgotten until the next`;
}

async function forgetSignals(deps: HousekeepingDeps, before: number, report: HousekeepingReport) {
  const lastId = await findLastPaperId(deps.store.db);
  let fromId = 1;
  await repeat(deps, async () => {
    const toId = fromId + atOnce.papers - 1;
    report.signals += await pruneSignals(deps.store.db, { fromId, toId, before });
    fromId = toId + 1;
    return fromId <= lastId;
  });
}

async function forgetDeliveries(deps: HousekeepingDeps, before: number, report: HousekeepingReport) {
  const { store, now } = deps;
  let afterRunId = 0;
  await repeat(deps, async () => {
    const runs = await findOldPlanRuns(store.db, before, afterRunId, atOnce.runs);
    for (const planRunId of runs) {
      let afterId = 0;
      await repeat(deps, async () => {
        const { pruned, kept, lastId } = await pruneDeliveries(store.db, {
          planRunId,
          afterId,
          limit: atOnce.deliveries,
          recentSince: now - recentMs,
        });
        report.deliveries += pruned;
        report.deliveriesKept += kept;
        afterId = lastId ?? 0;
        return lastId !== null;
      });
      await repeat(deps, async () => {
        const { more, gone } = await prunePlanRun(store, planRunId, atOnce.notes);
        if (gone) report.planRuns++;
        return more;
      });
    }
    afterRunId = runs.at(-1) ?? 0;
    return runs.length === atOnce.runs;
  });
}

/** Steps until one says that it was the last, or until asked to stop. */
async function repeat({ between, signal }: HousekeepingDeps, step: () => Promise<boolean>): Promise<void> {
  let more = true;
  while (more && !signal?.aborted) {
    more = await step();
    await between?.();
    await setImmediate();
  }
}
