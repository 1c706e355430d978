import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import {
  countSubscribers,
  eachSubscriberPage,
  findSubscriber,
  findSubscriberByKey,
  listSubscribers,
} from '../../src/store/subscribers.ts';
import { findSubscribedTopics } from '../../src/store/subscriptions.ts';
import { addTopic } from '../../src/store/topics.ts';
import {
  eraseSubscriber,
  pauseSubscriber,
  resubscribeSubscriber,
  resumeSubscriber,
  unsubscribeSubscriber,
} from '../../src/subscribers/status.ts';
import { addSubscriber, editSubscriber, type SubscriberChange } from '../../src/subscribers/subscribers.ts';
import { addSomebody, defaults, hashAddress, monday, openTestStore } from './people.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const hourMs = 3_600_000;
const iso = (ms: number | null | undefined) => (ms == null ? null : new Date(ms).toISOString());
const dueOf = async (id: number) => iso((await findSubscriber(store.db, id))?.nextDueAt);
const topicsOf = async (id: number) =>
  ((await findSubscribedTopics(store.db, [id])).get(id) ?? []).map((topic) => topic.slug);
const history = () =>
  store.raw
    .prepare('SELECT topic_id, created_at, ended_at, ended_reason FROM subscriptions ORDER BY id')
    .all();
const problems = async (result: ReturnType<typeof editSubscriber>) => {
  const given = await result;
  return given.ok ? [] : given.problems.map(({ field }) => field);
};
const edit = (id: number, change: SubscriberChange, at = monday) =>
  editSubscriber(store.db, id, change, at, 'admin', hashAddress);

describe('adding', () => {
  test('makes an active subscriber whose first digest is at their next local digest time', async () => {
    const id = await addSomebody(store, {
      email: 'Ana@Example.ORG',
      timezone: 'asia/kolkata',
      topics: ['agents'],
    });
    expect(await findSubscriber(store.db, id)).toMatchObject({
      email: 'Ana@example.org',
      emailKey: 'ana@example.org',
      status: 'active',
      timezone: 'Asia/Kolkata',
      digestTime: '08:00',
      maxPapers: 10,
    });
    // 06:00 UTC is 11:30 in Kolkata: today's 08:00 is over there.
    expect(await dueOf(id)).toBe('2026-06-23T02:30:00.000Z');
    expect(await topicsOf(id)).toEqual(['agents']);
  });

  test('at exactly the digest time counts as due now', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' }, monday + 2 * hourMs);
    expect(await dueOf(id)).toBe('2026-06-22T08:00:00.000Z');
  });

  test('tells every problem and then adds nobody', async () => {
    const result = addSubscriber(
      store.db,
      {
        email: 'a b@c',
        timezone: 'Mars',
        time: '25:00',
        days: 'never',
        maxPapers: 51,
        topics: ['nope', 'agents'],
      },
      defaults,
      monday,
      hashAddress,
    );
    expect(await problems(result)).toEqual(['email', 'timezone', 'time', 'days', 'maxPapers', 'topics']);
    expect((await countSubscribers(store.db)).active).toBe(0);
  });

  test.each([
    ['active', 'there', 'a@example.org is there already.'],
    ['paused', 'paused', 'a@example.org is there and paused.'],
    ['unsubscribed', 'unsubscribed', 'a@example.org has unsubscribed.'],
  ] as const)(
    'an address that is %s already is refused, saying whose it is',
    async (status, kind, message) => {
      const id = await addSomebody(store, { email: 'a@example.org' });
      await edit(id, { status });
      const again = await addSubscriber(store.db, { email: 'A@EXAMPLE.org' }, defaults, monday, hashAddress);
      const about = { kind, email: 'a@example.org', subscriberId: id };
      expect(again).toEqual({ ok: false, problems: [{ field: 'email', message, about }] });
      expect((await findSubscriber(store.db, id))?.status).toBe(status);
    },
  );

  test("another subscriber's private topic is as good as none", async () => {
    const owner = await addSomebody(store, { email: 'owner@example.org' });
    await addTopic(store.db, { slug: 'mine', name: 'Mine', query: 'mine', ownerId: owner }, monday);
    expect(
      await problems(
        addSubscriber(store.db, { email: 'b@example.org', topics: ['mine'] }, defaults, monday, hashAddress),
      ),
    ).toEqual(['topics']);
    expect(await problems(edit(owner, { addTopics: ['mine'] }))).toEqual([]);
  });
});

