import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Signal, signalKinds } from '../../src/papers/paper.ts';
import { dayMs, hourMs } from '../../src/papers/signals.ts';
import { type TrendInput, trendScore } from '../../src/papers/trend.ts';

const now = Date.UTC(2026, 5, 10, 8);
const votes = (hoursAgo: number, value: number, source = 'huggingface'): Signal => ({
  source,
  kind: 'upvotes',
  value,
  observedAt: now - hoursAgo * hourMs,
});
const seen = (daysAgo: number, ...signals: Signal[]): TrendInput => ({
  firstSeenAt: now - daysAgo * dayMs,
  announcedAt: now - daysAgo * dayMs,
  publishedAt: null,
  signals,
});
const score = (input: TrendInput) => trendScore(input, now).score;
const changes = (...signals: Signal[]) => trendScore(seen(9, ...signals), now).changes;

describe('the votes of the last days', () => {
  const byDay = (...signals: Signal[]) => trendScore(seen(9, ...signals), now).votesByDay;

  it('are told from the oldest to today, as far back as they are known', () => {
    expect(byDay(votes(72, 5), votes(48, 9), votes(25, 30), votes(0, 34))).toEqual([4, 21, 4]);
    expect(byDay(votes(0, 34))).toEqual([]);
    expect(byDay()).toEqual([]);
  });

  it('count a day on which nothing changed, and none taken back', () => {
    expect(byDay(votes(96, 5), votes(71, 6), votes(47, 9), votes(20, 8))).toEqual([1, 3, 0, 0]);
    expect(byDay(votes(72, 5))).toEqual([0, 0, 0]);
  });

  it('end where nobody looked for days, and are unknown when nobody looks any more', () => {
    expect(byDay(votes(150, 29), votes(49, 82), votes(24, 90), votes(0, 91))).toEqual([8, 1]);
    const left = { ...seen(4, votes(96, 30), votes(72, 60)), lastSeenAt: now - 72 * hourMs };
    expect(trendScore(left, now).votesByDay).toEqual([]);
  });

  it('add up over the sources, for the days that all of them know', () => {
    const other = [votes(48, 1, 'other'), votes(24, 3, 'other'), votes(0, 4, 'other')];
    expect(byDay(votes(72, 5), votes(48, 9), votes(24, 30), votes(0, 34), ...other)).toEqual([23, 5]);
  });

  it('go back a week at most', () => {
    const daily = Array.from({ length: 12 }, (_, day) => votes(day * 24, 100 - day * 3));
    expect(byDay(...daily)).toEqual([3, 3, 3, 3, 3, 3, 3]);
  });
});

