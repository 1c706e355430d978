import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { backUp } from '../../src/store/backup.ts';
import { restoreDatabase } from '../../src/store/restore.ts';
import { openStore } from '../../src/store/store.ts';
import { insertSubscriber, temporaryFolder } from '../support/store.ts';

const now = Date.parse('2026-07-01T08:00:00Z');

test('what was switched off or left after the backup stays so when it is restored', async () => {
  const folder = temporaryFolder();
  const [file, backup] = [join(folder, 'paperboy.db'), join(folder, 'backup.db')];
  const store = openStore(file);
  for (const email of ['reader@example.org', 'other@example.org'])
    await insertSubscriber(store, { email, topicIds: [], from: now });
  await backUp({ from: file, to: backup, secretKey: 'k', secretKeyFile: null, force: false, now });
  store.raw.exec(`
    UPDATE subscribers SET link_epoch = 3 WHERE id = 1;
    INSERT INTO former_addresses VALUES ('a hash', 1, 0), ('another', 2, 0);`);
  await store.close();
  await restoreDatabase({ file: backup, databaseFile: file, now, settle: async () => {} });
  const raw = new BetterSqlite3(file);
  expect(raw.prepare('SELECT link_epoch FROM subscribers ORDER BY id').pluck().all()).toEqual([3, 0]);
  expect(raw.prepare('SELECT address_hash FROM former_addresses').pluck().all()).toEqual([
    'a hash',
    'another',
  ]);
  raw.close();
});
