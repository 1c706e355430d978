/**
 * When digests are due, worked out apart from the program: zones' offsets are all that is asked of Temporal, no
 * disambiguation and no calendar day of a zone.
 */
export interface When {
  zone: string;
  /** `HH:MM`, local. */
  time: string;
  /** ISO weekdays, 1 is Monday. */
  days: readonly number[];
}

export interface Due {
  date: string;
  dueAt: number;
}

export const hour = 3_600_000;
export const day = 24 * hour;

function offsetAt(at: number, zone: string): number {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6;
}

/** `YYYY-MM-DD` of the wall clock. */
export function dateAt(at: number, zone: string): string {
  return new Date(at + offsetAt(at, zone)).toISOString().slice(0, 10);
}

function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * day).toISOString().slice(0, 10);
}

function weekday(date: string): number {
  return new Date(date).getUTCDay() || 7;
}

/** When the wall clock first shows this; a time that is left out is read with the offset before the gap (RFC 5545 §3.3.5). */
function instantOf(date: string, time: string, zone: string): number {
  const wall = Date.parse(`${date}T${time}:00Z`);
  const before = offsetAt(wall - 2 * day, zone);
  const offsets = [before, offsetAt(wall, zone), offsetAt(wall + 2 * day, zone)];
  const shown = offsets.map((offset) => wall - offset).filter((at) => at + offsetAt(at, zone) === wall);
  return shown.length > 0 ? Math.min(...shown) : wall - before;
}

/** The editions due in `[from, to]`, oldest first; of dates that the zone left out none. */
export function editionsBetween(when: When, from: number, to: number): Due[] {
  const found: Due[] = [];
  for (let date = addDays(dateAt(from, when.zone), -1); date <= addDays(dateAt(to, when.zone), 1); ) {
    const dueAt = instantOf(date, when.time, when.zone);
    const isLived = dateAt(dueAt, when.zone) === date;
    if (isLived && when.days.includes(weekday(date)) && dueAt >= from && dueAt <= to)
      found.push({ date, dueAt });
    date = addDays(date, 1);
  }
  return found;
}

/** The first instant from `from` on at which a digest is due. */
export function firstDue(when: When, from: number): number {
  return (editionsBetween(when, from, from + 9 * day)[0] as Due).dueAt;
}

/** The last edition due by `at`. */
export function lastEdition(when: When, at: number): Due {
  return editionsBetween(when, at - 9 * day, at).at(-1) as Due;
}

/** From when on the edition is too late: its local date is over, and six hours went by. */
export function endOf({ date, dueAt }: Due, zone: string): number {
  let [begin, end] = [dueAt - 2 * day, dueAt + 3 * day];
  while (end - begin > 1) {
    const middle = Math.floor((begin + end) / 2);
    if (dateAt(middle, zone) > date) end = middle;
    else begin = middle;
  }
  return Math.max(end, dueAt + 6 * hour);
}
