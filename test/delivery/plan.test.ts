import { describe, expect, test } from 'vitest';
import { makeCandidateSet } from '../../src/delivery/candidate-set.ts';
import { createDayReader, editionsToPlan } from '../../src/delivery/editions.ts';
import { plan } from '../../src/delivery/plan.ts';
import { weekdays } from '../../src/digest/schedule.ts';
import type { Store } from '../../src/store/store.ts';
import { candidate } from '../support/papers.ts';
import { insertPaper, insertSubscriber, insertTopic, temporaryStore } from '../support/store.ts';

const at = (iso: string) => Date.parse(iso);

/** Ten papers, all matched by the query `all`; none by `none`. */
async function storeWithPapers(count = 10) {
  const store = temporaryStore();
  const candidates = Array.from({ length: count }, (_, i) =>
    candidate({ id: i + 1, percentile: 1 - i / count }),
  );
  for (const one of candidates) await insertPaper(store, one.paper);
  const set = () =>
    makeCandidateSet(
      candidates,
      (query) =>
        query === 'none'
          ? []
          : candidates.map((one) => ({ paperId: one.paper.id, relevance: 0.5, terms: [] })),
      () => [],
    );
  return { store, set };
}

function planAt(store: Store, set: ReturnType<typeof makeCandidateSet>, iso: string, sourceLate = false) {
  return plan({
    hashAddress: (key) => `hash of ${key}`,
    db: store.db,
    at: at(iso),
    candidates: set,
    sourceLate,
    messageId: (id, date) => `<${id}.${date}@test>`,
    pageSize: 2,
  });
}

/** As if the mail server had taken all that is pending. */
const markSent = (store: Store) =>
  store.raw.exec(
    "UPDATE deliveries SET status = 'sent', ended_at = planned_at, next_attempt_at = NULL WHERE status = 'pending'",
  );

const rows = (store: Store) =>
  store.raw.prepare('SELECT subscriber_id, edition_date, status, reason FROM deliveries ORDER BY id').all();

