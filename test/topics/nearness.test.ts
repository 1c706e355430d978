import { describe, expect, test } from 'vitest';
import { buildNearness, cosine } from '../../src/topics/nearness.ts';
import { makeCandidates } from './candidates.ts';

const fields = {
  robots: 'robot arms grasp unseen objects with tactile fingers and learned manipulation policies',
  speech: 'speech recognition of noisy audio with spectrogram encoders and phoneme decoders',
  proofs: 'formal proof search in Lean with language model tactics and verified theorems',
};
/** Ten papers of each field, each with words of its own; all share what every abstract says. */
const texts = Object.entries(fields).flatMap(([field, words]) =>
  Array.from({ length: 10 }, (_, index) => ({
    title: `A study of ${words.split(' ')[index % 8]} ${field}${index}`,
    abstract: `In this paper we propose a novel method. ${words}. Experiments show that it outperforms baselines by ${index} points.`,
    keywords: [],
  })),
);
const nearness = buildNearness(makeCandidates(texts));
const paper = (words: string) => ({ title: words, abstract: words, tldr: null, keywords: [] });
const leaning = (...toward: string[]) => {
  const lean = nearness.lean(toward.map((words) => nearness.vectorOf(paper(words))));
  const mean = (from: number) => lean.slice(from, from + 10).reduce((sum, one) => sum + one, 0) / 10;
  return { robots: mean(0), speech: mean(10), proofs: mean(20) };
};

describe('how near papers are to others', () => {
  test('those of the same field lean toward them, the others away', () => {
    const lean = leaning('A new paper on tactile manipulation with robot fingers');
    expect(lean.robots).toBeGreaterThan(0.1);
    expect(lean.speech).toBeLessThan(0);
    expect(lean.proofs).toBeLessThan(0);
  });

  test('what every abstract says is no likeness', () => {
    const lean = leaning(
      'In this paper we propose a novel method; experiments show that it outperforms baselines',
    );
    for (const one of Object.values(lean)) expect(Math.abs(one)).toBeLessThan(0.05);
  });

  test('of several papers what they have in common counts', () => {
    const lean = leaning(
      'tactile robot fingers',
      'robot manipulation policies',
      'phoneme decoders for audio',
    );
    expect(lean.robots).toBeGreaterThan(lean.speech);
    expect(lean.speech).toBeGreaterThan(lean.proofs);
  });

  test('a paper that shares no word with any, and none at all, lean nowhere', () => {
    const strange = nearness.vectorOf(paper('zzz qqq xxx'));
    expect([...strange.grams, cosine(strange, strange)]).toEqual([0]);
    expect(Math.max(...nearness.lean([strange]).map(Math.abs))).toBe(0);
    expect(Math.max(...nearness.lean([]).map(Math.abs))).toBe(0);
    expect(buildNearness([]).lean([strange])).toHaveLength(0);
  });

  test('gives the same again, whatever was asked between', () => {
    const first = leaning('robot fingers');
    leaning('phoneme decoders', 'verified theorems');
    expect(leaning('robot fingers')).toEqual(first);
  });

  test('a cosine is 1 for the same paper and 0 for one without a word in common', () => {
    const [robots, proofs] = [paper('tactile fingers'), paper('verified theorems')].map(nearness.vectorOf);
    if (!robots || !proofs) throw new Error('no vectors');
    expect(cosine(robots, robots)).toBeCloseTo(1, 5);
    expect(cosine(robots, proofs)).toBe(0);
  });
});
