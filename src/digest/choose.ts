import type { Candidate } from '../papers/candidate.ts';
import type { TopicMatch } from '../topics/topic.ts';
import type { Note } from './digest.ts';

/** A topic with what it matched among the candidates. */
export interface MatchedTopic {
  id: number;
  name: string;
  matches: readonly TopicMatch[];
}

/** One paper that a set of topics offers, with everything that speaks for it. */
export interface PoolEntry {
  paperId: number;
  /** The blend that ranks it, see `rankScore`. */
  score: number;
  percentile: number;
  relevance: number;
  rising: boolean;
  /** Matching topics, the most relevant first. */
  topics: { id: number; name: string; relevance: number }[];
  terms: string[];
  /** What the subscriber's likes and dislikes added to the score (steer.ts); absent: nothing. */
  steered?: number;
  /** The title of a paper that they asked for more of, which this one is like. */
  moreLike?: string;
}

/** What a set of topics offers, best first. Subscribers with the same topics share one. */
export interface Pool {
  entries: readonly PoolEntry[];
  byPaper: ReadonlyMap<number, PoolEntry>;
  topicCount: number;
}

const trendWeight = 0.6;
const relevanceWeight = 0.4;
const risingBonus = 0.08;
const furtherTopicBonus = 0.03;
/** What a paper loses for each one its topic already has beyond its fair share of the digest. */
const crowdingPenalty = 0.06;
/** UTF-16 units of a title that a note quotes. */
const maxTitleLength = 200;
/** How far down the unsent list a better mix is looked for, in digests' worth of papers. */
const searchDepth = 4;

/**
 * Trend and relevance, each 0..1, blended; more for a late riser and for answering several topics. The percentile is
 * cubed: the top of a field is what trends, and a new paper ahead of the many old ones is not yet near it.
 */
export function rankScore(
  percentile: number,
  relevance: number,
  rising: boolean,
  topicCount: number,
): number {
  return (
    trendWeight * percentile ** 3 +
    relevanceWeight * relevance +
    (rising ? risingBonus : 0) +
    furtherTopicBonus * Math.min(3, topicCount - 1)
  );
}

/** Merges the matches of several topics into one ranking; ties go to the newer paper. */
export function buildPool(topics: readonly MatchedTopic[], candidates: ReadonlyMap<number, Candidate>): Pool {
  const byPaper = new Map<number, PoolEntry>();
  for (const topic of topics) {
    for (const match of topic.matches) {
      const candidate = candidates.get(match.paperId);
      if (!candidate) continue;
      const named = { id: topic.id, name: topic.name, relevance: match.relevance };
      const entry = byPaper.get(match.paperId);
      if (!entry) {
        byPaper.set(match.paperId, {
          paperId: match.paperId,
          score: 0,
          percentile: candidate.percentile,
          relevance: match.relevance,
          rising: candidate.trend.rising,
          topics: [named],
          terms: [...match.terms],
        });
        continue;
      }
      // A topic that matches everything says least about why a paper is here: it never comes first.
      const specific =
        match.terms.length > 0 && (entry.terms.length === 0 || match.relevance > entry.relevance);
      if (specific) entry.topics.unshift(named);
      else entry.topics.push(named);
      entry.relevance = Math.max(entry.relevance, match.relevance);
      for (const term of match.terms) if (!entry.terms.includes(term)) entry.terms.push(term);
    }
  }
  const entries = [...byPaper.values()];
  for (const entry of entries)
    entry.score = rankScore(entry.percentile, entry.relevance, entry.rising, entry.topics.length);
  entries.sort((a, b) => b.score - a.score || b.paperId - a.paperId);
  return { entries, byPaper, topicCount: topics.length };
}

export type MissReason = 'already_sent' | 'near_duplicate' | 'crowded_out' | 'digest_full';

export interface Choice {
  chosen: { entry: PoolEntry; topicId: number | null }[];
  /** Unsent matches that did not fit. */
  more: number;
  /** The best of those left out, and the best of those sent before, only when asked for. */
  missed: { entry: PoolEntry; reason: MissReason; like?: number }[];
}

export interface ChooseOptions {
  maxPapers: number;
  /** Papers that are the same work as this one or nearly so, by id; it is left out when one of them was or is sent. */
  twinsOf: (paperId: number) => readonly number[];
  /** How many missed papers to tell of, and how many sent ones; 0 tells none and is quicker. */
  tellMissed?: number;
}

/**
 * Picks the papers of one digest: the best ranked that were never sent, leaving out what is nearly the same as
 * another one in it or as one sent before, and
 * letting a topic take more than its fair share only when its papers are that much better. Deterministic.
 * `held` are the papers that this subscriber was sent or is about to be.
 */
