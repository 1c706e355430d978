import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { forgetHashes, hashAddresses } from '../../src/store/subscriber-hashes.ts';
import { countSubscribers, listNewestSubscribers } from '../../src/store/subscribers.ts';
import { insertSuppressions, liftSuppression } from '../../src/store/suppressions.ts';
import { editTopic } from '../../src/store/topics.ts';
import { type FilterInput, readFilter } from '../../src/subscribers/filter.ts';
import { eraseSubscriber, pauseSubscriber } from '../../src/subscribers/status.ts';
import { editSubscriber } from '../../src/subscribers/subscribers.ts';
import { addSomebody, hashAddress, monday, openTestStore } from './people.ts';

const dayMs = 24 * 3_600_000;
let store: Store;
let ids: Record<'ana' | 'bo' | 'cy', number>;
beforeEach(async () => {
  store = await openTestStore();
  ids = {
    ana: await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] }, monday),
    bo: await addSomebody(
      store,
      { email: 'Bo@Example.org', timezone: 'Asia/Tokyo', topics: ['agents', 'robotics'] },
      monday + dayMs,
    ),
    cy: await addSomebody(store, { email: 'cy@elsewhere.example' }, monday + 2 * dayMs),
  };
});
afterEach(() => store.close());

async function listed(input: FilterInput): Promise<string> {
  const read = await readFilter(store.db, hashAddress, input);
  if (!read.ok) return read.problems.map(({ field, message }) => `${field}: ${message}`).join(' ');
  const { subscribers } = await listNewestSubscribers(store.db, { ...read.filter, limit: 10 });
  const counts = await countSubscribers(store.db, read.filter);
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(subscribers.length);
  return subscribers.map(({ email }) => email.split('@')[0]).join(' ');
}
const suppress = (email: string) =>
  insertSuppressions(store.db, [
    {
      addressHash: hashAddress(email),
      reason: 'manual',
      origin: 'admin',
      note: null,
      bounceId: null,
      createdAt: monday,
    },
  ]);

describe('subscribers are found', () => {
  test('by nothing: everybody, the newest first', async () => {
    expect(await listed({ status: '', search: ' ' })).toBe('cy Bo ana');
  });

  test('by part of the address, status, time zone, topic (also by an old slug) and when they joined', async () => {
    await pauseSubscriber(store.db, ids.ana, monday);
    expect(await listed({ search: 'EXAMPLE.org' })).toBe('Bo ana');
    expect(await listed({ search: '%' })).toBe('');
    expect(await listed({ status: 'paused' })).toBe('ana');
    expect(await listed({ timezone: 'Asia/Tokyo' })).toBe('Bo');
    await editTopic(store.db, 'agents', { slug: 'llm-agents' }, monday);
    expect(await listed({ topic: 'agents' })).toBe('Bo ana');
    await editSubscriber(store.db, ids.bo, { removeTopics: ['agents'] }, monday);
    expect(await listed({ topic: 'llm-agents' })).toBe('ana');
    expect(await listed({ joinedSince: '2026-06-23' })).toBe('cy Bo');
    expect(await listed({ joinedSince: '2026-06-23', joinedBefore: '2026-06-24' })).toBe('Bo');
  });

  test('by the last digest that was sent to them', async () => {
    store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, 0, 0);
      INSERT INTO deliveries (subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at, expires_at, ended_at)
      VALUES (${ids.ana}, 1, '2026-06-22', 'sent', NULL, '1', 0, 0, 0, 0), (${ids.ana}, 1, '2026-06-25', 'failed', 'x', '2', 0, 0, 0, 0),
        (${ids.bo}, 1, '2026-06-24', 'sent', NULL, '3', 0, 0, 0, 0)`);
    expect(await listed({ digestSince: '2026-06-22' })).toBe('Bo ana');
    expect(await listed({ digestSince: '2026-06-23' })).toBe('Bo');
    expect(await listed({ noDigestSince: '2026-06-23' })).toBe('cy ana');
  });

  test('by whether they are suppressed, whoever joined, moved or was erased since it was asked last', async () => {
    expect(await listed({ suppressed: 'yes' })).toBe('');
    await suppress('ana@example.org');
    expect(await listed({ suppressed: 'yes' })).toBe('ana');
    expect(await listed({ suppressed: 'no' })).toBe('cy Bo');
    await editSubscriber(store.db, ids.ana, { email: 'new@example.org' }, monday, 'admin', hashAddress);
    expect(await listed({ suppressed: 'yes' })).toBe('');
    await suppress('new@example.org');
    expect(await listed({ suppressed: 'yes' })).toBe('new');
    await liftSuppression(store.db, hashAddress('new@example.org'), 'over', monday);
    expect(await listed({ suppressed: 'yes' })).toBe('');
    await eraseSubscriber(store.db, ids.cy, monday, hashAddress);
    const hashes = store.raw.prepare('SELECT address_hash FROM subscribers ORDER BY id').pluck();
    expect(hashes.all()).toEqual([hashAddress('new@example.org'), hashAddress('bo@example.org'), null]);
    await forgetHashes(store.db);
    await hashAddresses(store.db, (key) => `other ${key}`);
    expect(hashes.all()).toEqual(['other new@example.org', 'other bo@example.org', null]);
  });

  test('what cannot be meant is told at its field, all of it', async () => {
    expect(
      await listed({
        status: 'gone',
        topic: 'nope',
        timezone: 'Mars',
        suppressed: 'maybe',
        joinedSince: '2026-02-30',
        digestSince: 'now',
      }),
    ).toMatch(
      /^status: .* topic: .* timezone: .* suppressed: .* joinedSince: .* digestSince: Expected a date/,
    );
  });
});
