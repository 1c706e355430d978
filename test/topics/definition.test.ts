import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTopicSeed, TopicError } from '../../src/topics/definition.ts';
import { indexPapers } from './candidates.ts';

describe('the topics that ship', () => {
  const topics = readTopicSeed(readFileSync(new URL('../../data/topics.json', import.meta.url), 'utf8'));
  const papers = readFileSync(new URL('../fixtures/topics/papers.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { title: string; abstract: string; categories: string[]; topics: string[] },
    );
  const index = indexPapers(
    papers.map(({ title, abstract, categories }) => ({ title, abstract, categories })),
  );

  it('are a dozen or more, each described, with one for everything', () => {
    expect(topics.length).toBeGreaterThanOrEqual(12);
    expect(topics.every(({ description }) => description !== null)).toBe(true);
    expect(topics.filter(({ query }) => query === '*')).toHaveLength(1);
  });
  it('have each a paper of their own among the examples', () =>
    expect(new Set(papers.flatMap((paper) => paper.topics))).toEqual(
      new Set(topics.map(({ slug }) => slug).filter((slug) => slug !== 'everything')),
    ));
  it.each(papers.map((paper, id) => [paper.title, paper.topics, id + 1] as const))(
    '%s: %j',
    (_, expected, id) => {
      const found = topics
        .filter(
          ({ slug, query }) =>
            slug !== 'everything' && index.match(query).some(({ paperId }) => paperId === id),
        )
        .map(({ slug }) => slug);
      expect(found.sort()).toEqual([...expected].sort());
    },
  );
});

describe('a list of topics that is wrong', () => {
  it.each([
    ['not JSON', '[', /not JSON/],
    ['no list', '{}', /array/],
    ['a field missing', '[{"slug":"a","name":"A"}]', /query/],
    ['a field too many', '[{"slug":"a","name":"A","query":"a","colour":"red"}]', /colour/],
    [
      'a slug twice',
      '[{"slug":"a","name":"A","query":"a"},{"slug":"a","name":"B","query":"b"}]',
      /Topic 2 \(a\): the slug was used/,
    ],
    ['a bad query', '[{"slug":"a","name":"A","query":"(a"}]', /Topic 1 \(a\)[\s\S]*never closed[\s\S]*\^/],
    [
      'two bad topics, both named',
      '[{"slug":"A","name":"","query":"a"},{"slug":"b","name":"","query":""}]',
      /Topic 1[\s\S]*slug[\s\S]*name[\s\S]*Topic 2[\s\S]*name[\s\S]*query/,
    ],
  ])('%s', (_, json, message) => {
    expect(() => readTopicSeed(json)).toThrow(TopicError);
    expect(() => readTopicSeed(json)).toThrow(message);
  });
});
