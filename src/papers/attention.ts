import type { SignalChange } from './candidate.ts';
import type { Signal, SignalKind } from './paper.ts';
import { changesOf, dayMs, latest, type Series, seriesOf, valueAt, votesByDay } from './signals.ts';
import { type TrendInput, trendShape } from './trend.ts';

/** How much attention a paper gained over a longer span than the trend score's day. */
export interface Attention {
  /** Compares only with others of the same instant and span. */
  score: number;
  /** What each kind of signal gained over the span; absent: nothing, or no source tells of it. */
  gained: Partial<Record<SignalKind, number>>;
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
  const gained: Attention['gained'] = {};
  for (const one of series) {
    const { kind } = one;
    const more = gainedOver(one, now - spanMs, isNew);
    if (more === 0) continue;
    // Votes of several sources are different people's; stars are the same ones counted twice.
    const addsUp = kind === 'upvotes' || kind === 'comments';
    gained[kind] = addsUp ? (gained[kind] ?? 0) + more : Math.max(gained[kind] ?? 0, more);
  }
  for (const [kind, more] of Object.entries(gained))
    score += trendShape.gain[kind as SignalKind] * Math.log1p(more);
  return {
    score,
    gained,
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
