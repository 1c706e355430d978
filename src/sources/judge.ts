import { calendarOf, expectedAnnouncement, nextAnnouncement } from './calendar.ts';

/** What is known of one source, or of one of its categories, when it is judged. */
export interface FreshnessFacts {
  source: string;
  /** '' for the source as a whole. */
  category: string;
  /** When a paper it had not told of last came from it; null: never since it was first asked. */
  lastNewAt: number | null;
  /** When it was last asked, and when for the first time. */
  checkedAt: number;
  firstCheckedAt: number;
  /** Why the last asking failed; null: it did not. */
  error: string | null;
  /** Papers it usually brings with a batch; null: unknown. A small category may well bring none. */
  usualNew: number | null;
}

export interface Freshness {
  source: string;
  category: string;
  state: 'fresh' | 'waiting' | 'late' | 'failing';
  /** One sentence for people. */
  detail: string;
  checkedAt: number;
  lastNewAt: number | null;
  /** Batches that should have come and did not, the latest included. */
  missed: number;
  /** Late: asking again soon may bring it. */
  shouldPollAgain: boolean;
  /** `YYYY-MM-DD` from which to backfill, when batches before the latest were missed. */
  backfillSince: string | null;
}

const dayMs = 86_400_000;
/** Below this a batch may bring nothing by chance (at five a batch: once in 150). */
const leastUsual = 5;
const maxBackfillMs = 30 * dayMs;
/** Papers are submitted days before they are announced: over a weekend, a holiday, on hold. */
const submissionLeadMs = 5 * dayMs;

/**
 * Whether a source brings what its calendar promises, judged by papers it had not told of before and never by
 * the dates it puts on them (yesterday's batch is served under today's date at times). `late`: a batch is past
 * due and nothing new came since it could be fetched. `waiting`: it can be fetched but is not due yet.
 */
export function judgeFreshness(facts: FreshnessFacts, now: number): Freshness {
  const { source, category, lastNewAt, checkedAt, error } = facts;
  const calendar = calendarOf(source);
  const due = calendar && expectedAnnouncement(calendar, now);
  const seenUntil = lastNewAt ?? facts.firstCheckedAt;
  const base = {
    source,
    category,
    checkedAt,
    lastNewAt,
    missed: 0,
    shouldPollAgain: false,
    backfillSince: null,
  };
  const last = lastNewAt === null ? 'nothing new has come yet' : `new papers last came ${stamp(lastNewAt)}`;
  if (error !== null) {
    const missed = calendar ? countMissed(facts, now).length : 0;
    return { ...base, state: 'failing', missed, shouldPollAgain: true, detail: `${error} (${last})` };
  }
  if (!calendar || !due || seenUntil >= due.visibleAt) {
    const next = calendar && nextAnnouncement(calendar, now);
    const then = next ? `; the next batch can be had from ${stamp(next.visibleAt)}` : '';
    const state = lastNewAt === null ? 'waiting' : 'fresh';
    return { ...base, state, detail: `${capital(last)}${then}.` };
  }
  if (category !== '' && facts.usualNew !== null && facts.usualNew < leastUsual)
    return {
      ...base,
      state: 'fresh',
      detail: `${capital(last)}; it is a small category, about ${facts.usualNew.toFixed(1)} papers a batch.`,
    };
  const asked = checkedAt >= due.visibleAt ? `asked ${stamp(checkedAt)}, nothing new` : 'not asked since';
  if (now < due.lateAt)
    return {
      ...base,
      state: 'waiting',
      detail: `The batch of ${stamp(due.announcedAt)} is expected by ${stamp(due.lateAt)}; ${asked}; ${last}.`,
    };
  const missed = countMissed(facts, now);
  const earlier = missed.length > 1 ? `, and ${missed.length - 1} before it` : '';
  return {
    ...base,
    state: 'late',
    missed: missed.length,
    shouldPollAgain: true,
    backfillSince: missed.length > 1 ? backfillDate(missed[0] as number, now) : null,
    detail: `The batch of ${stamp(due.announcedAt)} has not come${earlier}; ${asked}; ${last}.`,
  };
}

/**
 * From which day to backfill before asking for what is current; null when no batch but the latest can be
 * missing (a feed holds only the latest). A failing source is backfilled the same way once it answers.
 */
export function missedSince(facts: FreshnessFacts, now: number): string | null {
  const missed = countMissed(facts, now);
  return missed.length > 1 ? backfillDate(missed[0] as number, now) : null;
}

/** When the batches were announced that could be fetched by now and did not come. */
function countMissed(facts: FreshnessFacts, now: number): number[] {
  const from = Math.max(facts.lastNewAt ?? facts.firstCheckedAt, now - maxBackfillMs);
  return (calendarOf(facts.source)?.between(from - dayMs, now) ?? [])
    .filter((one) => one.visibleAt > from && one.visibleAt <= now)
    .map((one) => one.announcedAt);
}

function backfillDate(announcedAt: number, now: number): string {
  return new Date(Math.max(announcedAt - submissionLeadMs, now - maxBackfillMs)).toISOString().slice(0, 10);
}

const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
