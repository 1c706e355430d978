import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankWithinFields, type TrendingPaper } from '../../src/papers/rank.ts';

function trending(id: number, category: string | null, score: number): TrendingPaper {
  return {
    paper: {
      id,
      key: `arxiv:2401.${String(id).padStart(5, '0')}`,
      title: `Paper ${id}`,
      abstract: null,
      tldr: null,
      authors: [],
      categories: category ? [category] : [],
      keywords: [],
      organization: null,
      comment: null,
      publishedAt: null,
      updatedAt: null,
      announcedAt: null,
      version: null,
      withdrawnAt: null,
      paperUrl: null,
      pdfUrl: null,
      codeUrl: null,
      projectUrl: null,
      firstSeenAt: 0,
      lastSeenAt: 0,
      sources: ['arxiv'],
    },
    trend: { score, parts: [], changes: [], votesByDay: [], rising: false },
  };
}
const field = (category: string | null, scores: number[], from = 0) =>
  scores.map((score, index) => trending(from + index, category, score));
const range = (length: number, of: (index: number) => number) =>
  Array.from({ length }, (_, index) => of(index));

describe('ranking within fields', () => {
  it('does not drown a small field under a loud one', () => {
    const ranked = rankWithinFields([
      ...field(
        'cs.CL',
        range(100, (index) => 100 + index),
      ),
      ...field(
        'math.CO',
        range(20, (index) => index / 10),
        1000,
      ),
    ]);
    expect(ranked.slice(0, 20).map((one) => one.field)).toContain('math.CO');
  });

  it('ranks a field of few papers within its archive', () => {
    const ranked = rankWithinFields([
      ...field(
        'cs.CL',
        range(30, (index) => index),
      ),
      ...field('cs.OH', [50], 1000),
    ]);
    expect(ranked.find((one) => one.paper.id === 1000)).toMatchObject({ field: 'cs' });
    expect(ranked[0]?.paper.id).toBe(1000);
    expect(ranked.find((one) => one.paper.id === 0)?.field).toBe('cs.CL');
  });

  it('does not call the only paper of a field the best of all', () => {
    const ranked = rankWithinFields([
      ...field(
        'cs.CL',
        range(50, (index) => 10 + index),
      ),
      ...field('econ.TH', [1], 1000),
    ]);
    expect(ranked.find((one) => one.paper.id === 1000)?.percentile).toBeLessThan(0.2);
  });

  it('ranks papers without a category among all, as `other`', () => {
    const ranked = rankWithinFields([
      ...field(
        'cs.CL',
        range(50, (index) => index),
      ),
      ...field(null, [99, 25], 1000),
    ]);
    const others = ranked.filter((one) => one.field === 'other');
    expect(others.map((one) => one.paper.id)).toEqual([1000, 1001]);
    expect(others[0]?.percentile).toBeGreaterThan(0.95);
    expect(others[1]?.percentile).toBeCloseTo(0.5, 1);
  });

  it('gives equal scores an equal place in the middle, ordered by key', () => {
    const ranked = rankWithinFields(
      field(
        'cs.CL',
        range(20, () => 1),
      ),
    );
    expect(new Set(ranked.map((one) => one.percentile))).toEqual(new Set([0.5]));
    expect(ranked.map((one) => one.paper.id)).toEqual(range(20, (index) => index));
  });

  const papers = fc
    .array(fc.tuple(fc.constantFrom(null, 'cs.CL', 'cs.CV', 'math.CO', 'hep-th'), fc.nat(9)), {
      maxLength: 60,
    })
    .map((all) => all.map(([category, score], index) => trending(index, category, score)));

  it('loses no paper, stays within 0 and 1, and keeps the order of scores within a field', () => {
    fc.assert(
      fc.property(papers, (all) => {
        const ranked = rankWithinFields(all);
        expect(ranked.map((one) => one.paper.id).sort((a, b) => a - b)).toEqual(
          all.map((one) => one.paper.id),
        );
        for (const a of ranked) {
          expect(a.percentile).toBeGreaterThan(0);
          expect(a.percentile).toBeLessThan(1);
          for (const b of ranked)
            if (a.field === b.field && a.trend.score > b.trend.score)
              expect(a.percentile).toBeGreaterThan(b.percentile);
        }
      }),
    );
  });

  it('does not depend on the order it is given', () => {
    fc.assert(
      fc.property(papers, (all) => {
        expect(rankWithinFields([...all].reverse())).toEqual(rankWithinFields(all));
      }),
    );
  });
});
