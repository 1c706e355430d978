import type { Candidate } from '../papers/candidate.ts';
import { countGrams, makeWordNumbers, numberWords, pairBase } from './grams.ts';
import type { Postings } from './text-index.ts';

/** Free text against the candidates; a document is a candidate's position in the list, 0… */
export interface LikeIndex {
  /** Every document that shares a word with the text, ascending, scored 0..1 (1: the nearest of all). */
  rank(text: string, among?: Among): Postings;
  /** The nearest of them: at most the top share, none much farther than the nearest; scores as in `rank`. */
  find(text: string, among?: Among): Postings;
  /** What the scores are made of, by document, unstretched. */
  measure(text: string): { bm25: Float64Array; cosine: Float64Array };
  /** The text's own words that tell most about it and occur in the document, as typed; at most three. */
  tellingWords(text: string, document: number): string[];
}

/** Which documents there are taken to be: 1 at their positions. How common a word is, all of them tell. */
export type Among = Uint8Array;

/** BM25's usual constants, for documents of title (twice) and abstract. */
const k1 = 1.2;
const b = 0.75;
const maxTextLength = 20_000;

export const likeLimits = {
  /** Of the candidates, at most. */
  share: 0.05,
  /** However few candidates there are, this many may match. */
  atLeast: 10,
  /** Of the nearest document's score. */
  ofNearest: 0.3,
  /** TF-IDF cosine below which two texts merely share a word. */
  cosine: 0.04,
} as const;

interface Posting {
  documents: number[];
  counts: number[];
  /** A word alone; false: a pair of neighbours. */
  single: boolean;
}

/**
 * Ranks by BM25 (with the query's own term frequencies) and by the cosine of TF-IDF vectors over words
 * and pairs of words, each stretched to 0..1 over the documents, half each: the best ranker measured
 * here that needs no model. Words are stemmed, stop words left out.
 */
export function buildLikeIndex(candidates: readonly Candidate[]): LikeIndex {
  const size = candidates.length;
  const ids = makeWordNumbers();
  const postings = new Map<number, Posting>();
  const lengths = new Float64Array(size);
  candidates.forEach(({ paper }, document) => {
    const title = numberWords(paper.title.slice(0, maxTextLength), ids, true);
    const abstract = (paper.abstract ?? paper.tldr ?? '').slice(0, maxTextLength);
    const rest = numberWords(`${abstract} ${paper.keywords.join(' ')}`, ids, true);
    lengths[document] = title.length * 2 + rest.length;
    const counts = new Map<number, number>();
    countGrams(title, counts, 2);
    countGrams(rest, counts);
    for (const [gram, count] of counts) {
      const posting = postings.get(gram);
      if (posting) {
        posting.documents.push(document);
        posting.counts.push(count);
      } else postings.set(gram, { documents: [document], counts: [count], single: gram < pairBase });
    }
  });
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / Math.max(size, 1);
  const weigh = (count: number, found: number) =>
    (1 + Math.log(count)) * (Math.log((1 + size) / (1 + found)) + 1);
  const squares = new Float64Array(size);
  for (const { documents, counts } of postings.values())
    for (let index = 0; index < documents.length; index++) {
      const document = documents[index] as number;
      squares[document] = (squares[document] ?? 0) + weigh(counts[index] ?? 0, documents.length) ** 2;
    }

  let latest: { text: string; scores: ReturnType<LikeIndex['measure']> } | null = null;
  const score = (text: string) => {
    if (latest?.text !== text) latest = { text, scores: measure(text) };
    return latest.scores;
  };
  const measure = (text: string) => {
    const bm25 = new Float64Array(size);
    const cosine = new Float64Array(size);
    const query = new Map<number, number>();
    countGrams(numberWords(text.slice(0, maxTextLength), ids, false), query);
    let square = 0;
    for (const [gram, inQuery] of query) {
      const { documents, counts, single } = postings.get(gram) ?? noPosting;
      const found = documents.length;
      const queryWeight = weigh(inQuery, found);
      square += queryWeight ** 2;
      const idf = single ? Math.log(1 + (size - found + 0.5) / (found + 0.5)) : 0;
      for (let index = 0; index < found; index++) {
        const document = documents[index] as number;
        const count = counts[index] as number;
        cosine[document] = (cosine[document] ?? 0) + queryWeight * weigh(count, found);
        const norm = k1 * (1 - b + (b * (lengths[document] ?? 0)) / meanLength);
        bm25[document] = (bm25[document] ?? 0) + (inQuery * idf * count * (k1 + 1)) / (count + norm);
      }
    }
    for (let document = 0; document < size; document++)
      cosine[document] = (cosine[document] ?? 0) / Math.sqrt(square * (squares[document] ?? 0) || 1);
    return { bm25, cosine };
  };

  const rank = (text: string, among: Among | undefined) => {
    const { bm25, cosine } = score(text);
    let mostBm25 = 0;
    let mostCosine = 0;
    const near: number[] = [];
    for (let document = 0; document < size; document++) {
      if (among && among[document] !== 1) continue;
      mostBm25 = Math.max(mostBm25, bm25[document] ?? 0);
      mostCosine = Math.max(mostCosine, cosine[document] ?? 0);
      if ((cosine[document] ?? 0) > 0) near.push(document);
    }
    mostBm25 ||= 1;
    mostCosine ||= 1;
    const documents = Int32Array.from(near);
    const scores = Float64Array.from(
      documents,
      (document) => (bm25[document] ?? 0) / mostBm25 / 2 + (cosine[document] ?? 0) / mostCosine / 2,
    );
    return { documents, scores, cosine };
  };

  return {
    measure,
    rank(text, among) {
      const { documents, scores } = rank(text, among);
      return { documents, scores };
    },
    find(text, among) {
      const { documents, scores, cosine } = rank(text, among);
      const there = among ? among.reduce((sum, one) => sum + one, 0) : size;
      const most = Math.max(likeLimits.atLeast, Math.ceil(there * likeLimits.share));
      const floor = Math.max(likeLimits.ofNearest, scores.toSorted().at(-most) ?? 0);
      const near = (document: number, index: number) =>
        (scores[index] ?? 0) >= floor && (cosine[document] ?? 0) >= likeLimits.cosine;
      const kept = documents.filter(near);
      return { documents: kept, scores: scores.filter((_, index) => near(documents[index] ?? -1, index)) };
    },
    tellingWords(text, document) {
      const found = new Map<number, { typed: string; spread: number }>();
      for (const typed of text.slice(0, maxTextLength).split(/[^\p{L}\p{N}\p{M}+#'’-]+/u))
        for (const id of numberWords(typed, ids, false)) {
          const documents = postings.get(id)?.documents;
          if (documents && !found.has(id) && includesSorted(documents, document))
            found.set(id, { typed, spread: documents.length });
        }
      const telling = [...found.values()].sort((one, other) => one.spread - other.spread);
      return [...new Set(telling.map(({ typed }) => typed))].slice(0, 3);
    },
  };
}

const noPosting: Posting = { documents: [], counts: [], single: true };

function includesSorted(sorted: readonly number[], value: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === value;
}
