import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../src/topics/parse.ts';
import { TopicQueryError } from '../../src/topics/query.ts';
import { buildTopicIndex } from '../../src/topics/topic-index.ts';
import { indexPapers, makeCandidates } from './candidates.ts';

const index = indexPapers([
  {
    title: 'Low-rank adaptation of language models',
    abstract: 'We fine-tune GPT-4 cheaply.',
    categories: ['cs.CL', 'cs.LG'],
    authors: ['Jörg Müller', 'Ana Sørensen'],
  },
  {
    title: 'A survey of C++ compilers',
    abstract: 'Everything in c and about node.js.',
    categories: ['cs.PL'],
    authors: ['Geoffrey E. Hinton'],
  },
  {
    title: 'Generative image models',
    abstract: 'Diffusion, and what it’s good for; PointNet++ too.',
    categories: ['cs.CV'],
    keywords: ['finetuning'],
  },
  {
    title: 'General relativity',
    abstract: 'On the language of curvature.',
    categories: ['gr-qc', 'hep-th'],
    authors: ['Ana Müller', 'Jörg Hinton'],
  },
  { title: '扩散模型综述', abstract: 'Reasoned reasoning with GPT4.', categories: ['stat.ML'] },
]);
const ids = (query: string) =>
  index
    .match(query)
    .map(({ paperId }) => paperId)
    .sort();

describe('a topic matches', () => {
  it.each<[string, number[]]>([
    ['*', [1, 2, 3, 4, 5]],
    ['language', [1, 4]],
    ['language models', [1]],
    ['"models language"', []],
    ['"language model"', [1]],
    ['language -models', [4]],
    ['NOT language', [2, 3, 5]],
    ['NOT language NOT ti:survey', [3, 5]],
    ['curvature OR NOT (language OR diffusion)', [2, 4, 5]],
    ['* -cat:cs.*', [4, 5]],
    ['ti:language', [1]],
    ['abs:language', [4]],
    ['ti:(general OR generative) abs:curvature', [4]],
  ])('%s', (query, expected) => expect(ids(query)).toEqual(expected));

  it('inflected words alike, but not words that only look alike', () => {
    expect(ids('generatives')).toEqual([3]);
    expect(ids('generate')).toEqual([]);
    expect(ids('generalization')).toEqual([]);
    expect(ids('fine-tuned')).toEqual([1, 3]);
    expect(ids('reasons')).toEqual([5]);
  });
  it('a phrase as it stands, but for the plural of its last word', () => {
    expect(ids('"language model"')).toEqual([1]);
    expect(ids('"language modeling"')).toEqual([]);
    expect(ids('"generated"')).toEqual([]);
    expect(ids('ti:"survey"')).toEqual([2]);
    expect(ids('"C++ compiler"')).toEqual([2]);
  });
  it('prefixes longer than the stem', () => {
    expect(ids('reasoning*')).toEqual([5]);
    expect(ids('gener*')).toEqual([3, 4]);
    expect(ids('"image mod"*')).toEqual([3]);
  });
  it('hyphenated, spaced and joined spellings of one word', () => {
    expect(ids('gpt-4')).toEqual([1, 5]);
    expect(ids('gpt4')).toEqual([1, 5]);
    expect(ids('fine-tuning')).toEqual([1, 3]);
    expect(ids('finetuning')).toEqual([1, 3]);
  });
  it('names with signs without taking them for the bare letter', () => {
    expect(ids('C++')).toEqual([2]);
    expect(ids('C#')).toEqual([]);
    expect(ids('PointNet++')).toEqual([3]);
    expect(ids('pointnet')).toEqual([3]);
    expect(ids('node.js')).toEqual([2]);
    expect(ids("it's")).toEqual([3]);
    expect(indexPapers([{ title: 'Programs in C++ and C#' }]).match('c')).toEqual([]);
  });
  it('any part of a text written without spaces', () => expect(ids('模型')).toEqual([5]));
  it('authors whole, in any order, without accents, by initials', () => {
    expect(ids('au:muller')).toEqual([1, 4]);
    expect(ids('au:"Jorg Muller"')).toEqual([1]);
    expect(ids('au:müller_j')).toEqual([1]);
    expect(ids('au:sorensen')).toEqual([1]);
    expect(ids('au:hinton_g')).toEqual([2]);
    expect(ids('au:hin*')).toEqual([2, 4]);
    expect(ids('au:g')).toEqual([2]);
    expect(ids('hinton')).toEqual([]);
  });
  it('categories exactly, archives whole', () => {
    expect(ids('cat:cs.LG')).toEqual([1]);
    expect(ids('cat:CS.lg')).toEqual([1]);
    expect(ids('cat:cs')).toEqual([1, 2, 3]);
    expect(ids('cat:cs.*')).toEqual([1, 2, 3]);
    expect(ids('cat:cs.C*')).toEqual([1, 3]);
    expect(ids('cat:hep-th')).toEqual([4]);
    expect(ids('cat:c')).toEqual([]);
  });
});

