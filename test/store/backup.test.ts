import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { backUp } from '../../src/store/backup.ts';
import { CopyError } from '../../src/store/copy.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder, temporaryStore } from '../support/store.ts';

const now = Date.parse('2026-07-01T08:00:00Z');

function setUp() {
  const folder = temporaryFolder();
  const store = temporaryStore(folder);
  const secretKeyFile = join(folder, 'secret.key');
  writeFileSync(secretKeyFile, `${'k'.repeat(43)}\n`, { mode: 0o600 });
  const request = {
    from: store.file,
    to: join(folder, 'backup.db'),
    secretKey: 'k'.repeat(43),
    secretKeyFile,
    force: false,
    now,
  };
  return { folder, store, request };
}

describe('a backup', () => {
  test('is one whole file of its own, private, with the key beside it, and nothing is left lying about', async () => {
    const { folder, store, request } = setUp();
    store.raw.exec("INSERT INTO http_cache VALUES ('https://example.org/', NULL, NULL, 1)");
    const report = await backUp(request);
    expect(report).toEqual({
      file: request.to,
      bytes: statSync(request.to).size,
      keyFile: `${request.to}.key`,
    });
    for (const file of [request.to, `${request.to}.key`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${request.to}.key`, 'utf8')).toBe(readFileSync(request.secretKeyFile, 'utf8'));
    const copy = new BetterSqlite3(request.to, { readonly: true });
    expect(copy.pragma('journal_mode', { simple: true })).toBe('delete');
    expect(copy.prepare('SELECT url FROM http_cache').pluck().get()).toBe('https://example.org/');
    copy.close();
    expect(readdirSync(folder).sort()).toEqual(
      [
        'backup.db',
        'backup.db.key',
        'paperboy.db',
        'paperboy.db-shm',
        'paperboy.db-wal',
        'secret.key',
      ].sort(),
    );
  });

  test('without a key file says so by its report', async () => {
    const { request } = setUp();
    expect(await backUp({ ...request, secretKeyFile: null })).toMatchObject({ keyFile: null });
    expect(existsSync(`${request.to}.key`)).toBe(false);
  });

  test('replaces nothing unless it is told to, and never the database', async () => {
    const { request } = setUp();
    writeFileSync(request.to, 'mine');
    await expect(backUp(request)).rejects.toThrow('is there already');
    expect(readFileSync(request.to, 'utf8')).toBe('mine');
    await expect(backUp({ ...request, to: request.from, force: true })).rejects.toThrow(
      'belongs to the database',
    );
    await expect(backUp({ ...request, to: `${request.from}-wal`, force: true })).rejects.toThrow(CopyError);
    await backUp({ ...request, force: true });
    expect(readFileSync(request.to).subarray(0, 15).toString()).toBe('SQLite format 3');
  });

  test('of a damaged database is refused, and the one before stays', async () => {
    const { folder, store, request } = setUp();
    await backUp(request);
    const before = readFileSync(request.to);
    store.raw.pragma('foreign_keys = OFF');
    store.raw.exec("INSERT INTO paper_titles VALUES ('x', 77)");
    await expect(backUp({ ...request, force: true })).rejects.toThrow(
      /paperboy\.db is damaged: .*paper_titles/,
    );
    expect(readFileSync(request.to)).toEqual(before);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('that has no folder to go to is refused in one sentence', async () => {
    const { folder, request } = setUp();
    await expect(backUp({ ...request, to: join(folder, 'nowhere/backup.db') })).rejects.toThrow(CopyError);
  });

  test('is of one instant while another process writes all the time', async () => {
    const { store, request } = setUp();
    // Enough pages for several steps; each row of the other process comes in a transaction of two.
    store.raw.exec(`CREATE TABLE filler (x); CREATE TABLE pairs (n);
      WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 9000) INSERT INTO filler SELECT zeroblob(4000) FROM c`);
    const writer = spawn(process.execPath, [
      '-e',
      `const db = new (require('better-sqlite3'))(process.argv[1], { timeout: 5000 });
       const two = db.transaction((n) => { for (let i = 0; i < 2; i++) db.prepare('INSERT INTO pairs VALUES (?)').run(n); });
       two(0); console.log('writing');
       setInterval(() => { for (let n = 0; n < 5; n++) two(n); }, 1);`,
      store.file,
    ]);
    try {
      await new Promise((resolve) => writer.stdout.once('data', resolve));
      let steps = 0;
      await backUp({ ...request, onProgress: () => steps++ });
      expect(steps).toBeGreaterThan(3);
    } finally {
      writer.kill();
      await new Promise((resolve) => writer.once('exit', resolve));
    }
    const copy = openStore(request.to);
    const pairs = copy.raw.prepare('SELECT count(*) FROM pairs').pluck().get() as number;
    await copy.close();
    expect(pairs % 2).toBe(0);
    expect(store.raw.prepare('SELECT count(*) FROM pairs').pluck().get()).toBeGreaterThan(pairs);
  });
});
