/** When a subscriber's digest is due. Local times through Temporal, so DST and clock changes skip or double nobody. */

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

export interface Schedule {
  /** IANA name, such as `Europe/Berlin`. */
  timezone: string;
  /** `HH:MM`, local. */
  digestTime: string;
  /** At least one, in week order. */
  days: Weekday[];
}

/** One local date's digest and the instant it is due. */
export interface Edition {
  /** `YYYY-MM-DD`, local. */
  date: string;
  dueAt: number;
}

export function isTimezone(name: string): boolean {
  // `+02:00` is a valid zone to Temporal, but has no DST: an address book of people wants places.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

export function isDigestTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}

/** Whether it is a date as it is written here, `2026-06-22`, that the calendar has. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    return Temporal.PlainDate.from(text).toString() === text;
  } catch {
    return false;
  }
}

/** Reads `mon,wed,fri`, `weekdays`, `daily`, in any order and case; null when it is none of these. */
export function parseDays(text: string): Weekday[] | null {
  const words = text
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter(Boolean);
  const named: Record<string, readonly Weekday[]> = {
    daily: weekdays,
    all: weekdays,
    weekdays: weekdays.slice(0, 5),
    weekends: weekdays.slice(5),
  };
  const chosen = new Set<Weekday>();
  for (const word of words) {
    const day = weekdays.find((known) => word === known || (word.length > 3 && fullNames[known] === word));
    const several = named[word];
    if (day) chosen.add(day);
    else if (several) for (const one of several) chosen.add(one);
    else return null;
  }
  return chosen.size === 0 ? null : weekdays.filter((day) => chosen.has(day));
}

const fullNames: Record<Weekday, string> = {
  mon: 'monday',
  tue: 'tuesday',
  wed: 'wednesday',
  thu: 'thursday',
  fri: 'friday',
  sat: 'saturday',
  sun: 'sunday',
};

/**
 * The instant a local date's digest is due, epoch ms. A time that DST leaves out is moved on by the gap,
 * a time that comes twice means the first (`disambiguation: 'compatible'`, RFC 5545 §3.3.5).
 */
function dueInstant(date: Temporal.PlainDate, schedule: Schedule): number {
  return date.toZonedDateTime({
    timeZone: schedule.timezone,
    plainTime: Temporal.PlainTime.from(schedule.digestTime),
  }).epochMilliseconds;
}

function localDate(instantMs: number, timezone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(timezone).toPlainDate();
}

/** The local date at an instant, `YYYY-MM-DD`. */
export function localDateAt(instantMs: number, timezone: string): string {
  return localDate(instantMs, timezone).toString();
}

function isDigestDay(date: Temporal.PlainDate, schedule: Schedule): boolean {
  const day = weekdays[date.dayOfWeek - 1];
  return day !== undefined && schedule.days.includes(day) && isLived(date, schedule.timezone);
}

/** A zone that crosses the date line skips a date (Samoa, 30 December 2011). */
function isLived(date: Temporal.PlainDate, timezone: string): boolean {
  return date.toZonedDateTime(timezone).toPlainDate().equals(date);
}

/** The first due instant at or after `fromMs`. */
export function nextDueAt(schedule: Schedule, fromMs: number): number {
  return nextEdition(schedule, fromMs).dueAt;
}

/** The first edition that is due at or after `fromMs`. Throws RangeError when the schedule has no day. */
export function nextEdition(schedule: Schedule, fromMs: number): Edition {
  // The day before is looked at too: a gap can move a due time past midnight.
  let date = localDate(fromMs, schedule.timezone).subtract({ days: 1 });
  for (let tries = 0; tries < 12; tries++, date = date.add({ days: 1 })) {
    if (!isDigestDay(date, schedule)) continue;
    const dueAt = dueInstant(date, schedule);
    if (dueAt >= fromMs) return { date: date.toString(), dueAt };
  }
  throw new RangeError(`schedule without a digest day: ${JSON.stringify(schedule.days)}`);
}

/** A date's edition; null: the schedule has none on it. */
export function editionOn(schedule: Schedule, date: string): Edition | null {
  const day = Temporal.PlainDate.from(date);
  return isDigestDay(day, schedule) ? { date, dueAt: dueInstant(day, schedule) } : null;
}

/** The last edition that was due at or before `atMs`. */
export function latestEdition(schedule: Schedule, atMs: number): Edition {
  let date = localDate(atMs, schedule.timezone).add({ days: 1 });
  for (let tries = 0; tries < 12; tries++, date = date.subtract({ days: 1 })) {
    if (!isDigestDay(date, schedule)) continue;
    const dueAt = dueInstant(date, schedule);
    if (dueAt <= atMs) return { date: date.toString(), dueAt };
  }
  throw new RangeError(`schedule without a digest day: ${JSON.stringify(schedule.days)}`);
}

/** The edition of the local date at `atMs` once its time has come, otherwise the next one. */
export function currentEdition(schedule: Schedule, atMs: number): Edition {
  const latest = latestEdition(schedule, atMs);
  return latest.date === localDateAt(atMs, schedule.timezone) ? latest : nextEdition(schedule, atMs);
}

/** A digest due shortly before midnight has this long at least, to be planned and to be tried again. */
const leastTimeMs = 6 * 3_600_000;

/** From when on an edition is not sent any more, epoch ms: when its local date is over, but not at once after it was due. */
export function endOfEdition(edition: Edition, timezone: string): number {
  const date = Temporal.PlainDate.from(edition.date);
  return Math.max(
    date.add({ days: 1 }).toZonedDateTime(timezone).epochMilliseconds,
    edition.dueAt + leastTimeMs,
  );
}
