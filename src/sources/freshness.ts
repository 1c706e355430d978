import { countByCategory } from '../store/papers.ts';
import { loadSourceStates, type SourceStateRow, saveSourceStates } from '../store/source-states.ts';
import type { Db } from '../store/store.ts';
import { calendarOf } from './calendar.ts';
import { type Freshness, type FreshnessFacts, judgeFreshness, missedSince } from './judge.ts';

export { expectedAnnouncement } from './calendar.ts';
export { type Freshness, type FreshnessFacts, judgeFreshness } from './judge.ts';

const dayMs = 86_400_000;
/** How far back a category's usual number of papers is counted. */
const usualDays = 28;

export interface FreshnessQuery {
  now: number;
  /** Only these sources (those that are configured); all that were ever asked when absent. */
  sources?: readonly string[];
}

/**
 * How every source that was ever asked over the network stands at `now`, each as a whole (category '') and by
 * category. A source that was read from files alone is not among them, so offline nothing is ever late.
 */
export async function summariseFreshness(db: Db, { now, sources }: FreshnessQuery): Promise<Freshness[]> {
  const rows = (await loadSourceStates(db)).filter((row) => !sources || sources.includes(row.source));
  const judged: Freshness[] = [];
  for (const source of new Set(rows.map((row) => row.source))) {
    const own = rows.filter((row) => row.source === source);
    const usual = await usualNumbers(db, source, own, now);
    judged.push(...own.map((row) => judgeFreshness(factsOf(row, usual), now)));
  }
  return judged;
}

/** Whether a digest made at `now` may lack papers because a source is late or failing. */
export async function isAnySourceLate(db: Db, query: FreshnessQuery): Promise<boolean> {
  const judged = await summariseFreshness(db, query);
  return judged.some((one) => one.category === '' && (one.state === 'late' || one.state === 'failing'));
}

/** From which day (`YYYY-MM-DD`) the source must be backfilled before it is asked again; null: it need not. */
export async function findMissedSince(db: Db, source: string, now: number): Promise<string | null> {
  const row = (await loadSourceStates(db)).find((one) => one.source === source && one.category === '');
  return row ? missedSince(factsOf(row, new Map()), now) : null;
}

/** What one asking of a source brought. */
export interface Polled {
  source: string;
  at: number;
  /** Categories that are judged one by one. */
  categories: readonly string[];
  /** Null: it answered to the end. */
  error: string | null;
  /** Categories of each paper of the current batch that it had not told of. */
  unseen: readonly (readonly string[])[];
}

/** Keeps how the source stands after an asking, and returns it. */
export async function recordPoll(db: Db, polled: Polled): Promise<Freshness[]> {
  const { source, at, error } = polled;
  const known = (await loadSourceStates(db)).filter((row) => row.source === source);
  // What came before an error may be half a batch: it must not count as having come.
  const told = error === null ? polled.unseen : [];
  const rows = ['', ...polled.categories].map((category): SourceStateRow => {
    const before = known.find((row) => row.category === category);
    const came = told.some((categories) => category === '' || categories.includes(category));
    return {
      source,
      category,
      state: error === null ? 'waiting' : 'failing',
      checked_at: at,
      first_checked_at: before?.first_checked_at ?? at,
      last_new_at: came ? at : (before?.last_new_at ?? null),
      detail: error,
    };
  });
  const usual = await usualNumbers(db, source, rows, at);
  const judged = rows.map((row) => judgeFreshness(factsOf(row, usual), at));
  await saveSourceStates(
    db,
    source,
    rows.map(({ source: _, ...row }, index) => {
      const { state, detail } = judged[index] as Freshness;
      return { ...row, state, detail: state === 'failing' ? error : detail };
    }),
  );
  return judged;
}

function factsOf(row: SourceStateRow, usual: ReadonlyMap<string, number>): FreshnessFacts {
  return {
    source: row.source,
    category: row.category,
    lastNewAt: row.last_new_at,
    checkedAt: row.checked_at,
    firstCheckedAt: row.first_checked_at,
    error: row.state === 'failing' ? (row.detail ?? 'The last asking failed.') : null,
    usualNew: usual.get(row.category) ?? null,
  };
}

/** New papers a batch, by category, over the last weeks. Empty while fewer than five batches were followed. */
async function usualNumbers(
  db: Db,
  source: string,
  rows: readonly SourceStateRow[],
  now: number,
): Promise<Map<string, number>> {
  const categories = rows.map((row) => row.category).filter((category) => category !== '');
  if (categories.length === 0) return new Map();
  const from = Math.max(
    now - usualDays * dayMs,
    Math.min(...rows.map((row) => row.first_checked_at)) - dayMs,
  );
  const batches = calendarOf(source)?.between(from, now).length ?? 0;
  // Not followed for long: one or two batches say little, so every category is taken to be small but for the whole.
  const counts = await countByCategory(db, source, categories, from);
  return new Map([...counts].map(([category, count]) => [category, batches < 5 ? 0 : count / batches]));
}
