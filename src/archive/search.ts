import type { StoredPaper } from '../papers/paper.ts';
import { type Place, paperIdAt, scorePlaces } from '../store/archive.ts';
import { loadPapersByIds } from '../store/papers.ts';
import { findPlaces } from '../store/places.ts';
import type { Db } from '../store/store.ts';
import { compileArchiveQuery, rankTermsOf } from '../topics/archive-query.ts';
import { collectPositive } from '../topics/evaluate.ts';
import { type FindMarks, makeMarker } from '../topics/mark-terms.ts';
import { parseQuery } from '../topics/parse.ts';
import type { QueryError, QueryNode } from '../topics/query.ts';
import { findTellingTerms, isTelling, likeExpression } from './telling.ts';

export const searchSorts = ['relevance', 'date'] as const;
export type SearchSort = (typeof searchSorts)[number];

export interface SearchRequest {
  query: string;
  sort: SearchSort;
  /** Where the page before ended, as it said; null: the first page. */
  after: string | null;
  limit: number;
}

export interface SearchResult {
  ok: true;
  papers: StoredPaper[];
  /** How many papers match, counted up to `countedTo`. */
  count: number;
  isCapped: boolean;
  /** Sorted by relevance are the newest so many at most. */
  ranked: number | null;
  /** What to ask for to go on; null: this was the last page. */
  next: string | null;
  /** What is probably not meant, in sentences. */
  advice: string[];
  marks: FindMarks;
}

/** Matches are counted up to here: whether it is eleven or twelve thousand tells nobody anything. */
export const countedTo = 1000;
/** Papers ranked by relevance: all there are, or else the newest ones, and the newest with the words in their title. */
const rankedOf = { all: 400, newest: 200, byTitle: 200 };

/**
 * Searches all papers that may be shown. By date: the newest first, all of them, page by page. By relevance: BM25 over
 * the words that tell something; the words that nearly every paper has cost most and tell least.
 */
export async function searchArchive(
  db: Db,
  request: SearchRequest,
): Promise<SearchResult | { ok: false; error: QueryError }> {
  const parsed = parseQuery(request.query);
  if (!parsed.ok) return parsed;
  const { root } = parsed.query;
  const leaves = collectPositive(root);
  const freeTexts = leaves.filter((leaf) => leaf.kind === 'like');
  const telling = new Map<string, string[]>();
  for (const { text } of freeTexts) telling.set(text, await findTellingTerms(db, [{ text, times: 1 }]));
  const set = compileArchiveQuery(root, (text) => likeExpression(telling.get(text) ?? []));
  const { after, limit, sort } = request;
  // Counted by finding them: it takes as long, and the ranking needs the newest anyway.
  const newest = await findPlaces(db, set, { limit: countedTo + 1 });
  const count = newest.length;
  const start = readPlace(after);
  let places: Place[];
  let ranked: number | null = null;
  if (sort === 'date')
    places =
      start === null
        ? newest.slice(0, limit + 1)
        : await findPlaces(db, set, { before: start, limit: limit + 1 });
  else {
    const freeTerms = [...telling.values()].flat().map((stem) => `"${stem}"`);
    const order = await rank(db, root, newest, [...rankTermsOf(leaves), ...freeTerms], telling);
    ranked = order.length;
    places = order.slice(findStart(order, start)).slice(0, limit + 1);
  }
  const shown = places.slice(0, limit);
  const papers = await loadPapersByIds(db, shown.map(paperIdAt));
  return {
    ok: true,
    papers: shown.flatMap((place) => papers.get(paperIdAt(place)) ?? []),
    count: Math.min(count, countedTo),
    isCapped: count > countedTo,
    ranked,
    next: places.length > limit ? String(shown.at(-1)) : null,
    advice: parsed.advice,
    marks: makeMarker(root, [...telling.values()].flat()),
  };
}

/** Places by relevance, then the newest first. */
async function rank(
  db: Db,
  root: QueryNode,
  found: readonly Place[],
  terms: string[],
  telling: ReadonlyMap<string, string[]>,
): Promise<Place[]> {
  const all = found.length <= rankedOf.all;
  const newest = all ? found : found.slice(0, rankedOf.newest);
  const useful: string[] = [];
  for (const term of terms) if (await isTelling(db, term)) useful.push(term);
  let byTitle: Place[] = [];
  if (!all || useful.length === 0) {
    const like = (text: string) => likeExpression(telling.get(text) ?? []);
    byTitle = await findPlaces(db, compileArchiveQuery(inTitle(root), like), { limit: rankedOf.byTitle });
  }
  const isByTitle = new Set(byTitle);
  const pool = [...new Set([...newest, ...byTitle])];
  const scores = await scorePlaces(db, useful, pool);
  const scoreOf = (place: Place) => scores.get(place) ?? (isByTitle.has(place) ? 1e-6 : 0);
  return pool.sort((a, b) => scoreOf(b) - scoreOf(a) || b - a);
}

/** The query, asked of titles where it names no field. */
function inTitle(node: QueryNode): QueryNode {
  if ('children' in node) return { ...node, children: node.children.map(inTitle) };
  return node.kind === 'term' && node.field === 'any' ? { ...node, field: 'ti' } : node;
}

function readPlace(text: string | null): Place | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** Behind the paper that a page ended with; from the beginning when it is no longer there. */
function findStart(order: readonly Place[], after: Place | null): number {
  return after === null ? 0 : order.indexOf(after) + 1;
}
