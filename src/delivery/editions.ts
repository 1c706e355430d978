import {
  type Edition,
  endOfEdition,
  isTimezone,
  latestEdition,
  localDateAt,
  nextDueAt,
  type Schedule,
  type Weekday,
} from '../digest/schedule.ts';
import type { PlannedEdition, ScheduleColumns } from '../store/plan-runs.ts';
import type { SubscriberRow } from '../store/schema.ts';

/** How far back from a due instant editions are looked at: the one before a weekly one is seen. */
export const lookBackMs = 15 * 24 * 3_600_000;

/** How long a digest that could only be planned after its day may still be tried. */
const lateGraceMs = 12 * 3_600_000;

export function scheduleOf(row: ScheduleColumns): Schedule {
  return { timezone: row.timezone, digestTime: row.digest_time, days: row.days.split(',') as Weekday[] };
}

/** What a schedule says about one instant. */
export interface ScheduledDay {
  schedule: Schedule;
  /** The last edition due by then, and until when it may be sent. */
  latest: Edition;
  endsAt: number;
  /** The date of the edition before it. */
  previousDate: string;
  /** The first due instant after it. */
  nextDueAt: number;
}

export type DayReader = (subscriber: ScheduleColumns) => ScheduledDay;

/** Reads schedules at `at`, each distinct one once: a hundred thousand people share a few hundred of them. */
export function createDayReader(at: number): DayReader {
  const known = new Map<string, ScheduledDay>();
  return (subscriber) => {
    const key = `${subscriber.timezone} ${subscriber.digest_time} ${subscriber.days}`;
    let day = known.get(key);
    if (!day) {
      const named = scheduleOf(subscriber);
      // A zone that this system does not know (doctor tells of it) must not end everybody's plan.
      const schedule = isTimezone(named.timezone) ? named : { ...named, timezone: 'UTC' };
      const latest = latestEdition(schedule, at);
      day = {
        schedule,
        latest,
        endsAt: endOfEdition(latest, schedule.timezone),
        previousDate: latestEdition(schedule, latest.dueAt - 1).date,
        nextDueAt: nextDueAt(schedule, at + 1),
      };
      known.set(key, day);
    }
    return day;
  };
}

export interface EditionToPlan {
  date: string;
  dueAt: number;
  expiresAt: number;
  /** Not null: the day went by without a run; says so in words. */
  folded: string | null;
}

/**
 * Which of a due subscriber's editions get a row: the latest one when its local day is not over, and the
 * first of those whose day went by. An edition of a past day is folded into the next one; but when the one
 * before it missed its day too, runs come too rarely, and late is better than never.
 */
export function editionsToPlan(
  subscriber: Pick<SubscriberRow, 'next_due_at'>,
  at: number,
  known: readonly Pick<PlannedEdition, 'editionDate' | 'reason' | 'dueAt' | 'plannedAt'>[],
  { schedule, latest, endsAt, nextDueAt }: Omit<ScheduledDay, 'previousDate'>,
): EditionToPlan[] {
  const storedDueAt = subscriber.next_due_at ?? latest.dueAt;
  const before = known.findLast((one) => one.editionDate < latest.date);
  const missedItsDay = (one: typeof before) =>
    one !== undefined &&
    (one.reason === 'folded' ||
      one.plannedAt >= endOfEdition({ date: one.editionDate, dueAt: one.dueAt }, schedule.timezone));
  const runsAreRare = missedItsDay(before);
  const sendable = at < endsAt || runsAreRare;
  const first = storedDueAt < latest.dueAt ? localDateAt(storedDueAt, schedule.timezone) : latest.date;

  const editions: EditionToPlan[] = [];
  if (first < latest.date || !sendable) {
    const missed = first < latest.date && !sendable ? `${first} to ${latest.date}` : first;
    const next = sendable ? latest.date : localDateAt(nextDueAt, schedule.timezone);
    editions.push({
      date: first,
      dueAt: storedDueAt,
      expiresAt: endOfEdition({ date: first, dueAt: storedDueAt }, schedule.timezone),
      folded: `no run came on the day of ${missed}; its papers compete again for ${next}`,
    });
  }
  if (sendable)
    editions.push({
      date: latest.date,
      dueAt: latest.dueAt,
      expiresAt: Math.max(endsAt, runsAreRare ? at + lateGraceMs : 0),
      folded: null,
    });
  // An edition has one row, ever: a schedule that was changed after today's digest gives no second one.
  return editions.filter((edition) => !known.some((one) => one.editionDate === edition.date));
}
