import type { Paper } from '../papers/paper.ts';

/** With abstracts to compare, at least this share of their words must be common. */
const leastOverlap = 0.4;
/** Without, a title must say more than `Introduction` or `Reply to comment` does. */
const leastTitleChars = 20;

/** Whether two papers of the same normalised title are one work. Abstracts decide where both have one. */
export function isSameWork(a: Paper, b: Paper): boolean {
  if (a.abstract === null || b.abstract === null) return a.key === b.key || a.title.length >= leastTitleChars;
  const [wordsA, wordsB] = [wordsOf(a.abstract), wordsOf(b.abstract)];
  let common = 0;
  for (const word of wordsA) if (wordsB.has(word)) common += 1;
  return common >= leastOverlap * Math.min(wordsA.size, wordsB.size);
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu));
}
