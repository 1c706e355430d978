import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actingAs } from '../../src/store/acting.ts';
import type { Store } from '../../src/store/store.ts';
import { countSubscribers, findSubscriber, type SubscriberFilter } from '../../src/store/subscribers.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import {
  type BulkInput,
  changeMany,
  countChosen,
  readBulkChange,
  sayBulkChange,
} from '../../src/subscribers/bulk.ts';
import { eraseSubscriber, pauseSubscriber, unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { addSomebody, hashAddress, monday, openTestStore } from './people.ts';

let store: Store;
let ids: number[];
beforeEach(async () => {
  store = await openTestStore();
  ids = [];
  for (const name of ['ana', 'bo', 'cy', 'di', 'ed'])
    ids.push(await addSomebody(store, { email: `${name}@example.org`, topics: ['agents'] }));
  await unsubscribeSubscriber(store.db, ids[3] ?? 0, monday);
  await eraseSubscriber(store.db, ids[4] ?? 0, monday, hashAddress);
});
afterEach(() => store.close());

async function change(input: BulkInput, filter: SubscriberFilter = {}, expected?: number) {
  const read = await readBulkChange(store.db, input);
  if (!read.ok) return read.message;
  return await changeMany({
    ...{ db: store.db, filter, change: read.change, at: monday + 1 },
    expected: expected ?? (await countChosen(store.db, filter)),
  });
}
const topicsOf = async (id = 0) =>
  ((await findSubscribedTopics(store.db, [id])).get(id) ?? []).map(({ slug }) => slug);

describe('one change for many', () => {
  test('adds and takes topics; who has unsubscribed gets none, the erased are not counted', async () => {
    expect(await countChosen(store.db, {})).toBe(4);
    expect(await change({ act: 'add_topic', topic: 'robotics' })).toEqual({
      ok: true,
      stopped: false,
      changed: 3,
      unchanged: 0,
      refused: 1,
    });
    expect(await change({ act: 'add_topic', topic: 'robotics' })).toMatchObject({
      changed: 0,
      unchanged: 3,
      refused: 1,
    });
    expect(await change({ act: 'remove_topic', topic: 'agents' }, { ids: ids.slice(0, 2) })).toMatchObject({
      changed: 2,
    });
    expect(await topicsOf(ids[0])).toEqual(['robotics']);
    expect(await topicsOf(ids[2])).toEqual(['agents', 'robotics']);
    expect(await topicsOf(ids[3])).toEqual([]);
  });

  test('pauses, resumes and unsubscribes, and brings nobody back who left', async () => {
    expect(await change({ act: 'pause' })).toMatchObject({ changed: 3, refused: 1 });
    expect(await change({ act: 'resume' }, { search: 'a' })).toMatchObject({ changed: 3, refused: 1 });
    expect(await change({ act: 'unsubscribe' }, { ids: ids.slice(0, 1) })).toMatchObject({ changed: 1 });
    expect(await countSubscribers(store.db)).toMatchObject({ active: 2, unsubscribed: 2, erased: 1 });
  });

  test('goes on after those whom the filter chooses no more', async () => {
    for (let n = 0; n < 250; n++) await addSomebody(store, { email: `p${n}@example.org` });
    expect(await change({ act: 'pause' }, { status: 'active' })).toMatchObject({ changed: 253 });
    expect(await countSubscribers(store.db)).toMatchObject({ active: 0, paused: 253 });
  });

  test('sets time, days and zone, only what is given', async () => {
    expect(await change({ act: 'schedule', time: '7:30', days: 'weekends' })).toMatchObject({ changed: 4 });
    expect(await findSubscriber(store.db, ids[0] ?? 0)).toMatchObject({
      digestTime: '07:30',
      days: ['sat', 'sun'],
      timezone: 'UTC',
    });
    expect(await change({ act: 'schedule', time: '07:30' })).toMatchObject({ changed: 0, unchanged: 4 });
  });

  test('does nothing when others are meant than when it was asked', async () => {
    expect(await change({ act: 'pause' }, { status: 'active' }, 2)).toEqual({
      ok: false,
      reason: 'count_changed',
      count: 3,
    });
    await pauseSubscriber(store.db, ids[0] ?? 0, monday);
    expect(await change({ act: 'pause' }, { status: 'active' }, 2)).toMatchObject({ ok: true, changed: 2 });
  });

  test('is written down for each of them, in the name of who asked', async () => {
    await actingAs({ kind: 'admin', id: 7 }, () => change({ act: 'pause' }));
    const rows = store.raw
      .prepare("SELECT actor, actor_id, subject_id FROM admin_audit WHERE act = 'pause' ORDER BY id")
      .raw()
      .all();
    expect(rows).toEqual(ids.slice(0, 3).map((id) => ['admin', 7, id]));
  });

  test('what cannot be meant is told, and what is meant is said in words', async () => {
    expect(await change({ act: 'delete' })).toMatch(/Choose what is to be done/);
    expect(await change({ act: 'add_topic', topic: 'nope' })).toMatch(/no topic “nope”/);
    expect(await change({ act: 'schedule' })).toMatch(/Name a time/);
    expect(await change({ act: 'schedule', time: '25:00' })).toMatch(/not a time of day/);
    const read = await readBulkChange(store.db, {
      act: 'schedule',
      time: '07:30',
      days: ['mon', 'tue'],
      timezone: 'UTC',
    });
    expect(read.ok && sayBulkChange(read.change)).toBe('Set 07:30 on mon, tue in UTC for');
  });
});
