import { calendarOf } from '../sources/calendar.ts';
import type { SourceStanding } from '../store/watch.ts';

/** A source that has brought nothing new although it was expected to. */
export interface Silence {
  source: string;
  /** When the first batch that did not come could have been fetched; epoch ms. */
  since: number;
  detail: string;
}

const dayMs = 24 * 3_600_000;
const silentMs = 2 * dayMs;
/** Batches older than this say nothing that newer ones do not. */
const lookBackMs = 30 * dayMs;

/**
 * The sources that were silent for two days when they were asked last. Days on which nothing is announced are no
 * silence: it begins with a batch that the calendar promised. A source without a calendar is silent while it does not
 * answer. One that was not asked (Paperboy did not run) says nothing.
 */
export function findSilences(standings: readonly SourceStanding[]): Silence[] {
  return standings.flatMap((one) => {
    const since = silentSince(one);
    if (since === null || one.checkedAt - since < silentMs) return [];
    return [{ source: one.source, since, detail: one.detail ?? '' }];
  });
}

/** Null: it is not silent. */
function silentSince(one: SourceStanding): number | null {
  const heardAt = one.lastNewAt ?? one.firstCheckedAt;
  const calendar = calendarOf(one.source);
  if (!calendar) return one.state === 'failing' ? Math.max(heardAt, one.lastSuccessAt ?? 0) : null;
  const from = Math.max(heardAt, one.checkedAt - lookBackMs);
  const missed = calendar
    .between(from - dayMs, one.checkedAt)
    .find(({ visibleAt, lateAt }) => visibleAt > from && lateAt <= one.checkedAt);
  return missed?.visibleAt ?? null;
}
