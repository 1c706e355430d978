import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { backUp } from '../../src/store/backup.ts';
import { restoreDatabase } from '../../src/store/restore.ts';
import { insertSubscriber, newStore, temporaryFolder } from '../support/store.ts';

export const now = Date.parse('2026-07-01T08:00:00Z');

/** A backup with one topic, `then`; the database has gone on to another, `since`. */
export async function setUp() {
  const folder = temporaryFolder();
  const file = join(folder, 'paperboy.db');
  const backup = join(folder, 'backup.db');
  const store = newStore(file);
  await insertSubscriber(store, { email: 'reader@example.org', topicIds: [], from: now });
  await insertSubscriber(store, { email: 'other@example.org', topicIds: [], from: now });
  addTopic(store.raw, 'then');
  await backUp({ from: file, to: backup, secretKey: 'k', secretKeyFile: null, force: false, now });
  addTopic(store.raw, 'since');
  return { folder, file, backup, store };
}

function addTopic(raw: BetterSqlite3.Database, slug: string): void {
  raw
    .prepare(
      "INSERT INTO topics (slug, name, query, visibility, created_at, updated_at) VALUES (?, '', 'x', 'public', 0, 0)",
    )
    .run(slug);
}

export function topicsIn(file: string): unknown[] {
  const raw = new BetterSqlite3(file, { fileMustExist: true });
  try {
    return raw.prepare('SELECT slug FROM topics ORDER BY id').pluck().all();
  } finally {
    raw.close();
  }
}

export const restore = (backup: string, databaseFile: string, settle = async () => {}) =>
  restoreDatabase({ file: backup, databaseFile, now, settle });

export const drafts = (folder: string) => readdirSync(folder).filter((name) => name.includes('restoring'));
