import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { findSubscriberByKey } from '../../src/store/subscribers.ts';
import { findSuppressed, insertSuppressions } from '../../src/store/suppressions.ts';
import { type ImportReport, importSubscribers, type LineFate } from '../../src/subscribers/import.ts';
import { eraseSubscriber } from '../../src/subscribers/status.ts';
import { addSubscriber, editSubscriber } from '../../src/subscribers/subscribers.ts';
import { addSomebody, defaults, hashAddress, monday, openTestStore } from './people.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});

async function suppress(email: string, reason = 'complaint'): Promise<void> {
  await insertSuppressions(store.db, [
    {
      addressHash: hashAddress(email),
      reason,
      origin: 'mail',
      note: null,
      bounceId: null,
      createdAt: monday,
    },
  ]);
}

const add = (email: string) => addSubscriber(store.db, { email }, defaults, monday, hashAddress);

async function importLines(text: string): Promise<{ fates: LineFate[]; report: ImportReport }> {
  const fates: LineFate[] = [];
  const report = await importSubscribers({
    ...{ db: store.db, hashAddress, defaults, at: monday, input: Readable.from([text]) },
    onLine: (fate) => fates.push(fate),
  });
  return { fates, report };
}

describe('a suppressed address', () => {
  test('cannot be added, however it is written, and is told why', async () => {
    await suppress('a@example.org');
    const result = await add('A@EXAMPLE.org');
    expect(result).toMatchObject({
      ok: false,
      problems: [
        {
          field: 'email',
          message: 'A@example.org must not be mailed (complaint since 2026-06-22).',
          about: { kind: 'suppressed', email: 'A@example.org', subscriberId: null },
        },
      ],
    });
    expect(await findSubscriberByKey(store.db, 'a@example.org')).toBe(null);
  });

  test('is left alone by an import, and its line says so', async () => {
    await suppress('a@example.org', 'user_unknown');
    const { fates, report } = await importLines('email\na@example.org\nb@example.org\n');
    expect(report).toMatchObject({ added: 1, left_alone: 1 });
    expect(fates[0]?.message).toMatch(/user_unknown since 2026-06-22/);
  });

  test('is no address to change to; the one that a subscriber has may stay', async () => {
    const id = await addSomebody(store, { email: 'b@example.org' });
    await suppress('a@example.org');
    await suppress('b@example.org');
    const change = (email: string) => editSubscriber(store.db, id, { email }, monday, 'admin', hashAddress);
    expect(await change('a@example.org')).toMatchObject({ ok: false, problems: [{ field: 'email' }] });
    expect(await change('B@example.org')).toMatchObject({ ok: true });
  });
});

describe('an erased subscriber', () => {
  test('is suppressed by hash, so that an old list does not bring them back', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await eraseSubscriber(store.db, id, monday, hashAddress);
    expect((await importLines('email\na@example.org\n')).report).toMatchObject({ added: 0, left_alone: 1 });
    expect(store.raw.prepare('SELECT * FROM suppressions').all()).toHaveLength(1);
    expect(JSON.stringify(store.raw.prepare('SELECT * FROM suppressions').all())).not.toContain('example');
  });

  test('keeps the suppression that they had', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await suppress('a@example.org');
    await eraseSubscriber(store.db, id, monday, hashAddress);
    expect(await add('a@example.org')).toMatchObject({ ok: false });
  });

  test('who complained after all does not come back by being added', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await eraseSubscriber(store.db, id, monday, hashAddress);
    await suppress('a@example.org', 'complaint');
    expect(await add('a@example.org')).toMatchObject({ ok: false });
    expect(store.raw.prepare('SELECT reason FROM suppressions').pluck().all()).toEqual(['complaint']);
  });

  test('comes back when an admin adds them on purpose', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await eraseSubscriber(store.db, id, monday, hashAddress);
    expect(await add('a@example.org')).toMatchObject({ ok: true });
    expect(await findSuppressed(store.db, [hashAddress('a@example.org')])).toEqual(new Map());
  });
});
