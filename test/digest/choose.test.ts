import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildPool, chooseDigest, type MatchedTopic } from '../../src/digest/choose.ts';
import type { Candidate } from '../../src/papers/candidate.ts';
import { candidate } from '../support/papers.ts';

const unlike = () => [];
const everyId = Array.from({ length: 60 }, (_, i) => i + 1);
/** Twins by a rule on two ids. */
const twins = (near: (a: number, b: number) => boolean) => (id: number) =>
  everyId.filter((other) => other !== id && near(id, other));

function topic(id: number, ...matches: [paperId: number, relevance: number][]): MatchedTopic {
  return {
    id,
    name: `topic ${id}`,
    matches: matches.map(([paperId, relevance]) => ({
      paperId,
      relevance,
      terms: relevance > 0 ? ['term'] : [],
    })),
  };
}

function candidates(...percentiles: number[]): Map<number, Candidate> {
  return new Map(
    percentiles.map((percentile, index) => [index + 1, candidate({ id: index + 1, percentile })]),
  );
}

const ids = (choice: { chosen: { entry: { paperId: number } }[] }) =>
  choice.chosen.map((one) => one.entry.paperId);

describe('choosing the papers of a digest', () => {
  test('papers that were sent before are never chosen, and not counted as more', () => {
    const pool = buildPool([topic(1, [1, 1], [2, 1], [3, 1])], candidates(0.9, 0.8, 0.7));
    const choice = chooseDigest(pool, new Set([1, 99]), { maxPapers: 1, twinsOf: unlike });
    expect(ids(choice)).toEqual([2]);
    expect(choice.more).toBe(1);
  });

  test('trend and relevance both count', () => {
    const pool = buildPool([topic(1, [1, 0.1], [2, 1], [3, 0.9])], candidates(0.9, 0.85, 0.2));
    expect(ids(chooseDigest(pool, new Set(), { maxPapers: 3, twinsOf: unlike }))).toEqual([2, 1, 3]);
  });

  test('a near-duplicate of a chosen paper is left out and told of', () => {
    const pool = buildPool([topic(1, [1, 1], [2, 1], [3, 1])], candidates(0.9, 0.8, 0.7));
    const choice = chooseDigest(pool, new Set(), {
      maxPapers: 3,
      twinsOf: twins((a, b) => a + b === 3),
      tellMissed: 5,
    });
    expect(ids(choice)).toEqual([1, 3]);
    expect(choice.missed).toMatchObject([{ entry: { paperId: 2 }, reason: 'near_duplicate', like: 1 }]);
  });

  test('a near-duplicate of a paper sent before is left out too, on whatever day it comes', () => {
    const pool = buildPool([topic(1, [2, 1], [3, 1])], candidates(0.9, 0.8, 0.7));
    const choice = chooseDigest(pool, new Set([1]), {
      maxPapers: 3,
      twinsOf: twins((a, b) => a + b === 3),
      tellMissed: 5,
    });
    expect(ids(choice)).toEqual([3]);
    expect(choice.missed).toMatchObject([{ entry: { paperId: 2 }, reason: 'near_duplicate', like: 1 }]);
  });

  test('many versions of a work that was sent do not hide what comes after them', () => {
    const matches = everyId.slice(0, 12).map((id): [number, number] => [id, 1]);
    const pool = buildPool([topic(1, ...matches)], candidates(...matches.map(([id]) => 1 - id / 20)));
    const near = twins((a, b) => a <= 10 && b <= 10);
    const choice = chooseDigest(pool, new Set([1]), { maxPapers: 2, twinsOf: near });
    expect(ids(choice)).toEqual([11, 12]);
    expect(choice.more).toBe(0);
  });

  test('one topic does not crowd out another that is nearly as good', () => {
    const percentiles = [0.9, 0.89, 0.88, 0.87, 0.86, 0.85, 0.84];
    const pool = buildPool(
      [topic(1, [1, 1], [2, 1], [3, 1], [4, 1], [5, 1]), topic(2, [6, 1], [7, 1])],
      candidates(...percentiles),
    );
    const chosen = ids(chooseDigest(pool, new Set(), { maxPapers: 4, twinsOf: unlike }));
    expect(chosen).toContain(6);
    expect(chosen).toContain(7);
  });

  test('a topic with nothing better beside it may fill the digest', () => {
    const pool = buildPool([topic(1, [1, 1], [2, 1], [3, 1]), topic(2)], candidates(0.9, 0.8, 0.7));
    expect(ids(chooseDigest(pool, new Set(), { maxPapers: 3, twinsOf: unlike }))).toEqual([1, 2, 3]);
  });

  test('a specific topic is named before one that matches everything', () => {
    const all: MatchedTopic = {
      id: 9,
      name: 'Everything',
      matches: [{ paperId: 1, relevance: 0.5, terms: [] }],
    };
    const named = buildPool([all, topic(1, [1, 0.2])], candidates(0.5)).entries[0]?.topics.map(
      (one) => one.name,
    );
    expect(named).toEqual(['topic 1', 'Everything']);
  });

  test('every match is chosen, held, a duplicate or told of as more; nothing is chosen twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, noNaN: true })), {
          maxLength: 60,
        }),
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 15 }),
        (matches, heldIds, maxPapers) => {
          const first = new Map(matches);
          const topics = [topic(1, ...first), topic(2, ...[...first].filter(([id]) => id % 3 === 0))];
          const pool = buildPool(
            topics,
            candidates(...Array.from({ length: 40 }, (_, i) => ((i * 7) % 40) / 40)),
          );
          const held = new Set(heldIds);
          const near = (a: number, b: number) => a % 10 === b % 10;
          const choice = chooseDigest(pool, held, { maxPapers, twinsOf: twins(near), tellMissed: 100 });
          const chosen = ids(choice);
          expect(new Set(chosen).size).toBe(chosen.length);
          expect(chosen.length).toBeLessThanOrEqual(maxPapers);
          expect(chosen.some((id) => held.has(id))).toBe(false);
          for (const a of chosen)
            for (const b of [...chosen, ...heldIds]) expect(a !== b && near(a, b)).toBe(false);
          const reasons = Object.groupBy(choice.missed, (one) => one.reason);
          const left = (reasons.crowded_out?.length ?? 0) + (reasons.digest_full?.length ?? 0);
          expect(choice.more).toBe(left);
          expect(chosen.length + choice.missed.length).toBe(first.size);
        },
      ),
      { numRuns: 100 },
    );
  });
});
