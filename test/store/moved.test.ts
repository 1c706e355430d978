import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/store.ts';

test.each(['moved', 'replaced'])('no transaction begins on a database that was %s', async (what) => {
  const file = join(temporaryFolder(), 'paperboy.db');
  const store = openStore(file);
  const write = () => store.db.transaction().execute(async () => 'written');
  expect(await write()).toBe('written');
  renameSync(file, `${file}.aside`);
  if (what === 'replaced') copyFileSync(`${file}.aside`, file);
  await expect(write()).rejects.toThrow(`${file} was moved or replaced`);
  renameSync(`${file}.aside`, file);
  expect(await write()).toBe('written');
  await store.close();
});
