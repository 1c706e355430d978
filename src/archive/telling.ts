import { countPlaces } from '../store/archive.ts';
import type { Db } from '../store/store.ts';
import { phrase } from '../topics/compile.ts';
import { stemWord } from '../topics/stem.ts';
import { isStopWord } from '../topics/stop-words.ts';
import { splitWords } from '../topics/words.ts';

/** A word that stands in more papers than this tells little about any of them, and weighing it would take long. */
const mostPapers = 6000;
/** Words of a text that are counted, and that then stand for it. */
const most = { counted: 40, kept: 6 };

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

/** The stems of a text that the fewest papers have, but more than none: what it is about. */
export async function findTellingTerms(db: Db, text: string): Promise<string[]> {
  const stems = new Set<string>();
  for (const word of splitWords(text.slice(0, 20_000))) {
    if (stems.size >= most.counted) break;
    if (!isStopWord(word) && [...word].length > 1) stems.add(stemWord(word));
  }
  const counted: { stem: string; count: number }[] = [];
  for (const stem of stems) {
    const count = await countTerm(db, phrase([stem]));
    if (count > 0 && count <= mostPapers) counted.push({ stem, count });
  }
  return counted
    .sort((a, b) => a.count - b.count)
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
