import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { titleKey } from '../../src/papers/key.ts';
import { parsePapers } from '../../src/sources/file.ts';
import { SourceError } from '../../src/sources/source.ts';

const context = { fileName: 'papers.jsonl', at: 77 };
const bare = { title: 'A Bare Paper', abstract: 'With nothing but this.' };

describe('papers from files', () => {
  it('are the same from a list, from {papers}, from lines, gzipped or not', () => {
    const list = JSON.stringify([bare]);
    const expected = parsePapers(list, context);
    expect(expected.records).toHaveLength(1);
    for (const payload of [
      JSON.stringify({ papers: [bare] }),
      JSON.stringify(bare),
      `${JSON.stringify(bare)}\r\n\n`,
      `\uFEFF${list}`,
      gzipSync(list),
    ])
      expect(parsePapers(payload, context)).toEqual(expected);
  });

  it('with only a title and an abstract are keyed by the normalised title', () => {
    const [one, other] = parsePapers(
      JSON.stringify([bare, { ...bare, title: ' a bare  PAPER.' }]),
      context,
    ).records;
    expect(one?.paper.key).toBe(titleKey('A Bare Paper'));
    expect(other?.paper.key).toBe(one?.paper.key);
    expect(one?.paper.paperUrl).toBeNull();
  });

  it('of the shipped sample have our summary as the short text and no abstract', () => {
    const raw = {
      id: '2606.90001v2',
      title: 'T',
      authors: ['Ada Example'],
      categories: ['cs.CL'],
      summary: 'One sentence of our own.',
      publishedAt: '2026-06-20',
      featuredAt: '2026-06-22T00:00:00.000Z',
      upvotes: 12,
      comments: 3,
      stars: 5,
      repository: 'https://github.com/example/code',
      project: 'https://example.org/',
      organization: 'The Lab',
    };
    expect(parsePapers(JSON.stringify(raw), context).records).toMatchObject([
      {
        paper: {
          key: 'arxiv:2606.90001',
          version: 2,
          abstract: null,
          tldr: 'One sentence of our own.',
          comment: null,
          publishedAt: Date.parse('2026-06-20'),
          announcedAt: Date.parse('2026-06-22'),
          codeUrl: 'https://github.com/example/code',
          projectUrl: 'https://example.org/',
          organization: 'The Lab',
          pdfUrl: 'https://arxiv.org/pdf/2606.90001',
        },
        signals: [
          { kind: 'upvotes', value: 12 },
          { kind: 'comments', value: 3 },
          { kind: 'github_stars', value: 5 },
        ],
      },
    ]);
  });

  it('of arXiv listings have the abstract in summary', () => {
    const raw = {
      id: '2606.90002',
      title: 'T',
      categories: ['cs.CL', '68T50'],
      authors: ['Ada Example'],
      summary: 'The abstract.',
      comment: 'This paper has been withdrawn',
      pdf: 'https://arxiv.org/pdf/2606.90002',
      abs: 'https://arxiv.org/abs/2606.90002',
    };
    expect(parsePapers(JSON.stringify(raw), context).records[0]?.paper).toMatchObject({
      abstract: 'The abstract.',
      tldr: null,
      categories: ['cs.CL'],
      withdrawnAt: 77,
    });
  });

  it('may be daily papers of Hugging Face', () => {
    const raw = { paper: { id: '2606.90003', title: 'T', upvotes: 2 }, numComments: 1 };
    expect(parsePapers(JSON.stringify([raw]), context).records[0]?.paper.key).toBe('arxiv:2606.90003');
  });

  it('bring signals as an object, as a list, and never as nonsense', () => {
    const signals = (value: unknown) =>
      parsePapers(JSON.stringify({ ...bare, signals: value }), context).records[0]?.signals;
    expect(signals({ citations: 4, upvotes: 'many' })).toEqual([{ kind: 'citations', value: 4 }]);
    expect(signals([{ kind: 'github_stars', value: 9 }, { kind: 'likes', value: 1 }, 3])).toEqual([
      { kind: 'github_stars', value: 9 },
    ]);
    expect(signals({ upvotes: -3, comments: 1.5 })).toEqual([]);
  });

  it('are keyed by DOI or OpenReview id when that is what they have', () => {
    const keyOf = (raw: object) =>
      parsePapers(JSON.stringify({ ...bare, ...raw }), context).records[0]?.paper.key;
    expect(keyOf({ doi: '10.1101/2026.01.02.123456v2' })).toBe('doi:10.1101/2026.01.02.123456');
    expect(keyOf({ url: 'https://openreview.net/forum?id=AbCdEf1234' })).toBe('openreview:AbCdEf1234');
    expect(keyOf({ id: '17' })).toBe(titleKey(bare.title));
  });

  it('report bad lines with their number and read the others', () => {
    const lines = [JSON.stringify(bare), '{"title": broken', '[]', '{"id":"2606.90009"}', '7'];
    const { records, problems } = parsePapers(lines.join('\n'), context);
    expect(records).toHaveLength(1);
    expect(problems.map((one) => one.where)).toEqual([
      'papers.jsonl:2',
      'papers.jsonl:3',
      'papers.jsonl:4 (2606.90009)',
      'papers.jsonl:5',
    ]);
    expect(problems[0]?.message).toContain('not JSON');
    expect(problems[2]?.message).toBe('it has no title');
  });

  it('lose control characters and lone surrogates, and links that are not http(s)', () => {
    const raw = {
      title: 'A\u0000 \u001bT\ud800',
      abstract: 'x\r\ny\u0007',
      url: 'javascript:alert(1)',
      pdf: 'https://u:p@example.org/',
    };
    expect(parsePapers(JSON.stringify(raw), context).records[0]?.paper).toMatchObject({
      title: 'A T\ufffd',
      abstract: 'x\ny',
      paperUrl: null,
      pdfUrl: null,
    });
  });

  it.each([
    ['', /is empty/],
    ['hello', /neither JSON nor JSON lines/],
    ['[{"title":"cut off"', /neither JSON nor JSON lines/],
    ['42', /holds a number where papers belong/],
    ['{"papers": null}', /holds null where papers belong/],
  ])('give one clear error for what holds no papers: %s', (payload, message) => {
    expect(() => parsePapers(payload, context)).toThrow(SourceError);
    expect(() => parsePapers(payload, context)).toThrow(message);
  });
});
