import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetStagedLists, openStagedLists } from '../../src/subscribers/staged-lists.ts';
import { temporaryFolder } from '../support/store.ts';

test('lists that nobody came back to are removed; what was uploaded just now waits', async () => {
  const file = join(temporaryFolder(), 'paperboy.db');
  const folder = join(file, '..', 'imports');
  const lists = openStagedLists(file);
  const old = await lists.keep(Buffer.from('email\nann@example.org\n'));
  const hoursAgo = new Date(Date.now() - 3 * 3_600_000);
  utimesSync(join(folder, `${old}.csv`), hoursAgo, hoursAgo);
  // As if it came before this one without any other in between.
  await forgetStagedLists(file);
  expect(readdirSync(folder)).toEqual([]);
  const fresh = await lists.keep(Buffer.from('email\nben@example.org\n'));
  await forgetStagedLists(file);
  expect(readdirSync(folder)).toEqual([`${fresh}.csv`]);
});

test('where nothing was ever uploaded, no folder is made', async () => {
  const file = join(temporaryFolder(), 'paperboy.db');
  await forgetStagedLists(file);
  await forgetStagedLists(':memory:');
  expect(existsSync(join(file, '..', 'imports'))).toBe(false);
});
