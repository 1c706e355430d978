import { type RawBuilder, sql } from 'kysely';
import type { ArchiveMatch } from '../topics/archive-query.ts';
import { textColumns } from '../topics/compile.ts';
import { placeBase } from './archive-tables.ts';
import type { Db } from './store.ts';

/** Where a paper stands among all, the newest highest: by its day (UTC), then by its id. */
export type Place = number;

export function paperIdAt(place: Place): number {
  return place % placeBase;
}

/** The first place of a day; `at`: epoch ms. */
export function firstPlaceOf(at: number): Place {
  return Math.max(0, Math.floor(at / 86_400_000)) * placeBase;
}

export interface PlaceRange {
  /** From there on; left out: from the oldest. */
  from?: Place;
  /** Only what stands before it: the last place of the page before. */
  before?: Place | null;
  limit: number;
}

/** Places of the papers that match, the newest first. */
export async function matchPlaces(
  db: Db,
  set: ArchiveMatch,
  { from, before, limit }: PlaceRange,
): Promise<Place[]> {
  const lower = from === undefined ? sql`` : sql` AND rowid >= ${bound(from)}`;
  const upper = before === undefined || before === null ? sql`` : sql` AND rowid < ${bound(before)}`;
  const { rows } = await sql<{ place: Place }>`
    ${select(set)}${lower}${upper} ORDER BY rowid DESC LIMIT ${limit}`.execute(db);
  return rows.map(({ place }) => place);
}

/** Those of the places, one at least, whose papers match. */
export async function matchAmong(db: Db, set: ArchiveMatch, places: readonly Place[]): Promise<Set<Place>> {
  const { rows } = await sql<{ place: Place }>`${select(set)}${among(places)}`.execute(db);
  return new Set(rows.map(({ place }) => place));
}

/** How many papers match, counted up to `cap`. */
export async function countPlaces(db: Db, set: ArchiveMatch, cap: number): Promise<number> {
  const { rows } = await sql<{ papers: number }>`
    SELECT count(*) AS papers FROM (${select(set)} LIMIT ${cap})`.execute(db);
  return rows[0]?.papers ?? 0;
}

/**
 * How well the texts at these places answer the terms (FTS5 expressions in stems): summed BM25, higher is better. Places
 * without any are absent. A common term costs more than it tells: SQLite goes through all its papers to weigh it.
 */
export async function scorePlaces(
  db: Db,
  terms: readonly string[],
  places: readonly Place[],
): Promise<Map<Place, number>> {
  if (terms.length === 0 || places.length === 0) return new Map();
  const match = terms.map((term) => `(${term})`).join(' OR ');
  const weights = sql.join([...Object.values(textColumns), 0].map((weight) => sql.lit(weight)));
  const { rows } = await sql<{ place: Place; score: number }>`
    SELECT rowid AS place, -bm25(archive_texts, ${weights}) AS score FROM archive_texts
    WHERE archive_texts MATCH ${match}${among(places)}`.execute(db);
  return new Map(rows.map(({ place, score }) => [place, score]));
}

/** `SELECT … AS place … WHERE …`. */
function select({ table: name, match }: ArchiveMatch): RawBuilder<unknown> {
  const table = sql.raw(name === 'texts' ? 'archive_texts' : 'archive_names');
  return sql`SELECT rowid AS place FROM ${table} WHERE ${table} MATCH ${match}`;
}

/** Without the plus sign SQLite would ask the index anew for each place. */
function among(places: readonly Place[]): RawBuilder<unknown> {
  // As arguments of one call, many places would be too many.
  let [lowest, highest] = [places[0] as Place, places[0] as Place];
  for (const place of places) {
    if (place < lowest) lowest = place;
    if (place > highest) highest = place;
  }
  return sql` AND rowid BETWEEN ${bound(lowest)} AND ${bound(highest)}
    AND +rowid IN (SELECT value FROM json_each(${JSON.stringify(places)}))`;
}

/** Numbers above 2^31 are bound as REAL, and FTS5 begins at a bound only when it is an INTEGER. */
function bound(place: Place): RawBuilder<unknown> {
  return sql`CAST(${place} AS INTEGER)`;
}