describe('what changed since yesterday', () => {
  it('is unknown when the value changed at some time between two looks that lie days apart', () => {
    expect(changes(votes(150, 29), votes(1, 82))).toMatchObject([{ value: 82, sinceYesterday: null }]);
    expect(changes(votes(150, 29), votes(26, 29), votes(1, 82))).toMatchObject([
      { value: 82, sinceYesterday: 53 },
    ]);
    expect(changes(votes(150, 29), votes(100, 82))).toMatchObject([{ value: 82, sinceYesterday: 0 }]);
  });

  it('is the gain over what was seen a day ago', () => {
    expect(changes(votes(24, 10), votes(0, 51))).toEqual([
      { kind: 'upvotes', value: 51, sinceYesterday: 41 },
    ]);
  });

  it.each([18, 21, 23.5, 24, 27])('takes a poll %d hours ago for yesterday', (hours) => {
    expect(changes(votes(48, 1), votes(hours, 10), votes(0, 51))[0]?.sinceYesterday).toBe(41);
  });

  it('is unknown when it was not seen before', () => {
    expect(changes(votes(12, 10), votes(0, 51))[0]?.sinceYesterday).toBeNull();
  });

  it('is nothing when the value has stood still', () => {
    expect(changes(votes(90, 10))).toEqual([{ kind: 'upvotes', value: 10, sinceYesterday: 0 }]);
  });

  it('is counted up to when somebody last looked', () => {
    const morning = { ...seen(9, votes(47, 20), votes(23, 60)), lastSeenAt: now - 23 * hourMs };
    expect(trendScore(morning, now).changes).toEqual([{ kind: 'upvotes', value: 60, sinceYesterday: 40 }]);
    expect(trendScore({ ...morning, lastSeenAt: now + dayMs }, now).changes[0]?.sinceYesterday).toBe(0);
  });

  it('is unknown, and not nothing, when nobody has looked for days', () => {
    const left = { ...seen(4, votes(96, 30), votes(72, 60)), lastSeenAt: now - 72 * hourMs };
    expect(trendScore(left, now).changes).toEqual([{ kind: 'upvotes', value: 60, sinceYesterday: null }]);
    expect(trendScore(left, now).score).toBeGreaterThan(trendScore({ ...left, lastSeenAt: now }, now).score);
  });

  it('tells votes that were taken back', () => {
    expect(changes(votes(24, 10), votes(0, 8))[0]).toEqual({ kind: 'upvotes', value: 8, sinceYesterday: -2 });
  });

  it('ignores what was observed later', () => {
    expect(changes(votes(24, 10), votes(0, 51), votes(-1, 99))).toEqual(changes(votes(24, 10), votes(0, 51)));
    expect(changes(votes(-1, 99))).toEqual([]);
  });

  it('adds up the votes of two sources and takes the larger of two star counts', () => {
    const stars = (source: string, value: number): Signal => ({
      ...votes(0, value, source),
      kind: 'github_stars',
    });
    expect(
      changes(votes(0, 5), votes(0, 7, 'other'), stars('huggingface', 90), stars('github', 100)),
    ).toEqual([
      { kind: 'upvotes', value: 12, sinceYesterday: null },
      { kind: 'github_stars', value: 100, sinceYesterday: null },
    ]);
  });
});

