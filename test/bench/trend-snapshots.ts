import type { Signal } from '../../src/papers/paper.ts';
import { dayMs, hourMs } from '../../src/papers/signals.ts';
import type { TrendInput } from '../../src/papers/trend.ts';

/** One row of the votes seen in time. */
export interface Observation {
  at: number;
  /** `day`: the papers of one date; `week`, `month`: at most about a hundred papers of that span, the most voted. */
  feed: 'day' | 'week' | 'month';
  paper: string;
  upvotes: number;
}

/** A paper as it was known at the snapshot's instant, and what it gained after. */
export interface KnownPaper {
  id: string;
  input: TrendInput;
  upvotes: number;
  /** Last day's gain; null when it was first seen within the day. */
  gained: number | null;
  ageDays: number;
  /** The truth, hidden from the scores: votes gained until `until`. */
  next: number;
}

export interface Snapshot {
  task: Task;
  at: number;
  until: number;
  /** Weeks alternate: the shape is chosen on one half and measured on the other. No paper is in both. */
  part: 'choose' | 'held-out';
  papers: KnownPaper[];
}

export const tasks = ['next day', 'first look', 'mixed ages'] as const;
/**
 * - `next day`: papers of one date, seen yesterday and now; who gains most by tomorrow.
 * - `first look`: papers of one date, seen for the first time; who gains most until the week is over.
 * - `mixed ages`: papers of 1 to 30 days; who gains most until the next list, up to four weeks ahead.
 */
export type Task = (typeof tasks)[number];

const feeds: Record<string, Observation['feed']> = {
  'feed.xml': 'day',
  'feed_weekly.xml': 'week',
  'feed_monthly.xml': 'month',
};

/** Reads `captured_at, feed, arxiv_id, upvotes`, tab-separated under a header. Throws on a row that is none. */
export function parseObservations(tsv: string): Observation[] {
  const [, ...lines] = tsv.trim().split('\n');
  return lines.map((line) => {
    const [at = '', feed = '', paper = '', upvotes = ''] = line.split('\t');
    const parsed = { at: Date.parse(at), feed: feeds[feed], paper, upvotes: Number(upvotes) };
    if (!parsed.feed || Number.isNaN(parsed.at) || !Number.isInteger(parsed.upvotes))
      throw new Error(`Not an observation: ${line}`);
    return parsed as Observation;
  });
}

/** A feed as captured at one instant. */
interface Capture {
  at: number;
  feed: Observation['feed'];
  votes: Map<string, number>;
}

/** Every snapshot that the observations allow, of at least `minimum` papers whose age is known. */
export function snapshotsOf(observations: readonly Observation[], minimum = 10): Snapshot[] {
  const captures = capturesOf(observations);
  const history = new Map<string, Observation[]>();
  for (const one of [...observations].sort((a, b) => a.at - b.at)) {
    const known = history.get(one.paper);
    if (known) known.push(one);
    else history.set(one.paper, [one]);
  }
  const found: Snapshot[] = [];
  const add = (
    task: Task,
    from: Capture,
    to: Capture,
    accept: (paper: string, votes: number) => boolean,
  ): void => {
    const papers: KnownPaper[] = [];
    for (const [paper, upvotes] of from.votes) {
      const later = to.votes.get(paper);
      if (later === undefined || !accept(paper, upvotes)) continue;
      const known = knownAt(history.get(paper) ?? [], from.at);
      if (known) papers.push({ id: paper, upvotes, ...known, next: Math.max(0, later - upvotes) });
    }
    if (papers.length < minimum) return;
    // The Monday that opens the week of the papers' dates: captures come just after the day they show.
    const week = Math.floor((from.at - 4 * dayMs - 12 * hourMs) / (7 * dayMs));
    found.push({ task, at: from.at, until: to.at, part: week % 2 === 0 ? 'choose' : 'held-out', papers });
  };

  const days = captures.filter((one) => one.feed === 'day');
  const lists = captures.filter((one) => one.feed !== 'day');
  for (const [index, now] of days.entries()) {
    const [before, after] = [days[index - 1], days[index + 1]];
    const week = captures.find(
      (one) => one.feed === 'week' && one.at > now.at && one.at - now.at < 6.5 * dayMs,
    );
    const isNew = !before || overlap(before, now) < 0.5;
    if (!isNew && after && aDay(before, now) && aDay(now, after) && overlap(now, after) > 0.8)
      add('next day', now, after, (paper) => before.votes.has(paper));
    if (isNew && week && week.at - now.at > dayMs) add('first look', now, week, above(week));
  }
  for (const from of lists) {
    const to = lists.find(
      (one) => one.at - from.at > 0.9 * dayMs && one.feed !== from.feed && one.at - from.at < 28 * dayMs,
    );
    if (to) add('mixed ages', from, to, above(to));
  }
  return found;
}

/**
 * A list holds the most voted only. Who already has its lowest count is in it whatever comes next, so choosing
 * those does not choose by what they gain.
 */
function above(list: Capture): (paper: string, votes: number) => boolean {
  const lowest = list.votes.size >= 100 ? Math.min(...list.votes.values()) : 0;
  return (_, votes) => votes >= lowest;
}

/** What had been observed of a paper by `now`; null when its age is unknown, for no date's feed showed it. */
function knownAt(
  history: readonly Observation[],
  now: number,
): Omit<KnownPaper, 'id' | 'upvotes' | 'next'> | null {
  const past = history.filter((one) => one.at <= now);
  const first = past.find((one) => one.feed === 'day');
  const last = past.at(-1);
  if (!first || !last || past[0] !== first) return null;
  const signals: Signal[] = past.map((one) => signal(one.upvotes, one.at));
  // Between two past observations days apart stands what a daily poll would have seen, on the straight line.
  const before = past.findLast((one) => last.at - one.at > 18 * hourMs);
  const yesterday = now - dayMs;
  let gained: number | null = null;
  if (before) {
    const span = last.at - before.at;
    const then =
      span > 36 * hourMs ? last.upvotes - ((last.upvotes - before.upvotes) * dayMs) / span : before.upvotes;
    if (span > 36 * hourMs) signals.push(signal(Math.round(then), yesterday));
    gained = last.upvotes - then;
  }
  // A date's feed is captured just after that date is over.
  const announcedAt = first.at - dayMs;
  return {
    input: { firstSeenAt: first.at, announcedAt, publishedAt: null, signals },
    gained,
    ageDays: (now - announcedAt) / dayMs,
  };
}

function signal(value: number, observedAt: number): Signal {
  return { source: 'huggingface', kind: 'upvotes', value, observedAt };
}

function capturesOf(observations: readonly Observation[]): Capture[] {
  const captures = new Map<string, Capture>();
  for (const { at, feed, paper, upvotes } of observations) {
    const key = `${at} ${feed}`;
    let capture = captures.get(key);
    if (!capture) {
      capture = { at, feed, votes: new Map() };
      captures.set(key, capture);
    }
    capture.votes.set(paper, upvotes);
  }
  return [...captures.values()].sort((a, b) => a.at - b.at);
}

function overlap(a: Capture, b: Capture): number {
  let both = 0;
  for (const paper of a.votes.keys()) if (b.votes.has(paper)) both++;
  return both / Math.max(1, Math.min(a.votes.size, b.votes.size));
}

function aDay(a: Capture, b: Capture): boolean {
  return Math.abs(b.at - a.at - dayMs) < 3 * hourMs;
}
