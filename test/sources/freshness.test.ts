import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  arxivCalendar,
  expectedAnnouncement,
  huggingfaceCalendar,
  isAnnouncementDate,
  isArxivHoliday,
} from '../../src/sources/calendar.ts';
import {
  findMissedSince,
  isAnySourceLate,
  recordPoll,
  summariseFreshness,
} from '../../src/sources/freshness.ts';
import { type FreshnessFacts, judgeFreshness, missedSince } from '../../src/sources/judge.ts';
import type { Store } from '../../src/store/store.ts';
import { newStore } from '../support/store.ts';

const at = (iso: string): number => Date.parse(iso);
const announcedAt = (iso: string): string | undefined => {
  const found = expectedAnnouncement(arxivCalendar, at(iso));
  return found ? new Date(found.announcedAt).toISOString() : undefined;
};

describe("arXiv's announcement calendar", () => {
  it('announces Sunday to Thursday evening, fetched from midnight in New York', () => {
    // Wednesday 2026-07-01, 23:59 and 00:00 of the next day in New York (EDT).
    expect(announcedAt('2026-07-02T03:59:00Z')).toBe('2026-07-01T00:00:00.000Z');
    expect(announcedAt('2026-07-02T04:00:00Z')).toBe('2026-07-02T00:00:00.000Z');
    // Saturday: still Thursday's. Monday morning: Sunday's.
    expect(announcedAt('2026-06-13T12:00:00Z')).toBe('2026-06-12T00:00:00.000Z');
    expect(announcedAt('2026-06-15T05:00:00Z')).toBe('2026-06-15T00:00:00.000Z');
  });

  it('keeps 20:00 in New York through daylight saving', () => {
    const winter = arxivCalendar.between(at('2026-01-13T00:00:00Z'), at('2026-01-14T12:00:00Z'));
    expect(winter.map((one) => new Date(one.announcedAt).toISOString())).toEqual([
      '2026-01-13T01:00:00.000Z',
      '2026-01-14T01:00:00.000Z',
    ]);
    // The clocks went forward in the night of Sunday, 8 March 2026.
    expect(announcedAt('2026-03-09T12:00:00Z')).toBe('2026-03-09T00:00:00.000Z');
  });

  it('skips holidays, and the Sunday after a Friday off', () => {
    const announces = (date: string): boolean => isAnnouncementDate(Temporal.PlainDate.from(date));
    expect(announces('2026-11-25')).toBe(true);
    expect(announces('2026-11-26')).toBe(false);
    expect(announces('2026-07-02')).toBe(true);
    expect(announces('2026-07-03')).toBe(false);
    expect(announces('2026-07-05')).toBe(false);
    expect(announces('2026-07-06')).toBe(true);
    expect(announces('2026-09-07')).toBe(false);
    expect(announces('2026-12-29')).toBe(false);
  });

  it('follows the usual holidays in years that arXiv has not listed', () => {
    const off = (date: string): boolean => isArxivHoliday(Temporal.PlainDate.from(date));
    for (const date of ['2027-01-18', '2027-06-18', '2027-07-05', '2027-09-06', '2027-11-25', '2027-12-24'])
      expect(off(date), date).toBe(true);
    for (const date of ['2027-05-31', '2027-02-15', '2027-07-02', '2027-11-18'])
      expect(off(date), date).toBe(false);
  });

  it('expects Hugging Face on weekdays', () => {
    const dates = huggingfaceCalendar
      .between(at('2026-06-11T12:00:00Z'), at('2026-06-16T12:00:00Z'))
      .map((one) => new Date(one.announcedAt).toISOString().slice(0, 10));
    expect(dates).toEqual(['2026-06-12', '2026-06-15', '2026-06-16']);
  });
});

