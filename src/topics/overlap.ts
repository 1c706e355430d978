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
 * those with nothing in common are left out. `own` and what `papersOf` gives of another topic are the ids of the papers
 * that they match.
 */
export function findOverlaps<Other>(
  own: ArrayLike<number>,
  others: readonly Other[],
  papersOf: (other: Other) => ArrayLike<number>,
  limit: number,
): Overlap<Other>[] {
  const papers = new Set(Array.from(own));
  return others
    .flatMap((other) => {
      const theirs = papersOf(other);
      let common = 0;
      for (let at = 0; at < theirs.length; at++) if (papers.has(theirs[at] as number)) common++;
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
