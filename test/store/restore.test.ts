import { spawn } from 'node:child_process';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { RestoreError } from '../../src/store/restore.ts';
import { openStore } from '../../src/store/store.ts';
import { lockWorker } from '../../src/store/worker-lock.ts';
import { drafts, now, restore, setUp, topicsIn } from './restoring.ts';

describe('restoring', () => {
  test('puts the backup in place and keeps what was there, each whole', async () => {
    const { folder, file, backup, store } = await setUp();
    await store.close();
    const { keptAs, replaced } = await restore(backup, file);
    expect(replaced).toBe('readable');
    expect(keptAs).toBe(`${file}.before-restore-20260701T080000Z`);
    expect(topicsIn(file)).toEqual(['then']);
    expect(topicsIn(keptAs as string)).toEqual(['then', 'since']);
    expect(drafts(folder)).toEqual([]);
    await openStore(file).close();
  });

  test('makes the database where there is none', async () => {
    const { file, backup, store } = await setUp();
    await store.close();
    rmSync(file);
    expect(await restore(backup, file)).toMatchObject({ keptAs: null, replaced: 'absent', carried: null });
    expect(topicsIn(file)).toEqual(['then']);
  });

  test.each([
    ['truncated', (file: string) => truncateSync(file, 9000)],
    [
      'overwritten',
      (file: string) =>
        writeFileSync(file, 'not a database, but long enough to be told from one '.repeat(90)),
    ],
  ])('replaces a %s database, whose remains are kept with their -wal', async (_, damage) => {
    const { file, backup, store } = await setUp();
    await store.close();
    damage(file);
    writeFileSync(`${file}-wal`, 'what may be saved');
    const remains = readFileSync(file);
    const { keptAs, replaced, carried } = await restore(backup, file);
    expect(replaced).toMatchObject({ damaged: expect.any(String) });
    expect(carried).toBeNull();
    expect(readFileSync(keptAs as string)).toEqual(remains);
    expect(topicsIn(file)).toEqual(['then']);
  });

  test('is refused while anybody has the database open, doing nothing even', async () => {
    const { folder, file, backup, store } = await setUp();
    await expect(restore(backup, file)).rejects.toThrow('in use by another process');
    const reader = spawn(process.execPath, [
      '-e',
      `const db = new (require('better-sqlite3'))(process.argv[1]);
       db.prepare('SELECT count(*) FROM topics').get(); console.log('open'); setInterval(() => {}, 1000);`,
      file,
    ]);
    await new Promise((resolve) => reader.stdout.once('data', resolve));
    await store.close();
    await expect(restore(backup, file)).rejects.toThrow(RestoreError);
    reader.kill('SIGKILL');
    await new Promise((resolve) => reader.once('exit', resolve));
    expect(topicsIn(file)).toEqual(['then', 'since']);
    expect(drafts(folder)).toEqual([]);
  });

  test('is refused while a program lives whose database was overwritten', async () => {
    const { file, backup, store } = await setUp();
    await store.close();
    const lock = lockWorker(file, 'serve-x');
    writeFileSync(file, 'overwritten'.repeat(200));
    await expect(restore(backup, file)).rejects.toThrow('in use by another process');
    lock.release();
    await restore(backup, file);
  });

  test('keeps everybody out until it is done', async () => {
    const { file, backup, store } = await setUp();
    await store.close();
    await restore(backup, file, async () => {
      expect(() => new BetterSqlite3(file, { timeout: 0 }).prepare('SELECT 1 FROM topics').get()).toThrow(
        /locked/,
      );
    });
  });

  test.each([
    ['no SQLite file', (file: string) => writeFileSync(file, 'x'.repeat(5000)), /is no SQLite database/],
    ['an empty file', (file: string) => writeFileSync(file, ''), /is not a Paperboy database/],
    ['cut short', (file: string) => truncateSync(file, 20_000), /damaged/],
    [
      'newer than this program',
      (file: string) => change(file, 'PRAGMA user_version = 999'),
      /newer than this Paperboy/,
    ],
    [
      'of another program',
      (file: string) =>
        change(
          file,
          'DROP TABLE delivery_papers; DROP TABLE shown_papers; DROP TABLE bounces; DROP TABLE deliveries',
        ),
      /is not a Paperboy database/,
    ],
    [
      'with rows that name none',
      (file: string) => change(file, "PRAGMA foreign_keys = OFF; INSERT INTO paper_titles VALUES ('x', 9)"),
      /damaged: a row of paper_titles/,
    ],
  ])('a backup that is %s changes nothing', async (_, spoil, message) => {
    const { folder, file, backup, store } = await setUp();
    await store.close();
    spoil(backup);
    await expect(restore(backup, file)).rejects.toThrow(message);
    expect(topicsIn(file)).toEqual(['then', 'since']);
    expect(drafts(folder)).toEqual([]);
  });

  test('that fails while the copy is settled changes nothing', async () => {
    const { folder, file, backup, store } = await setUp();
    await store.close();
    const settle = () => Promise.reject(new Error('no'));
    await expect(restore(backup, file, settle)).rejects.toThrow('no');
    expect(topicsIn(file)).toEqual(['then', 'since']);
    expect(drafts(folder)).toEqual([]);
    await openStore(file).close();
  });

  test('takes over who left and who was suppressed since, and nothing else', async () => {
    const { file, backup, store } = await setUp();
    store.raw.exec(`
      UPDATE subscribers SET status = 'unsubscribed', next_due_at = NULL, updated_at = ${now + 1} WHERE id = 1;
      UPDATE subscribers SET max_papers = 3, updated_at = ${now + 1} WHERE id = 2;
      INSERT INTO suppressions (address_hash, reason, origin, created_at) VALUES ('h', 'no_user', 'mail', ${now});
      INSERT INTO suppressions (address_hash, reason, origin, created_at, lifted_at, lifted_note)
        VALUES ('lifted', 'no_user', 'mail', ${now}, ${now}, 'mistake')`);
    await store.close();
    expect((await restore(backup, file)).carried).toEqual({ left: 1, moved: 0, suppressions: 1, erased: [] });
    const raw = new BetterSqlite3(file);
    expect(raw.prepare('SELECT status, max_papers FROM subscribers ORDER BY id').all()).toEqual([
      { status: 'unsubscribed', max_papers: 10 },
      { status: 'active', max_papers: 10 },
    ]);
    expect(raw.prepare('SELECT address_hash FROM suppressions').pluck().all()).toEqual(['h']);
    raw.close();
  });
});

function change(file: string, sql: string): void {
  const raw = new BetterSqlite3(file);
  raw.exec(sql);
  raw.close();
}
