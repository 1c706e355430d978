import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePapers } from '../../src/papers/merge.ts';
import type { Paper } from '../../src/papers/paper.ts';

const bare: Paper = {
  key: 'arxiv:2403.01234',
  title: 'A Title',
  abstract: null,
  tldr: null,
  authors: [],
  categories: [],
  keywords: [],
  organization: null,
  comment: null,
  publishedAt: null,
  updatedAt: null,
  announcedAt: null,
  version: null,
  withdrawnAt: null,
  paperUrl: null,
  pdfUrl: null,
  codeUrl: null,
  projectUrl: null,
};
const paper = (facts: Partial<Paper>): Paper => ({ ...bare, ...facts });
const fromArxiv = { incomingSource: 'arxiv', knownSources: ['huggingface'] };
const fromHuggingFace = { incomingSource: 'huggingface', knownSources: ['arxiv'] };
const again = { incomingSource: 'arxiv', knownSources: ['arxiv'] };

describe('merging', () => {
  it('fills what was unknown and says what changed', () => {
    const { paper: merged, changed } = mergePapers(
      paper({ authors: ['Ada'], abstract: 'Long.' }),
      paper({ codeUrl: 'https://github.com/a/b', abstract: ' ', keywords: ['x'] }),
      fromHuggingFace,
    );
    expect(merged).toEqual(
      paper({ authors: ['Ada'], abstract: 'Long.', codeUrl: 'https://github.com/a/b', keywords: ['x'] }),
    );
    expect(changed).toEqual(['keywords', 'codeUrl']);
  });

  it("believes arXiv about a paper's own facts, whichever comes first", () => {
    const arxiv = paper({ title: 'Right', authors: ['A', 'B'], categories: ['cs.CL'], publishedAt: 100 });
    const other = paper({ title: 'Wrong', authors: ['A'], publishedAt: 50, tldr: 'Short.' });
    const want = { ...arxiv, tldr: 'Short.' };
    expect(mergePapers(other, arxiv, fromArxiv).paper).toEqual(want);
    expect(mergePapers(arxiv, other, fromHuggingFace).paper).toEqual(want);
  });

  it('takes a newer version from anyone and an older one from no one', () => {
    const second = paper({ title: 'Second', version: 2, updatedAt: 200 });
    const third = paper({ title: 'Third', version: 3 });
    expect(mergePapers(second, third, fromHuggingFace).paper).toMatchObject({ title: 'Third', version: 3 });
    expect(mergePapers(third, second, again).paper).toMatchObject({
      title: 'Third',
      version: 3,
      updatedAt: 200,
    });
  });

  it('takes the whole abstract over its cut-off beginning, even against arXiv', () => {
    const whole = paper({ abstract: 'We show that\n it works well.' });
    const cut = paper({ abstract: 'We show that it…' });
    expect(mergePapers(whole, cut, fromArxiv).paper.abstract).toBe(whole.abstract);
    expect(mergePapers(cut, whole, fromHuggingFace).paper.abstract).toBe(whole.abstract);
  });

  it('lets a corrected abstract replace a longer wrong one', () => {
    const long = paper({ abstract: 'Something else altogether, and long.' });
    expect(mergePapers(long, paper({ abstract: 'The right one.' }), fromArxiv).paper.abstract).toBe(
      'The right one.',
    );
  });

  it('keeps the earliest announcement', () => {
    for (const [a, b] of [
      [1, 2],
      [2, 1],
    ] as const)
      expect(mergePapers(paper({ announcedAt: a }), paper({ announcedAt: b }), again).paper.announcedAt).toBe(
        1,
      );
  });

  it('keeps a paper withdrawn until a newer version comes', () => {
    const gone = paper({ withdrawnAt: 9, version: 2 });
    expect(mergePapers(gone, paper({ version: 2 }), again).paper.withdrawnAt).toBe(9);
    expect(mergePapers(gone, paper({}), fromHuggingFace).paper.withdrawnAt).toBe(9);
    expect(mergePapers(gone, paper({ version: 3 }), again).paper.withdrawnAt).toBeNull();
    expect(mergePapers(paper({ version: 3 }), gone, again).paper.withdrawnAt).toBeNull();
  });

  it('never changes the key', () => {
    expect(mergePapers(bare, paper({ key: 'title:x' }), again).paper.key).toBe(bare.key);
  });
});

const text = fc.constantFrom('', ' ', 'alpha', 'alpha beta', 'gamma', 'alpha…');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const instant = maybe(fc.integer({ min: 1, max: 4 }));
const list = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 });
const anyPaper: fc.Arbitrary<Paper> = fc.record({
  key: fc.constant(bare.key),
  title: fc.constantFrom('T', 'U'),
  abstract: maybe(text),
  tldr: maybe(text),
  authors: list,
  categories: list,
  keywords: list,
  organization: maybe(text),
  comment: maybe(text),
  publishedAt: instant,
  updatedAt: instant,
  announcedAt: instant,
  version: maybe(fc.integer({ min: 1, max: 3 })),
  withdrawnAt: instant,
  paperUrl: maybe(text),
  pdfUrl: maybe(text),
  codeUrl: maybe(text),
  projectUrl: maybe(text),
});
const source = fc.constantFrom('arxiv', 'huggingface', 'file');

describe('merging any two papers', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(anyPaper, anyPaper, fc.array(source), source, (stored, incoming, known, incomingSource) => {
        const once = mergePapers(stored, incoming, { incomingSource, knownSources: known });
        const twice = mergePapers(once.paper, incoming, {
          incomingSource,
          knownSources: [...known, incomingSource],
        });
        expect(twice).toEqual({ paper: once.paper, changed: [] });
      }),
    );
  });

  it('loses no field that was known and names exactly the changed ones', () => {
    const empty = (value: Paper[keyof Paper]) =>
      value === null ||
      (typeof value === 'string' && !value.trim()) ||
      (Array.isArray(value) && !value.length);
    fc.assert(
      fc.property(anyPaper, anyPaper, source, (stored, incoming, incomingSource) => {
        const { paper: merged, changed } = mergePapers(stored, incoming, {
          incomingSource,
          knownSources: ['arxiv'],
        });
        for (const field of Object.keys(stored) as (keyof Paper)[]) {
          if (field !== 'withdrawnAt' && !empty(stored[field])) expect(empty(merged[field])).toBe(false);
          if (!changed.includes(field)) expect(merged[field]).toEqual(stored[field]);
          else expect(merged[field]).not.toEqual(stored[field]);
        }
      }),
    );
  });

  it('gives the same own facts in either order when arXiv is one of the two', () => {
    const own = [
      'title',
      'authors',
      'categories',
      'publishedAt',
      'announcedAt',
      'version',
      'withdrawnAt',
    ] as const;
    fc.assert(
      fc.property(anyPaper, anyPaper, (arxiv, other) => {
        const first = mergePapers(other, arxiv, fromArxiv).paper;
        const last = mergePapers(arxiv, other, fromHuggingFace).paper;
        for (const field of own) expect(first[field]).toEqual(last[field]);
      }),
    );
  });
});
