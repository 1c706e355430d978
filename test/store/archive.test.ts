import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredPaper } from '../../src/papers/paper.ts';
import { upsertPapers } from '../../src/sources/upsert.ts';
import { countPlaces, paperIdAt, scorePlaces } from '../../src/store/archive.ts';
import { addArchiveFunctions } from '../../src/store/archive-tables.ts';
import { migrations } from '../../src/store/migrations.ts';
import { findPlaces } from '../../src/store/places.ts';
import type { Store } from '../../src/store/store.ts';
import { type ArchiveMatch, compileArchiveQuery, rankTermsOf } from '../../src/topics/archive-query.ts';
import { collectPositive } from '../../src/topics/evaluate.ts';
import { parseQuery, parseQueryOrThrow } from '../../src/topics/parse.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper, newStore } from '../support/store.ts';
import { indexPapers } from '../topics/candidates.ts';

const dayMs = 86_400_000;
const nothing = {
  title: '',
  abstract: null,
  authors: [],
  categories: [],
  announcedAt: null,
  publishedAt: null,
};
const facts: Partial<StoredPaper>[] = [
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
  { title: 'Company co-ops', tldr: 'Only a summary tells of cooperation.', categories: ['econ'] },
];
const papers = facts.map((one, index) =>
  storedPaper({ ...nothing, ...one, id: index + 1, firstSeenAt: index * dayMs }),
);

function openArchive(): Store {
  return newStore();
}

async function search(store: Store, query: string): Promise<number[]> {
  const parsed = parseQuery(query);
  if (!parsed.ok) throw new Error(parsed.error.message);
  const set = compileArchiveQuery(parsed.query.root, () => null);
  return (await findPlaces(store.db, set, { limit: 100 })).map(paperIdAt);
}

