import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { explainSqliteFailure } from '../src/store/sqlite-failure.ts';
import { openStore } from '../src/store/store.ts';
import { isWorkerAlive, lockWorker } from '../src/store/worker-lock.ts';
import { temporaryFolder, temporaryStore } from './support/store.ts';

test('a fresh database holds every table and enforces never-twice by itself', async () => {
  const store = openStore(':memory:');
  const indexes = store.raw.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").pluck().all();
  expect(indexes).toContain('deliveries_one_an_edition');
  expect(indexes).toContain('delivery_papers_never_twice');
  await store.close();
});

test('a worker is alive for whoever opens the same file, also through links', async () => {
  const folder = temporaryFolder();
  const store = temporaryStore(folder);
  mkdirSync(join(folder, 'elsewhere'));
  symlinkSync(join(folder, 'paperboy.db'), join(folder, 'elsewhere/linked.db'));
  symlinkSync(folder, join(folder, 'elsewhere/folder'));
  const lock = lockWorker(store.file, 'w');
  for (const path of ['elsewhere/linked.db', 'elsewhere/folder/paperboy.db']) {
    const other = openStore(join(folder, path));
    expect(isWorkerAlive(other.file, 'w')).toBe(true);
    await other.close();
  }
  lock.release();
});

test('a link to a file that is not there yet makes that file', async () => {
  const folder = temporaryFolder();
  symlinkSync(join(folder, 'real.db'), join(folder, 'linked.db'));
  const store = openStore(join(folder, 'linked.db'));
  expect(store.file).toBe(join(folder, 'real.db'));
  await store.close();
});

test('a disk error where there is no room is a full disk; where nobody can tell, a failing one', () => {
  const error = new BetterSqlite3.SqliteError('disk I/O error', 'SQLITE_IOERR_SHMSIZE');
  const said = (freeBytes: () => number) => explainSqliteFailure(error, '/srv/paperboy.db', freeBytes)?.wrong;
  expect(said(() => 0)).toContain('the disk is full (SQLITE_IOERR_SHMSIZE');
  expect(said(() => 1e9)).toContain('the disk failed');
  const unknown = () => {
    throw new Error('no such folder');
  };
  expect(said(unknown)).toContain('the disk failed');
});
