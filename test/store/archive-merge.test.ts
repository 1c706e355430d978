import { expect, test } from 'vitest';
import { countPlaces } from '../../src/store/archive.ts';
import { countSegments, mergeArchive } from '../../src/store/archive-merge.ts';
import type { Store } from '../../src/store/store.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper, newStore } from '../support/store.ts';

/** Papers in transactions of their own, as they come day by day. */
async function addPapers(store: Store, from: number, to: number): Promise<void> {
  for (let id = from; id <= to; id++)
    await insertPaper(store, storedPaper({ id, title: `Paper ${id} folds towels`, abstract: 'Warm ones.' }));
}

const found = (store: Store) =>
  countPlaces(store.db, { kind: 'match', table: 'texts', match: '"towel"' }, 100);

test('many segments of the full-text index become one, and everything is still found', async () => {
  const store = newStore();
  await addPapers(store, 1, 14);
  expect(await countSegments(store.db, 'archive_texts')).toBeGreaterThan(8);
  expect(await mergeArchive(store.db)).toBe(2);
  expect(await countSegments(store.db, 'archive_texts')).toBe(1);
  expect(await countSegments(store.db, 'archive_names')).toBe(1);
  expect(await found(store)).toBe(14);
  store.raw.exec("INSERT INTO archive_texts(archive_texts) VALUES ('integrity-check')");
});

test('few segments stay as they are: putting them together takes longer than asking them', async () => {
  const store = newStore();
  await addPapers(store, 1, 3);
  const before = await countSegments(store.db, 'archive_texts');
  expect(await mergeArchive(store.db)).toBe(0);
  expect(await countSegments(store.db, 'archive_texts')).toBe(before);
});

test('stopped in between, it goes on the next time', async () => {
  const store = newStore();
  await addPapers(store, 1, 14);
  await mergeArchive(store.db, AbortSignal.abort());
  expect(await found(store)).toBe(14);
  await mergeArchive(store.db);
  expect(await countSegments(store.db, 'archive_texts')).toBe(1);
});
