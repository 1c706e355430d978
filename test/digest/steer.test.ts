import { describe, expect, test } from 'vitest';
import { buildPool, chooseDigest } from '../../src/digest/choose.ts';
import { type Steering, steerPool } from '../../src/digest/steer.ts';
import { candidate } from '../support/papers.ts';

/** Ten papers of one topic, the first trending most. */
const candidates = new Map(
  Array.from({ length: 10 }, (_, index) => [
    index + 1,
    candidate({ id: index + 1, percentile: 1 - index / 10 }),
  ]),
);
const pool = () =>
  buildPool(
    [
      {
        id: 1,
        name: 'all',
        matches: [...candidates.keys()].map((paperId) => ({ paperId, relevance: 0.5, terms: [] })),
      },
    ],
    candidates,
  );
const leaning = (leans: Record<number, number>, choices = 10) => ({
  choices,
  lean: (paperId: number) => leans[paperId] ?? 0,
});
const nothing = leaning({}, 0);
const steering = (given: Partial<Steering>): Steering => ({
  more: nothing,
  less: nothing,
  nearestLiked: () => 'A paper they liked',
  ...given,
});
const order = (steered: ReturnType<typeof steerPool>) => steered.entries.map(({ paperId }) => paperId);

describe('steering a ranking by likes and dislikes', () => {
  test('what leans toward likes comes up and says like which paper, what leans toward dislikes goes down', () => {
    const steered = steerPool(pool(), steering({ more: leaning({ 6: 0.2 }), less: leaning({ 1: 0.2 }) }));
    expect(order(steered).indexOf(6)).toBeLessThan(5);
    expect(order(steered).indexOf(1)).toBeGreaterThan(0);
    expect(steered.byPaper.get(6)).toMatchObject({
      moreLike: 'A paper they liked',
      steered: expect.any(Number),
    });
    expect(steered.byPaper.get(1)?.moreLike).toBeUndefined();
    expect(steered.byPaper.get(1)?.steered).toBeLessThan(0);
  });

  test('leaves nothing out, and other readers of the same topics as they were', () => {
    const shared = pool();
    const before = structuredClone(shared.entries);
    const steered = steerPool(shared, steering({ less: leaning({ 1: 9, 2: 9, 3: 9 }) }));
    expect(order(steered).toSorted((a, b) => a - b)).toEqual([...candidates.keys()]);
    expect(shared.entries).toEqual(before);
    expect(steered.byPaper.get(9)).toBe(shared.byPaper.get(9));
    const choice = chooseDigest(steered, new Set(), { maxPapers: 10, twinsOf: () => [] });
    expect(choice.chosen).toHaveLength(10);
  });

  test('does not drown trends: what trends most stays ahead of what is liked and hardly trends', () => {
    const steered = steerPool(pool(), steering({ more: leaning({ 8: 99, 9: 99, 10: 99 }, 1_000) }));
    expect(order(steered)[0]).toBe(1);
    expect(order(steered).indexOf(8)).toBeLessThan(4);
  });

  test('one choice alone says half as much as many', () => {
    const by = (choices: number) =>
      steerPool(pool(), steering({ more: leaning({ 5: 0.15 }, choices) })).byPaper.get(5)?.steered ?? 0;
    expect(by(1)).toBeCloseTo(by(1_000_000) / 2, 4);
    expect(by(3)).toBeGreaterThan(by(1));
  });

  test('leanings away, slight ones and those that are no numbers change nothing', () => {
    const shared = pool();
    const odd = leaning({ 1: -5, 2: 0.001, 3: Number.NaN });
    expect(steerPool(shared, steering({ more: odd, less: odd })).entries).toEqual(shared.entries);
  });
});
