import { countPlaces } from '../store/archive.ts';
import type { Db } from '../store/store.ts';
import { phrase } from '../topics/compile.ts';
import { stemWord } from '../topics/stem.ts';
import { isStopWord } from '../topics/stop-words.ts';
import { splitWords } from '../topics/words.ts';

/** A word that stands in more papers than this tells little about any of them, and weighing it would take long. */
const mostPapers = 3000;
/** Words of a text that are counted, and that then stand for it. */
const most = { counted: 12, kept: 6 };

/** How many papers have a term, by connection and term: it changes slowly, and only the order of magnitude matters. */
const counts = new WeakMap<object, Map<string, number>>();
const keptCounts = 5000;

/** How many papers have a term (an FTS5 expression in stems), up to a bound. */
async function countTerm(db: Db, term: string): Promise<number> {
  const adapter = db.getExecutor().adapter;
  let known = counts.get(adapter);
  if (!known || known.size >= keptCounts) {
    known = new Map();
    counts.set(adapter, known);
  }
  let count = known.get(term);
  if (count === undefined) {
    count = await countPlaces(db, { kind: 'match', table: 'texts', match: term }, mostPapers + 1);
    known.set(term, count);
  }
  return count;
}

/** Whether a term tells papers apart. */
export async function isTelling(db: Db, term: string): Promise<boolean> {
  return (await countTerm(db, term)) <= mostPapers;
}

/** A text and how often each of its words counts. */
export interface WeighedText {
  text: string;
  times: number;
}

/**
 * The stems that tell most about texts: those that they often have and few papers do (TF-IDF), but no fewer than `least`;
 * none that tells nothing.
 */
export async function findTellingTerms(db: Db, texts: readonly WeighedText[], least = 1): Promise<string[]> {
  const counts = new Map<string, number>();
  for (const { text, times } of texts)
    for (const word of splitWords(text.slice(0, 20_000))) {
      if (isStopWord(word) || [...word].length < 2) continue;
      const stem = stemWord(word);
      counts.set(stem, (counts.get(stem) ?? 0) + times);
    }
  const often = [...counts].sort((a, b) => b[1] - a[1]).slice(0, most.counted);
  const weighed: { stem: string; weight: number }[] = [];
  for (const [stem, times] of often) {
    const papers = await countTerm(db, phrase([stem]));
    if (papers >= least && papers <= mostPapers)
      weighed.push({ stem, weight: (1 + Math.log(times)) * Math.log(1 + (2 * mostPapers) / papers) });
  }
  return weighed
    .sort((a, b) => b.weight - a.weight)
    .slice(0, most.kept)
    .map(({ stem }) => stem);
}

/** Papers with at least two of the stems, or the only one there is, as an expression; null: there is none. */
export function likeExpression(stems: readonly string[]): string | null {
  const [first, ...others] = stems;
  if (first === undefined) return null;
  if (others.length === 0) return phrase([first]);
  return stems
    .slice(0, -1)
    .map((stem, at) => {
      const rest = stems.slice(at + 1).map((other) => phrase([other]));
      return `(${phrase([stem])} AND (${rest.join(' OR ')}))`;
    })
    .join(' OR ');
}
