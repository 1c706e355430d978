import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TopicQueryError } from '../../src/topics/query.ts';
import { formatQueryTest, testQuery } from '../../src/topics/test-query.ts';
import { buildTopicIndex } from '../../src/topics/topic-index.ts';
import { makeCandidates } from './candidates.ts';

const at = Date.parse('2026-03-10T12:00:00Z');
const candidates = makeCandidates([
  { title: 'Robots at night', announcedAt: Date.parse('2026-03-10T02:00:00Z') },
  { title: 'A robot\n\u001b[31m and more robots', announcedAt: Date.parse('2026-03-09T20:00:00Z') },
  { title: 'Only robots', announcedAt: null, firstSeenAt: Date.parse('2026-03-09T21:00:00Z') },
  { title: 'Something else', announcedAt: Date.parse('2026-03-09T22:00:00Z') },
  { title: 'Robots of old', announcedAt: Date.parse('2026-02-01T22:00:00Z') },
]);
if (candidates[2]) candidates[2].percentile = 1;
const index = buildTopicIndex(new BetterSqlite3(':memory:'), candidates);
const test = (query: string, limit = 5, timezone = 'UTC') =>
  testQuery(index, candidates, query, { at, timezone, days: 3, limit });

describe('a query tested', () => {
  it('is shown day by day, newest first, with how much of each day matched', () =>
    expect(test('robot').days.map(({ date, candidates, matched }) => [date, candidates, matched])).toEqual([
      ['2026-03-10', 1, 1],
      ['2026-03-09', 3, 2],
      ['2026-03-08', 0, 0],
    ]));
  it('counts days where the reader lives', () =>
    expect(test('robot', 5, 'America/New_York').days.map(({ matched }) => matched)).toEqual([0, 3, 0]));
  it('says of each paper why, the best of a day first', () =>
    expect(test('robot -else').days[1]?.papers[0]).toMatchObject({
      title: 'Only robots',
      percentile: 1,
      terms: ['robot'],
    }));
  it('lists as many as asked and counts all', () => {
    expect(test('robot', 1).days[1]).toMatchObject({ matched: 2, papers: [{ title: 'Only robots' }] });
    expect(test('robot')).toMatchObject({ matched: 4, candidates: 5, understood: 'robot' });
  });
  it('prints one line a title, without control characters', () => {
    const printed = formatQueryTest(test('robot', 1));
    expect(printed).toContain('robot matches 4 of 5 papers.');
    expect(printed).toContain('… and 1 more');
    expect(formatQueryTest(test('robot'))).toMatch(/^ {2}A robot \[31m and more robots$/m);
  });
  it('passes the advice on', () => expect(formatQueryTest(test('robots or cats'))).toContain('Note: “or”'));
  it('throws by name when it is no query', () => expect(() => test('(')).toThrow(TopicQueryError));
});