describe('plan', () => {
  test('only those whose local time has come are planned, each once an edition', async () => {
    const { store, set } = await storeWithPapers();
    const all = await insertTopic(store, 'all', 'all');
    const from = at('2026-06-22T00:00:00Z');
    await insertSubscriber(store, {
      email: 'a@example.org',
      topicIds: [all],
      from,
      timezone: 'UTC',
      maxPapers: 2,
    });
    await insertSubscriber(store, {
      email: 'b@example.org',
      topicIds: [all],
      from,
      timezone: 'Asia/Tokyo',
      maxPapers: 2,
    });
    await insertSubscriber(store, {
      email: 'c@example.org',
      topicIds: [all],
      from,
      timezone: 'America/Los_Angeles',
      maxPapers: 2,
    });
    expect(await planAt(store, set(), '2026-06-22T07:59:59Z')).toMatchObject({ due: 0, planned: 0 });
    expect(await planAt(store, set(), '2026-06-22T08:00:00Z')).toMatchObject({ due: 1, planned: 1 });
    expect(await planAt(store, set(), '2026-06-22T08:00:00Z')).toMatchObject({ due: 0, planned: 0 });
    expect(await planAt(store, set(), '2026-06-22T15:00:00Z')).toMatchObject({ due: 1, planned: 1 });
    expect(await planAt(store, set(), '2026-06-22T23:00:00Z')).toMatchObject({ due: 1, planned: 1 });
    expect(rows(store)).toMatchObject([
      { subscriber_id: 1, edition_date: '2026-06-22' },
      { subscriber_id: 3, edition_date: '2026-06-22' },
      { subscriber_id: 2, edition_date: '2026-06-23' },
    ]);
  });

  test('pages cover everybody, and a paper is never planned twice for one person', async () => {
    const { store, set } = await storeWithPapers(10);
    const all = await insertTopic(store, 'all', 'all');
    const from = at('2026-06-22T00:00:00Z');
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await insertSubscriber(store, { email: `${name}@example.org`, topicIds: [all], from, maxPapers: 4 });
    const reports = [];
    for (const day of ['22', '23', '24', '25']) {
      reports.push(await planAt(store, set(), `2026-06-${day}T09:00:00Z`));
      markSent(store);
    }
    expect(reports).toMatchObject([
      { due: 5, planned: 5, skipped: {} },
      { due: 5, planned: 5, skipped: {} },
      { due: 5, planned: 5, skipped: {} },
      { due: 5, planned: 0, skipped: { nothing_new: 5 } },
    ]);
    const papers = store.raw
      .prepare('SELECT subscriber_id, count(*) n, count(DISTINCT paper_id) d FROM delivery_papers GROUP BY 1')
      .all();
    expect(papers).toEqual([1, 2, 3, 4, 5].map((id) => ({ subscriber_id: id, n: 10, d: 10 })));
  });

  test('a day without matches, a late source and no topics are different reasons', async () => {
    const { store, set } = await storeWithPapers();
    const none = await insertTopic(store, 'none', 'none');
    const from = at('2026-06-22T00:00:00Z');
    await insertSubscriber(store, { email: 'a@example.org', topicIds: [none], from });
    await insertSubscriber(store, { email: 'b@example.org', topicIds: [], from });
    expect(await planAt(store, set(), '2026-06-22T09:00:00Z')).toMatchObject({
      skipped: { nothing_new: 1, no_topics: 1 },
    });
    expect(await planAt(store, set(), '2026-06-23T09:00:00Z', true)).toMatchObject({
      skipped: { source_late: 1, no_topics: 1 },
    });
  });

  test('a schedule changed after the digest of the day gives no second one', async () => {
    const { store, set } = await storeWithPapers();
    const all = await insertTopic(store, 'all', 'all');
    await insertSubscriber(store, {
      email: 'a@example.org',
      topicIds: [all],
      from: at('2026-06-22T00:00:00Z'),
      maxPapers: 1,
    });
    await planAt(store, set(), '2026-06-22T09:00:00Z');
    store.raw.exec(
      `UPDATE subscribers SET digest_time = '18:00', next_due_at = ${at('2026-06-22T18:00:00Z')}`,
    );
    expect(await planAt(store, set(), '2026-06-22T19:00:00Z')).toMatchObject({ due: 0 });
    expect(await planAt(store, set(), '2026-06-23T19:00:00Z')).toMatchObject({ due: 1, planned: 1 });
  });

  test('what waited until its day was over fails first, so that its papers are in the very next plan', async () => {
    const { store, set } = await storeWithPapers(1);
    const all = await insertTopic(store, 'all', 'all');
    await insertSubscriber(store, {
      email: 'a@example.org',
      topicIds: [all],
      from: at('2026-06-22T00:00:00Z'),
    });
    await planAt(store, set(), '2026-06-22T09:00:00Z');
    expect(await planAt(store, set(), '2026-06-23T09:00:00Z')).toMatchObject({ due: 1, planned: 1 });
    expect(rows(store)).toMatchObject([
      { edition_date: '2026-06-22', status: 'failed', reason: 'expired' },
      { edition_date: '2026-06-23', status: 'pending' },
    ]);
  });

  test('an edition that has its row long ago stops nobody, the one it belongs to included', async () => {
    const { store, set } = await storeWithPapers();
    const all = await insertTopic(store, 'all', 'all');
    const from = at('2026-06-01T00:00:00Z');
    await insertSubscriber(store, { email: 'a@example.org', topicIds: [all], from, maxPapers: 1 });
    await insertSubscriber(store, { email: 'b@example.org', topicIds: [all], from, maxPapers: 1 });
    await planAt(store, set(), '2026-06-01T10:00:00Z');
    markSent(store);
    // Moved so that the next due instant falls on the date that was just sent; then nothing runs for weeks.
    store.raw.exec(
      `UPDATE subscribers SET timezone = 'Pacific/Pago_Pago', next_due_at = ${at('2026-06-01T19:00:00Z')} WHERE id = 1`,
    );
    const report = await planAt(store, set(), '2026-06-25T20:00:00Z');
    expect(report.planned).toBe(2);
    expect(report.due).toBe(report.planned + Object.values(report.skipped).reduce((a, b) => a + b, 0));
  });

  test('a clock that stood in the future once keeps nobody waiting for it', async () => {
    const { store, set } = await storeWithPapers();
    const all = await insertTopic(store, 'all', 'all');
    await insertSubscriber(store, {
      email: 'a@example.org',
      topicIds: [all],
      from: at('2026-06-22T00:00:00Z'),
      maxPapers: 1,
    });
    await planAt(store, set(), '2027-06-22T09:00:00Z');
    markSent(store);
    expect(await planAt(store, set(), '2026-06-23T07:00:00Z')).toMatchObject({ due: 0 });
    expect(await planAt(store, set(), '2026-06-23T09:00:00Z')).toMatchObject({ due: 1, planned: 1 });
    expect(await planAt(store, set(), '2026-06-23T10:00:00Z')).toMatchObject({ due: 0 });
    expect(await planAt(store, set(), '2026-05-01T10:00:00Z')).toMatchObject({ due: 0 });
  });

  test('a clock that was three days ahead costs nobody the days between', async () => {
    const { store, set } = await storeWithPapers();
    const all = await insertTopic(store, 'all', 'all');
    const from = at('2026-06-22T00:00:00Z');
    await insertSubscriber(store, { email: 'a@example.org', topicIds: [all], from, maxPapers: 1 });
    await planAt(store, set(), '2026-06-25T09:00:00Z');
    await planAt(store, set(), '2026-06-22T09:00:00Z');
    expect(await planAt(store, set(), '2026-06-23T09:00:00Z')).toMatchObject({ due: 1, planned: 1 });
    expect(await planAt(store, set(), '2026-06-24T09:00:00Z')).toMatchObject({ due: 1, planned: 1 });
    expect(await planAt(store, set(), '2026-06-25T09:30:00Z')).toMatchObject({ due: 0 });
  });
});

