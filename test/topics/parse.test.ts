import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery, parseQueryOrThrow } from '../../src/topics/parse.ts';
import {
  formatQueryError,
  likeQuery,
  printQuery,
  type QueryError,
  queryLimits,
  TopicQueryError,
} from '../../src/topics/query.ts';

/** The tree in the one spelling; the error's message where there is none. */
const read = (text: string) => {
  const result = parseQuery(text);
  return result.ok ? printQuery(result.query.root) : result.error.message;
};
const errorOf = (text: string): QueryError => {
  const result = parseQuery(text);
  if (result.ok) throw new Error(`${text} parsed`);
  return result.error;
};

describe('a query', () => {
  it('reads words side by side as AND', () => expect(read('state space')).toBe('(state AND space)'));
  it('binds NOT before AND before OR', () =>
    expect(read('a OR b c AND NOT d')).toBe('(a OR (b AND c AND NOT d))'));
  it('lets parentheses group', () => expect(read('(a OR b) c')).toBe('((a OR b) AND c)'));
  it('reads a dash in front as NOT and one inside as part of the word', () =>
    expect(read('-vision gpt-4 -"image model" -(x)')).toBe(
      '(NOT vision AND gpt-4 AND NOT "image model" AND NOT x)',
    ));
  it('passes over a dash that stands alone', () =>
    expect(read('agents - a -- b')).toBe('(agents AND a AND b)'));
  it('undoes a double NOT', () => expect(read('NOT NOT a')).toBe('a'));
  it("reads arXiv's ANDNOT", () => expect(read('a ANDNOT b')).toBe('(a AND NOT b)'));
  it('gives a field to a word, a phrase, a prefix and a group', () =>
    expect(read('ti:lora abs:"low rank" au:Hint* ti:(a OR abs:b) cat:(cs.LG OR stat.ML)')).toBe(
      '(ti:lora AND abs:"low rank" AND au:Hint* AND (ti:a OR abs:b) AND (cat:cs.LG OR cat:stat.ML))',
    ));
  it('takes long field names, capitals and a space behind the colon', () =>
    expect(read('Title: lora Author:Ng')).toBe('(ti:lora AND au:Ng)'));
  it('reads typographic quotation marks', () => expect(read('“state space”')).toBe('"state space"'));
  it('keeps operators in small letters as words, and says so', () => {
    const result = parseQuery('cats or dogs');
    expect(result.ok && printQuery(result.query.root)).toBe('(cats AND or AND dogs)');
    expect(result.ok && result.advice.join()).toContain('OR');
  });
  it('advises like: for a sentence typed as words', () => {
    const result = parseQuery('how can robots learn to fold my laundry');
    expect(result.ok && result.advice.join()).toContain('like:');
    expect(parseQuery('state space models')).toMatchObject({ advice: [] });
  });
  it('knows where each part stands', () => {
    const result = parseQuery('a NOT (ti:"b c" OR de*)');
    expect(result.ok && result.query.root).toMatchObject({
      kind: 'and',
      position: 0,
      children: [
        { kind: 'term', position: 0, length: 1 },
        {
          kind: 'not',
          position: 2,
          child: {
            kind: 'or',
            position: 7,
            children: [
              { text: 'b c', position: 7, length: 8 },
              { text: 'de', prefix: true, position: 19, length: 3 },
            ],
          },
        },
      ],
    });
  });
  it.each([
    'gpt-4',
    'C++',
    'C#',
    'node.js',
    "it's",
    'naïve',
    '扩散模型',
    '한국어',
    'O(n)',
    '3:1',
    'Mamba: 2',
    '🚀 rockets',
    '*',
    '* -cat:cs.CV',
  ])('accepts %s', (text) => expect(parseQuery(text)).toMatchObject({ ok: true }));
  it('turns any free text into a query and back', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const result = parseQuery(likeQuery(`robots and ${text}`));
        expect(result).toMatchObject({ ok: true, query: { root: { kind: 'like' } } });
      }),
    ));
});

