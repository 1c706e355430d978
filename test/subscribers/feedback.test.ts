import { beforeEach, describe, expect, test } from 'vitest';
import { findLatestFeedback, listFeedback } from '../../src/store/feedback.ts';
import { absorbPaper } from '../../src/store/paper-absorb.ts';
import { pruneDeliveries } from '../../src/store/retention.ts';
import type { Store } from '../../src/store/store.ts';
import { eraseSubscriberRow } from '../../src/store/subscribers.ts';
import { findSubject, recordFeedback, removeFeedback } from '../../src/subscribers/feedback.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper, insertSubscriber, temporaryStore } from '../support/store.ts';

const monday = Date.parse('2026-06-22T08:00:00Z');
let store: Store;

/** Two subscribers, each with a digest of papers 1 to 4; the second one's was never sent. */
beforeEach(async () => {
  store = temporaryStore();
  for (const id of [1, 2, 3, 4]) await insertPaper(store, storedPaper({ id, title: `Paper ${id}` }));
  store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, ${monday}, ${monday})`);
  store.raw.exec(`INSERT INTO paper_notes (id, plan_run_id, note) VALUES (1, 1, '{}')`);
  for (const id of [1, 2]) {
    await insertSubscriber(store, { email: `s${id}@example.org`, topicIds: [], from: monday });
    store.raw.exec(`
      INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at, expires_at, ended_at)
      VALUES (${id}, ${id}, 1, '2026-06-22', ${id === 1 ? "'sent', NULL" : "'skipped', 'paused'"}, '<${id}@test>', ${monday}, ${monday}, ${monday + 1}, ${monday})`);
    for (const paper of [1, 2, 3, 4])
      store.raw.exec(
        `INSERT INTO delivery_papers VALUES (${id}, ${paper - 1}, ${id}, ${paper}, NULL, 1, NULL)`,
      );
  }
});

const said = async () =>
  (await listFeedback(store.db, 1, { limit: 100 })).map(({ title, verdict }) => `${verdict} ${title}`);
const say = (position: number, verdict: 'more' | 'less', at = monday, deliveryId = 1) =>
  recordFeedback(store.db, { deliveryId, position, verdict }, at);

describe('more or less like a paper', () => {
  test('is kept once for a subscriber and a paper, and can be changed, taken back and said again', async () => {
    expect(await say(2, 'more')).toMatchObject({ ok: true, before: null, subject: { title: 'Paper 2' } });
    expect(await say(2, 'more', monday + 5)).toMatchObject({ ok: true, before: 'more' });
    expect(await findSubject(store.db, 1, 2)).toMatchObject({
      choice: { verdict: 'more', createdAt: monday },
    });
    expect(await say(2, 'less', monday + 9)).toMatchObject({ ok: true, before: 'more' });
    expect(await said()).toEqual(['less Paper 2']);
    expect(await removeFeedback(store.db, 1, 2, monday + 10)).toBe(1);
    expect(await removeFeedback(store.db, 1, 2, monday + 10)).toBe(0);
    expect(await said()).toEqual([]);
    await say(2, 'more', monday + 11);
    expect(await said()).toEqual(['more Paper 2']);
    expect(store.raw.prepare('SELECT count(*) FROM feedback').pluck().get()).toBe(1);
  });

  test('can be said only of what stood in a digest that was mailed', async () => {
    for (const position of [0, 5, -1, 1.5, Number.NaN, 1e9])
      expect(await say(position, 'more')).toEqual({ ok: false, reason: 'unknown' });
    expect(await say(1, 'more', monday, 2)).toEqual({ ok: false, reason: 'unknown' });
    expect(await say(1, 'more', monday, 99)).toEqual({ ok: false, reason: 'unknown' });
    expect(await said()).toEqual([]);
  });

  test('is listed newest first, a page at a time, and taken back all at once', async () => {
    for (const position of [1, 2, 3]) await say(position, 'more', monday + position);
    const [first] = await listFeedback(store.db, 1, { limit: 1 });
    expect(first?.title).toBe('Paper 3');
    expect(await listFeedback(store.db, 1, { limit: 5, beforeId: first?.id })).toMatchObject([
      { title: 'Paper 2' },
      { title: 'Paper 1' },
    ]);
    expect(await removeFeedback(store.db, 1, 'all', monday)).toBe(3);
    expect(await said()).toEqual([]);
  });

  test('of each subscriber the latest few of either verdict are read for the ranking', async () => {
    for (const position of [1, 2, 3]) await say(position, 'more', monday + position);
    await say(4, 'less', monday);
    const latest = await findLatestFeedback(store.db, [1, 2], 2);
    expect([...latest.keys()]).toEqual([1]);
    expect(latest.get(1)?.map(({ paperId, verdict }) => [paperId, verdict])).toEqual([
      [3, 'more'],
      [2, 'more'],
      [4, 'less'],
    ]);
  });

  test('of two papers that turn out to be one work, what was said last counts', async () => {
    await say(1, 'more', monday);
    await say(2, 'less', monday + 1);
    await say(3, 'more', monday);
    await absorbPaper(store.db, { id: 1, into: 2, at: monday });
    await absorbPaper(store.db, { id: 3, into: 4, at: monday });
    expect((await said()).sort()).toEqual(['less Paper 2', 'more Paper 4']);
  });

  test('outlives the digest it was said about, and goes with whoever said it', async () => {
    await say(1, 'more');
    store.raw.exec(`
      INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, message_id, due_at, planned_at, expires_at, ended_at)
      VALUES (9, 1, 1, '2026-06-23', 'sent', '<9@test>', 0, 0, 0, 0)`);
    const recentSince = monday + 1e9;
    await pruneDeliveries(store.db, { planRunId: 1, afterId: 0, limit: 10, recentSince });
    expect(await said()).toEqual(['more Paper 1']);
    await eraseSubscriberRow(store.db, 1, monday);
    expect(store.raw.prepare('SELECT count(*) FROM feedback').pluck().get()).toBe(0);
  });
});
