import { collectPositive, evaluate, type ScoringLeaf } from './evaluate.ts';
import type { LeafIndex } from './leaf-index.ts';
import type { Among } from './like.ts';
import type { QueryNode } from './query.ts';

/** What a query matched, small enough to keep for thousands of queries: parallel lists, best first. */
export interface RankedMatches {
  /** Positions in the list of candidates. */
  documents: Int32Array;
  /** 0..1. */
  relevance: Float32Array;
  /** For each document, which of `termLists` it has. */
  lists: Uint32Array;
  termLists: string[][];
}

/** What a match is worth whose query says nothing about rank: `*`, categories, authors, exclusions. */
export const neutralRelevance = 0.5;

/** What terms beside a `like:` add to the nearest paper's score: free text ranks, they select. */
const textBesideFreeText = 0.3;

/** BM25 of a word that stands in more than half of the candidates (SQLite's floor): it tells nothing. */
const noScore = 1e-4;

/**
 * Evaluates and ranks queries one after the other over one index. Relevance is the summed BM25 of the
 * terms found (free text: its own score) over the best of the query, under a root, so that one paper full
 * of synonyms does not push all others to the floor. Ties keep the order of the candidates. `among`: as if these were
 * all there are, but for how common a word is.
 */
export function createRanker(index: LeafIndex): (root: QueryNode, among?: Among) => RankedMatches {
  // One cell a document, written anew by each query for the documents it matches.
  const text = new Float64Array(index.size);
  const nearness = new Float64Array(index.size);
  const wanted = new Uint8Array(index.size);
  const list = new Uint32Array(index.size);

  return (root, among) => {
    const all = evaluate(root, (leaf) => index.find(leaf, among), index.size);
    const documents = among ? all.filter((document) => among[document] === 1) : all;
    for (const document of documents) {
      text[document] = 0;
      nearness[document] = 0;
      list[document] = 0;
      wanted[document] = 1;
    }
    const terms = createTermLists();
    const leaves = distinct(collectPositive(root), index.keyOf);
    for (const leaf of leaves) {
      const free = leaf.kind === 'like';
      // Free text ranks everything that matched, also what matched by another term of an OR.
      const postings = free ? index.like().rank(leaf.text, among) : index.find(leaf);
      const sums = free ? nearness : text;
      for (let at = 0; at < postings.documents.length; at++) {
        const document = postings.documents[at] as number;
        if (!wanted[document]) continue;
        sums[document] = (sums[document] as number) + (postings.scores[at] as number);
        if (!free) list[document] = terms.extend(list[document] as number, leaf.text);
        else
          for (const word of index.like().tellingWords(leaf.text, document))
            list[document] = terms.extend(list[document] as number, word);
      }
    }

    let bestText = 0;
    let bestNearness = 0;
    for (const document of documents) {
      wanted[document] = 0;
      bestText = Math.max(bestText, text[document] as number);
      bestNearness = Math.max(bestNearness, nearness[document] as number);
    }
    const textShare = (bestNearness > 0 ? textBesideFreeText : 1) / Math.max(bestText, noScore);
    const nearnessShare = bestNearness > 0 ? 1 / bestNearness : 0;
    let best = 0;
    for (const document of documents) {
      const score = (nearness[document] as number) * nearnessShare + (text[document] as number) * textShare;
      text[document] = score;
      best = Math.max(best, score);
    }
    const ranked = best > noScore && bestText + bestNearness > noScore && leaves.some(tellsRank);
    const order = ranked
      ? documents.toSorted((a, b) => (text[b] as number) - (text[a] as number) || a - b)
      : documents;
    return {
      documents: Int32Array.from(order),
      relevance: ranked
        ? Float32Array.from(order, (document) => Math.sqrt((text[document] as number) / best))
        : new Float32Array(order.length).fill(neutralRelevance),
      lists: Uint32Array.from(order, (document) => list[document] as number),
      termLists: terms.lists,
    };
  };
}

function tellsRank(leaf: ScoringLeaf): boolean {
  return leaf.kind === 'like' || (leaf.kind === 'term' && leaf.field !== 'au');
}

/** The leaves without those that find the same as an earlier one. */
function distinct(leaves: ScoringLeaf[], keyOf: (leaf: ScoringLeaf) => string): ScoringLeaf[] {
  const known = new Set<string>();
  return leaves.filter((leaf) => {
    const key = keyOf(leaf);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

/** Lists of terms by number, 0 the empty one; documents with the same terms share a list. */
function createTermLists() {
  const lists: string[][] = [[]];
  const steps = new Map<string, Map<number, number>>();
  return {
    lists,
    /** The number of list `from` with `term` behind it, unless it is there. */
    extend(from: number, term: string): number {
      let step = steps.get(term);
      if (!step) {
        step = new Map();
        steps.set(term, step);
      }
      let to = step.get(from);
      if (to === undefined) {
        const before = lists[from] ?? [];
        const there = before.some((known) => known.toLowerCase() === term.toLowerCase());
        to = there ? from : lists.push([...before, term]) - 1;
        step.set(from, to);
      }
      return to;
    },
  };
}
