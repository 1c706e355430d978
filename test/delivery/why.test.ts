import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCandidateSet } from '../../src/delivery/candidate-set.ts';
import { plan } from '../../src/delivery/plan.ts';
import { explainDay } from '../../src/delivery/why.ts';
import { raiseFloors } from '../../src/store/floors.ts';
import type { Store } from '../../src/store/store.ts';
import { findSubscriber } from '../../src/store/subscribers.ts';
import {
  eraseSubscriber,
  pauseSubscriber,
  resumeSubscriber,
  unsubscribeSubscriber,
} from '../../src/subscribers/status.ts';
import { editSubscriber } from '../../src/subscribers/subscribers.ts';
import { addSomebody, hashAddress, monday, openTestStore } from '../subscribers/people.ts';
import { candidate } from '../support/papers.ts';
import { insertPaper } from '../support/store.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Days of June 2026, the 22nd is a Monday; hours are UTC. */
const june = (day: number, hour = 0) => monday + (day - 22) * dayMs + (hour - 6) * hourMs;

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
  for (const id of [1, 2, 3]) await insertPaper(store, candidate({ id, percentile: 0.5 }).paper);
});
afterEach(() => store.close());

async function planAt(at: number): Promise<void> {
  const candidates = [1, 2, 3].map((id) => candidate({ id, percentile: 0.5 }));
  const matches = candidates.map((one) => ({ paperId: one.paper.id, relevance: 0.5, terms: [] }));
  await plan({
    db: store.db,
    at,
    candidates: makeCandidateSet(
      candidates,
      () => matches,
      () => [],
    ),
    sourceLate: false,
    messageId: (id, date) => `<${id}.${date}@test>`,
    hashAddress,
  });
}

async function why(id: number, date: string, now: number) {
  const subscriber = await findSubscriber(store.db, id);
  if (!subscriber) throw new Error(`no subscriber ${id}`);
  return await explainDay(store.db, subscriber, date, now);
}

const reasonOf = async (id: number, date: string, now = june(30)) => {
  const { outcome, reason } = await why(id, date, now);
  return outcome === 'none' ? reason : `${outcome} ${reason}`;
};

