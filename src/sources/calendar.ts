/** One batch of papers that a source is expected to bring. All epoch ms. */
export interface Announcement {
  announcedAt: number;
  /** When it can be fetched. */
  visibleAt: number;
  /** From then on its absence is lateness. */
  lateAt: number;
}

/** When a source brings new papers. */
export interface Calendar {
  /** The batches announced after `from` and until `until` (epoch ms), oldest first. */
  between(from: number, until: number): Announcement[];
}

const hourMs = 3_600_000;
const newYork = 'America/New_York';

/**
 * Days without an arXiv freeze, and so without the announcement that would follow: arXiv's own list, 2025 and
 * 2026 (https://info.arxiv.org/help/availability.html#holiday). A year that is not listed follows the rules of
 * `isUsualHoliday`.
 */
const listedHolidays: Record<number, readonly string[]> = {
  2025: ['01-01', '01-20', '06-19', '07-04', '09-01', '11-27', '12-25', '12-30'],
  2026: ['01-01', '01-19', '06-19', '07-03', '09-07', '11-26', '12-25', '12-29', '12-31'],
};

/** Whether arXiv takes this New York date off. Weekends are no holidays; they have no freeze anyway. */
export function isArxivHoliday(date: Temporal.PlainDate): boolean {
  const listed = listedHolidays[date.year];
  return listed ? listed.includes(date.toString().slice(5)) : isUsualHoliday(date);
}

/** What arXiv took off every year from 2022 to 2026: a weekday of the United States' holidays it keeps. */
function isUsualHoliday(date: Temporal.PlainDate): boolean {
  const nthOfMonth = Math.ceil(date.day / 7);
  const monday = date.dayOfWeek === 1;
  if (date.month === 1 && monday && nthOfMonth === 3) return true;
  if (date.month === 9 && monday && nthOfMonth === 1) return true;
  if (date.month === 11 && date.dayOfWeek === 4 && nthOfMonth === 4) return true;
  return ['01-01', '06-19', '07-04', '12-25'].some((fixed) => observed(date, fixed));
}

/** A fixed holiday, or the Friday or Monday beside it when it falls on a weekend. */
function observed(date: Temporal.PlainDate, monthDay: string): boolean {
  const holiday = Temporal.PlainDate.from(`${date.year}-${monthDay}`);
  const shift = holiday.dayOfWeek === 6 ? -1 : holiday.dayOfWeek === 7 ? 1 : 0;
  return holiday.add({ days: shift }).equals(date);
}

/**
 * Whether arXiv announces on the evening of this New York date: Sunday to Thursday, unless the day is a
 * holiday; on Sunday, unless the Friday before was one (https://info.arxiv.org/help/availability.html).
 */
export function isAnnouncementDate(date: Temporal.PlainDate): boolean {
  if (date.dayOfWeek === 5 || date.dayOfWeek === 6) return false;
  return !isArxivHoliday(date.dayOfWeek === 7 ? date.subtract({ days: 2 }) : date);
}

/** arXiv announces at 20:00 New York time; its feeds are made at midnight (https://info.arxiv.org/help/rss.html). */
export const arxivCalendar: Calendar = {
  between(from, until) {
    const found: Announcement[] = [];
    for (const date of datesOf(from, until, newYork)) {
      if (!isAnnouncementDate(date)) continue;
      const announcedAt = date.toZonedDateTime({ timeZone: newYork, plainTime: '20:00' }).epochMilliseconds;
      const visibleAt = date.add({ days: 1 }).toZonedDateTime({ timeZone: newYork }).epochMilliseconds;
      if (announcedAt > from && announcedAt <= until)
        found.push({ announcedAt, visibleAt, lateAt: visibleAt + 3 * hourMs });
    }
    return found;
  },
};

/**
 * Hugging Face's daily papers begin with the UTC day, on weekdays, and gather through the day; a working day
 * without one by 18:00 UTC is late. Christmas and New Year's Day are not counted on.
 */
export const huggingfaceCalendar: Calendar = {
  between(from, until) {
    const found: Announcement[] = [];
    for (const date of datesOf(from, until, 'UTC')) {
      const offDay = date.dayOfWeek > 5 || ['12-25', '01-01'].includes(date.toString().slice(5));
      const announcedAt = date.toZonedDateTime({ timeZone: 'UTC' }).epochMilliseconds;
      if (!offDay && announcedAt > from && announcedAt <= until)
        found.push({ announcedAt, visibleAt: announcedAt, lateAt: announcedAt + 18 * hourMs });
    }
    return found;
  },
};

/** Null: nothing is known of when this source brings papers; it is never late. */
export function calendarOf(source: string): Calendar | null {
  if (source === 'arxiv') return arxivCalendar;
  return source === 'huggingface' ? huggingfaceCalendar : null;
}

const lookBackMs = 21 * 24 * hourMs;

/** The latest batch that can be fetched at `now`. */
export function expectedAnnouncement(calendar: Calendar, now: number): Announcement | null {
  return calendar.between(now - lookBackMs, now).findLast((one) => one.visibleAt <= now) ?? null;
}

/** The next batch after `now`. */
export function nextAnnouncement(calendar: Calendar, now: number): Announcement | null {
  return calendar.between(now, now + lookBackMs)[0] ?? null;
}

function* datesOf(from: number, until: number, timeZone: string): Iterable<Temporal.PlainDate> {
  const local = (at: number): Temporal.PlainDate =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate();
  const last = local(until);
  for (let date = local(from); Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 }))
    yield date;
}
