import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SUMMARY_LENGTH, splitSentences, summarize } from '../../src/digest/summary.ts';
import { cpuMsOf } from '../support/cpu.ts';

test.each([
  ['Smith et al. show it. We agree.', ['Smith et al. show it.', 'We agree.']],
  ['Tools, e.g. BERT, help. So do i.e. clauses.', ['Tools, e.g. BERT, help.', 'So do i.e. clauses.']],
  ['It gains 3.5 points. GPT-4.1 gains 2.', ['It gains 3.5 points.', 'GPT-4.1 gains 2.']],
  ['See Fig. 2 and Eq. 3. Then stop.', ['See Fig. 2 and Eq. 3.', 'Then stop.']],
  ['By J. R. Author and others. It ends.', ['By J. R. Author and others.', 'It ends.']],
  ['A bound of $O(n. m)$ holds. Next.', ['A bound of $O(n. m)$ holds.', 'Next.']],
  ['It works (cf. Sec. 4. A detail. Another). Next.', ['It works (cf. Sec. 4. A detail. Another).', 'Next.']],
  ['Does it? It does! "Really." Yes.', ['Does it?', 'It does!', '"Really."', 'Yes.']],
  ['We use node.js. iPhones too. pH matters.', ['We use node.js.', 'iPhones too.', 'pH matters.']],
  ['代价很高。本文提出一种方法。', ['代价很高。', '本文提出一种方法。']],
  ['Errors are of type A. We fix them.', ['Errors are of type A.', 'We fix them.']],
  ['no full stop', ['no full stop']],
  ['', []],
])('splits %j at its sentences', (text, sentences) => {
  expect(splitSentences(text)).toEqual(sentences);
});

test('splitting loses nothing but white space, whatever the text', () => {
  const bare = (text: string) => text.replace(/\s+/gu, '');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(bare(splitSentences(text).join(' '))).toBe(bare(text));
    }),
  );
});

test("a source's own summary is preferred to the abstract", () => {
  expect(summarize('It halves memory.', 'We propose something.')).toBe('It halves memory.');
});

test('of an abstract the sentence that says what is done is taken, with the next when it fits', () => {
  const abstract =
    'Memory is scarce. Much was tried. In this paper, we propose to share keys. It halves memory. It is free.';
  expect(summarize(null, abstract)).toBe('We propose to share keys. It halves memory. It is free.');
});

test('what was made comes before what was studied', () => {
  const abstract = 'We study memory of models in depth. We introduce Share, a cache.';
  expect(summarize(null, abstract)).toBe('We introduce Share, a cache.');
});

test('an opening that points back is left out', () => {
  expect(summarize(null, 'Memory is scarce. To address this issue, we introduce Share.')).toBe(
    'We introduce Share.',
  );
  expect(summarize(null, 'Memory is scarce. However, we find plenty.')).toBe('We find plenty.');
  expect(summarize(null, 'To train faster, we propose Share.')).toBe('To train faster, we propose Share.');
});

test('an abstract that says nothing of the kind gives its opening', () => {
  expect(summarize(null, 'Cats sleep. Dogs bark.')).toBe('Cats sleep. Dogs bark.');
});

test('that code is released is not what a paper is about', () => {
  expect(summarize(null, 'Cats sleep. Dogs bark. We release code.')).toMatch(/^Cats sleep\./);
});

test('a space lost between sentences is put back', () => {
  expect(splitSentences('It is cheap.We propose it. See torch.nn for more.')).toEqual([
    'It is cheap.',
    'We propose it.',
    'See torch.nn for more.',
  ]);
});

test('without summary and abstract there is none', () => {
  expect(summarize(null, null)).toBeNull();
  expect(summarize('  ', ' \n ')).toBeNull();
});

test('a summary is bounded, whatever the abstract', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2000 }), fc.string({ maxLength: 2000 }), (tldr, abstract) => {
      expect(summarize(tldr, abstract)?.length ?? 0).toBeLessThanOrEqual(SUMMARY_LENGTH);
    }),
  );
});

test.each([
  ['a megabyte without a full stop', 'we '.repeat(350_000)],
  ['full stops alone', '. '.repeat(500_000)],
  ['open brackets', '('.repeat(1_000_000)],
  ['dollar signs', '$ a. '.repeat(200_000)],
])('%s takes no time', async (_, text) => {
  expect(await cpuMsOf(() => summarize(null, text))).toBeLessThan(1000);
});
