import { countPlaces } from '../store/archive.ts';
import type { Db } from '../store/store.ts';
import { phrase } from '../topics/compile.ts';
import { stemWord } from '../topics/stem.ts';
import { isStopWord } from '../topics/stop-words.ts';
import { splitWords } from '../topics/words.ts';

/** A word that stands in more papers than this tells little about any of them, and weighing it would take long. */
const mostPapers = 3000;
/** Words of a text that are counted, and that then stand for it: of those that tell, or of those that do not. */
const most = { counted: 12, kept: 6, common: 3 };
/** Which of common words is rarest is told among so many papers; counting them takes some milliseconds. */
const mostCounted = 200_000;

/** How many papers have a term, by connection and term: it changes slowly, and only the order of magnitude matters. */
const counts = new WeakMap<object, Map<string, number>>();
const keptCounts = 5000;
/** Fewer are counted anew each time: it takes no time, and the word may be a new one. */
const leastKept = 10;

/** How many papers have a term (an FTS5 expression in stems), up to a bound. */
async function countTerm(db: Db, term: string, bound = mostPapers + 1): Promise<number> {
  const adapter = db.getExecutor().adapter;
  let known = counts.get(adapter);
  if (!known || known.size >= keptCounts) {
    known = new Map();
    counts.set(adapter, known);
  }
  const key = `${bound} ${term}`;
  let count = known.get(key);
  if (count === undefined) {
    count = await countPlaces(db, { kind: 'match', table: 'texts', match: term }, bound);
    if (count >= leastKept) known.set(key, count);
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
  const weighed: { stem: string; weight: number }[] = [];
  for (const [stem, times] of countStems(texts)) {
    const papers = await countTerm(db, phrase([stem]));
    if (papers >= least && papers <= mostPapers)
      weighed.push({ stem, weight: (1 + Math.log(times)) * Math.log(1 + (2 * mostPapers) / papers) });
  }
  return weighed
    .sort((a, b) => b.weight - a.weight)
    .slice(0, most.kept)
    .map(({ stem }) => stem);
}

/** The stems that stand in the texts most often, with how often. */
function countStems(texts: readonly WeighedText[]): [stem: string, times: number][] {
  const counts = new Map<string, number>();
  for (const { text, times } of texts)
    for (const word of splitWords(text.slice(0, 20_000))) {
      if (isStopWord(word) || [...word].length < 2) continue;
      const stem = stemWord(word);
      counts.set(stem, (counts.get(stem) ?? 0) + times);
    }
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, most.counted);
}

/** What a free text is looked for by. */
export interface FreeText {
  stems: string[];
  /** Over `texts`; null: no paper has any of its words. */
  match: string | null;
}

/** Papers that share words with a text that tell something; where none of its words does, those that have several. */
export async function readFreeText(db: Db, text: string): Promise<FreeText> {
  const texts = [{ text, times: 1 }];
  const telling = await findTellingTerms(db, texts);
  if (telling.length > 0) return { stems: telling, match: likeExpression(telling) };
  const found: { stem: string; papers: number }[] = [];
  for (const [stem] of countStems(texts)) {
    const papers = await countTerm(db, phrase([stem]), mostCounted);
    if (papers > 0) found.push({ stem, papers });
  }
  const rarest = found.sort((a, b) => a.papers - b.papers).slice(0, most.common);
  for (let number = rarest.length; number > 0; number--) {
    const stems = rarest.slice(0, number).map(({ stem }) => stem);
    const match = stems.map((stem) => phrase([stem])).join(' AND ');
    if ((await countPlaces(db, { kind: 'match', table: 'texts', match }, 1)) > 0) return { stems, match };
  }
  return { stems: [], match: null };
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
