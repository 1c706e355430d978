import type { TopicMatch } from './topic.ts';

/** How much of what two topics match is the same. */
export interface Overlap<Other> {
  other: Other;
  /** Papers that both match. */
  common: number;
  /** Of the topic's own matches, and of the other's: 0..1. */
  ofOwn: number;
  ofOther: number;
}

/**
 * The topics that match most of the same papers, the most alike first (by what is common of all that either matches);
 * those with nothing in common are left out. `matchesOf` gives what another topic matches.
 */
export function findOverlaps<Other>(
  own: readonly TopicMatch[],
  others: readonly Other[],
  matchesOf: (other: Other) => readonly TopicMatch[],
  limit: number,
): Overlap<Other>[] {
  const papers = new Set(own.map(({ paperId }) => paperId));
  return others
    .flatMap((other) => {
      const theirs = matchesOf(other);
      let common = 0;
      for (const { paperId } of theirs) if (papers.has(paperId)) common++;
      if (common === 0) return [];
      const alike = common / (papers.size + theirs.length - common);
      return [
        { alike, overlap: { other, common, ofOwn: common / papers.size, ofOther: common / theirs.length } },
      ];
    })
    .sort((one, two) => two.alike - one.alike)
    .slice(0, limit)
    .map(({ overlap }) => overlap);
}
