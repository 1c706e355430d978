import { InvalidArgumentError } from 'commander';
import { readSettings, type Settings, type SettingsInput } from '../subscribers/fields.ts';

/** Readers for commander: each throws InvalidArgumentError, which ends the command with exit code 2. */

/** An ISO 8601 instant with its offset, as epoch ms. */
export function readInstant(text: string): number {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    throw new InvalidArgumentError('expected an ISO instant with its offset, such as 2026-06-22T08:00:00Z.');
  }
}

export function readDate(text: string): string {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Temporal.PlainDate.from(text).toString();
  } catch {
    // told below
  }
  throw new InvalidArgumentError('expected a date such as 2026-06-22.');
}

/** The text itself, once it is known to be good for that field of a subscriber: what forms and CSV take is taken. */
export function readSetting(field: keyof SettingsInput): (text: string) => string {
  return (text) => {
    const [problem] = readSettings({ [field]: text }, anySettings).problems;
    if (problem) throw new InvalidArgumentError(problem.message);
    return text;
  };
}

/** What options say of settings, as values; what is not given is of no meaning. */
export function readGivenSettings(given: SettingsInput): Settings {
  return readSettings(given, anySettings).settings;
}

/** Only what is given is judged; what it would be written over does not matter. */
const anySettings: Settings = {
  timezone: 'UTC',
  digestTime: '08:00',
  days: [],
  maxPapers: 1,
  locale: 'en',
  quietMail: false,
};

export function readCount(least: number, most: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (/^\d+$/.test(text) && count >= least && count <= most) return count;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
  };
}

export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}