describe('after downtime', () => {
  const subscriber = (nextDue: string) => ({
    timezone: 'America/Los_Angeles',
    digest_time: '08:00',
    days: weekdays.join(','),
    next_due_at: at(nextDue),
  });

  const planned = (nextDue: string, now: string, known: Parameters<typeof editionsToPlan>[2]) =>
    editionsToPlan(subscriber(nextDue), at(now), known, createDayReader(at(now))(subscriber(nextDue)));

  test('a digest that is still of its day is sent late', () => {
    expect(planned('2026-06-22T15:00:00Z', '2026-06-23T06:59:00Z', [])).toMatchObject([
      { date: '2026-06-22', folded: null },
    ]);
  });

  test('one due shortly before midnight has some hours, so that an hourly run does not miss it', () => {
    const late = { ...subscriber('2026-06-23T06:30:00Z'), digest_time: '23:30' };
    const seen = (now: string) => editionsToPlan(late, at(now), [], createDayReader(at(now))(late));
    expect(seen('2026-06-23T07:00:00Z')).toMatchObject([
      { date: '2026-06-22', folded: null, expiresAt: at('2026-06-23T12:30:00Z') },
    ]);
    expect(seen('2026-06-23T13:00:00Z')).toMatchObject([{ date: '2026-06-22', folded: expect.any(String) }]);
  });

  test('one whose day is over is folded into the next, with a row that says so', () => {
    expect(planned('2026-06-22T15:00:00Z', '2026-06-23T08:00:00Z', [])).toMatchObject([
      { date: '2026-06-22', folded: expect.stringContaining('compete again for 2026-06-23') },
    ]);
  });

  test('after several days only today is sent', () => {
    expect(planned('2026-06-20T15:00:00Z', '2026-06-23T16:00:00Z', [])).toMatchObject([
      { date: '2026-06-20', folded: expect.any(String) },
      { date: '2026-06-23', folded: null },
    ]);
  });

  test('when runs come so rarely that a day was missed before, late is better than never', () => {
    const folded = [
      {
        editionDate: '2026-06-22',
        reason: 'folded' as const,
        dueAt: at('2026-06-22T15:00:00Z'),
        plannedAt: at('2026-06-23T12:00:00Z'),
      },
    ];
    expect(planned('2026-06-23T15:00:00Z', '2026-06-24T12:00:00Z', folded)).toMatchObject([
      { date: '2026-06-23', folded: null, expiresAt: at('2026-06-25T00:00:00Z') },
    ]);
  });
});

