import type { DayOffsets } from '../store/overview.ts';

/** The last days of a time zone, today included. */
export interface LocalDays {
  /** `YYYY-MM-DD`, the oldest first. */
  dates: string[];
  /** When the first of them begins; epoch ms. */
  since: number;
  /** When today began. */
  todayAt: number;
  offsets: DayOffsets;
}

/** The `count` days up to the one that `now` is in, where `timezone` is. */
export function lastDays(timezone: string, count: number, now: number): LocalDays {
  const here = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone);
  const today = here.toPlainDate();
  const first = today.subtract({ days: count - 1 });
  const dates = Array.from({ length: count }, (_, n) => first.add({ days: n }).toString());
  const begin = first.toZonedDateTime(timezone);
  return {
    dates,
    since: begin.epochMilliseconds,
    todayAt: today.toZonedDateTime(timezone).epochMilliseconds,
    offsets: offsetsBetween(begin, here),
  };
}

/** Where the clocks were changed meanwhile, that is one line more. */
function offsetsBetween(from: Temporal.ZonedDateTime, to: Temporal.ZonedDateTime): DayOffsets {
  const offsets: { until: number; offsetMs: number }[] = [];
  let at: Temporal.ZonedDateTime | null = from;
  while (at !== null && at.epochMilliseconds <= to.epochMilliseconds) {
    const next: Temporal.ZonedDateTime | null = at.getTimeZoneTransition('next');
    offsets.push({
      until: next?.epochMilliseconds ?? Number.MAX_SAFE_INTEGER,
      offsetMs: at.offsetNanoseconds / 1e6,
    });
    at = next;
  }
  return offsets;
}
