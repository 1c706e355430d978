import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseArxiv } from '../../src/sources/arxiv.ts';
import { readCategories } from '../../src/sources/arxiv-atom.ts';
import { splitAuthors } from '../../src/sources/author-list.ts';
import { isWithdrawn } from '../../src/sources/record.ts';
import { SourceError } from '../../src/sources/source.ts';

const fixture = (name: string): Buffer =>
  readFileSync(join(import.meta.dirname, '../fixtures/sources', name));
const context = { fileName: 'saved.xml', at: Date.parse('2026-07-01T12:00:00Z') };

describe("arXiv's query API", () => {
  it('joins wrapped titles, keeps paragraphs, drops ACM and MSC codes, puts the primary category first', () => {
    const { records, problems } = parseArxiv(fixture('query.atom.xml'), context);
    expect(records.map((one) => one.paper)).toEqual([
      {
        key: 'arxiv:hep-ex/0307015',
        title: 'A Title That Was Wrapped at a Fixed Width',
        abstract: 'Several lines of an abstract.\nAnd a paragraph < 5 GeV.',
        tldr: null,
        authors: ['Jörg Sample', 'The Collaboration'],
        categories: ['hep-ex', 'cs.IR', 'math.MP', 'cond-mat.mes-hall', 'q-bio.NC'],
        keywords: [],
        organization: null,
        comment: '23 pages, 8 figures',
        publishedAt: Date.parse('2003-07-07T17:46:39Z'),
        updatedAt: Date.parse('2003-07-07T17:46:39Z'),
        announcedAt: null,
        version: 1,
        withdrawnAt: null,
        paperUrl: 'https://arxiv.org/abs/hep-ex/0307015',
        pdfUrl: 'https://arxiv.org/pdf/hep-ex/0307015',
        codeUrl: null,
        projectUrl: null,
      },
    ]);
    expect(problems).toEqual([
      {
        where: 'saved.xml entry 2 (http://arxiv.org/abs/not-an-id)',
        message: 'its id is not an arXiv id: "http://arxiv.org/abs/not-an-id"',
      },
    ]);
  });

  it('tells categories from codes', () => {
    const all = [
      'cs.CL',
      'hep-th',
      'math-ph',
      'q-fin.RM',
      'physics.optics',
      'physics.ao-ph',
      'cond-mat.str-el',
      'astro-ph',
    ];
    expect(
      readCategories([...all, '68T50', 'I.2.7', 'Primary 60K35', '03B70 (Primary)', '', null, 'cs.CL']),
    ).toEqual(all);
  });

  it('throws an error feed as an error', () => {
    const feed = `<feed><id>x</id><totalResults/><entry><id>http://arxiv.org/api/errors#start_must_be_non-negative</id><title>Error</title><summary>start must be non-negative</summary></entry></feed>`;
    const asQuery = feed.replace('<totalResults/>', '<opensearch:totalResults>1</opensearch:totalResults>');
    expect(() => parseArxiv(asQuery, context)).toThrow(
      'arXiv refused the query (saved.xml): start must be non-negative.',
    );
  });
});

