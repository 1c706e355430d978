import { type Place, scorePlaces } from '../store/archive.ts';
import { type FoundPlaces, searchPlaces } from '../store/places.ts';
import type { Stopwatch } from '../store/stopwatch.ts';
import type { Db } from '../store/store.ts';
import { compileArchiveQuery, rankTermsOf } from '../topics/archive-query.ts';
import { columnsOf, phrase } from '../topics/compile.ts';
import { collectPositive } from '../topics/evaluate.ts';
import type { QueryNode } from '../topics/query.ts';
import { isTelling } from './telling.ts';

/** Papers ranked by relevance: all there are, or else the newest ones, and the newest with the words in their title. */
const rankedOf = { all: 400, newest: 200, byTitle: 200 };
/** Words that papers are ranked by; weighing one takes up to a millisecond. */
const mostTerms = 24;
/** Titles are looked through for a search that took no longer so far, and then for so long. */
const titles = { afterMs: 40, mostMs: 30 };

export interface RankRequest {
  root: QueryNode;
  /** As for compileArchiveQuery. */
  like: (text: string) => string | null;
  newest: FoundPlaces;
  /** Those that free texts are looked for by. */
  stems: readonly string[];
}

/** Places by relevance, then the newest first. */
export async function rankPlaces(
  db: Db,
  { root, like, newest, stems }: RankRequest,
  watch: Stopwatch,
): Promise<Place[]> {
  const all = newest.places.length <= rankedOf.all;
  const found = all ? newest.places : newest.places.slice(0, rankedOf.newest);
  const terms = [...rankTermsOf(collectPositive(root)), ...stems.map((stem) => phrase([stem]))];
  const useful: string[] = [];
  await watch.time(db, async (own) => {
    for (const term of terms.slice(0, mostTerms)) if (await isTelling(own, term)) useful.push(term);
  });
  let byTitle: Place[] = [];
  if ((!all || useful.length === 0) && watch.spentMs <= titles.afterMs) {
    const likeTitle = (text: string) => {
      const match = like(text);
      return match === null ? null : `${columnsOf.ti}(${match})`;
    };
    const set = compileArchiveQuery(inTitle(root), likeTitle);
    const effort = { watch, mostMs: titles.mostMs };
    byTitle = (await searchPlaces(db, set, { limit: rankedOf.byTitle }, effort)).places;
  }
  const isByTitle = new Set(byTitle);
  const pool = [...new Set([...found, ...byTitle])];
  const scores = await watch.time(db, (own) => scorePlaces(own, useful, pool));
  const scoreOf = (place: Place) => scores.get(place) ?? (isByTitle.has(place) ? 1e-6 : 0);
  return pool.sort((a, b) => scoreOf(b) - scoreOf(a) || b - a);
}

/** The query, asked of titles where it names no field. */
function inTitle(node: QueryNode): QueryNode {
  if ('children' in node) return { ...node, children: node.children.map(inTitle) };
  return node.kind === 'term' && node.field === 'any' ? { ...node, field: 'ti' } : node;
}
