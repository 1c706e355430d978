import { firstPlaceOf, paperIdAt } from '../store/archive.ts';
import { searchPlaces } from '../store/places.ts';
import { startStopwatch } from '../store/stopwatch.ts';
import type { Db } from '../store/store.ts';
import { compileArchiveQuery } from '../topics/archive-query.ts';
import { collectPositive } from '../topics/evaluate.ts';
import { parseQuery } from '../topics/parse.ts';
import { readFreeText } from './telling.ts';

/** Thousands of topics may be asked for. */
const mostMs = 200;

/**
 * Ids of the newest papers that a query asks for, of those that came out on the day (UTC) of `since` (epoch ms) or later;
 * none for a text that is no query. A few milliseconds, however many papers there are; of a query that takes long, those
 * that were found by then.
 */
export async function findNewest(
  db: Db,
  query: string,
  { since, limit }: { since: number; limit: number },
): Promise<number[]> {
  const parsed = parseQuery(query);
  if (!parsed.ok) return [];
  const { root } = parsed.query;
  const likes = new Map<string, string | null>();
  for (const leaf of collectPositive(root))
    if (leaf.kind === 'like') likes.set(leaf.text, (await readFreeText(db, leaf.text)).match);
  const set = compileArchiveQuery(root, (text) => likes.get(text) ?? null);
  const effort = { watch: startStopwatch(), mostMs };
  return (await searchPlaces(db, set, { from: firstPlaceOf(since), limit }, effort)).places.map(paperIdAt);
}
