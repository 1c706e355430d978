import type { Candidate } from '../papers/candidate.ts';
import { buildAuthorIndex } from './authors.ts';
import { buildCategoryIndex } from './categories.ts';
import { compileTerm } from './compile.ts';
import { collectPositive, evaluate } from './evaluate.ts';
import { buildLikeIndex, type LikeIndex } from './like.ts';
import { parseQueryOrThrow } from './parse.ts';
import { type LeafNode, printQuery, type Query } from './query.ts';
import { buildTextIndex, type Postings, type SqliteHandle } from './text-index.ts';
import type { TopicMatch } from './topic.ts';

/** The candidates, ready to be matched by any number of topics. */
export interface TopicIndex {
  /** How many candidates it holds. */
  readonly size: number;
  /**
   * All candidates the query matches, the most relevant first (then by paper id), or the first `limit`.
   * Equal queries are matched once. Throws TopicQueryError for a text that is no query.
   */
  match(query: string | Query, options?: { limit?: number }): TopicMatch[];
  /** Drops its tables. */
  close(): void;
}

/** What a match is worth whose query says nothing about rank: `*`, categories, exclusions. */
export const neutralRelevance = 0.5;

/** What terms beside a `like:` add to the nearest paper's score: free text ranks, they select. */
const textBesideFreeText = 0.3;

/** BM25 of a word that stands in more than half of the candidates (SQLite's floor): it tells nothing. */
const noScore = 1e-4;

/** Matches kept for queries that come again; beyond it nothing more is kept. */
const maxKeptMatches = 4_000_000;

/**
 * Builds the index over the candidates in an open SQLite database (in memory; it only needs FTS5). Each
 * term is looked up once however many topics share it, and the tree is worked out over those lists:
 * FTS5 itself knows no leading NOT, no free text and at most 256 levels.
 */
export function buildTopicIndex(handle: SqliteHandle, candidates: readonly Candidate[]): TopicIndex {
  const size = candidates.length;
  const texts = buildTextIndex(handle, candidates);
  const authors = buildAuthorIndex(candidates.map(({ paper }) => paper.authors));
  const categories = buildCategoryIndex(candidates.map(({ paper }) => paper.categories));
  let likes: LikeIndex | undefined;
  const like = () => {
    likes ??= buildLikeIndex(candidates);
    return likes;
  };

  const found = new Map<string, Postings>();
  const look = (leaf: LeafNode): Postings => {
    if (leaf.kind === 'like') return like().find(leaf.text);
    if (leaf.kind === 'category') return scoreByRarity(categories.find(leaf.text), size);
    if (leaf.kind === 'all') return scoreByRarity([...candidates.keys()], size);
    if (leaf.field === 'au') return scoreByRarity(authors.find(leaf.text, leaf.prefix), size);
    return texts.search(compileTerm(leaf));
  };
  const find = (leaf: LeafNode): Postings => {
    const key = keyOf(leaf);
    let postings = found.get(key);
    if (!postings) {
      postings = look(leaf);
      found.set(key, postings);
    }
    return postings;
  };

  // One cell a document, written anew by each query for the documents it matches.
  const text = new Float64Array(size);
  const nearness = new Float64Array(size);
  const wanted = new Uint8Array(size);
  const matchAll = ({ root }: Query): TopicMatch[] => {
    const documents = evaluate(root, find, size);
    const terms = new Map<number, string[]>();
    for (const document of documents) {
      text[document] = 0;
      nearness[document] = 0;
      wanted[document] = 1;
      terms.set(document, []);
    }
    const note = (document: number, term: string) => {
      const known = terms.get(document);
      if (known && !known.some((other) => other.toLowerCase() === term.toLowerCase())) known.push(term);
    };
    const spoken = new Map(
      collectPositive(root)
        .toReversed()
        .map((leaf) => [keyOf(leaf), leaf]),
    );
    const leaves = [...spoken.values()].reverse();
    for (const leaf of leaves) {
      const free = leaf.kind === 'like';
      // Free text ranks everything that matched, also what matched by another term of an OR.
      const { documents: holding, scores } = free ? like().rank(leaf.text) : find(leaf);
      const sums = free ? nearness : text;
      holding.forEach((document, index) => {
        if (!wanted[document]) return;
        sums[document] = (sums[document] ?? 0) + (scores[index] ?? 0);
        if (!free) note(document, leaf.text);
        else for (const word of like().tellingWords(leaf.text, document)) note(document, word);
      });
    }
    for (const document of documents) wanted[document] = 0;

    const bestText = highest(documents, text);
    const bestNearness = highest(documents, nearness);
    const ranked = leaves.some(
      (leaf) => leaf.kind === 'like' || (leaf.kind === 'term' && leaf.field !== 'au'),
    );
    const textShare = bestNearness > 0 ? textBesideFreeText : 1;
    const score = (document: number) =>
      (bestNearness > 0 ? (nearness[document] ?? 0) / bestNearness : 0) +
      (bestText < noScore ? 0 : (textShare * (text[document] ?? 0)) / bestText);
    const best = ranked ? documents.reduce((most, document) => Math.max(most, score(document)), 0) : 0;
    return Array.from(documents, (document) => ({
      paperId: candidates[document]?.paper.id ?? 0,
      // The root, so that one paper full of synonyms does not push all others to the floor.
      relevance: best > 0 ? Math.sqrt(score(document) / best) : neutralRelevance,
      terms: terms.get(document) ?? [],
    })).sort((one, other) => other.relevance - one.relevance || one.paperId - other.paperId);
  };

  const matched = new Map<string, TopicMatch[]>();
  let kept = 0;
  return {
    size,
    match(query, options = {}) {
      const parsed = typeof query === 'string' ? parseQueryOrThrow(query) : query;
      const key = printQuery(parsed.root);
      let matches = matched.get(key);
      if (!matches) {
        matches = matchAll(parsed);
        if (kept + matches.length <= maxKeptMatches) {
          kept += matches.length + 1;
          matched.set(key, matches);
        }
      }
      return matches.slice(0, options.limit);
    },
    close: () => texts.close(),
  };
}

function highest(documents: Int32Array, values: Float64Array): number {
  return documents.reduce((most, document) => Math.max(most, values[document] ?? 0), 0);
}

/** Leaves that find the same documents the same way have one key: `agent` and `agents`, not `ti:agent`. */
function keyOf(leaf: LeafNode): string {
  if (leaf.kind !== 'term' || leaf.field === 'au') return printQuery(leaf).toLowerCase();
  const { table, match } = compileTerm(leaf);
  return `${table} ${match}`;
}

/** Documents that have a property, scored as BM25 scores a word that stands in so many of them once. */
function scoreByRarity(documents: readonly number[], size: number): Postings {
  const rarity = Math.max(0, Math.log((size - documents.length + 0.5) / (documents.length + 0.5)));
  return { documents: Int32Array.from(documents), scores: new Float64Array(documents.length).fill(rarity) };
}