describe('freshness of a source', () => {
  const facts = (known: Partial<FreshnessFacts> = {}): FreshnessFacts => ({
    source: 'arxiv',
    category: '',
    lastNewAt: at('2026-06-23T05:00:00Z'),
    checkedAt: at('2026-06-23T05:00:00Z'),
    firstCheckedAt: at('2026-06-01T05:00:00Z'),
    error: null,
    usualNew: null,
    ...known,
  });
  const state = (now: string, known: Partial<FreshnessFacts> = {}) => judgeFreshness(facts(known), at(now));

  it('is fresh until the next batch can be had, over the weekend too', () => {
    expect(state('2026-06-24T03:00:00Z').state).toBe('fresh');
    const friday = { lastNewAt: at('2026-06-12T05:00:00Z') };
    expect(state('2026-06-14T23:00:00Z', friday).state).toBe('fresh');
  });

  it('is waiting while a batch can be had but is not due, then late', () => {
    expect(state('2026-06-24T05:00:00Z').state).toBe('waiting');
    const late = state('2026-06-24T08:00:00Z', { checkedAt: at('2026-06-24T07:30:00Z') });
    expect(late).toMatchObject({ state: 'late', missed: 1, shouldPollAgain: true, backfillSince: null });
    expect(late.detail).toBe(
      'The batch of 2026-06-24 00:00 UTC has not come; asked 2026-06-24 07:30 UTC, nothing new; new papers last came 2026-06-23 05:00 UTC.',
    );
  });

  it('is late when nobody asked, which is not a quiet day either', () => {
    expect(state('2026-06-24T08:00:00Z')).toMatchObject({
      state: 'late',
      detail: expect.stringMatching(/not asked since/),
    });
  });

  it('is not late on the day after a holiday', () => {
    const lastNewAt = at('2026-06-18T05:00:00Z');
    // Thursday 18 June is announced, Friday the 19th is off, and so is Sunday evening.
    expect(state('2026-06-19T08:00:00Z', { lastNewAt }).state).toBe('late');
    expect(state('2026-06-22T20:00:00Z', { lastNewAt: at('2026-06-19T05:00:00Z') }).state).toBe('fresh');
  });

  it('backfills when batches before the latest were missed', () => {
    const missed = state('2026-06-26T08:00:00Z');
    expect(missed).toMatchObject({ state: 'late', missed: 3, backfillSince: '2026-06-19' });
    expect(missed.detail).toContain('and 2 before it');
    expect(missedSince(facts(), at('2026-06-26T04:30:00Z'))).toBe('2026-06-19');
    expect(missedSince(facts(), at('2026-06-24T08:00:00Z'))).toBeNull();
    expect(missedSince(facts({ lastNewAt: at('2025-01-01') }), at('2026-06-26T08:00:00Z'))).toBe(
      '2026-05-27',
    );
  });

  it('is failing as long as the last asking failed', () => {
    expect(state('2026-06-23T06:00:00Z', { error: 'arXiv answers 503.' })).toMatchObject({
      state: 'failing',
      detail: 'arXiv answers 503. (new papers last came 2026-06-23 05:00 UTC)',
    });
  });

  it('does not call a small category late for a day without papers', () => {
    const category = { category: 'cs.GL', usualNew: 0.6 };
    expect(state('2026-06-24T08:00:00Z', category).state).toBe('fresh');
    expect(state('2026-06-24T08:00:00Z', { category: 'cs.CL', usualNew: 80 }).state).toBe('late');
  });

  it('says that a source just asked for the first time has brought nothing yet', () => {
    const first = {
      lastNewAt: null,
      firstCheckedAt: at('2026-06-13T10:00:00Z'),
      checkedAt: at('2026-06-13T10:00:00Z'),
    };
    expect(state('2026-06-13T10:00:00Z', first).state).toBe('waiting');
    expect(state('2026-06-15T08:00:00Z', first).state).toBe('late');
  });

  it('is never late for Hugging Face on a weekend, nor for a source without a calendar', () => {
    const friday = { source: 'huggingface', lastNewAt: at('2026-06-12T09:00:00Z') };
    expect(state('2026-06-14T20:00:00Z', friday).state).toBe('fresh');
    expect(state('2026-06-15T12:00:00Z', friday).state).toBe('waiting');
    expect(state('2026-06-15T19:00:00Z', friday).state).toBe('late');
    expect(state('2030-01-01T00:00:00Z', { source: 'file' }).state).toBe('fresh');
  });
});

describe('what is kept of freshness', () => {
  let store: Store;
  beforeEach(() => {
    store = newStore();
  });
  afterEach(() => store.close());
  const poll = (iso: string, unseen: string[][], error: string | null = null) =>
    recordPoll(store.db, { source: 'arxiv', at: at(iso), categories: ['cs.CL', 'cs.GL'], error, unseen });

  it('is nothing for sources that were never asked: offline nothing is late', async () => {
    expect(await summariseFreshness(store.db, { now: at('2030-01-01') })).toEqual([]);
    expect(await isAnySourceLate(store.db, { now: at('2030-01-01') })).toBe(false);
  });

  it('is judged anew at the instant it is asked for', async () => {
    const states = await poll('2026-06-23T05:00:00Z', [['cs.CL', 'cs.AI']]);
    expect(states.map((one) => [one.category, one.state])).toEqual([
      ['', 'fresh'],
      ['cs.CL', 'fresh'],
      ['cs.GL', 'waiting'],
    ]);
    const now = at('2026-06-24T09:00:00Z');
    expect(await isAnySourceLate(store.db, { now: at('2026-06-23T09:00:00Z') })).toBe(false);
    expect(await isAnySourceLate(store.db, { now })).toBe(true);
    expect(await isAnySourceLate(store.db, { now, sources: ['huggingface'] })).toBe(false);
  });

  it('takes a batch without unseen papers for a stale one, whatever date it bears', async () => {
    await poll('2026-06-23T05:00:00Z', [['cs.CL']]);
    await poll('2026-06-24T09:00:00Z', []);
    const [whole] = await summariseFreshness(store.db, { now: at('2026-06-24T09:00:00Z') });
    expect(whole).toMatchObject({ state: 'late', lastNewAt: at('2026-06-23T05:00:00Z') });
  });

  it('does not count what came before an error, and backfills later', async () => {
    await poll('2026-06-23T05:00:00Z', [['cs.CL']]);
    await poll('2026-06-25T05:00:00Z', [['cs.CL']], 'arXiv answers 503.');
    expect(await findMissedSince(store.db, 'arxiv', at('2026-06-25T06:00:00Z'))).toBe('2026-06-19');
    expect(await isAnySourceLate(store.db, { now: at('2026-06-25T06:00:00Z') })).toBe(true);
    const [whole] = await poll('2026-06-25T06:00:00Z', [['cs.CL']]);
    expect(whole?.state).toBe('fresh');
    expect(await findMissedSince(store.db, 'arxiv', at('2026-06-25T07:00:00Z'))).toBeNull();
  });
});
