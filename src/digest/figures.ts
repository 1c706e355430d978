import type { SignalChange } from '../papers/candidate.ts';
import { direction, isolate } from './clean.ts';
import { fillIn, wordsFor } from './strings.ts';

/** What a gain is counted since: yesterday, or over the days of `votesByDay`. */
export type Span = 'day' | 'week';

/**
 * What changed, for a reader, one phrase a signal: `63 upvotes, +41 since yesterday` and `1.2k stars`. A gain stands beside
 * its figure; of nothing unknown, zero or taken back is anything said. `locale` is BCP 47; one that Intl refuses is
 * taken as `en`.
 */
export function trendFigures(changes: readonly SignalChange[], rising: boolean, locale: string): string[] {
  return tell(changes, rising, locale, 'day');
}

/** The same in one English line, for a terminal. Empty when there is nothing to say. */
export function trendWords(changes: readonly SignalChange[], rising = false): string {
  const words = trendFigures(changes, rising, 'en').join(' · ');
  return rising && words ? `rising: ${words}` : words;
}

/** What changed, for someone who reads once a week: votes with what they gained over the days that are known. */
export function weeksFigures(
  changes: readonly SignalChange[],
  votesByDay: readonly number[],
  locale: string,
): string[] {
  const gained = votesByDay.length > 0 ? votesByDay.reduce((sum, votes) => sum + votes, 0) : null;
  const ofWeek = changes.map((change) => ({
    ...change,
    sinceYesterday: change.kind === 'upvotes' ? gained : null,
  }));
  return tell(ofWeek, false, locale, 'week');
}

function tell(changes: readonly SignalChange[], rising: boolean, locale: string, span: Span): string[] {
  const { catalogue, short, gain, say } = wordsFor(locale);
  const since = span === 'week' ? catalogue.gainedThisWeek : catalogue.gainedSinceYesterday;
  const told: string[] = [];
  let isSinceSaid = false;
  for (const { kind, value, sinceYesterday } of changes) {
    if (value <= 0) continue;
    // `1.2k` is said as a thousand, whatever the last digit of the number behind it.
    const figure = say(catalogue.signals[kind], Math.min(value, 1000), {}, short(value));
    // A repository's few stars of a day say nothing beside its thousands, but when it takes off.
    const tellsGain = sinceYesterday !== null && sinceYesterday > 0 && (kind !== 'github_stars' || rising);
    if (!tellsGain) told.push(figure);
    else {
      told.push(fillIn(isSinceSaid ? catalogue.gained : since, { figure, gain: gain(sinceYesterday) }));
      isSinceSaid = true;
    }
  }
  return told;
}

/**
 * Without the half and the full block: those two, and only those, stand in the common text fonts, where they reach lower
 * than the others, which the reader's system takes from elsewhere.
 */
const BLOCKS = ['▁', '▂', '▃', '▅', '▆', '▇'];

/** Fewer days show no trend, and fewer votes on the best of them none that means anything. */
const FEWEST_DAYS = 3;
const FEWEST_VOTES = 3;

/** The votes of the last days as a row of blocks, the highest for the best day: `▁▂▅▇`. Null when there is too little to show. */
export function sparkline(votesByDay: readonly number[]): string | null {
  const most = Math.max(0, ...votesByDay);
  if (votesByDay.length < FEWEST_DAYS || most < FEWEST_VOTES) return null;
  const block = (votes: number) => BLOCKS[Math.round((Math.max(0, votes) / most) * (BLOCKS.length - 1))];
  return votesByDay.map(block).join('');
}

/**
 * `A, B, C, and 12 more`; all names when there are no more than `shown`, or one more (to hide one name would
 * save nothing). Empty when no author is known.
 */
export function authorsLine(authors: readonly string[], shown = 3, locale = 'en'): string {
  const names = authors.map((name) => name.trim()).filter((name) => name !== '');
  const { catalogue, say } = wordsFor(locale);
  const told = Math.max(1, shown);
  // The first one gives the list its direction; those that run against it must not change places.
  const dir = direction(names[0] ?? '') ?? catalogue.dir;
  const listed = (some: string[]) =>
    isolate(some.map((name) => isolate(name, dir)).join(', '), catalogue.dir);
  if (names.length <= told + 1) return listed(names);
  return say(catalogue.authors, names.length - told, { names: listed(names.slice(0, told)) });
}
