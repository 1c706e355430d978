import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  endOfEdition,
  isDate,
  isTimezone,
  latestEdition,
  localDateAt,
  nextDueAt,
  nextEdition,
  parseDays,
  type Schedule,
  weekdays,
} from '../../src/digest/schedule.ts';

const at = (iso: string) => Date.parse(iso);
const iso = (ms: number) => new Date(ms).toISOString();
const daily = (timezone: string, digestTime = '08:00'): Schedule => ({
  timezone,
  digestTime,
  days: [...weekdays],
});

describe('next due', () => {
  test('an instant that is exactly due counts', () => {
    expect(nextEdition(daily('UTC'), at('2026-06-22T08:00:00Z'))).toEqual({
      date: '2026-06-22',
      dueAt: at('2026-06-22T08:00:00Z'),
    });
    expect(iso(nextDueAt(daily('UTC'), at('2026-06-22T08:00:00.001Z')))).toBe('2026-06-23T08:00:00.000Z');
  });

  test('the edition date is the local one, on either side of the date line', () => {
    expect(nextEdition(daily('Pacific/Auckland'), at('2026-06-21T12:00:00Z')).date).toBe('2026-06-22');
    expect(nextEdition(daily('Pacific/Honolulu'), at('2026-06-22T12:00:00Z')).date).toBe('2026-06-22');
  });

  test('a time that DST leaves out is sent after the gap, one that comes twice is sent at the first', () => {
    expect(iso(nextDueAt(daily('America/New_York', '02:30'), at('2026-03-08T05:00:00Z')))).toBe(
      '2026-03-08T07:30:00.000Z',
    );
    expect(iso(nextDueAt(daily('America/New_York', '01:30'), at('2026-11-01T04:00:00Z')))).toBe(
      '2026-11-01T05:30:00.000Z',
    );
    expect(nextEdition(daily('America/New_York', '01:30'), at('2026-11-01T05:30:00.001Z')).date).toBe(
      '2026-11-02',
    );
  });

  test('a date that a zone skips has no edition', () => {
    const weekdaysOnly: Schedule = { ...daily('Pacific/Apia'), days: weekdays.slice(0, 5) };
    const thursday = at('2011-12-29T18:00:00Z');
    expect(nextEdition(weekdaysOnly, thursday + 1).date).toBe('2012-01-02');
    expect(latestEdition(weekdaysOnly, at('2011-12-31T12:00:00Z')).date).toBe('2011-12-29');
    expect(nextEdition(daily('Pacific/Apia'), thursday + 1).date).toBe('2011-12-31');
  });

  test('only the chosen days have editions', () => {
    const mondays: Schedule = { ...daily('Europe/Berlin'), days: ['mon'] };
    expect(nextEdition(mondays, at('2026-06-23T00:00:00Z')).date).toBe('2026-06-29');
    expect(latestEdition(mondays, at('2026-06-28T00:00:00Z')).date).toBe('2026-06-22');
  });

  test('following the schedule gives each local date exactly once, whatever the zone', () => {
    const zones = [
      'UTC',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'Asia/Kathmandu',
      'America/Santiago',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: at('2024-01-01'), max: at('2029-01-01') }),
        (timezone, hour, from) => {
          const schedule = daily(timezone, `${String(hour).padStart(2, '0')}:30`);
          let edition = nextEdition(schedule, from);
          for (let day = 0; day < 40; day++) {
            expect(latestEdition(schedule, edition.dueAt)).toEqual(edition);
            expect(localDateAt(edition.dueAt, timezone)).toBe(edition.date);
            expect(endOfEdition(edition, timezone)).toBeGreaterThan(edition.dueAt);
            const following = nextEdition(schedule, edition.dueAt + 1);
            expect(following.date).toBe(Temporal.PlainDate.from(edition.date).add({ days: 1 }).toString());
            edition = following;
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

test('days are read in any order and spelling, and nonsense is refused', () => {
  expect(parseDays('fri, Monday')).toEqual(['mon', 'fri']);
  expect(parseDays('weekdays')).toEqual(['mon', 'tue', 'wed', 'thu', 'fri']);
  expect(parseDays('mon,funday')).toBeNull();
  expect(parseDays('')).toBeNull();
});

test('dates are those that the calendar has', () => {
  expect(isDate('2026-02-28')).toBe(true);
  for (const text of ['2026-02-30', '2026-13-01', '20260228', '26-02-28', 'june'])
    expect(isDate(text)).toBe(false);
});

test('time zones are IANA places, not offsets', () => {
  expect(isTimezone('Asia/Kolkata')).toBe(true);
  expect(isTimezone('+02:00')).toBe(false);
  expect(isTimezone('Mars/Olympus')).toBe(false);
});
