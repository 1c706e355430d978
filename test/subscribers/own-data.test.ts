import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { findSubscriber } from '../../src/store/subscribers.ts';
import { insertSuppressions, liftSuppression } from '../../src/store/suppressions.ts';
import { askToMove } from '../../src/subscribers/move.ts';
import { collectOwnData } from '../../src/subscribers/own-data.ts';
import { addOwnTopic } from '../../src/subscribers/own-topics.ts';
import { eraseSubscriber, pauseUntil } from '../../src/subscribers/status.ts';
import { editSubscriber } from '../../src/subscribers/subscribers.ts';
import { mailDigest } from '../web/reader/mailed.ts';
import { addSomebody, hashAddress, monday, openTestStore } from './people.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const collect = (id: number) => collectOwnData(store.db, id, hashAddress, monday);

/** Somebody with a row in every table that may hold one about a subscriber. */
async function addFull(name: string): Promise<number> {
  const email = `${name}@example.org`;
  const id = await addSomebody(store, { email: `${name}.old@example.org`, topics: ['agents'] });
  await editSubscriber(store.db, id, { email }, monday, 'preferences', hashAddress);
  await editSubscriber(store.db, id, { topics: ['diffusion'], time: '09:00' }, monday);
  await addOwnTopic(store.db, id, { kind: 'query', text: `${name} robots`, name: `${name}’s words` }, monday);
  await pauseUntil(store.db, id, '2026-07-06', monday);
  const deliveryId = await mailDigest(store, id, [{ id: 1 }, { id: 2 }]);
  const run = (sql: string, ...values: unknown[]) => store.raw.prepare(sql).run(...values);
  run(
    "INSERT INTO feedback (subscriber_id, paper_id, delivery_id, verdict, created_at, removed_at) VALUES (?, 1, ?, 'more', 1, 2)",
    ...[id, deliveryId],
  );
  run(
    `INSERT INTO bounces (event_key, origin, class, reason, address_hash, delivery_id, diagnostic, recorded_at)
     VALUES (?, 'mail', 'soft', 'mailbox_full', ?, NULL, ?, 5)`,
    ...[`key of ${name}`, hashAddress(email), `${name}’s mailbox is full`],
  );
  const addressHash = hashAddress(email);
  await insertSuppressions(store.db, [
    { addressHash, reason: 'hard', origin: 'smtp', note: `about ${name}`, bounceId: null, createdAt: 6 },
  ]);
  await liftSuppression(store.db, addressHash, 'works again', 7);
  run(
    "INSERT INTO sign_ups (email, email_key, wishes, created_at, expires_at) VALUES (?, ?, '{}', 8, 9)",
    ...[email, email],
  );
  run(
    'INSERT INTO consents (subscriber_id, asked_at, given_at, link_hash) VALUES (?, 10, 11, ?)',
    id,
    `link of ${name}`,
  );
  const found = await findSubscriber(store.db, id);
  if (!found) throw new Error('nobody');
  await askToMove({ db: store.db, now: monday, hashAddress }, found, `${name}.next@example.org`);
  run(
    "INSERT INTO admin_audit (at, actor, act, subject, subject_id, before, after) VALUES (12, 'cli', 'retry', 'delivery', ?, NULL, ?)",
    ...[deliveryId, JSON.stringify({ status: `retried for ${name}` })],
  );
  return id;
}

test('the data that a subscriber downloads is everything that is kept about them, and explains itself', async () => {
  const id = await addFull('ana');
  await addFull('ben');
  const all = (await collect(id)) as Record<string, unknown>;
  const text = JSON.stringify(all);
  expect(all.subscriber).toMatchObject({
    email: 'ana@example.org',
    status: 'paused',
    resumeDate: '2026-07-06',
  });
  expect(all.subscriptions).toMatchObject([
    { topic: 'agents', endedReason: 'admin' },
    { topic: 'diffusion', until: null },
    { name: 'ana’s words', until: null },
  ]);
  expect(all.likesAndDislikes).toMatchObject([{ verdict: 'more', takenBack: '1970-01-01T00:00:00.002Z' }]);
  expect(all.digests).toMatchObject([{ status: 'sent', papers: [{}, {}] }]);
  expect(all.returned).toMatchObject([{ reason: 'mailbox_full', words: 'ana’s mailbox is full' }]);
  expect(all.suppressions).toMatchObject([{ reason: 'hard', note: 'about ana', endNote: 'works again' }]);
  expect(all.consents).toMatchObject([{ linkHash: 'link of ana' }]);
  expect(all.addressChanges).toMatchObject([{ email: 'ana.next@example.org' }]);
  expect(all.waitingLetters).toMatchObject([{ kind: 'move', email: 'ana.next@example.org' }]);
  expect(all.formerAddresses).toMatchObject([{ keyedHash: hashAddress('ana.old@example.org') }]);
  expect(all.signUps).toHaveLength(1);
  expect((all.history as unknown[]).length).toBeGreaterThan(2);
  expect(text).toContain('retried for ana');
  expect(new Set((all.changes as { of: string }[]).map((one) => one.of))).toEqual(
    new Set(['subscriber', 'topic', 'suppression', 'delivery']),
  );
  expect(text).not.toContain('ben');
  const { madeAt: _, guide, ...parts } = all;
  expect(Object.keys(guide as object).sort()).toEqual(Object.keys(parts).sort());
});

test('no table that holds something about subscribers is left out', async () => {
  const columns = store.raw
    .prepare(
      "SELECT t.name || '.' || c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' ORDER BY 1",
    )
    .pluck()
    .all() as string[];
  const about = columns.filter((column) =>
    /\.(subscriber_id|owner_id|email|email_key|address_hash|subject_id)$/.test(column),
  );
  // A new one goes into subscribers/own-data.ts, into what `eraseSubscriber` forgets, and here.
  expect([...new Set(about.map((column) => column.split('.')[0]))]).toEqual([
    'address_changes',
    'admin_audit',
    // Whoever runs Paperboy, not who reads it.
    'admins',
    'bounces',
    'consents',
    'deliveries',
    'delivery_papers',
    'feedback',
    'former_addresses',
    'sign_ups',
    'subscriber_events',
    'subscribers',
    'subscriptions',
    'suppressions',
    'topics',
    'waiting_letters',
  ]);
});

test('there is nothing to download of who was erased', async () => {
  const id = await addFull('ana');
  await eraseSubscriber(store.db, id, monday, hashAddress);
  expect(await collect(id)).toBeNull();
});
