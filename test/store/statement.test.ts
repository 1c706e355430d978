import { expect, test } from 'vitest';
import { createStatement } from '../../src/store/statement.ts';
import type { Db } from '../../src/store/store.ts';
import { insertTopic, temporaryStore } from '../support/store.ts';

let built = 0;
const findTopics = createStatement((db: Db, { slugs, query }: { slugs: string[]; query: string }) => {
  built++;
  return db
    .selectFrom('topics')
    .select(['slug', 'query'])
    .where('query', '=', query)
    .where('slug', 'in', slugs)
    .where('visibility', '=', 'public')
    .orderBy('slug');
});
const describeTopic = createStatement(
  (db: Db, { description, slug }: { description: string | null; slug: string }) =>
    db.updateTable('topics').set({ description }).where('slug', '=', slug),
);

test('a statement is built once for each length of its lists and runs with the values of each run', async () => {
  const store = temporaryStore();
  for (const slug of ['a', 'b', 'c']) await insertTopic(store, slug, slug === 'c' ? 'other' : '*');
  const find = async (slugs: string[], query: string) =>
    (await findTopics(store.db, { slugs, query })).map((row) => row.slug);
  const before = built;
  expect(await find(['a', 'b'], '*')).toEqual(['a', 'b']);
  expect(await find(['c', 'a'], '*')).toEqual(['a']);
  expect(await find(['c', 'a'], 'other')).toEqual(['c']);
  expect(built).toBe(before + 1);
  expect(await find(['c'], 'other')).toEqual(['c']);
  expect(await find(['a', 'b', 'c'], '*')).toEqual(['a', 'b']);
  expect(built).toBe(before + 3);
});

test('it runs in the transaction it is given, and on the database it is given', async () => {
  const [one, other] = [temporaryStore(), temporaryStore()];
  for (const store of [one, other]) await insertTopic(store, 'a', '*');
  await expect(
    one.db.transaction().execute(async (trx) => {
      await describeTopic(trx, { description: 'undone', slug: 'a' });
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  await describeTopic(other.db, { description: 'kept', slug: 'a' });
  const read = (store: typeof one) => store.raw.prepare('SELECT description FROM topics').pluck().get();
  expect([read(one), read(other)]).toEqual([null, 'kept']);
  await describeTopic(other.db, { description: null, slug: 'a' });
  expect(read(other)).toBeNull();
});
