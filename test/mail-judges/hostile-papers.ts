import fc from 'fast-check';
import type { Digest } from '../../src/digest/digest.ts';
import { makeDigest, makeNote, makePaper, oddPapers, placed, type Told } from '../digest/digests.ts';

/** What breaks headers, MIME, HTML, templates, TeX, terminals and lines, and what only looks odd. */
const pieces = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    '\t',
    '\u001b[31m',
    '\u0085',
    '\u2028',
    ' ',
    '.',
    '\n.\n',
    'From ',
    '--=_',
    '=3D',
    '=',
    '=\r\n',
  ],
  ...[
    '=?utf-8?Q?a=0D=0ABcc:_b@example.org?=',
    'Bcc: eve@example.org',
    '\r\n\r\n<html>',
    'Content-Type: text/html',
    '"',
    '\\',
  ],
  ...[
    '<script>alert(1)</script>',
    '</td></table>',
    '<!--',
    ']]>',
    '&amp;',
    '&#x202e;',
    '{{unsubscribeUrl}}',
    '{{#each papers}}',
  ],
  ...['$x^2$', '$\\frac{1}{2', '\\ell_1', '{\\"o}', '$5 and $10', '\\(', '%', '\\textbf{', '$$'],
  ...[
    '\ud800',
    '\udfff',
    '\u202e',
    '\u2067',
    '\ufeff',
    '\u200b',
    'e\u0301\u0301\u0301\u0301\u0301\u0301',
    '😀',
    '👩‍👩‍👧',
    '你好',
    'مرحبا',
    'שלום',
    'é',
    'ﬀ',
  ],
  ...[
    'https://example.org/?a=1&b=2',
    'mailto:a@example.org',
    'a'.repeat(300),
    'word '.repeat(60),
    '长'.repeat(200),
  ],
];
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...pieces),
      fc.string({ maxLength: 20 }),
      fc.string({ unit: 'binary', maxLength: 10 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const link = fc.oneof(
  fc.constantFrom(
    'https://arxiv.org/abs/2607.00001',
    'javascript:alert(1)',
    'https://example.org/\r\nBcc: eve',
    `https://example.org/${'x'.repeat(900)}`,
    'https://bücher.example/ä?ö=ü#"><b>',
    'data:text/html,x',
    'https://[::1]/',
  ),
  fc.webUrl(),
  text,
);
const paper: fc.Arbitrary<Told> = fc
  .record({
    id: fc.integer({ min: 1, max: 1e9 }),
    title: text,
    abstract: fc.option(text),
    tldr: fc.option(text),
    authors: fc.oneof(
      { weight: 9, arbitrary: fc.array(text, { maxLength: 6 }) },
      fc.constant(Array(3000).fill('A B')),
    ),
    paperUrl: fc.option(link),
    pdfUrl: fc.option(link),
    codeUrl: fc.option(link),
    projectUrl: fc.option(link),
    topics: fc.array(text, { maxLength: 3 }),
    rising: fc.boolean(),
    value: fc.integer({ min: 0, max: 1e7 }),
  })
  .map(({ id, topics, rising, value, ...facts }) => ({
    paper: makePaper(id, facts),
    note: makeNote({ topics, rising, changes: [{ kind: 'upvotes', value, sinceYesterday: value >> 1 }] }),
  }));

/** Digests of such papers, and of the fixture's odd ones, in every language. */
export const hostileDigest: fc.Arbitrary<Digest> = fc
  .record({
    papers: fc.oneof(
      { weight: 8, arbitrary: fc.array(paper, { minLength: 1, maxLength: 6 }).map(placed) },
      { weight: 2, arbitrary: fc.shuffledSubarray(oddPapers(), { minLength: 1 }) },
    ),
    locale: fc.constantFrom('en-GB', 'de', 'fr', 'es', 'pt-BR', 'zh-CN', 'ja', 'ar-EG'),
    occasion: fc.constantFrom('day', 'week', 'away'),
    more: fc.nat({ max: 50 }),
  })
  .map(({ papers, ...facts }) => makeDigest(papers, facts));