describe("arXiv's announcement feeds", () => {
  const { records, problems } = parseArxiv(fixture('announcements.rss.xml'), context);
  const papers = records.map((one) => one.paper);

  it('are read as RSS 2.0: id and version, type, abstract without its prefix', () => {
    expect(papers[0]).toMatchObject({
      key: 'arxiv:2606.90001',
      version: 1,
      title: 'Reading Slowly: A Study of Line Breaks',
      abstract: 'Lines break <where> they must & nowhere else.\nA second paragraph follows.',
      categories: ['cs.CL', 'cs.HC'],
      announcedAt: Date.parse('2026-07-01T04:00:00Z'),
      updatedAt: null,
    });
  });

  it('split authors at commas that are not in braces, brackets or before a suffix', () => {
    expect(papers[0]?.authors).toEqual([
      "Ren\\'e Sample",
      '{Example, Jr.}',
      'Kim Test, III',
      'The Lab (North, South)',
      'B\\"orn \\{Ny',
    ]);
  });

  it('never make a replaced paper look newly announced', () => {
    expect(papers[1]).toMatchObject({
      key: 'arxiv:2203.90002',
      version: 3,
      announcedAt: null,
      updatedAt: Date.parse('2026-07-01T04:00:00Z'),
    });
  });

  it('tell of withdrawals', () => {
    expect(papers.map((paper) => paper.withdrawnAt)).toEqual([
      null,
      null,
      Date.parse('2026-07-01T04:00:00Z'),
    ]);
  });

  it('report an entry without an id with its place and go on', () => {
    expect(problems).toEqual([
      {
        where: 'saved.xml entry 4 (oai:example.org:1)',
        message: 'it names no arXiv id: "oai:example.org:1"',
      },
    ]);
  });

  it('may be empty, as on Saturdays', () => {
    const empty = '<rss version="2.0"><channel><title>cs.CL updates</title></channel></rss>';
    expect(parseArxiv(empty, context)).toEqual({ records: [], problems: [] });
  });
});

describe('payloads that are no feed', () => {
  it.each([
    ['', /is empty/],
    ['<html><body>Rate exceeded.</body></html>', /XML of <html>/],
    ['<!DOCTYPE html><html></html>', /web page, not a feed/],
    ['<feed><entry>', /not well-formed/],
    ['<!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feed>&b;</feed>', /document type/],
    ['Rate exceeded.', /neither JSON nor JSON lines/],
    [Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), /gzip but cannot be unpacked/],
  ])('give one clear error: %s', (payload, message) => {
    expect(() => parseArxiv(payload, context)).toThrow(SourceError);
    expect(() => parseArxiv(payload, context)).toThrow(message);
  });
});

describe('arXiv listings as JSON lines', () => {
  const listing = {
    id: '2606.01234',
    title: 'A Title',
    summary: 'An abstract.',
    abs: 'https://arxiv.org/abs/2606.01234',
  };

  it('are read', () => {
    const { records, problems } = parseArxiv(JSON.stringify(listing), context);
    expect(problems).toEqual([]);
    expect(records.map(({ paper }) => paper.key)).toEqual(['arxiv:2606.01234']);
  });

  it('are not taken from what another source wrote', () => {
    const daily = { paper: { id: '2606.01234', title: 'A Title' }, numComments: 3 };
    expect(() => parseArxiv(JSON.stringify([daily]), context)).toThrow(/--source huggingface/);
    expect(() => parseArxiv(JSON.stringify([{ title: 'A Title', abstract: 'Text.' }]), context)).toThrow(
      /--source file/,
    );
  });
});

describe('author lines', () => {
  it.each([
    ['Ada Example', ['Ada Example']],
    ['', []],
    [' A. Roe , , B. Poe ', ['A. Roe', 'B. Poe']],
    ['A. Roe, Ph.D., B. Poe', ['A. Roe, Ph.D.', 'B. Poe']],
    ['A {Roe, B. Poe', ['A {Roe', 'B. Poe']],
    ['Jr., A', ['Jr.', 'A']],
  ])('%s', (line, names) => expect(splitAuthors(line)).toEqual(names));
});

describe('withdrawal notices', () => {
  it.each([
    'This paper has been withdrawn by the author(s) due to a crucial error',
    'The paper was withdrawn',
    'Withdrawn. A flaw was found',
    'This submission has been temporarily withdrawn',
  ])('are known: %s', (comment) => expect(isWithdrawn(comment, null)).toBe(true));
  it.each([
    'We study how papers are withdrawn from arXiv',
    'This paper has been accepted; an earlier one has been withdrawn',
    '12 pages',
  ])('are not taken from: %s', (comment) =>
    expect(isWithdrawn(comment, 'Funds were withdrawn.')).toBe(false),
  );
});
