import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearDuplicate, signatureOf, similarity } from '../../src/papers/similar.ts';
import { createTwinFinder } from '../../src/papers/twins.ts';

const paper = (title: string, abstract: string | null = null) => signatureOf({ title, abstract });
const long = (seed: number, length = 120) =>
  Array.from({ length }, (_, at) => `word${(at * 7919 + seed * 104_729) % 5003}`).join(' ');

describe('near duplicates', () => {
  it.each([
    ['Attention Is All You Need', 'Attention is all you need!'],
    [
      'A Survey of Large Language Models for Code Generation',
      'A Survey on Large Language Models for Code Generation',
    ],
    ['Técnicas de Aprendizado', 'Tecnicas de aprendizado'],
  ])('%j and %j are', (a, b) => {
    expect(nearDuplicate(paper(a), paper(b))).toBe(true);
  });

  it.each([
    ['Scaling Laws for Language Models', 'Scaling Laws for Vision Transformers'],
    ['Learning to Rank', 'Learning to Walk'],
    ['Large Language Models for Code', 'Large Language Models for Law'],
    ['', ''],
  ])('%j and %j are not', (a, b) => {
    expect(nearDuplicate(paper(a), paper(b))).toBe(false);
  });

  it('are found by their abstracts under other titles', () => {
    const edited = `${long(1)} and one more closing sentence here`;
    expect(nearDuplicate(paper('One Name', long(1)), paper('Quite Another', edited))).toBe(true);
    expect(nearDuplicate(paper('One Name', long(1)), paper('Quite Another', long(2)))).toBe(false);
  });

  it('need more than a short abstract to be judged by', () => {
    expect(nearDuplicate(paper('One Name', 'We do.'), paper('Quite Another', 'We do.'))).toBe(false);
  });

  it('are so from both sides, and everything with words is like itself', () => {
    const text = fc.lorem({ maxCount: 14 });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const [one, other] = [paper(a, b), paper(b, c)];
        expect(similarity(one, other)).toBe(similarity(other, one));
        expect(nearDuplicate(one, other)).toBe(nearDuplicate(other, one));
        expect(similarity(one, one)).toBe(one.title.length > 0 ? 1 : 0);
        expect(similarity(one, other)).toBeGreaterThanOrEqual(0);
        expect(similarity(one, other)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('never throw on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void similarity(paper(text, text), paper('x'))),
    );
  });

  it('are found among many as if each was compared with all', () => {
    // Few words, so that many are nearly alike; parts of one long text, so that abstracts are.
    const title = fc
      .array(
        fc.constantFrom(...'graph neural networks for the fast learning of large language models'.split(' ')),
        {
          maxLength: 9,
        },
      )
      .map((words) => words.join(' '));
    const abstract = fc
      .tuple(
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 10, max: 120 }),
      )
      .map(([seed, from, length]) =>
        long(seed, from + length)
          .split(' ')
          .slice(from)
          .join(' '),
      );
    const facts = fc.record({ title, abstract: fc.option(abstract) });
    let twins = 0;
    fc.assert(
      fc.property(fc.array(facts, { minLength: 2, maxLength: 25 }), (made) => {
        const papers = made.map((one, place) => ({ id: 100 + place, ...one }));
        const twinsOf = createTwinFinder(papers);
        for (const one of papers) {
          const all = papers.filter(
            (other) => other !== one && nearDuplicate(signatureOf(one), signatureOf(other)),
          );
          twins += all.length;
          expect(twinsOf(one.id)).toEqual(all.map(({ id }) => id));
        }
      }),
    );
    expect(twins).toBeGreaterThan(100);
    expect(createTwinFinder([])(1)).toEqual([]);
  });
});
