import { describe, expect, it } from 'vitest';
import { authorsLine, sparkline, trendFigures, trendWords, weeksFigures } from '../../src/digest/figures.ts';
import type { SignalChange } from '../../src/papers/candidate.ts';
import type { SignalKind } from '../../src/papers/paper.ts';

const change = (kind: SignalKind, value: number, sinceYesterday: number | null = null): SignalChange => ({
  kind,
  value,
  sinceYesterday,
});

describe('trend words', () => {
  it.each([
    [
      'tell each figure with its gain, and stars in short',
      [change('upvotes', 60, 41), change('github_stars', 1234, 12)],
      '60 upvotes, +41 since yesterday · 1.2k stars',
    ],
    ['tell the value when no gain is known', [change('upvotes', 128)], '128 upvotes'],
    ['tell the value when nothing was gained', [change('upvotes', 128, 0)], '128 upvotes'],
    [
      'count one as one',
      [change('upvotes', 1, 1), change('github_stars', 1)],
      '1 upvote, +1 since yesterday · 1 star',
    ],
    [
      'say since yesterday once',
      [change('upvotes', 30, 9), change('comments', 4, 2)],
      '30 upvotes, +9 since yesterday · 4 comments, +2',
    ],
    ['say nothing of zero', [change('upvotes', 0, 0), change('comments', 0)], ''],
    ['say nothing of nothing', [], ''],
    ['do not boast of votes taken back', [change('upvotes', 8, -2)], '8 upvotes'],
  ] as [string, SignalChange[], string][])('%s', (_, changes, words) => {
    expect(trendWords(changes)).toBe(words);
  });

  it('call a rising paper rising, with the stars it gained', () => {
    expect(trendWords([change('upvotes', 44, 41), change('github_stars', 300, 250)], true)).toBe(
      'rising: 44 upvotes, +41 since yesterday · 300 stars, +250',
    );
    expect(trendWords([], true)).toBe('');
  });

  it('are in the reader’s language and numbers, and survive a locale that is none', () => {
    const told = (locale: string) =>
      trendFigures([change('upvotes', 3, 1), change('github_stars', 12_500)], false, locale);
    expect(told('de')).toEqual(['3 Stimmen, +1 seit gestern', '12.500 Sterne']);
    expect(told('ja')).toEqual(['3 票（前日比 +1）', 'スター 1.3万']);
    expect(trendFigures([change('github_stars', 1204)], false, 'ar')).toEqual(['1.2\u00A0ألف نجمة']);
    for (const english of ['en', 'it', 'fa'])
      expect(told(english)).toEqual(['3 upvotes, +1 since yesterday', '12.5k stars']);
    expect(told('no such locale!')).toEqual(['3 upvotes, +1 since yesterday', '12.5k stars']);
  });

  it.each([
    ['ar', '\u2067\u200E+1\u2069', '9.6\u00A0ألف نجمة'],
    ['ar-EG', '\u2067\u061C+١\u2069', '٩٫٦\u00A0ألف نجمة'],
  ])(
    'keep a gain and the next figure’s number apart where words run from right to left: %s',
    (locale, gain, stars) => {
      const changes = [change('upvotes', 191, 38), change('comments', 1, 1), change('github_stars', 9600)];
      const [, comments, last] = trendFigures(changes, false, locale);
      expect(comments).toBe(`تعليق واحد، ${gain}`);
      expect(last).toBe(stars);
    },
  );

  it('sum up the days for who reads once a week', () => {
    const changes = [change('upvotes', 90, 2), change('comments', 4, 1)];
    expect(weeksFigures(changes, [10, 40, 2], 'en')).toEqual(['90 upvotes, +52 this week', '4 comments']);
    expect(weeksFigures(changes, [], 'en')).toEqual(['90 upvotes', '4 comments']);
  });
});

describe('the row of blocks', () => {
  it.each([
    ['rises to the best day', [0, 4, 8, 20], '▁▂▃▇'],
    ['shows seven days', [1, 2, 3, 4, 5, 6, 7], '▂▂▃▅▆▆▇'],
    ['is left out for two days', [4, 20], null],
    ['is left out for a handful of votes', [0, 2, 0, 1], null],
    ['is left out without history', [], null],
  ] as [string, number[], string | null][])('%s', (_, votes, blocks) => {
    expect(sparkline(votes)).toBe(blocks);
  });

  it('has no half and no full block, which fonts draw lower than the others', () => {
    const all = Array.from({ length: 100 }, (_, votes) => votes);
    expect(sparkline(all)).not.toMatch(/[▄█]/);
    expect(new Set(sparkline(all)).size).toBe(6);
  });
});

describe('the authors line', () => {
  it.each([
    [[], ''],
    [['A'], 'A'],
    [['A', 'B', 'C', 'D'], 'A, B, C, D'],
    [['A', 'B', 'C', 'D', 'E'], 'A, B, C, and 2 more'],
    [['A', ' ', 'B '], 'A, B'],
  ])('of %j is %j', (authors, line) => {
    expect(authorsLine(authors)).toBe(line);
  });

  it('counts in the reader’s language', () => {
    expect(authorsLine(['A', 'B', 'C', 'D', 'E'], 3, 'fr')).toBe('A, B, C et 2 autres');
    expect(
      authorsLine(
        Array.from({ length: 14 }, () => '甲'),
        3,
        'zh-CN',
      ),
    ).toBe('甲, 甲, 甲 等，另有 11 位作者');
  });

  it('keeps names in their own order among words that run the other way', () => {
    expect(authorsLine(['A. One', 'B. Two'], 3, 'ar')).toBe('\u2068A. One, B. Two\u2069');
    expect(authorsLine(['A', 'B', 'C', 'D', 'E'], 3, 'ar')).toBe('\u2068A, B, C\u2069 ومؤلفان آخران');
    expect(authorsLine(['المؤلف الأول', 'المؤلف الثاني'])).toBe('\u2068المؤلف الأول, المؤلف الثاني\u2069');
  });

  it('keeps names that run the other way from changing places', () => {
    expect(authorsLine(['A. One', 'المؤلف الثاني', 'المؤلف الثالث'])).toBe(
      'A. One, \u2068المؤلف الثاني\u2069, \u2068المؤلف الثالث\u2069',
    );
    expect(authorsLine(['المؤلف الأول', 'B. Two', '3'])).toBe(
      '\u2068المؤلف الأول, \u2068B. Two\u2069, 3\u2069',
    );
  });

  it('names at least one author', () => {
    expect(authorsLine(['A', 'B', 'C'], 0)).toBe('A, and 2 more');
  });
});
