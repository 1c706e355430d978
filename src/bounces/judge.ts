import type { BounceClass } from './reading/reading.ts';
import { type Reason, reasons } from './reading/reasons.ts';

/** One thing that came back from an address. `at` is epoch ms. */
export interface BounceEvent {
  class: BounceClass;
  reason: Reason;
  at: number;
}

export interface Judgement {
  suppress: boolean;
  /** What decided; null while nothing counts against the address. */
  reason: Reason | null;
  /** The decayed sum of soft bounces; 0 when none counts. */
  score: number;
}

const dayMs = 86_400_000;

/** A soft bounce counts half after this long. */
export const halfLifeMs = 30 * dayMs;

/**
 * At this score an address is given up. A mailbox that is full every day gets there on the sixth day, one that is full
 * every Monday on the ninth Monday; a bad week (five days) does not, and neither does one bounce a month, ever.
 */
export const suppressScore = 5;

/** Of a permanent refusal without a reason. */
export const hardWeight = 2;

/**
 * Whether an address must not be mailed any more, from all that came back from it:
 * - a complaint, or a hard bounce for no such user or domain, suppresses at once and for good;
 * - a hard bounce that does not say why counts `hardWeight`: given up at the third within a month;
 * - soft bounces add up, each by its reason's weight, halved every `halfLifeMs`; of one UTC day only the heaviest
 *   counts, as one outage can bounce many mails; a later `delivered` clears what was before it;
 * - what is about us, our message or the moment (policy, spam, blocklists, size, authentication, rates, delays) and
 *   auto-replies do not count.
 */
export function judgeAddress(history: readonly BounceEvent[], now: number): Judgement {
  const final = history.find(
    ({ class: kind, reason }) =>
      (kind === 'hard' && reasons[reason].class === 'hard') ||
      (kind === 'complaint' && reason === 'complaint'),
  );
  const cleared = Math.max(Number.NEGATIVE_INFINITY, ...timesOf(history, 'delivered'));
  const days = new Map<number, { weight: number; reason: Reason }>();
  for (const { class: kind, reason, at } of history) {
    const counts = kind === 'soft' || (kind === 'hard' && reasons[reason].class !== 'hard');
    if (!counts || at < cleared) continue;
    // A clock that was ahead must not make a bounce weigh more than a fresh one.
    const weight = weightOf(kind, reason) * 0.5 ** (Math.max(0, now - at) / halfLifeMs);
    const day = Math.floor(at / dayMs);
    if (weight > (days.get(day)?.weight ?? 0)) days.set(day, { weight, reason });
  }
  const score = [...days.values()].reduce((sum, { weight }) => sum + weight, 0);
  if (final !== undefined) return { suppress: true, reason: final.reason, score };
  const latest = [...days].sort(([one], [other]) => other - one)[0]?.[1];
  return { suppress: score >= suppressScore, reason: latest?.reason ?? null, score };
}

/** A hard reason with a transient code is soft: it counts like any other soft bounce. */
function weightOf(kind: BounceClass, reason: Reason): number {
  const known = reasons[reason];
  if (kind === 'hard') return hardWeight;
  return known.class === kind ? known.weight : 1;
}

const timesOf = (history: readonly BounceEvent[], kind: BounceClass): number[] =>
  history.filter((event) => event.class === kind).map(({ at }) => at);
