import { describe, expect, test } from 'vitest';
import { releaseDelivery, resolveDelivery, retryDelivery } from '../../src/delivery/acts.ts';
import { actOnMany } from '../../src/delivery/acts-on-many.ts';
import type { Outcome } from '../../src/mail/transport.ts';
import { actingAs } from '../../src/store/acting.ts';
import { listAudit } from '../../src/store/audit-list.ts';
import { countFound } from '../../src/store/delivery-search.ts';
import { raiseFloors } from '../../src/store/floors.ts';
import { absorbPaper } from '../../src/store/paper-absorb.ts';
import type { Store } from '../../src/store/store.ts';
import { insertSuppressions } from '../../src/store/suppressions.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper } from '../support/store.ts';
import {
  fakeTransport,
  hourMs,
  now,
  released,
  reply,
  sendWith,
  sent,
  statuses,
  storeWithPendingFor,
} from './deliveries.ts';

const emails = (count: number) => Array.from({ length: count }, (_none, n) => `r${n}@example.org`);
const hashAddress = (key: string) => `hash of ${key}`;
const refused: Outcome = { kind: 'failed', reason: 'policy_refused', reply: reply('rcpt', 550) };
const silent: Outcome = { kind: 'uncertain', reply: reply('reply', null, 'connection lost') };
const depsOf = (store: Store, at = now) => ({ db: store.db, now: at, hashAddress });

async function storeWithFailed(count = 1): Promise<Store> {
  const store = await storeWithPendingFor(emails(count));
  await sendWith(
    store,
    fakeTransport(() => refused),
  );
  return store;
}

const papersOf = (store: Store, id: number) =>
  store.raw
    .prepare('SELECT paper_id, released_at IS NULL AS held FROM delivery_papers WHERE delivery_id = ?')
    .all(id);

/** The subscriber's digest of the next day, which holds the paper. */
function holdElsewhere(store: Store, paperId = 1, subscriberId = 1): void {
  store.raw.exec(`
    INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, message_id, due_at, planned_at, next_attempt_at, expires_at)
    VALUES (90, ${subscriberId}, 1, '2026-06-23', 'pending', '<90@test>', ${now}, ${now}, ${now}, ${now + hourMs});
    INSERT INTO delivery_papers VALUES (90, 0, ${subscriberId}, ${paperId}, NULL, 1, NULL)`);
}

describe('a failed delivery that is tried again', () => {
  test('is sent with its papers, which are held again at once', async () => {
    const store = await storeWithFailed();
    expect(released(store)).toBe(1);
    expect(await retryDelivery(depsOf(store), 1)).toEqual({ ok: true, papers: 1, dropped: 0 });
    expect(papersOf(store, 1)).toEqual([{ paper_id: 1, held: 1 }]);
    const transport = fakeTransport(() => sent);
    await sendWith(store, transport);
    expect(transport.accepted).toEqual(['r0@example.org']);
    expect(statuses(store)).toEqual([{ status: 'sent', reason: null, n: 1 }]);
  });

  test('leaves out what the subscriber was sent or is about to be sent since', async () => {
    const store = await storeWithFailed();
    await insertPaper(store, storedPaper({ id: 2 }));
    store.raw.exec(`INSERT INTO delivery_papers VALUES (1, 1, 1, 2, NULL, 1, ${now})`);
    holdElsewhere(store, 1);
    expect(await retryDelivery(depsOf(store), 1)).toEqual({ ok: true, papers: 1, dropped: 1 });
    expect(papersOf(store, 1)).toEqual([{ paper_id: 2, held: 1 }]);
  });

  test('is not when none of its papers is free: they were sent since, withdrawn, or are below the floors', async () => {
    const gone: ((store: Store) => unknown)[] = [
      (store) => holdElsewhere(store),
      (store) => store.raw.exec('UPDATE papers SET withdrawn_at = 1'),
      (store) => raiseFloors(store.db, { papersRestoredUntil: now }),
    ];
    for (const take of gone) {
      const store = await storeWithFailed();
      await take(store);
      const before = [statuses(store), papersOf(store, 1)];
      expect(await retryDelivery(depsOf(store), 1)).toMatchObject({
        ok: false,
        reason: 'not_so',
        message: expect.stringContaining('None of the papers'),
      });
      expect([statuses(store), papersOf(store, 1)]).toEqual(before);
    }
  });

  test('knows a paper again that turned out to be another one', async () => {
    const store = await storeWithFailed();
    await insertPaper(store, storedPaper({ id: 2, key: 'doi:10.1/two' }));
    await store.db.transaction().execute((trx) => absorbPaper(trx, { id: 1, into: 2, at: now }));
    const other = await storeWithFailed();
    await insertPaper(other, storedPaper({ id: 2, key: 'doi:10.1/two' }));
    await other.db.transaction().execute((trx) => absorbPaper(trx, { id: 1, into: 2, at: now }));
    holdElsewhere(other, 2);
    expect(await retryDelivery(depsOf(store), 1)).toMatchObject({ ok: true, papers: 1 });
    expect(papersOf(store, 1)).toEqual([{ paper_id: 2, held: 1 }]);
    expect(await retryDelivery(depsOf(other), 1)).toMatchObject({ ok: false });
  });

  test('only while its day lasts, and only to who may be mailed', async () => {
    const store = await storeWithFailed(3);
    const say = async (id: number, at = now) => (await retryDelivery(depsOf(store, at), id)) as object;
    expect(await say(1, now + 16 * hourMs)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/is over/),
    });
    store.raw.exec("UPDATE subscribers SET status = 'paused', next_due_at = NULL WHERE id = 2");
    expect(await say(2)).toMatchObject({ ok: false, message: expect.stringMatching(/is paused/) });
    const suppression = {
      reason: 'user_unknown',
      origin: 'smtp',
      note: null,
      bounceId: null,
      createdAt: now,
    };
    await insertSuppressions(store.db, [{ ...suppression, addressHash: hashAddress('r2@example.org') }]);
    expect(await say(3)).toMatchObject({ ok: false, message: expect.stringMatching(/user_unknown/) });
    expect(await say(99)).toEqual({ ok: false, reason: 'unknown', message: 'There is no delivery 99.' });
    expect(await say(1)).toMatchObject({ ok: true });
    expect(await say(1)).toMatchObject({ ok: false, message: expect.stringMatching(/is pending/) });
  });
});

