import { describe, expect, it } from 'vitest';
import type { SignalChange } from '../../src/papers/candidate.ts';
import type { SignalKind } from '../../src/papers/paper.ts';
import { authorsLine, trendWords } from '../../src/papers/words.ts';

const change = (kind: SignalKind, value: number, sinceYesterday: number | null = null): SignalChange => ({
  kind,
  value,
  sinceYesterday,
});

describe('trend words', () => {
  it.each([
    [
      'tell gains first and stars in short',
      [change('upvotes', 60, 41), change('github_stars', 1234, 12)],
      '+41 upvotes since yesterday · 1.2k stars',
    ],
    ['tell the value when no gain is known', [change('upvotes', 128)], '128 upvotes'],
    ['tell the value when nothing was gained', [change('upvotes', 128, 0)], '128 upvotes'],
    [
      'count one as one',
      [change('upvotes', 3, 1), change('github_stars', 1)],
      '+1 upvote since yesterday · 1 star',
    ],
    [
      'say since yesterday once',
      [change('upvotes', 30, 9), change('comments', 4, 2)],
      '+9 upvotes since yesterday · +2 comments',
    ],
    ['say nothing of zero', [change('upvotes', 0, 0), change('comments', 0)], ''],
    ['say nothing of nothing', [], ''],
    ['do not boast of votes taken back', [change('upvotes', 8, -2)], '8 upvotes'],
  ] as [string, SignalChange[], string][])('%s', (_, changes, words) => {
    expect(trendWords(changes)).toBe(words);
  });

  it('call a rising paper rising, with the stars it gained', () => {
    expect(trendWords([change('upvotes', 44, 41), change('github_stars', 300, 250)], true)).toBe(
      'rising: +41 upvotes since yesterday · +250 stars',
    );
    expect(trendWords([], true)).toBe('');
  });

  it('write numbers as the locale does, and survive a locale that is none', () => {
    expect(trendWords([change('github_stars', 12_500)], false, 'de')).toMatch(/^12[.,]5/);
    expect(trendWords([change('upvotes', 12)], false, 'no such locale!')).toBe('12 upvotes');
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

  it('names at least one author', () => {
    expect(authorsLine(['A', 'B', 'C'], 0)).toBe('A, and 2 more');
  });
});
