import { InvalidArgumentError } from 'commander';
import { isDigestTime, isTimezone, parseDays, type Weekday } from '../digest/schedule.ts';

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

export function readTimezone(text: string): string {
  if (isTimezone(text)) return text;
  throw new InvalidArgumentError('expected an IANA time zone such as Europe/Berlin.');
}

export function readTime(text: string): string {
  if (isDigestTime(text)) return text;
  throw new InvalidArgumentError('expected a time of day such as 08:00.');
}

export function readDays(text: string): Weekday[] {
  const days = parseDays(text);
  if (days) return days;
  throw new InvalidArgumentError('expected days such as mon,wed,fri, or daily, weekdays, weekends.');
}

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