describe('papers of a delivery that are released by hand', () => {
  const bounce = (store: Store, kind: string, reason = 'user_unknown') =>
    store.raw.exec(
      `INSERT INTO bounces (event_key, origin, class, reason, delivery_id, subscriber_id, diagnostic, recorded_at)
       VALUES ('${kind} ${reason}', 'mail', '${kind}', '${reason}', 1, 1, '', ${now})`,
    );
  async function storeWithSent(): Promise<Store> {
    const store = await storeWithPendingFor(emails(1));
    await sendWith(
      store,
      fakeTransport(() => sent),
    );
    return store;
  }

  test('are those of a mail that came back', async () => {
    const store = await storeWithSent();
    bounce(store, 'hard');
    expect(await releaseDelivery(depsOf(store), 1)).toEqual({ ok: true, papers: 1 });
    expect(papersOf(store, 1)).toEqual([{ paper_id: 1, held: 0 }]);
    expect(statuses(store)).toEqual([{ status: 'sent', reason: null, n: 1 }]);
    expect(await releaseDelivery(depsOf(store), 1)).toMatchObject({ ok: false });
    const { entries } = await listAudit(store.db, { limit: 10 });
    expect(entries).toMatchObject([{ act: 'release', before: { papersHeld: 1 }, after: { papersHeld: 0 } }]);
  });

  test('never of one that was accepted, is only delayed, has arrived, or is about to be sent', async () => {
    const accepted = await storeWithSent();
    expect(await releaseDelivery(depsOf(accepted), 1)).toMatchObject({ ok: false });
    bounce(accepted, 'soft', 'delayed');
    expect(await releaseDelivery(depsOf(accepted), 1)).toMatchObject({ ok: false });
    bounce(accepted, 'soft', 'mailbox_full');
    bounce(accepted, 'delivered', 'delivered');
    expect(await releaseDelivery(depsOf(accepted), 1)).toMatchObject({ ok: false });
    expect(await releaseDelivery(depsOf(await storeWithPendingFor(emails(1))), 1)).toMatchObject({
      ok: false,
    });
    expect(released(accepted)).toBe(0);
  });
});

describe('one act on many deliveries', () => {
  async function storeWithUncertain(count: number): Promise<Store> {
    const store = await storeWithPendingFor(emails(count));
    const lost = fakeTransport(() => silent);
    for (let runs = 0; runs < Math.ceil(count / 10); runs++) await sendWith(store, lost);
    return store;
  }

  test('is done to all that were counted, each with its entry in the audit log, and to none that came since', async () => {
    const store = await storeWithUncertain(12);
    const search = { editionDate: '2026-06-22' };
    const many = { act: 'resolve', as: 'failed' } as const;
    const { count, lastId } = await countFound(store.db, { ...search, status: 'uncertain' }, 1000);
    expect([count, lastId]).toEqual([12, 12]);
    const report = await actingAs({ kind: 'admin', id: 7 }, () =>
      actOnMany(depsOf(store), { search, many, upToId: 11 }),
    );
    expect(report).toEqual({ done: 11, refused: 0, refusals: [], nextUpToId: null });
    expect(statuses(store)).toEqual([
      { status: 'failed', reason: 'resolved_by_hand', n: 11 },
      { status: 'uncertain', reason: 'no_reply', n: 1 },
    ]);
    expect(released(store)).toBe(11);
    const { entries } = await listAudit(store.db, { limit: 100 });
    expect(entries.map(({ act, actor, subject }) => [act, actor.id, subject.id])).toEqual(
      Array.from({ length: 11 }, (_none, n) => ['resolve', 7, n + 1]),
    );
  });

  test('goes on where it was cut short, and past those that cannot be acted on', async () => {
    const store = await storeWithFailed(5);
    store.raw.exec("UPDATE subscribers SET status = 'paused', next_due_at = NULL WHERE id IN (4, 5)");
    const request = { search: {}, many: { act: 'retry' } as const, upToId: 5, atMost: 2 };
    const first = await actOnMany(depsOf(store), request);
    expect(first).toMatchObject({ done: 0, refused: 2, nextUpToId: 3 });
    expect(first.refusals.map(({ id }) => id)).toEqual([5, 4]);
    const rest = await actOnMany(depsOf(store), { ...request, upToId: 3, atMost: 10 });
    expect(rest).toMatchObject({ done: 3, refused: 0, nextUpToId: null });
  });
});

test('what is resolved by hand is in the audit log with what it was before', async () => {
  const store = await storeWithPendingFor(emails(1));
  await sendWith(
    store,
    fakeTransport(() => silent),
  );
  await resolveDelivery(depsOf(store), 1, 'sent');
  const { entries } = await listAudit(store.db, { limit: 10 });
  expect(entries).toMatchObject([
    { act: 'resolve', before: { status: 'uncertain' }, after: { status: 'sent', reason: null } },
  ]);
});
