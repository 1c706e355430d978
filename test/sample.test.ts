import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const folder = new URL('../data/sample/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl'))
  .sort();

const text = z.string().trim().min(1);
const instant = z.iso.datetime();
const count = z.int().nonnegative();
const link = z.url({ protocol: /^https?$/ });

/** Strict: a field that is not listed, such as an abstract, is an error. */
const line = z.strictObject({
  id: z.string().regex(/^\d{2}(0[1-9]|1[0-2])\.\d{4,5}$/),
  title: text,
  authors: z.array(text).min(1),
  categories: z
    .array(z.string().regex(/^[a-z-]+(\.[A-Za-z-]+)?$/))
    .min(1)
    .optional(),
  publishedAt: instant.optional(),
  featuredAt: instant,
  source: z.enum(['huggingface', 'arxiv']),
  summary: text,
  keywords: z.array(text).min(1).max(6).optional(),
  upvotes: count.optional(),
  comments: count.optional(),
  stars: count.optional(),
  repository: link.optional(),
  project: link.optional(),
  organization: text.optional(),
});

type Line = z.infer<typeof line>;

const signalFields = ['upvotes', 'comments', 'stars'] as const;

function readDay(file: string): unknown[] {
  const lines = readFileSync(new URL(file, folder), 'utf8').split('\n');
  expect(lines.pop(), 'a file ends with a line break').toBe('');
  return lines.map((json) => JSON.parse(json));
}

function readLines(file: string): Line[] {
  return readDay(file).map((record) => line.parse(record));
}

function countSentences(summary: string): number {
  return [...new Intl.Segmenter('en', { granularity: 'sentence' }).segment(summary)].length;
}

function countWords(summary: string): number {
  return summary.split(/\s+/).length;
}

describe.each(files)('%s', (file) => {
  const day = file.slice(0, 10);

  test('every line is a paper with the known fields and no others', () => {
    for (const record of readDay(file)) {
      expect(line.safeParse(record).error?.message, JSON.stringify(record)).toBeUndefined();
    }
  });

  test('every line is of the day that the file is named after, and not submitted after it', () => {
    expect(file).toMatch(/^\d{4}-\d{2}-\d{2}\.jsonl$/);
    for (const paper of readLines(file)) {
      expect(paper.featuredAt, paper.id).toBe(`${day}T00:00:00.000Z`);
      if (paper.publishedAt)
        expect(Date.parse(paper.publishedAt)).toBeLessThanOrEqual(Date.parse(paper.featuredAt));
    }
  });

  test('a day tells of no paper twice', () => {
    const ids = readLines(file).map((paper) => paper.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('a summary is one or two sentences of 12 to 60 words', () => {
    for (const { id, summary } of readLines(file)) {
      expect(countSentences(summary), `${id}: ${summary}`).toBeOneOf([1, 2]);
      expect(summary, id).toMatch(/[.?]$/);
      expect(countWords(summary), `${id}: ${summary}`).toBeGreaterThanOrEqual(12);
      expect(countWords(summary), `${id}: ${summary}`).toBeLessThanOrEqual(60);
    }
  });

  test('Hugging Face papers have votes, arXiv papers have categories and no signals', () => {
    for (const paper of readLines(file)) {
      if (paper.source === 'huggingface') expect(paper.upvotes, paper.id).toBeDefined();
      else {
        expect(paper.categories, paper.id).toBeDefined();
        for (const field of signalFields) expect(paper[field], paper.id).toBeUndefined();
      }
    }
  });

  test('stars belong to a repository', () => {
    for (const paper of readLines(file)) {
      if (paper.stars !== undefined) expect(paper.repository, paper.id).toBeDefined();
    }
  });

  test('Hugging Face comes before arXiv, then most votes, then the id', () => {
    const lines = readLines(file);
    const rank = (paper: Line) => (paper.source === 'huggingface' ? 0 : 1);
    const sorted = lines.toSorted(
      (a, b) => rank(a) - rank(b) || (b.upvotes ?? 0) - (a.upvotes ?? 0) || (a.id < b.id ? -1 : 1),
    );
    expect(lines.map((paper) => paper.id)).toEqual(sorted.map((paper) => paper.id));
  });
});

describe('the whole sample', () => {
  const readAll = () => files.flatMap(readLines);

  test('it holds a hundred or more papers of several days and stays small', () => {
    expect(files.length).toBeGreaterThanOrEqual(5);
    expect(new Set(readAll().map((paper) => paper.id)).size).toBeGreaterThanOrEqual(100);
    const bytes = files.reduce((sum, file) => sum + readFileSync(new URL(file, folder)).length, 0);
    expect(bytes).toBeLessThan(250_000);
  });

  test('some papers are passed over on arXiv first and come back with votes', () => {
    const unvoted = new Set<string>();
    const returned = readAll().filter((paper) => {
      if (paper.source === 'arxiv') unvoted.add(paper.id);
      return paper.source === 'huggingface' && unvoted.has(paper.id);
    });
    expect(returned.length).toBeGreaterThanOrEqual(10);
  });

  test('a paper keeps its own summary on all its days', () => {
    const lines = readAll();
    const summaries = Map.groupBy(lines, (paper) => paper.id);
    for (const [id, told] of summaries) {
      expect(new Set(told.map((paper) => paper.summary)).size, id).toBe(1);
    }
    expect(new Set(lines.map((paper) => paper.summary)).size).toBe(summaries.size);
  });
});