export function chooseDigest(pool: Pool, held: ReadonlySet<number>, options: ChooseOptions): Choice {
  const { maxPapers, twinsOf, tellMissed = 0 } = options;
  let heldInPool = 0;
  for (const paperId of held) if (pool.byPaper.has(paperId)) heldInPool++;

  const unsent = unsentIn(pool, held);
  const reach: PoolEntry[] = [];
  const reachFurther = (count: number) => {
    for (let next = unsent.next(); !next.done; next = unsent.next())
      if (reach.push(next.value) >= count) return;
  };
  reachFurther(maxPapers * searchDepth + tellMissed);
  const chosen: Choice['chosen'] = [];
  const taken = new Map<number, number>();
  const duplicateOf = new Map<PoolEntry, number>();
  const fairShare = Math.ceil(maxPapers / Math.max(1, pool.topicCount));

  while (chosen.length < maxPapers) {
    let best: { entry: PoolEntry; topicId: number; worth: number } | null = null;
    for (const entry of reach) {
      // Sorted by score and a penalty only lowers it: nothing further down can win.
      if (best && entry.score <= best.worth) break;
      if (chosen.some((one) => one.entry === entry)) continue;
      const topicId = leastTaken(entry, taken);
      const excess = Math.max(0, (taken.get(topicId) ?? 0) - fairShare + 1);
      const worth = entry.score - crowdingPenalty * excess;
      if (!best || worth > best.worth) best = { entry, topicId, worth };
    }
    if (!best) break;
    const { entry, topicId } = best;
    const twin = twinsOf(entry.paperId).find(
      (id) => held.has(id) || chosen.some((one) => one.entry.paperId === id),
    );
    if (twin !== undefined) {
      duplicateOf.set(entry, twin);
      // The next in line takes its place: many versions of one work must not use up the reach.
      reach.splice(reach.indexOf(entry), 1);
      reachFurther(reach.length + 1);
      continue;
    }
    chosen.push({ entry, topicId });
    taken.set(topicId, (taken.get(topicId) ?? 0) + 1);
  }
  chosen.sort((a, b) => b.entry.score - a.entry.score || b.entry.paperId - a.entry.paperId);
  return {
    chosen,
    more: pool.entries.length - heldInPool - chosen.length - duplicateOf.size,
    missed: tellMissed === 0 ? [] : tellOfMissed(pool, held, chosen, duplicateOf, tellMissed),
  };
}

/** Why a chosen paper is here, as it is frozen with the delivery; `sharesTitle` see Note. */
export function noteOf(entry: PoolEntry, candidate: Candidate, sharesTitle = false): Note {
  return {
    topics: entry.topics.slice(0, 4).map((topic) => topic.name),
    terms: entry.terms.slice(0, 6),
    changes: candidate.trend.changes,
    votesByDay: candidate.trend.votesByDay,
    rising: entry.rising,
    ...(sharesTitle ? { sharesTitle } : {}),
    percentile: round(entry.percentile),
    relevance: round(entry.relevance),
    score: round(entry.score),
    ...(entry.steered === undefined ? {} : { steered: round(entry.steered) }),
    ...(entry.moreLike === undefined ? {} : { moreLike: entry.moreLike.slice(0, maxTitleLength) }),
  };
}

function* unsentIn(pool: Pool, held: ReadonlySet<number>): Generator<PoolEntry> {
  for (const entry of pool.entries) if (!held.has(entry.paperId)) yield entry;
}

/** The matching topic that has fewest papers so far; the most relevant one among equals. */
function leastTaken(entry: PoolEntry, taken: ReadonlyMap<number, number>): number {
  let least = entry.topics[0] as PoolEntry['topics'][number];
  for (const topic of entry.topics)
    if ((taken.get(topic.id) ?? 0) < (taken.get(least.id) ?? 0)) least = topic;
  return least.id;
}

function tellOfMissed(
  pool: Pool,
  held: ReadonlySet<number>,
  chosen: Choice['chosen'],
  duplicateOf: ReadonlyMap<PoolEntry, number>,
  count: number,
): Choice['missed'] {
  const inDigest = new Set(chosen.map((one) => one.entry));
  const lowest = chosen.at(-1)?.entry.score ?? 0;
  const missed: Choice['missed'] = [];
  let unsent = 0;
  let sent = 0;
  for (const entry of pool.entries) {
    if (unsent >= count) break;
    if (inDigest.has(entry)) continue;
    const like = duplicateOf.get(entry);
    if (held.has(entry.paperId)) {
      if (sent++ < count) missed.push({ entry, reason: 'already_sent' });
      continue;
    }
    unsent++;
    if (like !== undefined) missed.push({ entry, reason: 'near_duplicate', like });
    else missed.push({ entry, reason: entry.score > lowest ? 'crowded_out' : 'digest_full' });
  }
  return missed;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
