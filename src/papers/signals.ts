import type { SignalChange } from './candidate.ts';
import { type Signal, type SignalKind, signalKinds } from './paper.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** How long after "24 hours ago" an observation may lie and still stand for it: a daily poll is never punctual. */
const toleranceMs = 6 * hourMs;

/** The observations of one kind by one source up to `now`, oldest first. Never empty. */
export interface Series {
  source: string;
  kind: SignalKind;
  points: { at: number; value: number }[];
}

/** Sorts a paper's signals into series; what was observed after `now` is left out. */
export function seriesOf(signals: readonly Signal[], now: number): Series[] {
  const series = new Map<string, Series>();
  for (const { source, kind, value, observedAt } of signals) {
    if (observedAt > now || !Number.isFinite(value)) continue;
    const key = `${kind} ${source}`;
    let one = series.get(key);
    if (!one) {
      one = { source, kind, points: [] };
      series.set(key, one);
    }
    one.points.push({ at: observedAt, value: Math.max(0, value) });
  }
  for (const { points } of series.values()) points.sort((a, b) => a.at - b.at);
  return [...series.values()];
}

/** The latest value. */
export function latest(series: Series): number {
  return series.points.at(-1)?.value ?? 0;
}

/** The last value observed at or before an instant; null: none was. */
export function valueAt(series: Series, at: number): number | null {
  return series.points.findLast((point) => point.at <= at)?.value ?? null;
}

/** A change between two looks that lie further apart than this is nobody's "yesterday". */
const longestGapMs = dayMs + 2 * toleranceMs;

/**
 * What the value was a day before `now`: the observation nearest to then among those before it (signals are
 * appended on change, so an old one still holds) and the ones up to six hours after it. Null: not yet observed,
 * or it changed at some time between two looks that lie days apart.
 */
export function dayBefore(series: Series, now: number): number | null {
  return valueAround(series, now - dayMs);
}

function valueAround(series: Series, then: number): number | null {
  let nearest = -1;
  for (const [index, point] of series.points.entries()) {
    if (point.at > then + toleranceMs) break;
    const other = series.points[nearest];
    if (!other || Math.abs(point.at - then) <= Math.abs(other.at - then)) nearest = index;
  }
  const before = series.points[nearest];
  const next = series.points[nearest + 1];
  if (!before || (next && next.value !== before.value && next.at - before.at > longestGapMs)) return null;
  return before.value;
}

/**
 * Latest value and last day's gain of each kind that was observed, in the order of `signalKinds`. Votes and
 * comments of several sources are different people's and add up; stars and citations are the same ones
 * counted twice, so the larger count stands. `lastSeenAt` is when somebody last looked: gains are counted up to then,
 * so that a digest an hour before the daily poll still tells yesterday's, and are unknown when that is long ago.
 */
export function changesOf(series: readonly Series[], now: number, lastSeenAt = now): SignalChange[] {
  const until = Math.min(now, lastSeenAt);
  const isStale = now - until > longestGapMs;
  const changes: SignalChange[] = [];
  for (const kind of signalKinds) {
    const ofKind = series.filter((one) => one.kind === kind);
    if (ofKind.length === 0) continue;
    const each = ofKind.map((one) => {
      const before = isStale ? null : dayBefore(one, until);
      return { value: latest(one), sinceYesterday: before === null ? null : latest(one) - before };
    });
    if (kind === 'github_stars' || kind === 'citations') {
      changes.push({ kind, ...each.reduce((a, b) => (b.value > a.value ? b : a)) });
      continue;
    }
    const gains = each.map((one) => one.sinceYesterday).filter((gain) => gain !== null);
    changes.push({
      kind,
      value: each.reduce((sum, one) => sum + one.value, 0),
      sinceYesterday: gains.length > 0 ? gains.reduce((sum, gain) => sum + gain, 0) : null,
    });
  }
  return changes;
}

/** How many days back votes are told day by day. */
export const votesDays = 7;

/**
 * The votes gained on each of the last days up to the last look, oldest first, at most `mostDays` of them: as far
 * back as every day is known, by the rules of `changesOf`. Sources add up over the days that all of them know. Votes
 * taken back count as none. Empty when nobody has looked lately or no day is known.
 */
export function votesByDay(
  series: readonly Series[],
  now: number,
  lastSeenAt = now,
  mostDays = votesDays,
): number[] {
  const until = Math.min(now, lastSeenAt);
  if (now - until > longestGapMs) return [];
  const perSource = series
    .filter(({ kind }) => kind === 'upvotes')
    .map((one) => {
      const gains: number[] = [];
      let after = latest(one);
      for (let day = 1; day <= mostDays; day++) {
        const before = valueAround(one, until - day * dayMs);
        if (before === null) break;
        gains.push(Math.max(0, after - before));
        after = before;
      }
      return gains;
    });
  if (perSource.length === 0) return [];
  const days = Math.min(...perSource.map((gains) => gains.length));
  const total = (day: number) => perSource.reduce((sum, gains) => sum + (gains[day] ?? 0), 0);
  return Array.from({ length: days }, (_, index) => total(days - 1 - index));
}
