import { type RawBuilder, sql } from 'kysely';
import type { ArchiveSet } from '../topics/archive-query.ts';
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

/** Places of the papers in a set, the newest first. */
export async function findPlaces(db: Db, set: ArchiveSet, range: PlaceRange): Promise<Place[]> {
  const { rows } = await sql<{ place: Place }>`
    ${select(set, range)} ORDER BY place DESC LIMIT ${range.limit}`.execute(db);
  return rows.map(({ place }) => place);
}

/** How many papers are in a set, counted up to `cap`. */
export async function countPlaces(db: Db, set: ArchiveSet, cap: number): Promise<number> {
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
  // Without the plus sign SQLite would ask the index anew for each place.
  const { rows } = await sql<{ place: Place; score: number }>`
    SELECT rowid AS place, -bm25(archive_texts, ${weights}) AS score FROM archive_texts
    WHERE archive_texts MATCH ${match} AND rowid BETWEEN ${bound(Math.min(...places))} AND ${bound(Math.max(...places))}
      AND +rowid IN (SELECT value FROM json_each(${JSON.stringify(places)}))`.execute(db);
  return new Map(rows.map(({ place, score }) => [place, score]));
}

type Bounds = Pick<PlaceRange, 'from' | 'before'>;

/** `SELECT … AS place … WHERE …`. */
function select(set: ArchiveSet, bounds: Bounds = {}): RawBuilder<unknown> {
  if (set.kind === 'match') {
    const table = sql.raw(set.table === 'texts' ? 'archive_texts' : 'archive_names');
    return sql`SELECT rowid AS place FROM ${table} WHERE ${table} MATCH ${set.match}${within('rowid', bounds)}`;
  }
  if (set.kind === 'or') {
    const branches = set.sets.map((one) => sql`SELECT place FROM (${select(one, bounds)})`);
    return sql`SELECT place FROM (${sql.join(branches, sql` UNION `)}) WHERE true`;
  }
  const [first, ...others] = set.sets as [ArchiveSet, ...ArchiveSet[]];
  const kept = others.map((one) => sql` AND +place IN (${select(one, bounds)})`);
  const left = set.without.map((one) => sql` AND +place NOT IN (${select(one, bounds)})`);
  return sql`SELECT place FROM (${select(first)}) WHERE true${within('place', bounds)}${sql.join([...kept, ...left], sql``)}`;
}

function within(column: 'rowid' | 'place', { from, before }: Bounds): RawBuilder<unknown> {
  const place = sql.raw(column);
  const lower = from === undefined ? sql`` : sql` AND ${place} >= ${bound(from)}`;
  const upper = before === undefined || before === null ? sql`` : sql` AND ${place} < ${bound(before)}`;
  return sql`${lower}${upper}`;
}

/** Numbers above 2^31 are bound as REAL, and FTS5 begins at a bound only when it is an INTEGER. */
function bound(place: Place): RawBuilder<unknown> {
  return sql`CAST(${place} AS INTEGER)`;
}
