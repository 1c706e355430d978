import { findNewest } from '../archive/newest.ts';
import type { Pool, PoolEntry } from '../digest/choose.ts';
import { localDateAt } from '../digest/schedule.ts';
import { attentionOver } from '../papers/attention.ts';
import type { Trend } from '../papers/candidate.ts';
import { rankWithinFields } from '../papers/trend.ts';
import { createTwinFinder } from '../papers/twins.ts';
import { loadSendable, wasCandidate } from '../store/papers.ts';
import { findTopicsOfReturning } from '../store/plan-runs.ts';
import type { Db } from '../store/store.ts';
import { findPapersWithSignals } from '../store/trending.ts';
import type { SqliteHandle } from '../topics/text-index.ts';
import { buildTopicIndex } from '../topics/topic-index.ts';
import { type CandidateSet, makeCandidateSet, type NotedPool, type QueryTopic } from './candidate-set.ts';
import { missedReasons } from './occasion.ts';
import { createSteeringReader, type SteeringReader } from './steering.ts';

const dayMs = 24 * 3_600_000;
/** How far back the first digest after a long absence reaches. Deliveries with papers of this time are never forgotten. */
const reachMs = 90 * dayMs;
/** Of all that came out in that time, so many that gained most votes and stars are looked at. */
const looked = 2000;
/** And of each topic the newest so many, for what few vote on. */
const newestOfTopic = 100;
/** Papers in all, which bounds what a plan holds in memory. */
const mostPapers = 8000;
/** Pools kept at once, as in candidate-set.ts. */
const maxPools = 500;

/**
 * What came out while somebody was away for longer than candidates reach back, ranked by the attention it gained in all
 * that time: the best of what they missed.
 */
export interface MissedSet extends CandidateSet {
  /** Who had an edition on this day (UTC) or later missed nothing that is no candidate any more. */
  readonly sinceDate: string;
  /** What some topics offer of what came out since the day of an edition. */
  poolSince(topics: readonly QueryTopic[], lastDate: string): NotedPool;
  readonly readSteering: SteeringReader;
  close(): void;
}

export interface MissedDeps {
  db: Db;
  /** Where the matcher's tables go; `recent` has its own there. */
  handle: SqliteHandle;
  /** The candidates of `now`, and how far back they reach. */
  recent: CandidateSet;
  now: number;
  windowMs: number;
}

/**
 * Loads what came out in the last 90 days and may be sent: what gained most attention, what `topics` had last, and all
 * candidates. Takes a second or so; who plans does it once, before any transaction, and only when somebody returns.
 */
export async function loadMissed(
  { db, handle, recent, now, windowMs }: MissedDeps,
  topics: readonly QueryTopic[],
): Promise<MissedSet> {
  const since = now - reachMs;
  const ids = new Set(await findPapersWithSignals(db, { since, until: now, limit: looked }));
  for (const { query } of topics) {
    if (ids.size >= mostPapers) break;
    for (const id of await findNewest(db, query, { since, limit: newestOfTopic })) ids.add(id);
  }
  const rows = await loadSendable(db, [...ids], now);
  const trends = new Map<number, Trend>();
  const older = rows.filter(({ paper, signals }) => {
    const { score, changes, votesByDay } = attentionOver({ ...paper, signals }, now, reachMs);
    const rising = recent.candidates.get(paper.id)?.trend.rising ?? false;
    trends.set(paper.id, { score, parts: [], changes, votesByDay, rising });
    return !recent.candidates.has(paper.id) && wasCandidate(paper, { now, windowMs: reachMs });
  });
  const papers = [
    ...[...recent.candidates.values()].map(({ paper }) => paper),
    ...older.map(({ paper }) => paper),
  ];
  const ranked = rankWithinFields(
    papers.map((paper) => {
      const { trend } = recent.candidates.get(paper.id) ?? {};
      return { paper, trend: trends.get(paper.id) ?? { ...(trend as Trend), score: 0 } };
    }),
  );
  const isOlder = new Set(older.map(({ paper }) => paper.id));
  const index = buildTopicIndex(
    handle,
    ranked.filter(({ paper }) => isOlder.has(paper.id)),
  );
  const set = makeCandidateSet(
    ranked,
    (query) => [...recent.matches({ topicId: 0, name: '', query }), ...index.match(query)],
    createTwinFinder(papers),
  );
  const pools = new Map<string, NotedPool>();
  return {
    ...set,
    sinceDate: localDateAt(now - windowMs, 'UTC'),
    readSteering: createSteeringReader(set),
    poolSince(asked, lastDate) {
      const key = `${lastDate} ${asked.map(({ topicId }) => topicId).join()}`;
      let pool = pools.get(key);
      if (!pool) {
        const whole = set.poolFor(asked);
        const reach = { now, windowMs: Math.min(reachMs, now - Date.parse(`${lastDate}T00:00:00Z`)) };
        pool = {
          ...narrow(whole, ({ paperId }) => {
            const candidate = set.candidates.get(paperId);
            return candidate !== undefined && wasCandidate(candidate.paper, reach);
          }),
          noteIds: whole.noteIds,
        };
        if (pools.size >= maxPools) pools.delete(pools.keys().next().value as string);
        pools.set(key, pool);
      }
      return pool;
    },
    close: () => index.close(),
  };
}

/** More topics than that have only what drew attention. */
const mostTopics = 2000;

/**
 * What those missed who come due until an instant, the candidates' own or later, after having been away for long; null:
 * nobody was.
 */
export async function loadMissedForDue(
  db: Db,
  recent: CandidateSet,
  until: number,
): Promise<MissedSet | null> {
  if (!recent.missed) return null;
  const { sinceDate } = recent.missed;
  const topics = await findTopicsOfReturning(db, { until, sinceDate, missedReasons }, mostTopics);
  return topics.length === 0 ? null : await recent.missed.load(db, topics);
}

/** The same pool with only some of its entries, which stay the same ones. */
function narrow({ entries, topicCount }: Pool, isWanted: (entry: PoolEntry) => boolean): Pool {
  const kept = entries.filter(isWanted);
  return { entries: kept, byPaper: new Map(kept.map((entry) => [entry.paperId, entry])), topicCount };
}