describe('editing', () => {
  test('a new schedule moves the next digest, other settings do not', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await edit(id, { maxPapers: 3 }, monday + hourMs);
    expect(await dueOf(id)).toBe('2026-06-22T08:00:00.000Z');
    await edit(id, { time: '7:30', days: ['tue', 'thu'] }, monday + hourMs);
    expect(await dueOf(id)).toBe('2026-06-23T07:30:00.000Z');
    expect(await findSubscriber(store.db, id)).toMatchObject({ maxPapers: 3, digestTime: '07:30' });
  });

  test('a digest that is due already is not lost by a new schedule', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await edit(id, { time: '07:00' }, monday + 5 * hourMs);
    expect(await dueOf(id)).toBe('2026-06-22T07:00:00.000Z');
  });

  test("today's digest comes at once when its new time is over already", async () => {
    const id = await addSomebody(store, { email: 'a@example.org', time: '18:00' });
    await edit(id, { time: '08:00' }, monday + 6 * hourMs);
    expect(await dueOf(id)).toBe('2026-06-22T08:00:00.000Z');
  });

  test("when today's digest was sent, an earlier time is tomorrow's", async () => {
    const id = await addSomebody(store, { email: 'a@example.org' }, monday + 3 * hourMs);
    await edit(id, { time: '07:00' }, monday + 4 * hourMs);
    expect(await dueOf(id)).toBe('2026-06-23T07:00:00.000Z');
  });

  test('a digest that is due and not planned yet comes at the new time when that is later', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await edit(id, { time: '18:00' }, monday + 5 * hourMs);
    expect(await dueOf(id)).toBe('2026-06-22T18:00:00.000Z');
  });

  test('is all or nothing', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    expect(await problems(edit(id, { timezone: 'Europe/Berlin', topics: ['nope'] }))).toEqual(['topics']);
    expect((await findSubscriber(store.db, id))?.timezone).toBe('UTC');
  });

  test('an address that belongs to another is refused', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await addSomebody(store, { email: 'b@example.org' });
    expect(await problems(edit(id, { email: 'B@example.org' }))).toEqual(['email']);
    expect(await problems(edit(id, { email: 'A@example.org' }))).toEqual([]);
    expect((await findSubscriberByKey(store.db, 'a@example.org'))?.email).toBe('A@example.org');
  });

  test('topics that are left end with a reason, and coming back to one makes a new subscription', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents', 'diffusion'] });
    await edit(id, { addTopics: ['robotics'], removeTopics: ['agents'] }, monday + 1);
    expect(await topicsOf(id)).toEqual(['diffusion', 'robotics']);
    await edit(id, { topics: ['agents'] }, monday + 2);
    expect(await topicsOf(id)).toEqual(['agents']);
    expect(history()).toEqual([
      { topic_id: 1, created_at: monday, ended_at: monday + 1, ended_reason: 'admin' },
      { topic_id: 2, created_at: monday, ended_at: monday + 2, ended_reason: 'admin' },
      { topic_id: 3, created_at: monday + 1, ended_at: monday + 2, ended_reason: 'admin' },
      { topic_id: 1, created_at: monday + 2, ended_at: null, ended_reason: null },
    ]);
  });
});

