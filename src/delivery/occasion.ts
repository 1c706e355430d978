import type { Occasion } from '../digest/digest.ts';
import type { Schedule } from '../digest/schedule.ts';
import type { PlannedEdition } from '../store/plan-runs.ts';
import type { DeliveryReason } from '../store/schema.ts';

/** Why an edition was never its reader's mail: they were not to get one, or no run came. */
export const missedReasons: readonly DeliveryReason[] = [
  'folded',
  'paused',
  'suppressed',
  'restored',
  'expired',
];

/** The date of the latest of `known` editions (oldest first) before `date` that was not missed; null: there is none. */
export function lastHandledDate(
  known: readonly Pick<PlannedEdition, 'editionDate' | 'reason'>[],
  date: string,
): string | null {
  return (
    known.findLast(
      ({ editionDate, reason }) => editionDate < date && (reason === null || !missedReasons.includes(reason)),
    )?.editionDate ?? null
  );
}

/**
 * What an edition with papers is for: the time since the last digest, when one that the schedule names in between did not
 * come (after a pause, or days without a run); else a week for who reads once a week, or a day. `previousDate` is the
 * schedule's edition before this one, `lastDate` the last one that was handled; null: this is their first.
 */
export function occasionOf(
  schedule: Pick<Schedule, 'days'>,
  previousDate: string,
  lastDate: string | null,
): Occasion {
  if (lastDate !== null && lastDate < previousDate) return 'away';
  return schedule.days.length === 1 ? 'week' : 'day';
}
