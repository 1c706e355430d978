import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArxiv } from '../../src/sources/arxiv.ts';
import { splitAuthors } from '../../src/sources/author-list.ts';
import { maxChars } from '../../src/sources/fields.ts';
import { parsePapers } from '../../src/sources/file.ts';
import { parseDailyPapers } from '../../src/sources/huggingface.ts';
import { type Parsed, SourceError } from '../../src/sources/source.ts';
import { cpuMsOf } from '../support/cpu.ts';

const context = { fileName: 'x', at: 0 };

/** How many records the properties have seen, so that they cannot hold for want of any. */
let read = 0;

/** Records and problems, or one SourceError; every record fits the tables. */
function holds(parse: () => Parsed): void {
  let parsed: Parsed;
  try {
    parsed = parse();
  } catch (error) {
    expect(error).toBeInstanceOf(SourceError);
    return;
  }
  read += parsed.records.length;
  for (const { paper, signals } of parsed.records) {
    expect(paper.key).toMatch(/^(arxiv|doi|openreview|title):\S+$/);
    expect(paper.title.length).toBeGreaterThan(0);
    expect(paper.title.length).toBeLessThanOrEqual(maxChars.title);
    expect(paper.title.isWellFormed()).toBe(true);
    for (const url of [paper.paperUrl, paper.pdfUrl, paper.codeUrl, paper.projectUrl])
      if (url !== null) expect(url).toMatch(/^https?:\/\//);
    for (const signal of signals) expect(Number.isSafeInteger(signal.value) && signal.value >= 0).toBe(true);
  }
}

const names = [
  'id',
  'title',
  'abstract',
  'summary',
  'authors',
  'categories',
  'signals',
  'publishedAt',
  'pdf',
  'url',
  'doi',
  'key',
  'comment',
  'organization',
  'version',
  'upvotes',
  'stars',
  'githubRepo',
  'submittedOnDailyAt',
  '__proto__',
];
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('2606.00001', '10.1101/1', 'javascript:alert(1)', 'https://example.org/x', '2026-06-22'),
  fc.jsonValue(),
);
const raw = fc
  .tuple(fc.dictionary(fc.constantFrom(...names), value), fc.boolean())
  .map(([fields, named]) => (named ? { ...fields, id: '2606.00001', title: `T ${fields.title}` } : fields));
const daily = fc.record({ paper: raw, numComments: value }, { requiredKeys: [] });

describe('whatever comes from outside', () => {
  it('JSON of any content is read or reported', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(raw, daily, fc.jsonValue()), { maxLength: 6 }), (list) => {
        const text = JSON.stringify(list);
        holds(() => parsePapers(text, context));
        holds(() => parseDailyPapers(text, context));
      }),
      { numRuns: 300 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it('text of any kind is read or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (text) => {
          holds(() => parseArxiv(text, context));
          holds(() => parsePapers(text, context));
          holds(() => parseDailyPapers(text, context));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('XML made of a feed’s own pieces in any order is read or refused', () => {
    const pieces = [
      '<feed>',
      '</feed>',
      '<entry>',
      '</entry>',
      '<id>',
      '</id>',
      'oai:arXiv.org:2606.00001v1',
      '<title>',
      '</title>',
      'T',
      '<rss>',
      '</rss>',
      '<channel>',
      '</channel>',
      '<item>',
      '</item>',
      '<![CDATA[',
      ']]>',
      '&lt;',
      '&#x110000;',
      '&nope;',
      '<category term="cs.CL"/>',
      '<!--',
      '-->',
      '<opensearch:totalResults>x</opensearch:totalResults>',
      '<summary/>',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 24 }), (some) => {
        holds(() => parseArxiv(some.join(''), context));
        holds(() =>
          parseArxiv(
            `<feed><entry><id>2606.00001</id><title>T</title>${some.join('')}</entry></feed>`,
            context,
          ),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('an author line of any shape splits into its own letters', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab,{}()[]\\ .Jr') }), (line) => {
        const letters = (text: string): string => text.replace(/[\s,]/g, '');
        expect(letters(splitAuthors(line).join(''))).toBe(letters(line));
      }),
    );
  });

  it('a feed of two thousand entries full of entities is read whole, in good time', async () => {
    const entry = (n: number): string =>
      `<entry><id>oai:arXiv.org:2606.${String(n).padStart(5, '0')}v1</id><title>T &amp; &#8211; ${n}</title><summary>${'a &lt; b '.repeat(200)}</summary></entry>`;
    const feed = `<feed>${Array.from({ length: 2000 }, (_, n) => entry(n)).join('')}</feed>`;
    let records: ReturnType<typeof parseArxiv>['records'] = [];
    expect(await cpuMsOf(() => ({ records } = parseArxiv(feed, context)))).toBeLessThan(5000);
    expect(records).toHaveLength(2000);
    expect(records[7]?.paper.title).toBe('T & – 7');
  });
});
