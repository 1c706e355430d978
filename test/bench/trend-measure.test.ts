import { describe, expect, it } from 'vitest';
import { trendShape } from '../../src/papers/trend.ts';
import { baselines, measure, scoreOf, variants, worth } from './trend.ts';
import { bootstrap, mean, ndcg, precision, spearman } from './trend-metrics.ts';
import { parseObservations, snapshotsOf } from './trend-snapshots.ts';

const dayMs = 86_400_000;
const papers = 40;

/**
 * Two months of a made-up site: each Friday's papers, captured on Saturday, Sunday and Monday, by turns early
 * birds that are done and late ones that keep gaining in proportion to what they gained; and the week's list on Monday.
 */
function site(seed = 1): string {
  const lines = ['captured_at\tfeed\tarxiv_id\tupvotes'];
  const monday = Date.parse('2025-06-02T00:02:00Z');
  for (let week = 0; week < 8; week++)
    for (let paper = 0; paper < papers; paper++) {
      const size = 5 + ((paper * 7 + week * 3 + seed) % 31);
      const late = paper % 2 === 0;
      const votes = late
        ? [size, size + 12 + (paper % 9), size + 24 + 2 * (paper % 9)]
        : [2 * size, 2 * size + 1, 2 * size + 1];
      for (const [day, upvotes] of votes.entries()) {
        const at = new Date(monday + (7 * week + 5 + day) * dayMs).toISOString();
        lines.push(`${at}\tfeed.xml\t25${week}.${paper}\t${upvotes}`);
      }
      const list = new Date(monday + (7 * week + 7) * dayMs + 600_000).toISOString();
      lines.push(`${list}\tfeed_weekly.xml\t25${week}.${paper}\t${votes[2]}`);
    }
  return `${lines.join('\n')}\n`;
}

describe('the measurement', () => {
  const snapshots = snapshotsOf(parseObservations(site()));

  it('finds each snapshot once, with what was known then and what came next', () => {
    const sundays = snapshots.filter((one) => one.task === 'next day');
    expect(sundays).toHaveLength(8);
    expect(snapshots.filter((one) => one.task === 'first look')).toHaveLength(8);
    const first = sundays[0]?.papers.find((one) => one.id === '250.0');
    expect(first).toMatchObject({ gained: 12, ageDays: 2, next: 12 });
    expect(first?.input.signals).toHaveLength(2);
  });

  it('never shows a score what came after', () => {
    for (const { at, papers } of snapshots)
      for (const { input } of papers)
        for (const signal of input.signals) expect(signal.observedAt).toBeLessThanOrEqual(at);
  });

  it('keeps the two parts apart', () => {
    const part = new Map<string, string>();
    for (const snapshot of snapshots)
      for (const { id } of snapshot.papers) {
        expect(part.get(id) ?? snapshot.part).toBe(snapshot.part);
        part.set(id, snapshot.part);
      }
    expect(new Set(part.values())).toEqual(new Set(['choose', 'held-out']));
  });

  it('prefers a score that sees the gain where the gain goes on', () => {
    const worthOf = (score: (typeof baselines)[string]) => mean(measure(score, snapshots, 'next day').ndcg);
    expect(worthOf(scoreOf(trendShape))).toBeGreaterThan(worthOf(baselines['plain votes'] as never) + 0.1);
    expect(worthOf(baselines["last day's gain"] as never)).toBeGreaterThan(0.95);
  });

  it('cannot be won by a score that knows nothing', () => {
    const nothing = measure(() => 0, snapshots, 'next day');
    expect(mean(nothing.spearman)).toBe(0);
    expect(worth(() => 0, snapshots)).toBeLessThan(worth(scoreOf(trendShape), snapshots));
  });

  it('tries the shape that is in use', () => {
    expect(variants().map((one) => one.shape)).toContainEqual(trendShape);
  });

  it('refuses rows that are no observations', () => {
    expect(() => parseObservations('h\n2025-06-02T00:02:00Z\tfeed.xml\t2506.00001\tmany')).toThrow(
      'Not an observation',
    );
    expect(() => parseObservations('h\n2025-06-02T00:02:00Z\tother.xml\t2506.00001\t3')).toThrow(
      'Not an observation',
    );
  });
});

describe('the metrics', () => {
  it('are 1 for a perfect order, and know its reverse', () => {
    const gains = [5, 1, 4, 2, 3];
    expect(spearman(gains, gains)).toBe(1);
    expect(
      spearman(
        gains.map((gain) => -gain),
        gains,
      ),
    ).toBe(-1);
    expect(ndcg(gains, gains, 3)).toBe(1);
    expect(
      ndcg(
        gains.map((gain) => -gain),
        gains,
        3,
      ),
    ).toBeLessThan(0.6);
    expect(precision(gains, gains, 2)).toBe(1);
    expect(
      precision(
        gains.map((gain) => -gain),
        gains,
        2,
      ),
    ).toBe(0);
  });

  it('share ranks among equals', () => {
    expect(spearman([1, 1, 2, 2], [1, 2, 3, 4])).toBeCloseTo(0.894, 3);
    expect(spearman([1, 1, 1], [1, 2, 3])).toBe(0);
  });

  it('put the mean inside its interval', () => {
    const [low, high] = bootstrap([0, 1, 0, 1, 1, 0, 1, 0]);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
  });
});
