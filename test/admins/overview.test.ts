import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lastDays } from '../../src/admins/local-days.ts';
import { loadOverview } from '../../src/admins/overview.ts';
import { countByDay } from '../../src/store/overview.ts';
import { prunePlanRun } from '../../src/store/retention.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { addTopic } from '../../src/store/topics.ts';
import { eraseSubscriber, pauseSubscriber, unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { addSomebody, hashAddress } from '../subscribers/people.ts';
import { addDelivery, addReaders, end, now } from '../watch/deliveries.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const look = (more: Partial<Parameters<typeof loadOverview>[1]> = {}) =>
  loadOverview(store, { now, timezone: 'UTC', days: 30, sources: null, ...more });
const plan = (due: number) =>
  store.raw.prepare('UPDATE plan_runs SET due = ?, finished_at = ? WHERE id = 1').run(due, now);

describe("today's account", () => {
  beforeEach(() => {
    addReaders(store, 6);
    plan(6);
    const [sent, failed, uncertain] = [1, 2, 3].map((id) => addDelivery(store, id));
    end(store, sent ?? 0, 'sent', null);
    end(store, failed ?? 0, 'failed', 'recipient_refused');
    end(store, uncertain ?? 0, 'uncertain', 'no_reply');
    addDelivery(store, 4, { status: 'skipped', reason: 'nothing_new', endedAt: now });
    addDelivery(store, 5);
    addDelivery(store, 6, { nextAttemptAt: now + hourMs });
  });

  test('says of each digest that was due what became of it', async () => {
    const { today, uncertain } = await look();
    expect(today).toMatchObject({ due: 6, runs: 1, open: 2, queue: { ready: 1, later: 1 } });
    expect(today.ended.map(({ status, reason, count }) => [status, reason, count]).sort()).toEqual([
      ['failed', 'recipient_refused', 1],
      ['sent', '', 1],
      ['skipped', 'nothing_new', 1],
      ['uncertain', 'no_reply', 1],
    ]);
    expect(uncertain).toBe(1);
  });

  test('always adds up: due = open + ended, also when an end is taken back', async () => {
    const sum = async () => {
      const { today } = await look();
      return [today.open, today.ended.reduce((all, one) => all + one.count, 0)];
    };
    expect(await sum()).toEqual([2, 4]);
    // An uncertain one turns out to have arrived; a failed one is tried again.
    end(store, 3, 'sent', null);
    expect(await sum()).toEqual([2, 4]);
    store.raw.exec(
      "UPDATE deliveries SET status = 'pending', reason = NULL, ended_at = NULL, next_attempt_at = 0 WHERE id = 2",
    );
    expect(await sum()).toEqual([3, 3]);
    expect((await look()).today.ended.find(({ status }) => status === 'sent')?.count).toBe(2);
  });

  test('is of this day where the admin lives, and yesterday counts no more', async () => {
    expect((await look({ now: now + 11 * hourMs })).today.due).toBe(6);
    expect((await look({ now: now + 12 * hourMs })).today).toMatchObject({
      date: '2026-06-23',
      due: 0,
      open: 0,
    });
    // In Tokyo the day of 12:00 UTC is over at 15:00 UTC.
    expect((await look({ now: now + 2 * hourMs, timezone: 'Asia/Tokyo' })).today.due).toBe(6);
    expect((await look({ now: now + 3 * hourMs, timezone: 'Asia/Tokyo' })).today.due).toBe(0);
  });

  test('goes with its plan when that is forgotten, and not before', async () => {
    store.raw.exec('DELETE FROM deliveries');
    const kept = () => store.raw.prepare('SELECT sum(count) FROM plan_ends').pluck().get();
    expect(kept()).toBe(4);
    store.raw.exec('INSERT INTO plan_runs (at, started_at) VALUES (0, 0)');
    await prunePlanRun(store, 1, 10);
    expect(kept()).toBeNull();
  });

  test('tells when the next are due, and how many', async () => {
    expect((await look()).today.next).toEqual({ at: now + 365 * dayMs, count: 6 });
    expect((await look({ now: now + 366 * dayMs })).today.next).toBeNull();
  });
});

describe('days', () => {
  test('are the last ones of the time zone, none left out, today last', () => {
    const days = lastDays('America/New_York', 30, Date.parse('2026-03-20T03:00:00Z'));
    expect(days.dates).toHaveLength(30);
    expect([days.dates[0], days.dates.at(-1)]).toEqual(['2026-02-18', '2026-03-19']);
    // The clocks went forward on 8 March.
    expect(days.offsets.map(({ offsetMs }) => offsetMs / hourMs)).toEqual([-5, -4]);
    expect(new Date(days.since).toISOString()).toBe('2026-02-18T05:00:00.000Z');
  });

  test('count what ended on them there, on both sides of a change of clocks', async () => {
    addReaders(store, 2);
    const at = (iso: string) => Date.parse(iso);
    for (const [id, iso] of [
      [1, '2026-03-08T04:30:00Z'],
      [2, '2026-03-09T03:30:00Z'],
    ] as const)
      end(store, addDelivery(store, id), 'sent', null, at(iso));
    const { days } = await look({ now: at('2026-03-10T12:00:00Z'), timezone: 'America/New_York' });
    expect(days.filter(({ sent }) => sent > 0).map(({ date, sent }) => [date, sent])).toEqual([
      ['2026-03-07', 1],
      ['2026-03-08', 1],
    ]);
  });

  test('are each counted once: a day is one row, whatever hours it had', async () => {
    addReaders(store, 3);
    for (const id of [1, 2, 3]) end(store, addDelivery(store, id), 'sent', null, now - id * 3 * hourMs);
    const { offsets, since } = lastDays('Europe/Berlin', 30, now);
    expect(await countByDay(store.db, since, offsets)).toEqual([
      { date: '2026-06-22', what: 'sent', reason: '', count: 3 },
    ]);
  });

  test('and today tell the same of what was taken back: an end that was undone counts no more', async () => {
    addReaders(store, 3);
    plan(3);
    const [sent, failed, uncertain] = [1, 2, 3].map((id) => addDelivery(store, id));
    end(store, sent ?? 0, 'sent', null);
    end(store, failed ?? 0, 'failed', 'policy_refused');
    end(store, uncertain ?? 0, 'uncertain', 'no_reply');
    // The one is tried again and sent an hour later, the other turns out to have arrived.
    store.raw
      .prepare(
        "UPDATE deliveries SET status = 'pending', reason = NULL, ended_at = NULL, next_attempt_at = ? WHERE id = ?",
      )
      .run(now, failed);
    end(store, failed ?? 0, 'sent', null, now + hourMs);
    end(store, uncertain ?? 0, 'sent', null, now + hourMs);
    const { today, days, notices } = await look({ now: now + 2 * hourMs });
    expect(today.ended).toEqual([{ status: 'sent', reason: '', count: 3 }]);
    expect(days.at(-1)).toMatchObject({ sent: 3, failed: 0, uncertain: 0, skipped: {} });
    expect(notices).toEqual([]);
  });

  test('tell how many subscribers there were at the end of each, and who came and went', async () => {
    const [one, two, three] = [
      await addSomebody(store, { email: 'a@example.org' }, now - 40 * dayMs),
      await addSomebody(store, { email: 'b@example.org' }, now - 2 * dayMs),
      await addSomebody(store, { email: 'c@example.org' }, now - dayMs),
    ];
    await pauseSubscriber(store.db, one, now - dayMs);
    await unsubscribeSubscriber(store.db, two, now);
    await eraseSubscriber(store.db, three, now, hashAddress);
    const { days, subscribers } = await look();
    expect(days.slice(-4).map(({ active, came, went }) => [active, came, went])).toEqual([
      [1, 0, 0],
      [2, 1, 0],
      [2, 1, 1],
      [0, 0, 2],
    ]);
    expect(subscribers).toEqual({ pending: 0, active: 0, paused: 1, unsubscribed: 1, erased: 1 });
    expect(days[0]?.active).toBe(1);
  });
});

test('topics are shown by how many follow them, private and archived ones not', async () => {
  for (const slug of ['agents', 'robotics']) await addTopic(store.db, { slug, name: slug, query: slug }, now);
  for (const [email, topics] of [
    ['a@example.org', ['agents', 'robotics']],
    ['b@example.org', ['robotics']],
  ] as const)
    await addSomebody(store, { email, topics }, now);
  expect((await look()).topics.map(({ slug, subscriptions }) => [slug, subscriptions])).toEqual([
    ['robotics', 2],
    ['agents', 1],
  ]);
});

test('what is wrong comes with what to do, and since when it is known', async () => {
  addReaders(store, 1);
  plan(1);
  addDelivery(store, 1, { dueAt: now - 3 * hourMs, nextAttemptAt: now - 3 * hourMs });
  store.raw
    .prepare(
      "INSERT INTO alerts VALUES ('sending_stopped:auth', 'Sending stopped (auth)' || char(10) || 'See SMTP_URL.' || char(10) || 'paperboy doctor', ?, NULL, NULL)",
    )
    .run(now - hourMs);
  expect((await look()).troubles).toMatchObject([
    {
      cause: 'sending_stopped:auth',
      headline: 'Sending stopped (auth)',
      lines: ['See SMTP_URL.'],
      command: 'paperboy doctor',
      since: now - hourMs,
    },
    { cause: 'digests_waiting', headline: expect.stringContaining('waiting'), since: null },
  ]);
});

describe('what went wrong today is told, however little', () => {
  const about = async () => (await look()).notices.map(({ about: what, source }) => source ?? what);

  test('a digest that failed, one that is uncertain, a source that is late or does not answer', async () => {
    addReaders(store, 60);
    plan(60);
    for (let id = 1; id <= 58; id++) end(store, addDelivery(store, id), 'sent', null);
    expect(await about()).toEqual([]);
    end(store, addDelivery(store, 59), 'failed', 'recipient_refused');
    end(store, addDelivery(store, 60), 'uncertain', 'no_reply');
    for (const [source, state] of [
      ['arxiv', 'failing'],
      ['huggingface', 'late'],
      ['biorxiv', 'waiting'],
    ])
      store.raw
        .prepare(
          "INSERT INTO source_states (source, category, state, first_checked_at, checked_at, detail) VALUES (?, '', ?, ?, ?, 'HTTP 503')",
        )
        .run(source, state, now - hourMs, now - hourMs);
    expect(await about()).toEqual(['failed', 'uncertain', 'arxiv', 'huggingface']);
    const { notices, troubles } = await look({ sources: ['huggingface'] });
    expect(troubles).toEqual([]);
    expect(notices.map(({ headline }) => headline)).toEqual([
      'One of today’s digests failed',
      '1 delivery is uncertain',
      'huggingface is late',
    ]);
    expect(notices[0]?.lines[0]).toContain('1 recipient refused');
    expect(notices[2]?.lines[0]).toBe('HTTP 503');
  });

  test('once: not beside the trouble that says it', async () => {
    addReaders(store, 5);
    plan(5);
    for (let id = 1; id <= 5; id++) end(store, addDelivery(store, id), 'failed', 'policy_refused');
    expect((await look()).troubles.map(({ cause }) => cause)).toEqual(['digests_failed']);
    expect(await about()).toEqual([]);
  });
});
