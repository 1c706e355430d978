import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What the recordings say, read apart from the program. */
export const recordingsFolder = join(resolve(process.env.PAPERBOY_RECORDINGS ?? ''), 'recordings');
export const haveRecordings = existsSync(recordingsFolder);

/** One day's file of one source, ingested at `at` (epoch ms). */
export interface Told {
  source: 'huggingface' | 'file';
  date: string;
  file: string;
  at: number;
}

/** What one file says of one paper. */
export interface Sighting {
  at: number;
  upvotes: number | null;
  stars: number | null;
  announcedAt: number | null;
  title: string;
  /** Empty: not told. */
  categories: string[];
}

/** Files of the days from `fromDate` on: arXiv's at 02:00 UTC, Hugging Face's at 06:00, `days` of the latter. */
export function findTold(fromDate: string, days: number): Told[] {
  const dated = (folder: string, ending: string) =>
    readdirSync(join(recordingsFolder, folder))
      .filter((name) => name.endsWith(ending))
      .map((name) => ({ date: name.slice(0, 10), file: join(recordingsFolder, folder, name) }))
      .filter((one) => one.date >= fromDate)
      .sort((a, b) => a.date.localeCompare(b.date));
  const daily = dated('huggingface', '.json').slice(0, days);
  const last = daily.at(-1)?.date ?? '';
  const announced = dated('arxiv-papers', '.jsonl.gz').filter((one) => one.date <= last);
  return [
    ...daily.map((one) => ({ ...one, source: 'huggingface' as const, at: Date.parse(`${one.date}T06:00Z`) })),
    ...announced.map((one) => ({ ...one, source: 'file' as const, at: Date.parse(`${one.date}T02:00Z`) })),
  ].sort((a, b) => a.at - b.at);
}

type Raw = Record<string, unknown>;

export function readRecords(told: Told): Raw[] {
  const bytes = readFileSync(told.file);
  if (told.source === 'huggingface') return JSON.parse(bytes.toString('utf8')) as Raw[];
  const lines = gunzipSync(bytes).toString('utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Raw);
}

/** By arXiv id without its version, oldest first. */
export function readSightings(told: readonly Told[]): Map<string, Sighting[]> {
  const sightings = new Map<string, Sighting[]>();
  for (const one of told)
    for (const record of readRecords(one)) {
      const inner = (record.paper ?? record) as Raw;
      const id = idOf(record);
      const list = sightings.get(id) ?? [];
      sightings.set(id, list);
      list.push({
        at: one.at,
        upvotes: numberOf(inner.upvotes),
        stars: numberOf(inner.githubStars),
        announcedAt: instantOf(inner.submittedOnDailyAt),
        title: String(inner.title),
        categories: Array.isArray(inner.categories) ? inner.categories.map(String) : [],
      });
    }
  return sightings;
}

export function idOf(record: Raw): string {
  return String(((record.paper ?? record) as Raw).id).replace(/v\d+$/, '');
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function instantOf(value: unknown): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** The latest told by `at`; null when none was. */
export function lastTold(
  sightings: readonly Sighting[],
  kind: 'upvotes' | 'stars',
  at: number,
): number | null {
  return sightings.findLast((one) => one.at <= at && one[kind] !== null)?.[kind] ?? null;
}

const dayMs = 86_400_000;

/** A poll that comes once a day and never punctually: what it saw stands for so long. */
const pollMs = 1.5 * dayMs;

/** What a day's votes or stars brought, up to `at` or up to when the paper was last looked at, if that was lately. */
export function gainsOf(
  sightings: readonly Sighting[],
  kind: 'upvotes' | 'stars',
  at: number,
): { before: number | null; gained: number }[] {
  const lookedAt = sightings.findLast((one) => one.at <= at)?.at ?? at;
  const ends = at - lookedAt <= pollMs ? [at, lookedAt] : [at];
  return ends.map((end) => {
    const before = lastTold(sightings, kind, end - dayMs);
    return { before, gained: (lastTold(sightings, kind, end) ?? 0) - (before ?? 0) };
  });
}

/** Whether a paper may be called rising at `at`: known for a day and more, with few votes or stars, and then gaining. */
export function mayRise(sightings: readonly Sighting[], at: number): boolean {
  if (at - (sightings[0]?.at ?? at) < dayMs) return false;
  return (
    gainsOf(sightings, 'upvotes', at).some(({ before, gained }) => (before ?? 0) <= 10 && gained >= 10) ||
    gainsOf(sightings, 'stars', at).some(
      ({ before, gained }) => before !== null && before <= 50 && gained >= 100,
    )
  );
}

/** Whether a paper must be called rising at `at`: known for two days without a word of votes, and then many. */
export function mustRise(sightings: readonly Sighting[], at: number): boolean {
  const first = sightings[0]?.at ?? at;
  const silent = !sightings.some((one) => one.at <= at - dayMs && one.upvotes !== null);
  return at - first >= 2 * dayMs && silent && (lastTold(sightings, 'upvotes', at) ?? 0) >= 20;
}

/** Whether a paper is of the last `days` days at `at`: first told of, or announced, within them. */
export function isRecent(sightings: readonly Sighting[], at: number, days: number): boolean {
  const since = at - days * dayMs;
  return sightings.some(
    (one) =>
      one.at <= at &&
      (one.at === sightings[0]?.at || one.announcedAt !== null) &&
      (one.announcedAt ?? one.at) >= since,
  );
}
