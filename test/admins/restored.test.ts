import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addAdmin, removeAdmin } from '../../src/admins/admins.ts';
import { keepPassword } from '../../src/admins/change-password.ts';
import { createSignInLimits } from '../../src/admins/limits.ts';
import { makeLink, readLink } from '../../src/admins/links.ts';
import { openSession, readSession } from '../../src/admins/sessions.ts';
import { signInWithPassword } from '../../src/admins/sign-in.ts';
import { addToken, authorizeToken, revokeToken } from '../../src/admins/tokens.ts';
import { findAdminByKey } from '../../src/store/admins.ts';
import { backUp } from '../../src/store/backup.ts';
import { insertPasskey, listPasskeys, removePasskeyRow } from '../../src/store/passkeys.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { now, restore, setUp } from '../store/restoring.ts';
import { addTestAdmin, cheap, password, visitor } from './people.ts';

const publicUrl = 'https://papers.example.org';
const opens = (store: Store, name: string, typed = password) =>
  signInWithPassword(
    { db: store.db, passwords: cheap, limits: createSignInLimits() },
    { name, password: typed },
    visitor,
    now,
  ).then(({ ok }) => ok);

/** A backup with admins of every kind, and what happened since. */
async function backedUp(since: (store: Store) => Promise<void>) {
  const { file, backup, store } = await setUp();
  for (const email of ['ada@example.org', 'ben@example.org', 'cleo@example.org'])
    await addTestAdmin(store, email);
  const ada = await findAdminByKey(store.db, 'ada@example.org');
  if (!ada) throw new Error('no admin');
  const session = await openSession(store.db, { adminId: ada.id, device: 'd', at: now });
  const { url } = await makeLink(store.db, ada, publicUrl, now);
  const tokens = [];
  for (const name of ['kept', 'revoked']) {
    const added = await addToken(store.db, { name, scopes: ['read'] }, now);
    if (!added.ok) throw new Error(added.message);
    tokens.push(added.secret);
  }
  for (const credentialId of ['kept', 'removed'])
    await insertPasskey(store.db, {
      ...{ credentialId, adminId: ada.id, publicKey: new Uint8Array(3), counter: 0, transports: [] },
      ...{ name: credentialId, createdAt: now },
    });
  rmSync(backup);
  await backUp({ from: file, to: backup, secretKey: 'k', secretKeyFile: null, force: false, now });
  await since(store);
  await store.close();
  return { file, backup, session, link: url.split('/').at(-1) ?? '', tokens };
}

describe('restoring a backup', () => {
  test('opens no door that was closed since', async () => {
    const { file, backup, tokens } = await backedUp(async (store) => {
      const find = async (key: string) =>
        (await findAdminByKey(store.db, key)) ?? Promise.reject(new Error(key));
      await removeAdmin(store.db, (await find('ben@example.org')).id, now + 1);
      await keepPassword(
        store.db,
        cheap,
        await find('cleo@example.org'),
        'a newer fine password',
        null,
        now + 1,
      );
      const ada = await find('ada@example.org');
      await removePasskeyRow(store.db, ada.id, 2);
      await revokeToken(store.db, 2, now + 1);
    });
    await restore(backup, file);
    const store = openStore(file);
    expect(await opens(store, 'ada@example.org')).toBe(true);
    expect(await opens(store, 'ben@example.org')).toBe(false);
    expect(await opens(store, 'cleo@example.org')).toBe(false);
    expect(await opens(store, 'cleo@example.org', 'a newer fine password')).toBe(true);
    expect((await listPasskeys(store.db, 1)).map(({ name }) => name)).toEqual(['kept']);
    const answers = await Promise.all(tokens.map((secret) => authorizeToken(store.db, secret, 'read', now)));
    expect(answers.map(({ ok }) => ok)).toEqual([true, false]);
    await store.close();
  });

  test('signs everybody out and voids links, whatever became of the database it replaces', async () => {
    for (const isThere of [true, false]) {
      const { file, backup, session, link } = await backedUp(async () => {});
      if (!isThere) rmSync(file);
      await restore(backup, file);
      const store = openStore(file);
      expect(await readSession(store.db, session.token, now)).toBeNull();
      expect(await readLink(store.db, link, now)).toBeNull();
      expect(await opens(store, 'ada@example.org')).toBe(true);
      await store.close();
    }
  });

  test('leaves admins alone who only share an id with others', async () => {
    const { file, backup } = await backedUp(async (store) => {
      store.raw.exec('DELETE FROM admins WHERE id = 3');
      await addAdmin(store.db, { email: 'dora@example.org' }, now + 5);
      await removeAdmin(store.db, 3, now + 6);
    });
    await restore(backup, file);
    const store = openStore(file);
    expect(await opens(store, 'cleo@example.org')).toBe(true);
    await store.close();
  });
});
