import type { ArchiveSet } from '../topics/archive-query.ts';
import { matchAmong, matchPlaces, type Place, type PlaceRange } from './archive.ts';
import type { Db } from './store.ts';

/** Places looked at together grow to so many at most. */
const mostAtOnce = 50_000;

/** Places of the papers in a set, the newest first: those of single expressions, put together here. */
export async function findPlaces(db: Db, set: ArchiveSet, range: PlaceRange): Promise<Place[]> {
  if (set.kind === 'match') return await matchPlaces(db, set, range);
  if (set.kind === 'and') return await findInAll(db, set, range);
  let found: Place[] = [];
  for (const one of set.sets) {
    // Older ones than those that are kept would not be.
    const oldest = found.length === range.limit ? found.at(-1) : undefined;
    const places = await findPlaces(db, one, oldest === undefined ? range : { ...range, from: oldest });
    found = unite(found, places).slice(0, range.limit);
  }
  return found;
}

/** Looks at the set that has fewest of late, and which of its papers are in the others. */
async function findInAll(db: Db, set: ArchiveSet & { kind: 'and' }, range: PlaceRange): Promise<Place[]> {
  let leader: { set: ArchiveSet; places: Place[] } | undefined;
  for (const one of set.sets) {
    const places = await findPlaces(db, one, range);
    if (!leader || isSparser(places, leader.places)) leader = { set: one, places };
    if (places.length < range.limit) break;
  }
  if (!leader) return [];
  const { set: first, places } = leader;
  const others = { ...set, sets: set.sets.filter((one) => one !== first) };
  const found: Place[] = [];
  let { limit } = range;
  for (let batch = places; ; ) {
    const kept = await keep(db, others, batch);
    found.push(...kept);
    const last = batch.at(-1);
    if (found.length >= range.limit || batch.length < limit || last === undefined)
      return found.slice(0, range.limit);
    if (kept.length < batch.length / 2) limit = Math.max(limit, Math.min(limit * 8, mostAtOnce));
    batch = await findPlaces(db, first, { ...range, before: last, limit });
  }
}

function isSparser(places: readonly Place[], others: readonly Place[]): boolean {
  return places.length < others.length || (places.at(-1) ?? 0) < (others.at(-1) ?? 0);
}

/** Those of the places that are in a set, in the same order. */
async function keep(db: Db, set: ArchiveSet, places: readonly Place[]): Promise<readonly Place[]> {
  if (set.kind === 'match') {
    const there = await matchAmong(db, set, places);
    return places.filter((place) => there.has(place));
  }
  let left = places;
  if (set.kind === 'and') {
    for (const one of set.sets) left = await keep(db, one, left);
    for (const one of set.without) left = await leaveOut(db, one, left);
    return left;
  }
  for (const one of set.sets) left = await leaveOut(db, one, left);
  const none = new Set(left);
  return places.filter((place) => !none.has(place));
}

async function leaveOut(db: Db, set: ArchiveSet, places: readonly Place[]): Promise<readonly Place[]> {
  const there = new Set(await keep(db, set, places));
  return places.filter((place) => !there.has(place));
}

/** Each place once, descending. */
function unite(one: readonly Place[], other: readonly Place[]): Place[] {
  return [...new Set([...one, ...other])].sort((a, b) => b - a);
}