describe('the archive', () => {
  const candidates = indexPapers(papers);
  let store: Store;
  beforeAll(async () => {
    store = openArchive();
    for (const paper of papers) await insertPaper(store, paper);
    return () => store.close();
  });

  const same = async (query: string) => {
    const wanted = candidates.match(query).map(({ paperId }) => paperId);
    expect(await search(store, query), query).toEqual(wanted.sort((a, b) => b - a));
  };

  it.each([
    ...[
      '*',
      '* -language',
      'language',
      'language models',
      '"models language"',
      '"language model"',
      'NOT language',
    ],
    ...[
      'NOT language NOT ti:survey',
      'curvature OR NOT (language OR diffusion)',
      '* -cat:cs.*',
      'ti:language',
    ],
    ...[
      'ti:(general OR generative) abs:curvature',
      'generatives',
      'generate',
      'fine-tuned',
      'reasons',
      '"C++ compiler"',
    ],
    ...[
      'reasoning*',
      'gener*',
      '"image mod"*',
      'gpt-4',
      'gpt4',
      'GPT 4',
      'C++',
      'c',
      'node.js',
      '扩散',
      '"模型综述"',
      '扩*',
    ],
    ...[
      'co*',
      'com*',
      'coo*',
      'comp*',
      'cooperation',
      'pointnet*',
      'pointnet++',
      'cat:cs',
      'cat:cs.*',
      'cat:cs.L*',
      'cat:CS.cl',
    ],
    ...[
      'cat:hep-th',
      'cat:gr-qc',
      'cat:gr*',
      'au:muller',
      'au:"Jörg Müller"',
      'au:hinton_g',
      'au:(hinton OR muller)',
    ],
    ...[
      'au:"Ana Müller" language',
      'au:"Hinton Jo"*',
      'au:h',
      'language NOT au:hinton',
      'NOT au:muller',
      'au:hin*',
    ],
    ...[
      'language OR au:geoffrey',
      '(language OR au:geoffrey) cat:cs',
      '(au:hinton OR survey) -(language OR au:ana)',
    ],
    ...['NOT (language OR au:geoffrey)', 'au:ana -language', '* -au:ana -language', '-(au:ana language)'],
  ])('finds by %s what the same query finds among the candidates', same);

  it('finds by any query what it finds among the candidates', async () => {
    const word = fc.constantFrom(
      'language',
      'model*',
      '"language models"',
      'ti:general',
      'cat:cs',
      'au:hinton',
      'gpt-4',
      'co*',
      '*',
    );
    const { query } = fc.letrec<{ query: string }>((tie) => ({
      query: fc.oneof(
        { maxDepth: 4 },
        word,
        tie('query').map((one) => `NOT (${one})`),
        fc
          .tuple(tie('query'), fc.constantFrom('AND', 'OR', 'AND NOT'), tie('query'))
          .map(([a, op, b]) => `(${a} ${op} ${b})`),
      ),
    }));
    await fc.assert(fc.asyncProperty(query, same), { numRuns: 100 });
  });

  it('finds the same however deep parentheses stand, and however many terms there are', async () => {
    const word = fc.constantFrom(
      'language',
      'models',
      'gener*',
      '"language models"',
      'ti:survey',
      'au:hinton',
      'cat:cs',
    );
    const steps: ((inner: string, word: string) => string)[] = [
      (inner, one) => `(${one} AND ${inner})`,
      (inner, one) => `(${inner} OR ${one})`,
      (inner, one) => `(${one} -${inner})`,
      (inner, one) => `-(${inner} ${one})`,
      (inner, one) => `(${one} OR -${inner})`,
      (inner) => `-(${inner})`,
    ];
    const wrapped = fc
      .array(fc.tuple(fc.constantFrom(...steps), word), { minLength: 20, maxLength: 60 })
      .map((list) => list.reduce((inner, [step, one]) => step(inner, one), 'models'));
    const alike = fc
      .tuple(fc.constantFrom(...steps), word, fc.integer({ min: 20, max: 60 }))
      .map(([step, one, levels]) => {
        let query = 'models';
        for (let level = 0; level < levels; level++) query = step(query, one);
        return query;
      });
    const chain = fc
      .tuple(fc.constantFrom(' ', ' OR ', ' -', ' OR -'), fc.array(word, { minLength: 20, maxLength: 250 }))
      .map(([between, words]) => `-${words.join(between)}`);
    await fc.assert(fc.asyncProperty(fc.oneof(wrapped, alike, chain), same), { numRuns: 60 });
  });

  it('goes through papers in portions and finds each once, in order', async () => {
    for (const query of [
      '(language OR au:hinton) -ti:survey',
      '(language OR au:hinton) (general OR au:geoffrey OR cat:cs)',
    ]) {
      const set = compileArchiveQuery(parseQueryOrThrow(query).root, () => null);
      const all = await findPlaces(store.db, set, { limit: 100 });
      const one: number[] = [];
      for (let before: number | undefined; ; before = one.at(-1)) {
        const [next] = await findPlaces(store.db, set, { limit: 1, before: before ?? null });
        if (next === undefined) break;
        one.push(next);
      }
      expect(one).toEqual(all);
      expect(all.length).toBeGreaterThan(1);
    }
  });

  it('counts up to a cap, and pages the newest first', async () => {
    const set = compileArchiveQuery({ kind: 'all', position: 0, length: 1 }, () => null);
    expect(await countPlaces(store.db, set as ArchiveMatch, 4)).toBe(4);
    expect(await countPlaces(store.db, set as ArchiveMatch, 100)).toBe(6);
    const first = await findPlaces(store.db, set, { limit: 4 });
    const second = await findPlaces(store.db, set, { limit: 4, before: first.at(-1) ?? 0 });
    expect([...first, ...second].map(paperIdAt)).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it('holds a title to say more than an abstract', async () => {
    const parsed = parseQuery('language');
    if (!parsed.ok) throw new Error();
    const set = compileArchiveQuery(parsed.query.root, () => null);
    const places = await findPlaces(store.db, set, { limit: 10 });
    const scores = await scorePlaces(store.db, rankTermsOf(collectPositive(parsed.query.root)), places);
    const ranked = [...places].sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
    expect(ranked.map(paperIdAt)).toEqual([1, 4]);
  });

  it('answers no query with an error of the database', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 })),
        async (text) => {
          if (parseQuery(text).ok) await search(store, text);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('the archive follows its papers', () => {
  const record = (key: string, title: string, more: Partial<StoredPaper> = {}) => {
    const { id, firstSeenAt, lastSeenAt, sources, ...paper } = storedPaper({ id: 1, ...more });
    return { paper: { ...paper, key, title }, signals: [] };
  };

  it('when a title changes, a paper is withdrawn and comes back, or is absorbed', async () => {
    const store = openArchive();
    await upsertPapers(store.db, 'arxiv', [record('arxiv:2606.00001', 'Walruses', { version: 1 })], 1);
    expect(await search(store, 'walrus')).toEqual([1]);
    await upsertPapers(store.db, 'arxiv', [record('arxiv:2606.00001', 'Penguins', { version: 2 })], 2);
    expect(await search(store, 'walrus')).toEqual([]);
    expect(await search(store, 'penguin')).toEqual([1]);
    await upsertPapers(
      store.db,
      'arxiv',
      [record('arxiv:2606.00001', 'Penguins', { version: 3, withdrawnAt: 3 })],
      3,
    );
    expect(await search(store, '*')).toEqual([]);
    await upsertPapers(store.db, 'arxiv', [record('arxiv:2606.00001', 'Penguins', { version: 4 })], 4);
    expect(await search(store, 'au:ada penguins')).toEqual([1]);
    await store.db.updateTable('papers').set({ merged_into: 1 }).where('id', '=', 1).execute();
    expect(await search(store, '*')).toEqual([]);
    await store.close();
  });

  it('when its day turns out to be another', async () => {
    const store = openArchive();
    await insertPaper(store, storedPaper({ id: 1, announcedAt: 10 * dayMs }));
    await insertPaper(store, storedPaper({ id: 2, announcedAt: 11 * dayMs }));
    expect(await search(store, '*')).toEqual([2, 1]);
    await store.db
      .updateTable('papers')
      .set({ announced_at: 12 * dayMs })
      .where('id', '=', 1)
      .execute();
    expect(await search(store, '*')).toEqual([1, 2]);
    await store.db
      .updateTable('papers')
      .set({ announced_at: -5 * dayMs })
      .where('id', '=', 1)
      .execute();
    expect(await search(store, '*')).toEqual([2, 1]);
    await store.db.deleteFrom('papers').where('id', '=', 2).execute();
    expect(await search(store, '*')).toEqual([1]);
    await store.close();
  });

  it('not when it is only seen again', async () => {
    const store = openArchive();
    await upsertPapers(store.db, 'arxiv', [record('arxiv:2606.00001', 'Walruses')], 1);
    const writes = () => store.raw.prepare('SELECT count(*) FROM archive_texts_data').pluck().get();
    const before = writes();
    await upsertPapers(store.db, 'arxiv', [record('arxiv:2606.00001', 'Walruses')], 2);
    expect(writes()).toBe(before);
    await store.close();
  });

  it('is built over the papers that were there before it', async () => {
    const raw = new BetterSqlite3(':memory:');
    addArchiveFunctions(raw);
    const at = migrations.findIndex(({ name }) => name === 'full text of all papers');
    for (const { sql } of migrations.slice(0, at)) raw.exec(sql);
    const insert = raw.prepare(`INSERT INTO papers
      (id, key, title, authors, categories, keywords, first_seen_at, last_seen_at, withdrawn_at)
      VALUES (?, ?, 'Walruses', '["Ada Example"]', '["cs.LG"]', '["tusks"]', 0, 0, ?)`);
    insert.run(1, 'arxiv:2606.00001', null);
    insert.run(2, 'arxiv:2606.00002', 5);
    raw.exec(migrations[at]?.sql ?? '');
    const find = (table: string, match: string) =>
      raw.prepare(`SELECT rowid FROM ${table} WHERE ${table} MATCH ?`).pluck().all(match);
    expect(find('archive_texts', '"walrus"')).toEqual([1]);
    expect(find('archive_texts', '"=tusks"')).toEqual([1]);
    expect(find('archive_names', '"example+ada"')).toEqual([1]);
    raw.close();
  });
});
