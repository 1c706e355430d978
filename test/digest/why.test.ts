import { describe, expect, test } from 'vitest';
import { catalogues } from '../../src/digest/strings.ts';
import { viewWhy } from '../../src/digest/why.ts';
import { columns, wrap } from '../../src/digest/wrap.ts';
import type { SignalChange } from '../../src/papers/candidate.ts';
import { makeNote } from './digests.ts';

const changes = (votes: number | null, comments: number | null, stars: number | null): SignalChange[] => [
  { kind: 'upvotes', value: 191, sinceYesterday: votes },
  { kind: 'comments', value: 6, sinceYesterday: comments },
  { kind: 'github_stars', value: 9600, sinceYesterday: stars },
];
const lineOf = (topics: string[], told: SignalChange[], facts = {}, locale = 'en') =>
  viewWhy(makeNote({ topics, changes: told, ...facts }), locale).line.replaceAll('\u00A0', ' ');

describe('why a paper is here is one line, and what matters least is left out for it', () => {
  test.each([
    [
      'all is told where there is room',
      ['RL'],
      'RL · 191 upvotes, +38 since yesterday · 6 comments, +1 · 9.6k stars',
    ],
    [
      'first goes what comments gained',
      ['Robotics'],
      'Robotics · 191 upvotes, +38 since yesterday · 6 comments · 9.6k stars',
    ],
    [
      'then the comments',
      ['Everything trending'],
      'Everything trending · 191 upvotes, +38 since yesterday · 9.6k stars',
    ],
    [
      'then names of topics, the last ones first',
      ['Agents', 'Retrieval', 'Robotics'],
      'Agents and 2 more · 191 upvotes, +38 since yesterday · 9.6k stars',
    ],
    [
      'then the end of a long one',
      ['Generative images and their video'],
      'Generative images and… · 191 upvotes, +38 since yesterday · 9.6k stars',
    ],
  ])('%s', (_, topics, line) => {
    expect(lineOf(topics, changes(38, 1, 12))).toBe(line);
  });

  test('then the stars', () => {
    expect(lineOf(['Everything trending', 'LLM efficiency'], changes(38, 1, 12))).toBe(
      'Everything trending and 1 more · 191 upvotes, +38 since yesterday',
    );
    expect(lineOf(['Generative images and video'], changes(38, 1, 12), { rising: true })).toBe(
      'Rising · Generative images and video · 191 upvotes, +38 since yesterday',
    );
  });

  test('what a rising paper’s repository gained goes before its topic', () => {
    expect(lineOf(['Retrieval'], changes(38, 1, 310), { rising: true })).toBe(
      'Rising · Retrieval · 191 upvotes, +38 since yesterday · 9.6k stars, +310',
    );
    expect(lineOf(['LLM efficiency'], changes(38, 1, 310), { rising: true })).toBe(
      'Rising · LLM efficiency · 191 upvotes, +38 since yesterday · 9.6k stars',
    );
  });

  test('comments stay where nothing else is known', () => {
    const comments = changes(null, 1, null).filter(({ kind }) => kind === 'comments');
    expect(lineOf(['A topic whose name is as long as a name of a topic may be'], comments)).toBe(
      'A topic whose name is as long as a name of a topic may be · 6 comments',
    );
  });

  test.each(catalogues.map(({ language }) => language))('in %s', (language) => {
    const topics = ['Everything trending', 'Retrieval and question answering over long documents of law'];
    for (const told of [topics.slice(0, 1), topics.slice(1), topics])
      expect(columns(lineOf(told, changes(38, 1, 40), {}, language))).toBeLessThanOrEqual(72);
  });

  test('where it cannot be one, no line ends in a dot', () => {
    for (const { language } of catalogues) {
      const note = makeNote({
        topics: ['One', 'Two'],
        changes: changes(38, 1, 40),
        rising: true,
        moreLike: 'A title',
      });
      const { line } = viewWhy(note, language);
      for (let width = 30; width < 90; width++) expect(wrap(line, width)).not.toMatch(/·$/m);
    }
  });
});
