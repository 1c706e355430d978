import { expect, test } from 'vitest';
import { openStore } from '../src/store/store.ts';

test('a fresh database holds every table and enforces never-twice by itself', async () => {
  const store = openStore(':memory:');
  const indexes = store.raw.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").pluck().all();
  expect(indexes).toContain('deliveries_one_an_edition');
  expect(indexes).toContain('delivery_papers_never_twice');
  await store.close();
});