describe('status', () => {
  test('pausing clears the next digest and resuming computes it anew', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents'] });
    expect(await pauseSubscriber(store.db, id, monday)).toMatchObject({ ok: true, changed: true });
    expect(await pauseSubscriber(store.db, id, monday)).toMatchObject({ ok: true, changed: false });
    expect(await dueOf(id)).toBeNull();
    await resumeSubscriber(store.db, id, monday + 24 * hourMs);
    expect(await dueOf(id)).toBe('2026-06-23T08:00:00.000Z');
    expect(await topicsOf(id)).toEqual(['agents']);
  });

  test('unsubscribing ends the topics, coming back brings back exactly those', async () => {
    const id = await addSomebody(store, {
      email: 'a@example.org',
      topics: ['agents', 'diffusion', 'robotics'],
    });
    await edit(id, { removeTopics: ['robotics'] });
    await unsubscribeSubscriber(store.db, id, monday + 1);
    expect(await topicsOf(id)).toEqual([]);
    expect(await dueOf(id)).toBeNull();
    expect(await resumeSubscriber(store.db, id, monday + 2)).toMatchObject({ ok: true, changed: false });
    expect(await resubscribeSubscriber(store.db, id, monday + 2)).toMatchObject({ ok: true, changed: true });
    expect(await topicsOf(id)).toEqual(['agents', 'diffusion']);
    expect(await dueOf(id)).toBe('2026-06-22T08:00:00.000Z');
  });

  test('who left without a topic comes back without one, whatever they had before', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents'] });
    await unsubscribeSubscriber(store.db, id, monday + 1);
    await resubscribeSubscriber(store.db, id, monday + 2);
    await edit(id, { topics: [] }, monday + 3);
    await unsubscribeSubscriber(store.db, id, monday + 4);
    await resubscribeSubscriber(store.db, id, monday + 5);
    expect(await topicsOf(id)).toEqual([]);
  });

  test('who has unsubscribed gets no topics before they are active again', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await unsubscribeSubscriber(store.db, id, monday);
    expect(await problems(edit(id, { addTopics: ['agents'] }))).toEqual(['topics']);
    await edit(id, { status: 'active', topics: ['agents'] });
    expect(await topicsOf(id)).toEqual(['agents']);
  });

  test('erasing leaves the rows and no trace of the address, for good', async () => {
    const id = await addSomebody(store, {
      email: 'ana@example.org',
      topics: ['agents'],
      timezone: 'Asia/Tokyo',
    });
    await addTopic(store.db, { slug: 'ana-own', name: 'Ana', query: 'ana', ownerId: id }, monday);
    store.raw.exec(`INSERT INTO plan_runs (at, started_at) VALUES (0, 0);
      INSERT INTO deliveries (subscriber_id, plan_run_id, edition_date, status, reason, detail, message_id, due_at, planned_at, expires_at, ended_at)
      VALUES (${id}, 1, '2026-06-21', 'failed', 'recipient_refused', '550 <ana@example.org> unknown', 'm', 0, 0, 0, 0)`);
    expect(await eraseSubscriber(store.db, id, monday, hashAddress)).toMatchObject({
      ok: true,
      changed: true,
    });
    const tables = store.raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
    for (const table of tables)
      expect(JSON.stringify(store.raw.prepare(`SELECT * FROM ${table}`).all()).toLowerCase()).not.toMatch(
        /\bana\b/,
      );
    expect(store.raw.prepare('SELECT count(*) FROM deliveries').pluck().get()).toBe(1);
    expect(history()).toMatchObject([{ ended_reason: 'erased' }]);
    expect(await eraseSubscriber(store.db, id, monday, hashAddress)).toMatchObject({
      ok: true,
      changed: false,
    });
    expect(await resubscribeSubscriber(store.db, id, monday)).toEqual({ ok: false, reason: 'erased' });
    expect(await problems(edit(id, { status: 'active' }))).toEqual(['status']);
    expect(await unsubscribeSubscriber(store.db, 999, monday)).toEqual({ ok: false, reason: 'unknown' });
  });
});

test('pages by id give everybody once, filtered or not', async () => {
  for (let n = 1; n <= 25; n++)
    await addSomebody(store, { email: `p${n}@example.org`, topics: n % 2 ? ['agents'] : [] });
  const seen: number[] = [];
  for await (const page of eachSubscriberPage(store.db, {}, 10)) seen.push(...page.map(({ id }) => id));
  expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  const page = await listSubscribers(store.db, { topicId: 1, limit: 13 });
  expect([page.subscribers.length, page.nextAfter]).toEqual([13, null]);
  expect((await listSubscribers(store.db, { search: 'P25@' })).subscribers.map(({ id }) => id)).toEqual([25]);
});

test("a subscriber's language tag brings no calendar and no digits of its own", async () => {
  const id = await addSomebody(store, { email: 'thai@example.org', locale: 'en-u-ca-buddhist-nu-thai' });
  expect(await findSubscriber(store.db, id)).toMatchObject({ locale: 'en' });
});
