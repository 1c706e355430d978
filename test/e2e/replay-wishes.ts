import { everyDay, localDate, type Wish } from './calendar.ts';
import { pick } from './synthetic.ts';

const zones = [
  'UTC',
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Tokyo',
  'Australia/Sydney',
  'Pacific/Auckland',
];
const dayChoices = [
  everyDay,
  everyDay,
  ['mon', 'tue', 'wed', 'thu', 'fri'],
  ['sat', 'sun'],
  ['mon', 'wed', 'fri'],
  ['tue'],
];

/** Topics whose matches can be told without the program. */
export const ownTopics: Record<string, string> = {
  'own-vision': 'cat:cs.CV',
  'own-diffusion': 'ti:diffusion',
};

/** People of all zones; each one's local time comes up to an hour before one of `hours` (UTC) in that season, so that a day takes few runs. */
export function makeWishes(
  random: () => number,
  count: number,
  slugs: readonly string[],
  season: number,
  hours: readonly number[],
): Wish[] {
  return Array.from({ length: count }, (_none, n) => {
    const timezone = zones[n % zones.length] as string;
    const run = season + pick(random, hours) * 3_600_000;
    const minutesBefore = pick(random, [0, 0, 5, 15, 30, 45]);
    // Not in the last hour of a day: its digest would be of yesterday by the time of the run.
    const sameDay = localDate(run - minutesBefore * 60_000, timezone) === localDate(run, timezone);
    const instant = sameDay ? run - minutesBefore * 60_000 : run;
    const local = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timezone);
    // Every fifth follows everything, so that what they must get can be told.
    const topics = n % 5 === 0 ? ['everything'] : someOf(random, slugs, 1 + Math.floor(random() * 4));
    return {
      email: `reader${n}@example.org`,
      timezone,
      time: local.toPlainTime().toString({ smallestUnit: 'minute' }),
      days: pick(random, dayChoices),
      maxPapers: pick(random, [1, 3, 5, 10, 15, 20]),
      topics,
    };
  });
}

function someOf(random: () => number, among: readonly string[], count: number): string[] {
  return [...new Set(Array.from({ length: count }, () => pick(random, among)))];
}
