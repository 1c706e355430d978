import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore, StoreError } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/store.ts';

test.each([0, 3, 1000])(
  'the database of another program, of its version %d, is refused and not changed',
  (version) => {
    const file = join(temporaryFolder(), 'other.db');
    const other = new BetterSqlite3(file);
    other.exec(`CREATE TABLE notes (text); PRAGMA user_version = ${version}`);
    other.close();
    expect(() => openStore(file)).toThrow(StoreError);
    expect(() => openStore(file)).toThrow('is the database of another program');
    const after = new BetterSqlite3(file);
    expect(after.pragma('journal_mode', { simple: true })).toBe('delete');
    expect(after.prepare('SELECT name FROM sqlite_master').pluck().all()).toEqual(['notes']);
    after.close();
  },
);

test('a store that was never asked anything is closed too', async () => {
  const file = join(temporaryFolder(), 'paperboy.db');
  await openStore(file).close();
  const alone = new BetterSqlite3(file, { timeout: 0 });
  alone.pragma('locking_mode = EXCLUSIVE');
  alone.exec('BEGIN EXCLUSIVE; COMMIT');
  alone.close();
});

test('a database that was cut off while a program has it open is not taken for a new one', async () => {
  const file = join(temporaryFolder(), 'paperboy.db');
  const serving = openStore(file);
  serving.raw.exec("INSERT INTO http_cache VALUES ('https://example.org/', NULL, NULL, 1)");
  truncateSync(file);
  expect(() => openStore(file)).toThrow('it was cut off');
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  await serving.close();
});
