import { setImmediate } from 'node:timers/promises';
import type { Occasion } from '../digest/digest.ts';
import { countDueSubscribers, type DueCursor, findDueAfter } from '../store/plan-runs.ts';
import type { SubscriberRow } from '../store/schema.ts';
import {
  decideEditions,
  type FactsDeps,
  loadReaderFacts,
  type PlanSkip,
  type ReaderFacts,
} from './decide.ts';
import { createDayReader, type DayReader } from './editions.ts';

export interface DryRunDeps extends FactsDeps {
  /** Epoch ms. What is due already is planned then, the rest when it is due. */
  now: number;
  /** Until when, epoch ms. `candidates` are those of this instant. */
  until: number;
}

/** A digest that would go out, or why it would not. */
export interface DryDigest {
  subscriberId: number;
  email: string;
  timezone: string;
  editionDate: string;
  dueAt: number;
  occasion: Occasion;
  /** Null: there would be a mail. */
  skipped: { reason: PlanSkip; detail: string | null } | null;
  papers: { paperId: number; key: string; title: string }[];
  /** Matching papers that would not fit. */
  more: number;
}

export interface DryRunPage {
  digests: DryDigest[];
  /** Where the next page begins; null: there is none. */
  next: DueCursor | null;
}

/**
 * Who would get what until an instant, by what is known now: the subscribers of one page, first due first. Decides as a
 * plan does and writes nothing. Papers and votes that come until then change it.
 */
export async function readDryRunPage(
  deps: DryRunDeps,
  { after, limit }: { after: DueCursor | null; limit: number },
): Promise<DryRunPage> {
  const subscribers = await findDueAfter(deps.db, deps.until, after, limit + 1);
  const page = subscribers.slice(0, limit);
  const last = subscribers.length > limit ? page.at(-1) : undefined;
  return {
    digests: await foresee(deps, page, createDays()),
    next: last ? { dueAt: last.next_due_at as number, id: last.id } : null,
  };
}

export interface DryRunSummary {
  /** Subscribers who come due until then, and how many of them were looked at so far. */
  due: number;
  done: number;
  digests: number;
  /** By reason. */
  skipped: Record<string, number>;
  /** Papers in all digests, how many different ones, and those that most get. */
  papers: number;
  differentPapers: number;
  topPapers: { key: string; title: string; readers: number }[];
}

/** Nobody foresees what papers come: who asks further ahead is told so. */
export const dryRunHorizonMs = 8 * 24 * 3_600_000;

/** Some 30 ms: so long a page that somebody looks at may wait for the count. */
const pageSize = 50;
const topPapers = 20;

/** The same for everybody, as numbers; in pages, so that memory stays flat. Ends early when `signal` is aborted. */
export async function summariseDryRun(
  deps: DryRunDeps,
  { onProgress, signal }: { onProgress?: (summary: DryRunSummary) => void; signal?: AbortSignal } = {},
): Promise<DryRunSummary> {
  const { db, until, candidates, missed } = deps;
  const days = createDays();
  const readers = new Map<number, number>();
  const due = await countDueSubscribers(db, until);
  const summary: DryRunSummary = {
    ...{ due, done: 0, digests: 0, skipped: {}, papers: 0, differentPapers: 0, topPapers: [] },
  };
  let after: DueCursor | null = null;
  for (;;) {
    const subscribers: SubscriberRow[] = await findDueAfter(db, until, after, pageSize);
    for (const { skipped, papers } of await foresee(deps, subscribers, days)) {
      if (skipped) summary.skipped[skipped.reason] = (summary.skipped[skipped.reason] ?? 0) + 1;
      else summary.digests++;
      summary.papers += papers.length;
      for (const { paperId } of papers) readers.set(paperId, (readers.get(paperId) ?? 0) + 1);
    }
    summary.done += subscribers.length;
    summary.differentPapers = readers.size;
    const last = subscribers.at(-1);
    const isOver = subscribers.length < pageSize || !last || signal?.aborted;
    if (isOver)
      summary.topPapers = [...readers]
        .sort(([one, some], [other, others]) => others - some || other - one)
        .slice(0, topPapers)
        .map(([id, count]) => {
          const paper = (candidates.candidates.get(id) ?? missed?.candidates.get(id))?.paper;
          return { key: paper?.key ?? '', title: paper?.title ?? '', readers: count };
        });
    onProgress?.({ ...summary, skipped: { ...summary.skipped } });
    if (isOver) return summary;
    after = { dueAt: last.next_due_at as number, id: last.id };
    await setImmediate();
  }
}

/** Schedules read at many instants; as many as there are minutes in a day or two. */
function createDays(): (at: number) => DayReader {
  const known = new Map<number, DayReader>();
  return (at) => {
    let day = known.get(at);
    if (!day) {
      if (known.size >= maxInstants) known.clear();
      day = createDayReader(at);
      known.set(at, day);
    }
    return day;
  };
}

const maxInstants = 3000;

/** All editions of some subscribers until then, each planned when it is due, with those before it taken for sent. */
async function foresee(
  deps: DryRunDeps,
  subscribers: readonly SubscriberRow[],
  days: (at: number) => DayReader,
): Promise<DryDigest[]> {
  if (subscribers.length === 0) return [];
  const facts = await loadReaderFacts(deps, subscribers, deps.now);
  return subscribers.flatMap((one) => foreseeOne(deps, one, facts.get(one.id) as ReaderFacts, days));
}

function foreseeOne(
  { candidates, now, until }: DryRunDeps,
  subscriber: SubscriberRow,
  facts: ReaderFacts,
  days: (at: number) => DayReader,
): DryDigest[] {
  const digests: DryDigest[] = [];
  const { id: subscriberId, email, timezone } = subscriber;
  for (let dueAt = subscriber.next_due_at; dueAt !== null && dueAt <= until; ) {
    const at = Math.max(dueAt, now);
    const day = days(at)(subscriber);
    const row = { ...subscriber, next_due_at: dueAt };
    // Whether a source will be late is not known yet.
    for (const decided of decideEditions({ candidates, sourceLate: false }, row, facts, day, at)) {
      const { edition, occasion, skipped, chosen, more, from } = decided;
      const papers = chosen.map(({ entry }) => {
        const paper = from.candidates.get(entry.paperId)?.paper;
        return { paperId: entry.paperId, key: paper?.key ?? '', title: paper?.title ?? '' };
      });
      digests.push({
        ...{ subscriberId, email, timezone, editionDate: edition.date, dueAt: edition.dueAt },
        ...{ occasion, skipped, papers, more },
      });
      for (const { paperId } of papers) facts.held.add(paperId);
      facts.editions.push({
        ...{ editionDate: edition.date, dueAt: edition.dueAt, plannedAt: at },
        reason: skipped?.reason ?? null,
      });
    }
    dueAt = day.nextDueAt;
  }
  return digests;
}

/** The next `HH:MM` of a time zone after `now` that is not today's: tomorrow at eight, where the admin is. Epoch ms. */
export function tomorrowAt(now: number, timezone: string, time = '08:00'): number {
  return Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(timezone)
    .toPlainDate()
    .add({ days: 1 })
    .toZonedDateTime({ timeZone: timezone, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds;
}
