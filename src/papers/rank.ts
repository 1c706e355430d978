import type { Candidate, Trend } from './candidate.ts';
import type { StoredPaper } from './paper.ts';

export interface TrendingPaper {
  paper: StoredPaper;
  trend: Trend;
}

/** Fewer papers than this say little about a field: it is ranked within its archive (`cs.OH` in `cs`). */
const fieldMinimum = 12;

/** A field's own percentile counts as much as everybody's when it has this many papers: tiny fields only. */
const shrinkage = 2;

/**
 * Places each paper among its peers, best first: by percentile, then score, then key. A paper's field is its
 * primary category, or that category's archive when fewer than `minimum` papers have it; without a category it
 * is `other` and all papers are its peers, for it could be anything. The percentile, 0..1, is the share of peers
 * that score lower plus half of those that score the same, drawn toward the share among all papers the fewer peers
 * there are: the only paper of a field is neither its best nor its worst.
 */
export function rankWithinFields(papers: readonly TrendingPaper[], minimum = fieldMinimum): Candidate[] {
  const groups = new Map<string, number[]>();
  const everyone: number[] = [];
  const tell = (group: string, score: number): void => {
    const scores = groups.get(group);
    if (scores) scores.push(score);
    else groups.set(group, [score]);
  };
  for (const { paper, trend } of papers) {
    everyone.push(trend.score);
    const category = paper.categories[0];
    if (!category) continue;
    tell(category, trend.score);
    const archive = archiveOf(category);
    if (archive !== category) tell(archive, trend.score);
  }
  everyone.sort((a, b) => a - b);
  for (const scores of groups.values()) scores.sort((a, b) => a - b);

  return papers
    .map(({ paper, trend }): Candidate => {
      const field = fieldOf(paper.categories[0], groups, minimum);
      const overall = share(everyone, trend.score);
      const peers = groups.get(field);
      const percentile = peers
        ? (peers.length * share(peers, trend.score) + shrinkage * overall) / (peers.length + shrinkage)
        : overall;
      return { paper, trend, field, percentile };
    })
    .sort(
      (a, b) =>
        b.percentile - a.percentile ||
        b.trend.score - a.trend.score ||
        (a.paper.key < b.paper.key ? -1 : a.paper.key > b.paper.key ? 1 : 0),
    );
}

function fieldOf(category: string | undefined, groups: Map<string, number[]>, minimum: number): string {
  if (!category) return 'other';
  return (groups.get(category)?.length ?? 0) >= minimum ? category : archiveOf(category);
}

function archiveOf(category: string): string {
  return category.split('.', 1)[0] || category;
}

/** Share of the sorted scores below `score`, half of the equal ones included. */
function share(sorted: readonly number[], score: number): number {
  return (
    (bound(sorted, (other) => other >= score) + bound(sorted, (other) => other > score)) / 2 / sorted.length
  );
}

/** Index of the first score that `reached` holds for. */
function bound(sorted: readonly number[], reached: (score: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reached(sorted[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}
