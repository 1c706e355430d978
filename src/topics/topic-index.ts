import type { Candidate } from '../papers/candidate.ts';
import { buildLeafIndex } from './leaf-index.ts';
import type { Among } from './like.ts';
import { parseQueryOrThrow } from './parse.ts';
import { printQuery, type Query } from './query.ts';
import { createRanker, type RankedMatches } from './rank-matches.ts';
import type { SqliteHandle } from './text-index.ts';
import type { TopicMatch } from './topic.ts';

/** The candidates, ready to be matched by any number of topics. */
export interface TopicIndex {
  /** How many candidates it holds. */
  readonly size: number;
  /**
   * All candidates the query matches, the most relevant first (then in the order of the candidates), or
   * the first `limit`. Equal queries are matched once. `among`: only these (1 at the positions of the candidates), as
   * if there were no others; nothing of it is kept. Throws TopicQueryError for a text that is no query.
   */
  match(query: string | Query, options?: { limit?: number; among?: Among }): TopicMatch[];
  /** Drops its tables. */
  close(): void;
}

/** Matches kept for queries that come again (12 bytes each); then they are begun anew. */
const maxKeptMatches = 8_000_000;

/**
 * Builds the index over the candidates in an open SQLite database (in memory; it only needs FTS5). Each
 * term is looked up once however many topics share it, and the tree is worked out over those lists:
 * FTS5 itself knows no leading NOT, no free text and at most 256 levels.
 */
export function buildTopicIndex(handle: SqliteHandle, candidates: readonly Candidate[]): TopicIndex {
  const leaves = buildLeafIndex(handle, candidates);
  const rank = createRanker(leaves);
  const matched = new Map<string, RankedMatches>();
  let kept = 0;
  return {
    size: candidates.length,
    match(query, options = {}) {
      const { root } = typeof query === 'string' ? parseQueryOrThrow(query) : query;
      const { among } = options;
      const key = printQuery(root);
      let ranked = among ? rank(root, among) : matched.get(key);
      if (!ranked) {
        ranked = rank(root);
        kept += ranked.documents.length + 50;
        if (kept > maxKeptMatches) {
          matched.clear();
          kept = 0;
        }
        matched.set(key, ranked);
      }
      const { documents, relevance, lists, termLists } = ranked;
      return Array.from(documents.subarray(0, options.limit), (document, at) => ({
        paperId: candidates[document]?.paper.id ?? 0,
        relevance: relevance[at] ?? 0,
        terms: termLists[lists[at] ?? 0] ?? [],
      }));
    },
    close() {
      matched.clear();
      leaves.close();
    },
  };
}
