import type { Clock } from '../clock.ts';
import type { Candidate } from '../papers/candidate.ts';
import { findOverlaps, type Overlap } from '../topics/overlap.ts';
import { type QueryTest, testQuery } from '../topics/test-query.ts';
import type { TopicMatch } from '../topics/topic.ts';
import { byTrend, type LoadedCandidates } from './candidate-set.ts';

/** What a topic's query finds among the candidates. */
export interface TopicFigures {
  /** Papers that came out within seven days. */
  week: number;
  /** All candidates that match. */
  matched: number;
  /** When the newest of them came out, epoch ms; null: none matches. */
  lastAt: number | null;
}

/** The candidates as they were a while ago, for looking at topics: planning always loads its own. */
export interface TopicLooks {
  /** Since when nothing came in, epoch ms. */
  readonly at: number;
  /** Best first. */
  ranked(): readonly Candidate[];
  figuresOf(query: string): TopicFigures;
  overlapsOf<Other extends { query: string }>(
    query: string,
    others: readonly Other[],
    limit: number,
  ): Overlap<Other>[];
  /** Throws TopicQueryError. */
  test(query: string, options: { days: number; limit: number }): QueryTest;
}

export interface TopicLooksKeeper {
  look(): Promise<TopicLooks>;
  close(): void;
}

const keptMs = 10 * 60_000;
const weekMs = 7 * 24 * 3_600_000;
const maxFigures = 20_000;
/** Ids of papers held for comparing topics, at most: 20 MB. */
const maxHeld = 5_000_000;

/**
 * Keeps the candidates with their matcher for ten minutes: loading them takes as long as a plan does, and whoever looks
 * at topics looks at several. `load` is asked when somebody looks and what there is is older. `timezone`: where a day begins.
 */
export function keepTopicLooks(
  load: () => Promise<LoadedCandidates>,
  clock: Clock,
  timezone: string,
): TopicLooksKeeper {
  let kept: { at: number; set: Promise<LoadedCandidates>; looks: Promise<TopicLooks> } | null = null;
  const drop = () => {
    kept?.set.then(
      (set) => set.close(),
      () => {},
    );
    kept = null;
  };
  return {
    look() {
      const now = clock.now();
      if (kept && Math.abs(now - kept.at) <= keptMs) return kept.looks;
      drop();
      const set = load();
      const looks = set.then((loaded) => makeLooks(loaded, now, timezone));
      kept = { at: now, set, looks };
      looks.catch(() => {
        kept = null;
      });
      return looks;
    },
    close: drop,
  };
}

function makeLooks(set: LoadedCandidates, at: number, timezone: string): TopicLooks {
  const candidates = [...set.candidates.values()];
  const figures = new Map<string, TopicFigures>();
  const matchesOf = (query: string): readonly TopicMatch[] => set.index.match(query);
  const papers = new Map<string, Uint32Array>();
  let held = 0;
  const papersOf = (query: string): Uint32Array => {
    let found = papers.get(query);
    if (!found) {
      found = Uint32Array.from(matchesOf(query), ({ paperId }) => paperId);
      held += found.length;
      if (held > maxHeld) {
        papers.clear();
        held = 0;
      }
      papers.set(query, found);
    }
    return found;
  };
  let ranked: Candidate[] | undefined;
  return {
    at,
    ranked() {
      ranked ??= candidates.toSorted(byTrend);
      return ranked;
    },
    figuresOf(query) {
      const known = figures.get(query);
      if (known) return known;
      const found: TopicFigures = { week: 0, matched: 0, lastAt: null };
      for (const { paperId } of matchesOf(query)) {
        const paper = set.candidates.get(paperId)?.paper;
        if (!paper) continue;
        const cameAt = paper.announcedAt ?? paper.firstSeenAt;
        found.matched++;
        if (cameAt > at - weekMs) found.week++;
        found.lastAt = Math.max(found.lastAt ?? cameAt, cameAt);
      }
      if (figures.size >= maxFigures) figures.clear();
      figures.set(query, found);
      return found;
    },
    overlapsOf: (query, others, limit) =>
      findOverlaps(papersOf(query), others, (other) => papersOf(other.query), limit),
    test: (query, options) => testQuery(set.index, candidates, query, { at, timezone, ...options }),
  };
}