describe('a query that is wrong', () => {
  it.each<[string, number, number, string]>([
    ['', 0, 0, 'nothing to search for'],
    ['   ', 0, 3, 'nothing to search for'],
    ['🚀 -', 0, 4, 'nothing to search for'],
    ['a AND', 5, 0, 'follows AND'],
    ['a OR OR b', 5, 2, 'follows OR'],
    ['OR b', 0, 2, 'before OR'],
    ['a NOT', 5, 0, 'follows NOT'],
    ['(a OR (b c', 6, 1, 'never closed'],
    ['a) b', 1, 1, 'closes nothing'],
    ['a ()', 2, 2, 'between these parentheses'],
    ['"state space', 0, 1, 'never closed'],
    ['a "" b', 2, 2, 'between these quotation marks'],
    ['tit:lora', 0, 4, 'no field “tit:”'],
    ['a ti:', 2, 3, 'follows ti:'],
    ['ti:*', 3, 1, 'every paper'],
    ['like:robots', 5, 6, 'follows like:'],
    ['like:"what we work on"', 5, 17, 'only words that every paper has'],
    ['cat:"cs LG"', 4, 7, 'not a category'],
    ['a | b', 2, 1, 'not an operator'],
    ['*ing', 0, 1, 'end of a word'],
    ['fo*o', 2, 1, 'end of a word'],
    ['a c*', 2, 2, 'too short'],
  ])('%j points at character %i, %i long: %s', (text, position, length, message) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ position, length });
    expect(error.message).toContain(message);
    expect(error.expected).not.toBe('');
  });
  it('draws a caret under the characters', () => {
    expect(formatQueryError('a tit:b c', errorOf('a tit:b c')).split('\n').slice(0, 3)).toEqual([
      'There is no field “tit:” (character 3). Expected one of ti:, abs:, au:, cat: and like:.',
      '  a tit:b c',
      '    ^^^^',
    ]);
  });
  it('keeps the caret under its character behind wide letters and in long queries', () => {
    const wide = '扩散 )';
    expect(formatQueryError(wide, errorOf(wide)).split('\n')[2]).toBe(`  ${' '.repeat(5)}^`);
    const long = `${'word '.repeat(100)})`;
    const [, line, caret] = formatQueryError(long, errorOf(long)).split('\n');
    expect(line?.length).toBeLessThan(100);
    expect(line?.[caret?.indexOf('^') ?? -1]).toBe(')');
  });
  it('is bounded in length, terms and depth', () => {
    expect(errorOf('a'.repeat(10_001))).toMatchObject({ position: queryLimits.length, length: 1 });
    expect(errorOf('a '.repeat(300))).toMatchObject({ position: 2 * queryLimits.terms });
    expect(errorOf(`${'('.repeat(300)}a${')'.repeat(300)}`)).toMatchObject({ position: queryLimits.depth });
    expect(parseQuery(`${'NOT '.repeat(2000)}a`)).toMatchObject({ ok: true });
  });
  it('throws by name where it had to be right', () => {
    expect(() => parseQueryOrThrow('(a')).toThrow(TopicQueryError);
    expect(() => parseQueryOrThrow('(a')).toThrow(/never closed[\s\S]*\^/);
  });
});

describe('any text at all', () => {
  const piece = fc.constantFrom(
    ...[
      '(',
      ')',
      '"',
      '-',
      '*',
      'AND ',
      'OR ',
      'NOT ',
      'ti:',
      'like:',
      'cat:',
      'au:',
      'x',
      'C++',
      ' ',
      '\\',
      '\0',
      '\ud800',
      '扩',
      '🚀',
      'é',
      '|',
    ],
  );
  const anything = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 80 }),
  );
  it('either parses or says where it is wrong, and never throws', () =>
    fc.assert(
      fc.property(anything, (text) => {
        const result = parseQuery(text);
        if (result.ok) return;
        const { position, length } = result.error;
        expect(position).toBeGreaterThanOrEqual(0);
        expect(position + length).toBeLessThanOrEqual(text.length);
        formatQueryError(text, result.error);
      }),
      { numRuns: 3000 },
    ));
  it('means the same when printed and read again', () =>
    fc.assert(
      fc.property(anything, (text) => {
        const first = parseQuery(text);
        if (first.ok) expect(read(printQuery(first.query.root))).toBe(printQuery(first.query.root));
      }),
      { numRuns: 3000 },
    ));
});
