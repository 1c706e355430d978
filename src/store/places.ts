import type { ArchiveMatch, ArchiveSet } from '../topics/archive-query.ts';
import { matchAmong, matchPlaces, type Place, type PlaceRange } from './archive.ts';
import { type Stopwatch, startStopwatch } from './stopwatch.ts';
import type { Db } from './store.ts';

/** How long it may take to find places. */
export interface Effort {
  watch: Stopwatch;
  /** From now on, by the stopwatch; a question that is being asked is waited for. */
  mostMs: number;
}

export interface FoundPlaces {
  /** The newest first. */
  places: Place[];
  /** False: time ran out, and there may be more, between these or older. */
  isWhole: boolean;
}

/** Asks for single expressions until time runs out; from then on nothing is found any more. */
interface Asker {
  match(set: ArchiveMatch, range: PlaceRange): Promise<Place[]>;
  among(set: ArchiveMatch, places: readonly Place[]): Promise<Set<Place>>;
  readonly isLate: boolean;
}

/** Places looked at together grow to so many at most. */
const mostAtOnce = 20_000;

/** Places of the papers in a set, the newest first: those of single expressions, put together here. */
export async function searchPlaces(
  db: Db,
  set: ArchiveSet,
  range: PlaceRange,
  { watch, mostMs }: Effort,
): Promise<FoundPlaces> {
  const untilMs = watch.spentMs + mostMs;
  let isLate = false;
  const ask = async <T>(question: (own: Db) => Promise<T>, nothing: T): Promise<T> => {
    isLate ||= watch.spentMs >= untilMs;
    return isLate ? nothing : await watch.time(db, question);
  };
  const asker: Asker = {
    match: (one, within) => ask((own) => matchPlaces(own, one, within), []),
    among: (one, places) => ask((own) => matchAmong(own, one, places), new Set()),
    get isLate() {
      return isLate;
    },
  };
  const places = await find(asker, set, range);
  return { places, isWhole: !isLate };
}

/** All of them, however long that takes. */
export async function findPlaces(db: Db, set: ArchiveSet, range: PlaceRange): Promise<Place[]> {
  const effort = { watch: startStopwatch(), mostMs: Number.POSITIVE_INFINITY };
  return (await searchPlaces(db, set, range, effort)).places;
}

async function find(asker: Asker, set: ArchiveSet, range: PlaceRange): Promise<Place[]> {
  if (set.kind === 'match') return await asker.match(set, range);
  if (set.kind === 'and') return await findInAll(asker, set, range);
  let found: Place[] = [];
  for (const one of set.sets) {
    // Older ones than those that are kept would not be.
    const oldest = found.length === range.limit ? found.at(-1) : undefined;
    const places = await find(asker, one, oldest === undefined ? range : { ...range, from: oldest });
    found = unite(found, places).slice(0, range.limit);
  }
  return found;
}

/** Looks at the set that has fewest of late, and which of its papers are in the others. */
async function findInAll(
  asker: Asker,
  set: ArchiveSet & { kind: 'and' },
  range: PlaceRange,
): Promise<Place[]> {
  let leader: { set: ArchiveSet; places: Place[] } | undefined;
  for (const one of set.sets) {
    const places = await find(asker, one, range);
    if (!leader || isSparser(places, leader.places)) leader = { set: one, places };
    if (places.length < range.limit) break;
  }
  if (!leader) return [];
  const { set: first, places } = leader;
  const others = { ...set, sets: set.sets.filter((one) => one !== first) };
  const found: Place[] = [];
  let { limit } = range;
  for (let batch = places; ; ) {
    const kept = await keep(asker, others, batch);
    // What was not looked at to the end may hold some that are left out.
    if (asker.isLate) return found;
    found.push(...kept);
    const last = batch.at(-1);
    if (found.length >= range.limit || batch.length < limit || last === undefined)
      return found.slice(0, range.limit);
    if (kept.length < batch.length / 2) limit = Math.max(limit, Math.min(limit * 8, mostAtOnce));
    batch = await find(asker, first, { ...range, before: last, limit });
  }
}

function isSparser(places: readonly Place[], others: readonly Place[]): boolean {
  return places.length < others.length || (places.at(-1) ?? 0) < (others.at(-1) ?? 0);
}

/** Those of the places that are in a set, in the same order. */
async function keep(asker: Asker, set: ArchiveSet, places: readonly Place[]): Promise<readonly Place[]> {
  if (places.length === 0) return places;
  if (set.kind === 'match') {
    const there = await asker.among(set, places);
    return places.filter((place) => there.has(place));
  }
  let left = places;
  if (set.kind === 'and') {
    for (const one of set.sets) left = await keep(asker, one, left);
    for (const one of set.without) left = await leaveOut(asker, one, left);
    return left;
  }
  for (const one of set.sets) left = await leaveOut(asker, one, left);
  const none = new Set(left);
  return places.filter((place) => !none.has(place));
}

async function leaveOut(asker: Asker, set: ArchiveSet, places: readonly Place[]): Promise<readonly Place[]> {
  const there = new Set(await keep(asker, set, places));
  return places.filter((place) => !there.has(place));
}

/** Each place once, descending. */
function unite(one: readonly Place[], other: readonly Place[]): Place[] {
  return [...new Set([...one, ...other])].sort((a, b) => b - a);
}
