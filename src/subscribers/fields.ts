import { readLocale } from '../config/locale.ts';
import type { DigestDefaults } from '../config.ts';
import { isDigestTime, isTimezone, parseDays, type Weekday, weekdays } from '../digest/schedule.ts';
import type { Subscriber } from '../store/subscribers.ts';

export const maxPapersLimit = 50;

export type FieldName =
  | 'email'
  | 'timezone'
  | 'time'
  | 'days'
  | 'maxPapers'
  | 'locale'
  | 'quietMail'
  | 'topics'
  | 'status';

/** What is wrong with one field, for the person who filled it in. */
export interface FieldProblem {
  field: FieldName;
  message: string;
  /** What stands against an address that is written well: pages, API and command line lead on from it, each in its way. */
  about?: AddressProblem;
}

/** `there`, `paused`, `unsubscribed`: it is that subscriber's already; `taken`: it is another one's. */
export const addressProblems = ['there', 'paused', 'unsubscribed', 'taken', 'suppressed'] as const;

export interface AddressProblem {
  kind: (typeof addressProblems)[number];
  email: string;
  /** Whose it is; null: it is suppressed. */
  subscriberId: number | null;
}

/** A subscriber's settings as given: text of a form, a CSV line or an option. Absent: as it is, or the default. */
export interface SettingsInput {
  timezone?: string | undefined;
  /** `HH:MM`; a missing leading zero is forgiven. */
  time?: string | undefined;
  /** `mon,tue`, `weekdays`, … or a list. */
  days?: string | readonly string[] | undefined;
  maxPapers?: string | number | undefined;
  locale?: string | undefined;
  /** `yes`: a mail comes also when there is nothing new. */
  quietMail?: string | undefined;
}

export type Settings = Pick<
  Subscriber,
  'timezone' | 'digestTime' | 'days' | 'maxPapers' | 'locale' | 'quietMail'
>;

/** The settings of a subscriber about whom nothing is said. */
export function defaultSettings(defaults: DigestDefaults): Settings {
  return {
    timezone: defaults.timezone,
    digestTime: defaults.time,
    days: [...defaults.days],
    maxPapers: defaults.maxPapers,
    locale: defaults.locale,
    quietMail: false,
  };
}

/** Reads what was given over what there is; every problem is told, and what has one stays as it was. */
export function readSettings(
  input: SettingsInput,
  current: Settings,
): { settings: Settings; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const read = <G, T>(given: G | undefined, was: T, field: FieldName, take: (given: G) => T | null): T => {
    if (given === undefined) return was;
    const taken = take(given);
    if (taken === null) problems.push({ field, message: expectations[field] ?? 'This cannot be used.' });
    return taken ?? was;
  };
  const settings = {
    timezone: read(input.timezone, current.timezone, 'timezone', readTimezone),
    digestTime: read(input.time, current.digestTime, 'time', readTime),
    days: read(input.days, current.days, 'days', readDays),
    maxPapers: read(input.maxPapers, current.maxPapers, 'maxPapers', readMaxPapers),
    locale: read(input.locale, current.locale, 'locale', readLocale),
    quietMail: read(input.quietMail, current.quietMail, 'quietMail', readYesNo),
  };
  return { settings, problems };
}

const expectations: Partial<Record<FieldName, string>> = {
  timezone: 'This is not a time zone. Expected an IANA name such as Europe/Berlin.',
  time: 'This is not a time of day. Expected HH:MM from 00:00 to 23:59.',
  days: `Expected at least one of ${weekdays.join(', ')}, or weekdays, weekends, daily.`,
  maxPapers: `Expected a whole number from 1 to ${maxPapersLimit}.`,
  locale: 'This is not a language that can be used. Expected a tag such as en, de or pt-BR.',
  quietMail: 'Expected yes or no.',
};

/** In its usual spelling (`europe/berlin` → `Europe/Berlin`). */
function readTimezone(text: string): string | null {
  const name = text.trim();
  if (name.length > 64 || !isTimezone(name)) return null;
  return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
}

function readTime(text: string): string | null {
  const padded = text.trim().replace(/^\d:/, '0$&');
  return isDigestTime(padded) ? padded : null;
}

function readDays(given: string | readonly string[]): Weekday[] | null {
  const text = typeof given === 'string' ? given : given.join(',');
  return text.length > 200 ? null : parseDays(text);
}

function readMaxPapers(given: string | number): number | null {
  const text = String(given).trim();
  const value = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= maxPapersLimit ? value : null;
}

function readYesNo(text: string): boolean | null {
  const word = text.trim().toLowerCase();
  return word === 'yes' ? true : word === 'no' ? false : null;
}