describe('relevance', () => {
  it('is within 0..1, the best first, a title before keywords before an abstract', () => {
    const filler = Array.from({ length: 20 }, () => ({
      title: 'Other things',
      abstract: 'Elsewhere entirely.',
    }));
    const matches = indexPapers([
      { title: 'Other things', abstract: 'A robot indeed.' },
      { title: 'Other things', abstract: 'Elsewhere indeed.', keywords: ['robot'] },
      { title: 'Robot things', abstract: 'Elsewhere indeed.' },
      ...filler,
    ]).match('robots');
    expect(matches.map(({ paperId }) => paperId)).toEqual([3, 2, 1]);
    expect(matches[0]?.relevance).toBe(1);
    expect(matches.at(-1)?.relevance).toBeGreaterThan(0);
  });
  it('is the same for all where the query says nothing about it', () =>
    expect(index.match('* -cat:cs').map(({ relevance }) => relevance)).toEqual([0.5, 0.5]));
  it('counts a category among words as a word that is as rare', () => {
    const matches = index.match('curvature OR cat:cs.CV');
    expect(matches.map(({ paperId }) => paperId).sort()).toEqual([3, 4]);
    for (const { relevance } of matches) expect(relevance).toBeGreaterThan(0.3);
  });
  it('counts a word once that is typed in two forms', () => {
    expect(index.match('(language OR languages) models')).toEqual(index.match('language models'));
  });
});

describe('terms', () => {
  const termsOf = (query: string) => index.match(query)[0]?.terms;
  it('are those found, as typed', () => {
    expect(termsOf('LoRA OR "low rank adaptation" OR Adapt* OR au:Muller cat:cs.CL')).toContain('Adapt');
    expect(termsOf('GPT-4 models -vision')).toEqual(['GPT-4', 'models']);
    expect(termsOf('(lora OR models) language')).toEqual(['models', 'language']);
  });
  it('are the telling words of a free text', () =>
    expect(termsOf('like:"all about the adaptation of models"')).toEqual(['adaptation', 'models']));
});

describe('the index', () => {
  it('gives the first `limit`', () => expect(index.match('*', { limit: 2 })).toHaveLength(2));
  it('takes a parsed query', () => {
    const parsed = parseQuery('language');
    expect(parsed.ok && index.match(parsed.query)).toHaveLength(2);
  });
  it('throws by name for a text that is no query', () =>
    expect(() => index.match('(')).toThrow(TopicQueryError));
  it('does not give out what it keeps', () => {
    index.match('language').pop();
    expect(index.match('language')).toHaveLength(2);
  });
  it('may be built again in the same database', () => {
    const handle = new BetterSqlite3(':memory:');
    const old = buildTopicIndex(handle, makeCandidates([{ title: 'one' }]));
    const young = buildTopicIndex(handle, makeCandidates([{ title: 'two' }]));
    old.close();
    expect(young.match('two')).toHaveLength(1);
    young.close();
    expect(handle.prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 0 });
  });
  it('holds no candidates without complaint', () => {
    const empty = indexPapers([]);
    for (const query of ['*', 'a', 'NOT a', 'like:"a robot"', 'cat:cs', 'au:x'])
      expect(empty.match(query)).toEqual([]);
  });
  it('never fails on a query that parsed', () => {
    const piece = fc.constantFrom(
      ...[
        '(',
        ')',
        '"',
        '-',
        '*',
        ' AND ',
        ' OR ',
        ' NOT ',
        'ti:',
        'like:"',
        'cat:',
        'au:',
        'lang',
        'C++',
        ' ',
        "'",
        '\\',
        '\0',
        '\ud800',
        '扩',
        '🚀',
        'é',
        'NEAR',
        '^',
        '+',
        '{',
        '}',
        ':',
      ],
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
      fc.string({ unit: 'binary', maxLength: 40 }),
    );
    fc.assert(
      fc.property(text, (query) => {
        const parsed = parseQuery(query);
        if (!parsed.ok) return;
        for (const { relevance } of index.match(parsed.query))
          expect(relevance >= 0 && relevance <= 1).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