describe('the trend score', () => {
  it('is higher the more a paper gained, at the same votes and age', () => {
    expect(score(seen(3, votes(24, 10), votes(0, 60)))).toBeGreaterThan(
      score(seen(3, votes(24, 55), votes(0, 60))),
    );
  });

  it('is higher the more votes, at the same gain and age', () => {
    expect(score(seen(3, votes(24, 50), votes(0, 60)))).toBeGreaterThan(
      score(seen(3, votes(24, 0), votes(0, 10))),
    );
  });

  it('fades with age', () => {
    expect(score(seen(1))).toBeGreaterThan(score(seen(5)));
    const voted = (days: number) => score(seen(days, votes(days * 24, 1), votes(24, 10), votes(0, 20)));
    expect(voted(2)).toBeGreaterThan(voted(5));
  });

  it('ranks papers without any signal by freshness', () => {
    const scores = [0, 1, 2, 5, 13].map((days) => score(seen(days)));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(Math.min(...scores)).toBeGreaterThan(0);
  });

  it('puts unknown votes above votes known to be none, and below many', () => {
    const unknown = score(seen(2));
    expect(unknown).toBeGreaterThan(score(seen(2, votes(24, 0), votes(0, 0))));
    expect(unknown).toBeLessThan(score(seen(2, votes(24, 5), votes(0, 30))));
  });

  it('does not take an old paper met today for one that gained all its votes today', () => {
    const old = { ...seen(0, votes(0, 300)), announcedAt: now - 30 * dayMs };
    expect(score(old)).toBeLessThan(score(seen(1, votes(0, 40))));
  });

  it('counts a gain from the day votes began, not from the announcement', () => {
    const late = seen(4, votes(0, 40));
    const old = { ...seen(0, votes(0, 40)), announcedAt: now - 4 * dayMs };
    expect(score(late)).toBeGreaterThan(score(old));
  });

  const signal: fc.Arbitrary<Signal> = fc.record({
    source: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom(...signalKinds),
    value: fc.nat(1e9),
    observedAt: fc.integer({ min: now - 30 * dayMs, max: now + dayMs }),
  });
  const input: fc.Arbitrary<TrendInput> = fc.record({
    firstSeenAt: fc.integer({ min: now - 40 * dayMs, max: now + dayMs }),
    announcedAt: fc.option(fc.integer({ min: 0, max: now + dayMs }), { nil: null }),
    publishedAt: fc.option(fc.integer({ min: 0, max: now + dayMs }), { nil: null }),
    signals: fc.array(signal, { maxLength: 12 }),
  });

  it('is the sum of its parts, finite and not negative, whatever the signals', () => {
    fc.assert(
      fc.property(input, (anything) => {
        const trend = trendScore(anything, now);
        expect(Number.isFinite(trend.score) && trend.score >= 0).toBe(true);
        expect(trend.parts.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(trend.score, 9);
        for (const part of trend.parts) expect(part.contribution).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('does not depend on the order of the signals nor on what comes later', () => {
    const sameInstantOnce = (signals: readonly Signal[]) =>
      new Set(signals.map((one) => `${one.source}${one.kind}${one.observedAt}`)).size === signals.length;
    fc.assert(
      fc.property(
        input.filter((one) => sameInstantOnce(one.signals)),
        (anything) => {
          const past = anything.signals.filter((one) => one.observedAt <= now).reverse();
          const told = trendScore(anything, now);
          const other = trendScore({ ...anything, signals: past }, now);
          expect(other.score).toBeCloseTo(told.score, 9);
          expect(other.rising).toBe(told.rising);
          expect(other.changes).toEqual(told.changes);
        },
      ),
    );
  });

  it('says its parts in words', () => {
    const notes = trendScore(seen(3, votes(24, 10), votes(0, 51)), now).parts.map((part) => part.note);
    expect(notes.some((note) => /ln\(1\+41 upvotes gained since yesterday\) × [\d.]+/.test(note))).toBe(true);
    for (const note of notes) expect(note).toMatch(/ \/ age damping [\d.]+$/);
  });
});

describe('rising', () => {
  const rising = (input: TrendInput) => trendScore(input, now).rising;

  it('is a paper passed over that takes off on its fourth day', () => {
    expect(rising(seen(4, votes(72, 1), votes(48, 2), votes(24, 3), votes(0, 44)))).toBe(true);
  });

  it('is a paper that arXiv told of days before anyone voted', () => {
    expect(rising(seen(4, votes(0, 40)))).toBe(true);
    expect(rising(seen(4, votes(0, 3)))).toBe(false);
  });

  it.each([
    ['strong from the start', seen(4, votes(72, 30), votes(24, 60), votes(0, 90))],
    ['new', seen(1, votes(20, 0), votes(0, 80))],
    ['still passed over', seen(4, votes(72, 1), votes(24, 3), votes(0, 8))],
    ['first met today', { ...seen(0, votes(0, 80)), announcedAt: now - 9 * dayMs }],
    ['risen the day before', seen(5, votes(72, 1), votes(48, 2), votes(24, 60), votes(0, 70))],
    [
      'picked up days ago and not looked at since',
      { ...seen(9, votes(96, 40)), lastSeenAt: now - 4 * dayMs },
    ],
    ['without signals', seen(4)],
  ])('is not one %s', (_, input) => {
    expect(rising(input)).toBe(false);
  });

  it('counts a repository that takes off', () => {
    const stars = (hoursAgo: number, value: number): Signal => ({
      ...votes(hoursAgo, value),
      kind: 'github_stars',
    });
    expect(rising(seen(4, stars(72, 10), stars(24, 20), stars(0, 400)))).toBe(true);
    expect(rising(seen(4, stars(72, 9000), stars(24, 9010), stars(0, 9400)))).toBe(false);
  });
});