describe('why somebody did or did not get a digest on a day', () => {
  test('what was sent says when and how much, and what came back of it', async () => {
    const id = await addSomebody(store, {
      email: 'a@example.org',
      topics: ['agents'],
      timezone: 'Europe/Berlin',
    });
    await planAt(june(22, 6));
    expect(await why(id, '2026-06-22', june(22, 6))).toMatchObject({ outcome: 'waiting', reason: null });
    store.raw.exec(
      `UPDATE deliveries SET status = 'sent', ended_at = ${june(22, 6)} + 60000, next_attempt_at = NULL`,
    );
    expect(await why(id, '2026-06-22', june(23))).toMatchObject({
      outcome: 'sent',
      sentence: 'A digest of 3 papers was accepted by the mail server at 2026-06-22 08:01 (Europe/Berlin).',
    });
    store.raw.exec(`INSERT INTO bounces (event_key, origin, class, reason, delivery_id, diagnostic, recorded_at)
      VALUES ('1', 'mail', 'hard', 'user_unknown', 1, '', 0)`);
    expect((await why(id, '2026-06-22', june(23))).sentence).toContain(
      'It came back later: a hard bounce (user_unknown).',
    );
  });

  test('a skipped one says why', async () => {
    const id = await addSomebody(store, { email: 'a@example.org' });
    await planAt(june(22, 8));
    expect(await why(id, '2026-06-22', june(23))).toMatchObject({
      outcome: 'skipped',
      reason: 'no_topics',
      sentence: 'There was no mail. They were subscribed to no topic.',
    });
  });

  test('before they joined, also on the day they joined when its time was over', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents'] }, june(23, 12));
    expect(await reasonOf(id, '2026-06-22')).toBe('joined_later');
    expect(await why(id, '2026-06-23', june(30))).toMatchObject({
      reason: 'joined_later',
      sentence:
        "They joined later, at 2026-06-23 12:00 (UTC); that day's digest was due at 2026-06-23 08:00 (UTC).",
    });
    expect(await reasonOf(id, '2026-06-24')).toBe('no_run');
  });

  test('while they were paused, unsubscribed or erased, and what they were on the days before', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents'] });
    await pauseSubscriber(store.db, id, june(23, 7));
    await editSubscriber(store.db, id, { time: '09:00' }, june(24, 7));
    await resumeSubscriber(store.db, id, june(25, 12));
    await unsubscribeSubscriber(store.db, id, june(27, 10));
    await eraseSubscriber(store.db, id, june(29, 10), hashAddress);
    const reasons = [];
    for (let day = 22; day <= 30; day++) reasons.push(`${day} ${await reasonOf(id, `2026-06-${day}`)}`);
    expect(reasons).toEqual([
      '22 no_run',
      '23 paused',
      '24 paused',
      '25 paused',
      '26 no_run',
      '27 no_run',
      '28 unsubscribed',
      '29 unsubscribed',
      '30 erased',
    ]);
    expect((await why(id, '2026-06-25', june(30))).sentence).toBe(
      'They were paused, since 2026-06-23 07:00 (UTC).',
    );
  });

  test('on days that are not theirs, whatever they changed since', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents'], days: 'mon,tue' });
    await editSubscriber(store.db, id, { days: 'wed' }, june(24, 20));
    expect(await why(id, '2026-06-24', june(30))).toMatchObject({
      reason: 'not_their_day',
      sentence: 'It was not one of their days: mon, tue.',
    });
    expect(await reasonOf(id, '2026-06-23')).toBe('no_run');
    expect(await reasonOf(id, '2026-06-30')).toBe('not_their_day');
  });

  test('today and later: when it is due', async () => {
    const id = await addSomebody(store, {
      email: 'a@example.org',
      topics: ['agents'],
      timezone: 'America/New_York',
    });
    expect(await why(id, '2026-06-22', june(22, 8))).toMatchObject({
      reason: 'not_due_yet',
      dueAt: june(22, 12),
      sentence: 'It is due at 2026-06-22 08:00 (America/New_York).',
    });
    expect(await reasonOf(id, '2026-06-22', june(22, 12) + 60_000)).toBe('due_now');
    expect(await reasonOf(id, '2026-06-22', june(22, 14))).toBe('no_run');
  });

  test('a time moved to one that is over is due at once', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents'], time: '18:00' });
    await editSubscriber(store.db, id, { time: '08:00' }, june(22, 12));
    expect(await reasonOf(id, '2026-06-22', june(22, 12) + 60_000)).toBe('due_now');
    await planAt(june(22, 13));
    expect(await reasonOf(id, '2026-06-22', june(22, 14))).toBe('waiting null');
  });

  test('what was forgotten or never recorded is said to be so', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', topics: ['agents'] });
    await editSubscriber(store.db, id, { time: '09:00' }, june(26, 7));
    // As a database of before the events were kept knows it.
    store.raw.exec('DELETE FROM subscriber_events WHERE id = (SELECT min(id) FROM subscriber_events)');
    expect(await reasonOf(id, '2026-06-24')).toBe('not_recorded');
    expect(await reasonOf(id, '2026-06-21')).toBe('joined_later');
    await raiseFloors(store.db, { editionsForgottenUntil: '2026-06-25' });
    expect(await reasonOf(id, '2026-06-24')).toBe('forgotten');
    expect(await reasonOf(id, '2026-06-26')).toBe('no_run');
  });

  test('where somebody lived is not to be read from their history once they are erased', async () => {
    const id = await addSomebody(store, { email: 'a@example.org', timezone: 'Asia/Tokyo' });
    await editSubscriber(store.db, id, { timezone: 'Europe/Berlin' }, june(23));
    await eraseSubscriber(store.db, id, june(24), hashAddress);
    expect(store.raw.prepare('SELECT DISTINCT timezone FROM subscriber_events').pluck().all()).toEqual([
      'UTC',
    ]);
  });

  test('whatever people do: where the scheduler ran, every day has a row or a reason of theirs', async () => {
    const act = fc.oneof(
      fc.constant('pause' as const),
      fc.constant('resume' as const),
      fc.record({
        time: fc.constantFrom('00:30', '08:00', '17:00', '23:30'),
        timezone: fc.constantFrom('UTC', 'Pacific/Kiritimati', 'America/Los_Angeles', 'Europe/Berlin'),
        days: fc.constantFrom('daily', 'mon,wed', 'weekends'),
      }),
    );
    const acts = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 * 48 }), act), { maxLength: 6 });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(acts, async (given) => {
        const id = await addSomebody(
          store,
          { email: `p${++number}@example.org`, topics: ['agents'] },
          june(22, 1),
        );
        const byHalfHour = Map.groupBy(given, ([halfHour]) => halfHour);
        const readDue = async () =>
          (await findSubscriber(store.db, id))?.nextDueAt ?? Number.POSITIVE_INFINITY;
        let due = await readDue();
        for (let halfHour = 0; halfHour <= 7 * 48; halfHour++) {
          const at = june(22, 1) + halfHour * 30 * 60_000 + 1;
          const acts = byHalfHour.get(halfHour) ?? [];
          for (const [, what] of acts)
            if (what === 'pause') await pauseSubscriber(store.db, id, at);
            else if (what === 'resume') await resumeSubscriber(store.db, id, at);
            else await editSubscriber(store.db, id, what, at);
          if (acts.length > 0) due = await readDue();
          if (due > at + 1) continue;
          await planAt(at + 1);
          due = await readDue();
        }
        for (let day = 21; day <= 28; day++) {
          const { outcome, reason, sentence } = await why(id, `2026-06-${day}`, june(29, 1));
          if (outcome === 'none')
            expect(
              ['joined_later', 'paused', 'not_their_day', ...(day === 28 ? ['no_run', 'not_due_yet'] : [])],
              sentence,
            ).toContain(reason);
        }
        await unsubscribeSubscriber(store.db, id, june(29, 2));
        await eraseSubscriber(store.db, id, june(29, 2), hashAddress);
      }),
      { numRuns: 25 },
    );
  });
});