describe('what a digest is for', () => {
  const occasions = (store: Store) =>
    store.raw
      .prepare('SELECT edition_date, occasion FROM deliveries WHERE reason IS NULL ORDER BY id')
      .raw()
      .all()
      .map((row) => (row as string[]).join(' '));
  const from = at('2026-06-22T00:00:00Z');

  test('a day for daily readers, a week for who has one day, and nobody was away before their first', async () => {
    const { store, set } = await storeWithPapers();
    const topicIds = [await insertTopic(store, 'all', 'all')];
    await insertSubscriber(store, { email: 'a@example.org', topicIds, from, maxPapers: 2 });
    await insertSubscriber(store, { email: 'b@example.org', topicIds, from, maxPapers: 2, days: ['mon'] });
    await planAt(store, set(), '2026-06-22T08:00:00Z');
    expect(occasions(store)).toEqual(['2026-06-22 day', '2026-06-22 week']);
    markSent(store);
    await planAt(store, set(), '2026-06-23T08:00:00Z');
    await planAt(store, set(), '2026-06-29T08:00:00Z');
    expect(occasions(store).slice(2)).toContain('2026-06-29 week');
  });

  test('the time since the last one, when days without a run or a pause lie between', async () => {
    const { store, set } = await storeWithPapers();
    const topicIds = [await insertTopic(store, 'all', 'all')];
    const id = await insertSubscriber(store, { email: 'a@example.org', topicIds, from, maxPapers: 2 });
    const days = ['22T08', '25T08', '26T08'];
    for (const day of days) {
      await planAt(store, set(), `2026-06-${day}:00:00Z`);
      markSent(store);
    }
    expect(occasions(store)).toEqual(['2026-06-22 day', '2026-06-25 away', '2026-06-26 day']);
    // A long pause: no rows, and the last one is further back than the editions that are looked at.
    store.raw.exec(`UPDATE subscribers SET next_due_at = ${at('2026-08-10T08:00:00Z')} WHERE id = ${id}`);
    await planAt(store, set(), '2026-08-10T08:00:00Z');
    expect(occasions(store).at(-1)).toBe('2026-08-10 away');
  });

  test('a day without papers is a mail only for who asked for it, and tells a late source', async () => {
    const { store, set } = await storeWithPapers();
    const topicIds = [await insertTopic(store, 'none', 'none')];
    const asked = await insertSubscriber(store, { email: 'a@example.org', topicIds, from });
    await insertSubscriber(store, { email: 'b@example.org', topicIds, from });
    await insertSubscriber(store, { email: 'c@example.org', topicIds: [], from });
    store.raw.exec(`UPDATE subscribers SET quiet_mail = 1 WHERE email <> 'b@example.org'`);
    expect(await planAt(store, set(), '2026-06-22T08:00:00Z')).toMatchObject({
      due: 3,
      planned: 1,
      skipped: { nothing_new: 1, no_topics: 1 },
    });
    markSent(store);
    await planAt(store, set(), '2026-06-23T08:00:00Z', true);
    expect(occasions(store)).toEqual(['2026-06-22 quiet', '2026-06-23 late']);
    expect(store.raw.prepare('SELECT count(*) FROM delivery_papers').pluck().get()).toBe(0);
    expect(
      store.raw.prepare('SELECT DISTINCT subscriber_id FROM deliveries WHERE reason IS NULL').pluck().all(),
    ).toEqual([asked]);
  });
});
