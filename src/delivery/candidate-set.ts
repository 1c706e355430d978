import { buildPool, type MatchedTopic, type Pool } from '../digest/choose.ts';
import { localDateAt } from '../digest/schedule.ts';
import { findSharedTitles } from '../digest/shared-titles.ts';
import type { Candidate } from '../papers/candidate.ts';
import { rankWithinFields, trendScore } from '../papers/trend.ts';
import { createTwinFinder } from '../papers/twins.ts';
import { loadCandidates } from '../store/papers.ts';
import type { Db } from '../store/store.ts';
import { buildNearness, type Nearness } from '../topics/nearness.ts';
import type { SqliteHandle } from '../topics/text-index.ts';
import type { TopicMatch } from '../topics/topic.ts';
import { buildTopicIndex, type TopicIndex } from '../topics/topic-index.ts';
import { loadMissed, type MissedSet } from './missed.ts';

/** A topic as the planner needs it. */
export interface QueryTopic {
  topicId: number;
  name: string;
  query: string;
}

/** A pool with the ids of the notes already written in this plan run, by paper. */
export interface NotedPool extends Pool {
  noteIds: Map<number, number>;
}

/** Everything that can be sent at one instant, with its matcher. Built once per plan, asked per topic set. */
export interface CandidateSet {
  candidates: ReadonlyMap<number, Candidate>;
  /** The lowest paper id among them; no older paper can be chosen. */
  firstPaperId: number;
  matches(topic: QueryTopic): readonly TopicMatch[];
  poolFor(topics: readonly QueryTopic[]): NotedPool;
  /** How near they are to other papers; made when first asked for. A document is a place in `candidates`. */
  nearness(): Nearness;
  /** Near-duplicates of a candidate among the candidates, by id. */
  twinsOf(paperId: number): readonly number[];
  /** Whether a subject would name another candidate the same. */
  sharesTitle(paperId: number): boolean;
  /** What came out before the day `sinceDate` (UTC), where these begin, for who was away; absent: it is not looked for. */
  readonly missed?: {
    readonly sinceDate: string;
    load(db: Db, topics: readonly QueryTopic[]): Promise<MissedSet>;
  };
}

/** Pools kept at once: enough for every mix of public topics that many people share, bounded for private ones. */
const maxPools = 500;

export function makeCandidateSet(
  candidates: readonly Candidate[],
  match: (query: string) => readonly TopicMatch[],
  twinsOf: (paperId: number) => readonly number[],
): CandidateSet {
  const byId = new Map(candidates.map((candidate) => [candidate.paper.id, candidate]));
  const pools = new Map<string, NotedPool>();
  const matches = (topic: QueryTopic) => match(topic.query);
  let nearness: Nearness | undefined;
  let sharedTitles: ReadonlySet<number> | undefined;
  return {
    candidates: byId,
    firstPaperId: candidates.reduce((least, one) => Math.min(least, one.paper.id), Number.MAX_SAFE_INTEGER),
    matches,
    twinsOf,
    sharesTitle(paperId) {
      sharedTitles ??= findSharedTitles(candidates.map(({ paper }) => paper));
      return sharedTitles.has(paperId);
    },
    nearness() {
      nearness ??= buildNearness(candidates);
      return nearness;
    },
    poolFor(topics) {
      const key = topics.map((topic) => topic.topicId).join(',');
      const known = pools.get(key);
      if (known) return known;
      const matched: MatchedTopic[] = topics.map((topic) => ({
        id: topic.topicId,
        name: topic.name,
        matches: matches(topic),
      }));
      const pool: NotedPool = { ...buildPool(matched, byId), noteIds: new Map() };
      if (pools.size >= maxPools) pools.delete(pools.keys().next().value as string);
      pools.set(key, pool);
      return pool;
    },
  };
}

/** Where a candidate stands among all. */
interface Standing {
  trend: { score: number };
  paper: { id: number };
}

/** Orders candidates: the best first, of equal ones the newest. */
export function byTrend(a: Standing, b: Standing): number {
  return b.trend.score - a.trend.score || b.paper.id - a.paper.id;
}

/** A candidate set that holds an index of its own; close it when done. */
export interface LoadedCandidates extends CandidateSet {
  readonly index: TopicIndex;
  close(): void;
}

/**
 * Papers, trends and matcher as they stand at `now` (epoch ms). `handle` is an empty in-memory SQLite database,
 * closed with the set.
 */
export async function loadCandidateSet(
  db: Db,
  handle: SqliteHandle & { close(): unknown },
  { now, windowMs }: { now: number; windowMs: number },
): Promise<LoadedCandidates> {
  const loaded = await loadCandidates(db, { now, windowMs });
  const candidates = rankWithinFields(
    loaded.map(({ paper, signals }) => ({ paper, trend: trendScore({ ...paper, signals }, now) })),
  );
  const index = buildTopicIndex(handle, candidates);
  const set = makeCandidateSet(
    candidates,
    (query) => index.match(query),
    createTwinFinder(candidates.map(({ paper }) => paper)),
  );
  return {
    ...set,
    index,
    missed: {
      sinceDate: localDateAt(now - windowMs, 'UTC'),
      load: (reader, topics) => loadMissed({ db: reader, handle, recent: set, now, windowMs }, topics),
    },
    close() {
      index.close();
      handle.close();
    },
  };
}
