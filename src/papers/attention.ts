import type { SignalChange } from './candidate.ts';
import type { Signal } from './paper.ts';
import { changesOf, dayMs, latest, type Series, seriesOf, valueAt, votesByDay } from './signals.ts';
import { type TrendInput, trendShape } from './trend.ts';

/** How much attention a paper gained over a longer span than the trend score's day. */
export interface Attention {
  /** Compares only with others of the same instant and span. */
  score: number;
  /** Votes gained over the span; null: no source tells of votes. */
  votesGained: number | null;
  changes: SignalChange[];
  /** Votes gained on each of the last days, oldest first. */
  votesByDay: number[];
}

/** A paper that came out this long before a span began may have been seen for the first time within it. */
const graceMs = dayMs;

/**
 * What a paper gained in the span before `now`: Σ wₖ·ln(1+gainedₖ) with the weights of the trend score, whose damping by
 * age is left out: everything in the span counts alike. Pure.
 */
export function attentionOver(
  input: TrendInput & { signals: readonly Signal[] },
  now: number,
  spanMs: number,
): Attention {
  const series = seriesOf(input.signals, now);
  const born = input.announcedAt ?? input.publishedAt ?? input.firstSeenAt;
  const isNew = born >= now - spanMs - graceMs;
  let score = 0;
  let votesGained: number | null = null;
  for (const one of series) {
    const gained = gainedOver(one, now - spanMs, isNew);
    score += trendShape.gain[one.kind] * Math.log1p(gained);
    if (one.kind === 'upvotes') votesGained = (votesGained ?? 0) + gained;
  }
  return {
    score,
    votesGained,
    changes: changesOf(series, now, input.lastSeenAt),
    votesByDay: votesByDay(series, now, input.lastSeenAt),
  };
}

/** A new paper's votes all came since it came out; stars may be older than the paper. */
function gainedOver(series: Series, since: number, isNew: boolean): number {
  const told = valueAt(series, since) ?? series.points[0]?.value ?? 0;
  const isFromNothing =
    isNew && valueAt(series, since) === null && (series.kind === 'upvotes' || series.kind === 'comments');
  return Math.max(0, latest(series) - (isFromNothing ? 0 : told));
}
