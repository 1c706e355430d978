import type { StoredPaper } from '../papers/paper.ts';
import { type Place, type PlaceRange, paperIdAt } from '../store/archive.ts';
import { loadPapersByIds } from '../store/papers.ts';
import { searchPlaces } from '../store/places.ts';
import { type Stopwatch, startStopwatch } from '../store/stopwatch.ts';
import type { Db } from '../store/store.ts';
import { compileArchiveQuery } from '../topics/archive-query.ts';
import { collectPositive } from '../topics/evaluate.ts';
import { type FindMarks, makeMarker } from '../topics/mark-terms.ts';
import { parseQuery } from '../topics/parse.ts';
import type { QueryError } from '../topics/query.ts';
import { rankPlaces } from './relevance.ts';
import { checkSearch } from './search-limits.ts';
import { type FreeText, readFreeText } from './telling.ts';

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
  /** There are more than that, or may be. */
  isCapped: boolean;
  /** Not all papers were looked at: it would have taken too long. The advice says so. */
  isCut: boolean;
  /** Sorted by relevance are the newest so many at most. */
  ranked: number | null;
  /** What to ask for to go on; null: this was the last page. */
  next: string | null;
  /** What is probably not meant, and what was not done, in sentences. */
  advice: string[];
  marks: FindMarks;
}

/** Matches are counted up to here: whether it is eleven or twelve thousand tells nobody anything. */
export const countedTo = 1000;

/** How long a search may take, by its stopwatch, until it is cut; one question more may be being asked. */
const mostSearchMs = 60;

/**
 * Searches all papers that may be shown. By date: the newest first, all of them, page by page. By relevance: BM25 over
 * the words that tell something; the words that nearly every paper has cost most and tell least. A search that takes long
 * is cut, and gives what it has found; when that is nothing, an error. `watch` counts what it takes.
 */
export async function searchArchive(
  db: Db,
  request: SearchRequest,
  { watch = startStopwatch(), mostMs = mostSearchMs }: { watch?: Stopwatch; mostMs?: number } = {},
): Promise<SearchResult | { ok: false; error: QueryError }> {
  const parsed = parseQuery(request.query);
  if (!parsed.ok) return parsed;
  const { root } = parsed.query;
  const error = checkSearch(root);
  if (error) return { ok: false, error };
  const freeTexts = new Map<string, FreeText>();
  for (const leaf of collectPositive(root))
    if (leaf.kind === 'like')
      freeTexts.set(leaf.text, await watch.time(db, (own) => readFreeText(own, leaf.text)));
  const like = (text: string) => freeTexts.get(text)?.match ?? null;
  const stems = [...freeTexts.values()].flatMap((one) => one.stems);
  const set = compileArchiveQuery(root, like);
  const { after, limit, sort } = request;
  const start = readPlace(after);
  const untilMs = watch.spentMs + mostMs;
  const search = (range: PlaceRange) =>
    searchPlaces(db, set, range, { watch, mostMs: untilMs - watch.spentMs });
  const later = sort === 'date' && start !== null ? await search({ before: start, limit: limit + 1 }) : null;
  // Counted by finding them: it takes as long, and the ranking needs the newest anyway.
  const newest = await search({ limit: countedTo + 1 });
  let page = later ?? newest;
  let ranked: number | null = null;
  if (sort === 'relevance') {
    const order = await rankPlaces(db, { root, like, newest, stems }, watch);
    ranked = order.length;
    page = { ...newest, places: order.slice(findStart(order, start)) };
  }
  const shown = page.places.slice(0, limit);
  const isCut = !page.isWhole;
  if (isCut && shown.length === 0) return { ok: false, error: tooLong(request.query) };
  const papers = await watch.time(db, (own) => loadPapersByIds(own, shown.map(paperIdAt)));
  const count = Math.max(newest.places.length, shown.length);
  return {
    ok: true,
    papers: shown.flatMap((place) => papers.get(paperIdAt(place)) ?? []),
    count: Math.min(count, countedTo),
    isCapped: count > countedTo || !newest.isWhole,
    isCut,
    ranked,
    next: page.places.length > limit ? String(shown.at(-1)) : null,
    advice: isCut ? [...parsed.advice, cutAdvice] : parsed.advice,
    marks: makeMarker(root, stems),
  };
}

const cutAdvice =
  'Not all papers were looked at, as this search takes long; there may be more. With fewer words or phrases it finds all.';

function tooLong(query: string): QueryError {
  const expected = 'fewer words, phrases or beginnings of words';
  return { message: 'This search takes too long', position: 0, length: Math.min(query.length, 60), expected };
}

function readPlace(text: string | null): Place | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** Behind the paper that a page ended with; from the beginning when it is no longer there. */
function findStart(order: readonly Place[], after: Place | null): number {
  return after === null ? 0 : order.indexOf(after) + 1;
}
