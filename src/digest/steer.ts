import type { Pool, PoolEntry } from './choose.ts';

/** How many choices of either verdict steer: the latest ones, as interests move on. */
export const steeringChoices = 50;

/**
 * What a subscriber's choices say about papers: how far each leans toward what they want more of and toward what they
 * want less of (topics/nearness.ts `lean`; NaN or below 0 counts as 0), how many choices of each that is from, and
 * which paper they want more of is most like it.
 */
export interface Steering {
  more: { choices: number; lean(paperId: number): number };
  less: { choices: number; lean(paperId: number): number };
  /** Its title; null: there is none. */
  nearestLiked(paperId: number): string | null;
}

/** As much as a topic's relevance: the ranking of 0..1 still has more of trend than of either. */
const moreWeight = 0.4;
/** Half of that, as is usual (Rocchio): what is unlike one's dislikes is not yet what one likes. */
const lessWeight = 0.2;
/** A lean from which on it is all that can be. */
const fullLean = 0.15;
/** Smaller changes are none: digests share what they have in common. */
const leastChange = 0.01;
/** From here on it is worth saying that a paper is here because of what they like. */
const tellingChange = 0.1;

/**
 * A pool as ranked for one subscriber, who asked for more and less like some papers: Rocchio's relevance feedback over
 * the ranking by trend and relevance, α·rank + β·likes − γ·dislikes. Nothing is left out for it. The given pool, which
 * others share, stays as it is, and so do the entries that nothing changes.
 *
 * The weights were chosen on 361 papers of recorded days with their votes. Papers of one interest (of 17, by keyword)
 * among the first ten, after 1, 3, 10 and 30 papers of it were liked on earlier days: β 0.2: 0.17 0.20 0.27 0.35; 0.4: 0.19
 * 0.26 0.42 0.49; 0.5: 0.21 0.31 0.49 0.56; without: 0.16. The share of the ten that are in the top fifth by votes: up to
 * β 0.4 0.98 and above, at 0.5 0.92, at 1 0.68: there trends begin to drown. After as many dislikes with γ 0.2: 0.14
 * 0.11 0.08 0.03.
 */
export function steerPool(pool: Pool, steering: Steering): Pool {
  const { more, less } = steering;
  const byPaper = new Map<number, PoolEntry>();
  const entries = pool.entries.map((entry) => {
    const raised = moreWeight * strength(more, entry.paperId);
    const steered = raised - lessWeight * strength(less, entry.paperId);
    const own = Math.abs(steered) < leastChange ? entry : { ...entry, score: entry.score + steered, steered };
    if (own !== entry && raised >= tellingChange) {
      const liked = steering.nearestLiked(entry.paperId);
      if (liked !== null) own.moreLike = liked;
    }
    byPaper.set(own.paperId, own);
    return own;
  });
  entries.sort((a, b) => b.score - a.score || b.paperId - a.paperId);
  return { entries, byPaper, topicCount: pool.topicCount };
}

/** 0..1; one choice alone says half as much as many. */
function strength({ choices, lean }: Steering['more'], paperId: number): number {
  if (choices === 0) return 0;
  const leaning = lean(paperId) / fullLean;
  return leaning > 0 ? (Math.min(1, leaning) * choices) / (choices + 1) : 0;
}
