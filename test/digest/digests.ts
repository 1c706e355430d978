import { readFileSync } from 'node:fs';
import type { Digest, DigestPaper, Note } from '../../src/digest/digest.ts';
import type { Site } from '../../src/digest/view.ts';
import type { StoredPaper } from '../../src/papers/paper.ts';

/** Papers and digests for tests of the mail, made from test/fixtures/digest/papers.json. */

export const site: Site = { sender: { name: 'Paperboy', address: 'digest@paperboy.example' } };

export const links = {
  home: 'https://paperboy.example/',
  preferences: 'https://paperboy.example/p/3fJq0Zr9Xw2LbN8s',
  unsubscribe: 'https://paperboy.example/u/3fJq0Zr9Xw2LbN8s',
  view: 'https://paperboy.example/digest/Hq5vT2cYk8Wm1RzD',
  feedback: 'https://paperboy.example/like/pX7nB4sGf0Lj9QaE',
};

export function makePaper(id: number, facts: Partial<StoredPaper> = {}): StoredPaper {
  return {
    id,
    key: `arxiv:2607.${String(id).padStart(5, '0')}`,
    title: `Paper ${id}`,
    abstract: null,
    tldr: null,
    authors: [],
    categories: ['cs.CL'],
    keywords: [],
    organization: null,
    comment: null,
    publishedAt: null,
    updatedAt: null,
    announcedAt: null,
    version: 1,
    withdrawnAt: null,
    paperUrl: null,
    pdfUrl: null,
    codeUrl: null,
    projectUrl: null,
    firstSeenAt: 0,
    lastSeenAt: 0,
    sources: ['file'],
    ...facts,
  };
}

export function makeNote(facts: Partial<Note> = {}): Note {
  const base = { topics: ['LLM efficiency'], terms: [], changes: [], rising: false };
  return { ...base, percentile: 1, relevance: 1, score: 1, ...facts };
}

/** A paper whose place is where it stands. */
export type Told = Omit<DigestPaper, 'position'>;

export function placed(papers: readonly Told[]): DigestPaper[] {
  return papers.map((one, index) => ({ position: index + 1, ...one }));
}

export function makeDigest(papers: DigestPaper[], facts: Partial<Digest> = {}): Digest {
  return {
    editionDate: '2026-07-03',
    locale: 'en-GB',
    timezone: 'Europe/London',
    occasion: 'day',
    papers,
    more: 0,
    links,
    ...facts,
  };
}

type Fixture = Partial<Omit<StoredPaper, 'authors'>> & { authors: string[] | number; note: Partial<Note> };

/** The fixture's papers in order: plain, short, long title, bare, Chinese, Arabic, 3,000 authors, hostile. */
export function oddPapers(): DigestPaper[] {
  const file = new URL('../fixtures/digest/papers.json', import.meta.url);
  const fixtures = JSON.parse(readFileSync(file, 'utf8')) as Fixture[];
  return fixtures.map(({ note, authors, ...facts }, index) => ({
    position: index + 1,
    paper: makePaper(index + 1, {
      ...facts,
      authors:
        typeof authors === 'number' ? Array.from({ length: authors }, (_, i) => `Author ${i + 1}`) : authors,
    }),
    note: makeNote(note),
  }));
}

/** `count` papers with every part present, about as long as real ones. */
export function usualPapers(count: number): DigestPaper[] {
  const [first, second] = oddPapers() as [DigestPaper, DigestPaper];
  return Array.from({ length: count }, (_, index) => {
    const { paper, note } = index % 2 ? second : first;
    const number = `2607.${String(index + 100).padStart(5, '0')}`;
    return {
      position: index + 1,
      paper: makePaper(index + 100, {
        title: `${paper.title} (part ${index + 1})`,
        tldr: paper.tldr,
        abstract: paper.abstract,
        authors: paper.authors,
        paperUrl: `https://arxiv.org/abs/${number}`,
        pdfUrl: `https://arxiv.org/pdf/${number}`,
        codeUrl: `https://github.com/example/part-${index + 1}`,
      }),
      note,
    };
  });
}
