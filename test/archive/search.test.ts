import { beforeAll, describe, expect, it } from 'vitest';
import { lookAtPaper } from '../../src/archive/paper.ts';
import { countedTo, type SearchRequest, searchArchive } from '../../src/archive/search.ts';
import type { StoredPaper } from '../../src/papers/paper.ts';
import { startStopwatch } from '../../src/store/stopwatch.ts';
import type { Store } from '../../src/store/store.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper, newStore } from '../support/store.ts';

const dayMs = 86_400_000;
const birds = ['penguin', 'ostrich', 'dodo', 'heron', 'wren'];

describe('a search over all papers', () => {
  let store: Store;
  beforeAll(async () => {
    store = newStore();
    const insert = (id: number, facts: Partial<StoredPaper>) =>
      insertPaper(store, storedPaper({ id, announcedAt: id * dayMs, abstract: 'Nothing.', ...facts }));
    for (let id = 1; id <= 30; id++)
      await insert(id, { title: `Bird ${id}`, abstract: `About the ${birds[id % 5]} and its habits.` });
    await insert(31, {
      title: 'Habits',
      abstract: 'A penguin once; much about other things that are no birds at all.',
    });
    await insert(32, { title: 'The penguin', abstract: 'The penguin.' });
    await insert(33, { title: 'Withdrawn penguin', withdrawnAt: 5 });
    return () => store.close();
  });

  const search = async (query: string, more: Partial<SearchRequest> = {}) => {
    const found = await searchArchive(store.db, { query, sort: 'relevance', after: null, limit: 5, ...more });
    if (!found.ok) throw new Error(found.error.message);
    return { ...found, ids: found.papers.map(({ id }) => id) };
  };

  it('gives the most relevant first, or the newest', async () => {
    expect((await search('penguin')).ids).toEqual([32, 30, 25, 20, 15]);
    expect((await search('penguin', { sort: 'date' })).ids).toEqual([32, 31, 30, 25, 20]);
  });

  it('counts, and goes on where the page before ended, each paper once', async () => {
    for (const sort of ['relevance', 'date'] as const) {
      const seen: number[] = [];
      let after: string | null = null;
      do {
        const found = await search('bird OR penguin', { sort, after });
        expect(found).toMatchObject({ count: 32, isCapped: false });
        seen.push(...found.ids);
        after = found.next;
      } while (after !== null);
      expect(new Set(seen).size).toBe(32);
      expect(seen).toHaveLength(32);
    }
  });

  it('begins anew for a place that is none', async () => {
    for (const after of ['x', '-1', '1e9', '9'.repeat(30), '123456789'])
      expect((await search('penguin', { after })).ids).toEqual([32, 30, 25, 20, 15]);
  });

  it('says where a query is wrong', async () => {
    expect(
      await searchArchive(store.db, { query: '(penguin', sort: 'date', after: null, limit: 5 }),
    ).toMatchObject({
      ok: false,
      error: { position: 0, message: 'This parenthesis is never closed' },
    });
  });

  it('by free text finds papers that share its telling words, and marks these', async () => {
    const found = await search('like:"the habits of the ostrich and of the ostrich alone"');
    expect(found.ids).toEqual([26, 21, 16, 11, 6]);
    expect(found.marks('abstract', 'An ostrich')).toEqual([{ from: 3, to: 10 }]);
    expect((await search('like:"xylophones and zithers"')).ids).toEqual([]);
    expect((await search('like:"the habits of the ostrich" -wren ti:26')).ids).toEqual([26]);
  });

  it('by free text finds a word that was asked for before any paper had it', async () => {
    const young = newStore();
    const request = { query: 'like:"toucans"', sort: 'date', after: null, limit: 5 } as const;
    expect(await searchArchive(young.db, request)).toMatchObject({ count: 0 });
    await insertPaper(young, storedPaper({ id: 1, title: 'Toucans' }));
    expect(await searchArchive(young.db, request)).toMatchObject({ count: 1 });
    await young.close();
  });

  describe('that takes long', () => {
    /** Each question to the database takes 10 ms. */
    const slowWatch = () => {
      let ms = 0;
      return startStopwatch(() => (ms += 10));
    };
    const ask = (query: string, mostMs: number, after: string | null = null) =>
      searchArchive(store.db, { query, sort: 'date', after, limit: 40 }, { watch: slowWatch(), mostMs });
    const others = Array.from({ length: 30 }, (_, at) => `word${at}`);

    it('is cut, shows what was found by then, and says so', async () => {
      const query = ['penguin', ...others, 'ostrich'].join(' OR ');
      const cut = await ask(query, 5);
      expect(cut).toMatchObject({ ok: true, isCut: true, isCapped: true, count: 8 });
      expect(cut.ok && cut.advice.join()).toContain('Not all papers were looked at');
      expect(await ask(query, 1000)).toMatchObject({ isCut: false, isCapped: false, count: 14, advice: [] });
    });

    it('counts on a later page in the time that is left', async () => {
      const query = ['penguin', ...others, 'ostrich'].join(' OR ');
      const first = await searchArchive(store.db, { query, sort: 'date', after: null, limit: 3 });
      const next = first.ok ? first.next : null;
      const page = await ask(query, 15, next);
      expect(page).toMatchObject({ ok: true, isCut: false, isCapped: true, count: 11, advice: [] });
      expect(page.ok && page.papers).toHaveLength(11);
      expect(await ask(query, 1000, next)).toMatchObject({ isCapped: false, count: 14 });
    });

    it('shows nothing that it leaves out', async () => {
      const query = `bird -penguin -(${[...others, 'ostrich'].join(' OR ')})`;
      const whole = await ask(query, 1000);
      expect(whole).toMatchObject({ ok: true, count: 18 });
      for (let mostMs = 5; mostMs < 60; mostMs += 10) {
        const cut = await ask(query, mostMs);
        expect(cut).toMatchObject(
          cut.ok ? { count: 18, isCut: false } : { error: { message: 'This search takes too long' } },
        );
      }
    });
  });

  it.each([
    [
      'a phrase of many words',
      `penguin OR "${'a '.repeat(25)}"`,
      11,
      'This phrase is too long to search for',
    ],
    [
      'many free texts',
      'like:"one bird" OR like:"two birds" OR like:"three birds" OR like:"four birds"',
      61,
      'The query has too many free texts to search by',
    ],
  ])('takes no %s, and says where it begins', async (_, query, position, message) => {
    expect(await searchArchive(store.db, { query, sort: 'date', after: null, limit: 5 })).toMatchObject({
      ok: false,
      error: { position, message },
    });
  });

  it('finds nothing withdrawn', async () => {
    expect((await search('withdrawn')).ids).toEqual([]);
  });

  it('looks at a paper with what is related to it', async () => {
    const found = await lookAtPaper(store.db, storedPaper({ id: 32 }).key, 99 * dayMs);
    if (found.state !== 'found') throw new Error(found.state);
    expect(found.look.paper.id).toBe(32);
    expect(found.look.related.map(({ id }) => id)).toContain(30);
    expect(found.look.related.map(({ id }) => id)).not.toContain(32);
    expect(await lookAtPaper(store.db, storedPaper({ id: 33 }).key, 0)).toMatchObject({ state: 'withdrawn' });
    expect(await lookAtPaper(store.db, 'arxiv:1', 0)).toEqual({ state: 'unknown' });
  });

  it('says under which key a paper is known now', async () => {
    await insertPaper(store, storedPaper({ id: 40, key: 'title:abc', title: 'Twice' }));
    await store.db.updateTable('papers').set({ merged_into: 32 }).where('id', '=', 40).execute();
    expect(await lookAtPaper(store.db, 'title:abc', 0)).toEqual({
      state: 'moved',
      key: storedPaper({ id: 32 }).key,
    });
  });

  describe('over more papers than anybody counts', () => {
    const fill = async (number: number, factsOf: (id: number) => { title: string; abstract: string }) => {
      const many = newStore();
      const row = many.raw.prepare(`INSERT INTO papers
        (id, key, title, abstract, authors, categories, keywords, first_seen_at, last_seen_at)
        VALUES (?, ?, ?, ?, '[]', '[]', '[]', ?, 0)`);
      many.raw.transaction(() => {
        for (let id = 1; id <= number; id++) {
          const { title, abstract } = factsOf(id);
          row.run(id, `arxiv:2606.${id}`, title, abstract, id * dayMs);
        }
      })();
      return many;
    };

    it('stops counting, and ranks the newest and those named in the title', async () => {
      const many = await fill(countedTo + 10, (id) => ({
        title: id === 5 ? 'The walrus' : 'A paper',
        abstract: 'On the walrus.',
      }));
      const found = await searchArchive(many.db, {
        query: 'walrus',
        sort: 'relevance',
        after: null,
        limit: 3,
      });
      expect(found).toMatchObject({ count: countedTo, isCapped: true, ranked: 201 });
      expect(found.ok && found.papers.map(({ id }) => id)).toEqual([5, countedTo + 10, countedTo + 9]);
      await many.close();
    });

    it('finds by free text of common words those that have the rarest of them together', async () => {
      const many = await fill(6200, (id) => ({
        title: id === 100 ? 'Herons fishing in ponds' : 'A paper',
        abstract: `Fishing ${id % 2 ? 'herons' : 'wrens'}${id % 50 ? '' : ' herons'}. In ponds.`,
      }));
      const search = async (text: string) => {
        const query = `like:"${text}"`;
        const found = await searchArchive(many.db, { query, sort: 'relevance', after: null, limit: 3 });
        if (!found.ok) throw new Error(found.error.message);
        return { ids: found.papers.map(({ id }) => id), count: found.count, marks: found.marks };
      };
      const herons = await search('fishing herons in their ponds');
      expect(herons).toMatchObject({ ids: [100, 6200, 6199], count: countedTo });
      expect(herons.marks('abstract', 'Fishing herons')).toHaveLength(2);
      expect(await search('herons and wrens fishing')).toMatchObject({ count: 124 });
      await many.db
        .deleteFrom('papers')
        .where(({ eb }) => eb('abstract', 'like', '%wrens herons%'))
        .execute();
      expect(await search('herons and wrens fishing in ponds')).toMatchObject({ ids: [6198, 6196, 6194] });
      await many.close();
    });
  });
});
