import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arxivKey,
  doiKey,
  normaliseTitle,
  openreviewKey,
  paperKeyFrom,
  parseArxivId,
  titleKey,
} from '../../src/papers/key.ts';

describe('arXiv identifiers', () => {
  it.each([
    ['2403.01234', '2403.01234', null],
    ['2403.01234v2', '2403.01234', 2],
    ['0704.0001', '0704.0001', null],
    ['hep-ex/0307015v1', 'hep-ex/0307015', 1],
    ['math.GT/0309136', 'math/0309136', null],
    ['http://arxiv.org/abs/2403.01234v3', '2403.01234', 3],
    ['https://arxiv.org/pdf/2403.01234v1.pdf', '2403.01234', 1],
    ['https://www.arxiv.org/pdf/hep-ex/0307015', 'hep-ex/0307015', null],
    ['https://export.arxiv.org/abs/2403.01234?context=cs#top', '2403.01234', null],
    ['https://huggingface.co/papers/2403.01234', '2403.01234', null],
    ['oai:arXiv.org:2508.13426v1', '2508.13426', 1],
    ['arXiv:2403.01234', '2403.01234', null],
    ['arXiv:2403.01234v2 [cs.CL]', '2403.01234', 2],
    ['10.48550/arXiv.2403.01234', '2403.01234', null],
    ['https://doi.org/10.48550/arXiv.2403.01234', '2403.01234', null],
    ['  2403.01234 ', '2403.01234', null],
  ])('reads %s', (text, id, version) => {
    expect(parseArxivId(text)).toEqual({ id, version });
  });

  it.each([
    '',
    '2403',
    '2413.01234',
    '2403.012345',
    '2403.01234v0',
    'x2403.01234',
    '2403.01234 and more',
    'foo/0307015',
    'math/0313136',
    'https://example.org/abs/2403.01234',
    'https://arxiv.org.example.org/abs/2403.01234',
    'https://arxiv.org/list/cs.CL/recent',
    '0'.repeat(100_000),
  ])('takes %j for no identifier', (text) => {
    expect(parseArxivId(text)).toBeNull();
  });

  it('never puts the version in the key', () => {
    expect(arxivKey('2403.01234v7')).toBe('arxiv:2403.01234');
    expect(arxivKey('nothing')).toBeNull();
  });
});

describe('other names', () => {
  it('writes a DOI in lower case without its resolver', () => {
    for (const text of [
      '10.1000/ABC.Def',
      'doi:10.1000/abc.def',
      'https://doi.org/10.1000/ABC.def',
      'http://dx.doi.org/10.1000%2Fabc.def',
    ])
      expect(doiKey(text)).toBe('doi:10.1000/abc.def');
  });

  it('gives an arXiv DOI the arXiv key', () => {
    expect(doiKey('10.48550/ARXIV.2403.01234')).toBe('arxiv:2403.01234');
  });

  it('drops the version of a bioRxiv DOI', () => {
    expect(doiKey('10.1101/2024.01.02.573123v2')).toBe('doi:10.1101/2024.01.02.573123');
  });

  it.each(['', '10.1/x', 'abc', '10.1000/', '10.1000/a b', 'https://example.org/10.1000/x'])(
    'takes %j for no DOI',
    (text) => {
      expect(doiKey(text)).toBeNull();
    },
  );

  it('reads OpenReview addresses and keeps their case', () => {
    expect(openreviewKey('https://openreview.net/forum?id=rJl0r3R9KX')).toBe('openreview:rJl0r3R9KX');
    expect(openreviewKey('https://openreview.net/pdf?noteId=x&id=rJl0r3R9KX')).toBe('openreview:rJl0r3R9KX');
    expect(openreviewKey('rJl0r3R9KX')).toBe('openreview:rJl0r3R9KX');
    expect(openreviewKey('https://example.org/forum?id=rJl0r3R9KX')).toBeNull();
  });

  it('names a paper by the strongest name it has', () => {
    const title = 'A Title';
    expect(paperKeyFrom({ title, doi: '10.1000/x', arxivId: '2403.01234v1' })).toBe('arxiv:2403.01234');
    expect(paperKeyFrom({ title, doi: '10.1000/x', urls: ['https://arxiv.org/abs/2403.01234'] })).toBe(
      'arxiv:2403.01234',
    );
    expect(paperKeyFrom({ title, doi: '10.1000/x', openreviewId: 'rJl0r3R9KX' })).toBe('doi:10.1000/x');
    expect(paperKeyFrom({ title, arxivId: 'broken', urls: [null, 'https://example.org/'] })).toBe(
      titleKey(title),
    );
    expect(paperKeyFrom({})).toBeNull();
    expect(paperKeyFrom({ title: '  ' })).toBeNull();
  });
});

describe('title keys', () => {
  it.each([
    ['Attention Is All You Need', 'attention is all you need.'],
    ['Low-Rank  Adaptation', 'Low-\nRank Adaptation'],
    ['Schr\\"odinger\'s Équations', "Schrödinger’s \\'Equations"],
    ['A {\\it Fast} \\textbf{Method}', 'A fast method'],
    ['Fran\\c{c}ois', 'François'],
    ['Straße der ﬁelds', 'STRASSE DER FIELDS'],
    ['On \\O{}rsted', 'On Ørsted'],
  ])('%j and %j are one title', (a, b) => {
    expect(titleKey(a)).toBe(titleKey(b));
  });

  it.each([
    ['C', 'C++'],
    ['Attention 1', 'Attention 2'],
    ['深度学习', '强化学习'],
    ['🦜', '🦊'],
  ])('%j and %j are two titles', (a, b) => {
    expect(titleKey(a)).not.toBe(titleKey(b));
  });

  it('ignores case, spaces and punctuation of any title', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z0-9é]{1,9}$/), { minLength: 1, maxLength: 9 }),
        (words) => {
          const shouted = `  ${words.join(' -- ').toUpperCase()}!`;
          expect(titleKey(shouted)).toBe(titleKey(words.join(' ')));
        },
      ),
    );
  });

  it('never throws and settles in one pass', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (title) => {
        expect(titleKey(title) === null || /^title:[0-9a-f]{32}$/.test(titleKey(title) ?? '')).toBe(true);
        const once = normaliseTitle(title);
        expect(normaliseTitle(once)).toBe(once);
      }),
    );
  });
});
