import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readableName, readableText } from '../../src/tex/readable.ts';

const recordings = process.env.PAPERBOY_RECORDINGS ?? '';
const folder = join(recordings, 'recordings/arxiv-papers');

function readPapers(): { title: string; summary: string; authors: string[] }[] {
  return readdirSync(folder).flatMap((name) =>
    gunzipSync(readFileSync(join(folder, name)))
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
}

const isThere = (() => {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
})();

describe.skipIf(!isThere)('eight announcement days of arXiv', () => {
  const papers = isThere ? readPapers() : [];
  const hasTex = (text: string) => /[\\${]/.test(text);

  it('at least 94 of 100 abstracts with TeX come out without any, and every title', () => {
    const abstracts = [...new Set(papers.map((paper) => paper.summary))].filter(hasTex);
    const clean = abstracts.filter((text) => !hasTex(readableText(text)));
    expect(abstracts.length).toBeGreaterThan(300);
    expect(clean.length / abstracts.length).toBeGreaterThan(0.94);
    const titles = papers.map((paper) => paper.title).filter(hasTex);
    expect(titles.length).toBeGreaterThan(10);
    expect(titles.filter((title) => hasTex(readableText(title)))).toEqual([]);
  });

  it('what is left of a backslash is a sign that was meant, in one abstract of a hundred at most', () => {
    const left = papers.filter((paper) => readableText(paper.summary).includes('\\'));
    expect(left.length / papers.length).toBeLessThan(0.01);
  });

  it('no word of three letters outside of mathematics and commands is lost', () => {
    const words = (text: string) => text.match(/\p{L}{3,}/gu) ?? [];
    for (const { summary } of papers.filter((paper) => !hasTex(paper.summary)))
      expect(words(readableText(summary))).toEqual(words(summary));
  });

  it('names come out without TeX', () => {
    for (const name of papers.flatMap((paper) => paper.authors))
      expect(readableName(name)).not.toMatch(/[\\{}]/);
  });
});
