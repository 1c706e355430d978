import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MarkedField, makeMarker, type Stretch } from '../../src/topics/mark-terms.ts';
import { parseQuery, parseQueryOrThrow } from '../../src/topics/parse.ts';

/** The text with what is marked in brackets. */
function mark(
  query: string,
  text: string,
  field: MarkedField = 'abstract',
  freeWords: string[] = [],
): string {
  const marks = makeMarker(parseQueryOrThrow(query).root, freeWords)(field, text);
  let shown = '';
  let at = 0;
  for (const { from, to } of marks) {
    shown += `${text.slice(at, from)}[${text.slice(from, to)}]`;
    at = to;
  }
  return shown + text.slice(at);
}

describe('what a query found is marked', () => {
  it.each([
    ['model', 'Two models, modeled.', 'Two [models], [modeled].'],
    [
      '"language model"',
      'A language model; language modeling; Language Models.',
      'A [language model]; language modeling; [Language Models].',
    ],
    ['"language model"', 'language and model', 'language and model'],
    [
      'reason*',
      'Reasoning is reasonable, not unreasonable.',
      '[Reasoning] is [reasonable], not unreasonable.',
    ],
    ['gpt4', 'GPT-4 and GPT4 and GPT 4', '[GPT-4] and [GPT4] and GPT 4'],
    ['gpt-4', 'GPT-4 and GPT4 and GPT 4', '[GPT-4] and [GPT4] and [GPT 4]'],
    ['muller', 'Müller’s models', '[Müller’s] models'],
    ['C++', 'C++, C and PointNet++', '[C++], C and PointNet++'],
    ['pointnet', 'C++, C and PointNet++', 'C++, C and [PointNet++]'],
    ['扩散', '图像扩散模型', '图像[扩散]模型'],
    ['language -model', 'language model', '[language] model'],
    ['low rank "rank adaptation"', 'low-rank adaptation', '[low]-[rank adaptation]'],
    ['cat:cs.LG au:hinton', 'cs.LG Hinton', 'cs.LG Hinton'],
    ['*', 'anything', 'anything'],
  ])('%s in %s', (query, text, expected) => expect(mark(query, text)).toBe(expected));

  it('only where the field says', () => {
    expect(mark('ti:language', 'language', 'title')).toBe('[language]');
    expect(mark('ti:language', 'language', 'abstract')).toBe('language');
    expect(mark('abs:language', 'language', 'title')).toBe('language');
    expect(mark('au:"Geoffrey Hinton"', 'Geoffrey E. Hinton', 'authors')).toBe('[Geoffrey] E. [Hinton]');
  });

  it('by the words that stand for free text', () => {
    expect(mark('like:"walking robots"', 'A robot walks', 'abstract', ['robots'])).toBe('A [robot] walks');
  });

  describe('the same', () => {
    const words =
      "k-means don't robots' fine-tuning PointNet++ C++ dying die cities city it's a_model gpt-4 GPT4 o'neil re-ranked ranked running";
    const word = fc.constantFrom(...words.split(' '));
    const glue = fc.constantFrom(' ', ' ', '-', "'", '. ', '_', '');
    const typed = fc.constantFrom(
      ...[
        'kmeans',
        'k means',
        '"k means"',
        'finetuning',
        '"fine tuning"',
        'dying',
        'die',
        'citi*',
        'city',
        'run*',
        'rank',
      ],
      ...[
        'reranked',
        'oneil',
        'its',
        'it',
        'C++',
        'pointnet',
        'gpt4',
        'gpt-4',
        'a',
        'model',
        'robot',
        'dont',
        't',
      ],
    );
    const marked = (text: string, terms: readonly string[]) =>
      makeMarker(parseQueryOrThrow(terms.join(' OR ')).root)('abstract', text);

    it('in plain text, of which only a part is looked at, as in any other', () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(word, glue), { maxLength: 12 }),
          fc.array(typed, { minLength: 1, maxLength: 3 }),
          (parts, terms) => {
            const text = parts.flat().join('');
            // What is not ASCII is looked through.
            expect(marked(`${text} `, terms)).toEqual(marked(`${text} é`, terms));
          },
        ),
        { numRuns: 1000 },
      );
    });

    it('by many terms as by each of them', () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(word, glue), { maxLength: 12 }),
          fc.array(typed, { minLength: 5, maxLength: 40 }),
          (parts, terms) => {
            const text = parts.flat().join('');
            const places = (stretches: readonly Stretch[]) =>
              stretches.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
            const each = new Set(terms.flatMap((term) => places(marked(text, [term]))));
            expect(places(marked(text, terms))).toEqual([...each].sort((a, b) => a - b));
          },
        ),
        { numRuns: 300 },
      );
    });
  });

  it('in order, within the text and without overlaps, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.string({ unit: 'binary', maxLength: 20 }),
        (text, query) => {
          const parsed = parseQuery(`"${query.replaceAll('"', '')}" OR a* OR b`);
          if (!parsed.ok) return;
          let at = 0;
          for (const { from, to } of makeMarker(parsed.query.root)('abstract', `${text} ${query}`)) {
            expect(from).toBeGreaterThanOrEqual(at);
            expect(to).toBeGreaterThan(from);
            at = to;
          }
          expect(at).toBeLessThanOrEqual(text.length + query.length + 1);
        },
      ),
      { numRuns: 80 },
    );
  });
});
