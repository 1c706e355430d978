import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeCandidateSet } from '../../src/delivery/candidate-set.ts';
import { plan } from '../../src/delivery/plan.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscriber } from '../../src/store/subscribers.ts';
import { pauseUntil, resumeSubscriber, unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { editSubscriber } from '../../src/subscribers/subscribers.ts';
import { candidate } from '../support/papers.ts';
import { insertPaper } from '../support/store.ts';
import { addSomebody, hashAddress, monday, openTestStore } from './people.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
  for (const { paper } of papers) await insertPaper(store, paper);
});
afterEach(() => store.close());

const at = (iso: string) => Date.parse(iso);
const papers = Array.from({ length: 5 }, (_, index) =>
  candidate({ id: index + 1, percentile: 0.9 - index / 10 }),
);
const planAt = (iso: string) =>
  plan({
    ...{ db: store.db, at: at(iso), sourceLate: false, hashAddress, pageSize: 2 },
    candidates: makeCandidateSet(
      papers,
      () => papers.map(({ paper }) => ({ paperId: paper.id, relevance: 0.5, terms: [] })),
      () => [],
    ),
    messageId: (id, date) => `<${id}.${date}@test>`,
  });
const editions = () =>
  store.raw.prepare("SELECT subscriber_id || ' ' || edition_date FROM deliveries ORDER BY id").pluck().all();

test('a pause ends by itself with the first digest of its date, once, wherever its subscriber lives', async () => {
  const zones = ['Pacific/Kiritimati', 'Asia/Kolkata', 'UTC', 'America/Los_Angeles', 'Pacific/Pago_Pago'];
  for (const [index, timezone] of zones.entries()) {
    const id = await addSomebody(store, {
      email: `s${index}@example.org`,
      topics: ['agents'],
      timezone,
      maxPapers: 1,
    });
    expect(await pauseUntil(store.db, id, '2026-06-25', monday)).toMatchObject({ ok: true });
  }
  for (let hour = 0; hour < 24 * 5; hour++) {
    const instant = new Date(monday + hour * 3_600_000).toISOString();
    await planAt(instant);
    if (hour % 7 === 0) await planAt(instant);
  }
  const first = [1, 2, 3, 4, 5].map((id) => (editions() as string[]).find((one) => one.startsWith(`${id} `)));
  expect(first).toEqual([1, 2, 3, 4, 5].map((id) => `${id} 2026-06-25`));
  expect(new Set(editions()).size).toBe(editions().length);
  const resumed = store.raw
    .prepare(
      `SELECT subscriber_id AS id FROM (SELECT subject_id AS subscriber_id FROM admin_audit WHERE act = 'resume')`,
    )
    .pluck()
    .all();
  expect((resumed as number[]).sort()).toEqual([1, 2, 3, 4, 5]);
});

test('who is back sooner, leaves, or is paused without a date is not brought back by it', async () => {
  const [sooner, left, without] = await Promise.all(
    ['a', 'b', 'c'].map((name) => addSomebody(store, { email: `${name}@example.org`, topics: ['agents'] })),
  );
  if (!sooner || !left || !without) throw new Error('nobody');
  for (const id of [sooner, left, without]) await pauseUntil(store.db, id, '2026-06-25', monday);
  await resumeSubscriber(store.db, sooner, monday);
  await unsubscribeSubscriber(store.db, left, monday);
  await pauseUntil(store.db, without, null, monday);
  for (const id of [sooner, left, without])
    expect(await findSubscriber(store.db, id)).toMatchObject({ resumeDate: null, resumeAt: null });
  await planAt('2026-06-26T09:00:00Z');
  expect(await findSubscriber(store.db, left)).toMatchObject({ status: 'unsubscribed' });
  expect(await findSubscriber(store.db, without)).toMatchObject({ status: 'paused', nextDueAt: null });
});

test('another time zone or time moves the end of the pause along', async () => {
  const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents'] });
  await pauseUntil(store.db, id, '2026-06-25', monday);
  await editSubscriber(store.db, id, { timezone: 'Asia/Tokyo', time: '18:00', days: 'fri' }, monday);
  expect(await findSubscriber(store.db, id)).toMatchObject({
    status: 'paused',
    resumeDate: '2026-06-25',
    resumeAt: at('2026-06-26T09:00:00Z'),
  });
});

test.each(['2026-06-22', '2026-06-21', '2027-06-23', '2026-02-30', '2026-6-25', 'tomorrow', ''])(
  'a pause cannot end on %j',
  async (date) => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    expect(await pauseUntil(store.db, id, date, monday)).toEqual({ ok: false, reason: 'date' });
    expect(await findSubscriber(store.db, id)).toMatchObject({ status: 'active' });
  },
);
