import { describe, expect, test } from 'vitest';
import { fixedClock } from '../../src/clock.ts';
import { recoverDead } from '../../src/delivery/recover.ts';
import type { Outcome } from '../../src/mail/transport.ts';
import { claimDeliveries, markSending } from '../../src/store/ledger.ts';
import type { Store } from '../../src/store/store.ts';
import {
  fakeTransport,
  hourMs,
  now,
  reply,
  sendWith,
  sent,
  statuses,
  storeWithPendingFor,
} from './deliveries.ts';

const silent: Outcome = { kind: 'uncertain', reply: reply('reply', null, 'connection lost') };
const emails = (count: number) => Array.from({ length: count }, (_none, n) => `r${n}@example.org`);
const resend = { uncertain: 'resend' as const };
const later = fixedClock(now + 10 * 60_000);
const ids = (store: Store) => store.raw.prepare('SELECT message_id FROM deliveries').pluck().all();

async function crashWhileSending(store: Store, count: number, at = now): Promise<void> {
  const claimed = await claimDeliveries(store.db, 'dead', at, count);
  await markSending(store.db, 'dead', at, claimed, (key) => key);
}

describe('UNCERTAIN=resend', () => {
  test('a delivery without a reply is sent once more, with the same Message-ID, and then stays uncertain', async () => {
    const store = await storeWithPendingFor(emails(2));
    const before = ids(store);
    const tried: string[] = [];
    const transport = fakeTransport(({ messageId, to }) => {
      tried.push(messageId);
      return to === 'r0@example.org' ? silent : tried.length > 2 ? sent : silent;
    });
    expect(await sendWith(store, transport, resend)).toMatchObject({ retry: 2, uncertain: 0 });
    expect(
      store.raw
        .prepare('SELECT status, reason, detail, attempts, resent_at FROM deliveries WHERE id = 1')
        .get(),
    ).toEqual({
      ...{ status: 'pending', reason: 'resend', attempts: 1, resent_at: now },
      detail: 'sent again, for no reply came: reply: connection lost',
    });
    expect(await sendWith(store, transport, { ...resend, clock: later })).toMatchObject({
      sent: 1,
      uncertain: 1,
    });
    expect(tried.toSorted()).toEqual([...before, ...before].toSorted());
    expect(statuses(store)).toEqual([
      { status: 'sent', reason: null, n: 1 },
      { status: 'uncertain', reason: 'no_reply', n: 1 },
    ]);
    await sendWith(store, transport, { ...resend, clock: fixedClock(now + 3 * hourMs) });
    expect(tried).toHaveLength(4);
  });

  test('not once its day is over', async () => {
    const store = await storeWithPendingFor(emails(1));
    const end = now + 16 * hourMs;
    await sendWith(
      store,
      fakeTransport(() => silent),
      { ...resend, clock: fixedClock(end - 60_000) },
    );
    expect(statuses(store)).toEqual([{ status: 'uncertain', reason: 'no_reply', n: 1 }]);
    const crashed = await storeWithPendingFor(emails(1));
    await crashWhileSending(crashed, 1);
    expect(await recoverDead(crashed, end, 'resend')).toEqual({ unclaimed: 0, uncertain: 1, resent: 0 });
  });

  test('what a process was sending when it died goes back once, what died twice stays uncertain', async () => {
    const store = await storeWithPendingFor(emails(3));
    await crashWhileSending(store, 1);
    expect(await recoverDead(store, now, 'resend')).toEqual({ unclaimed: 0, uncertain: 0, resent: 1 });
    await crashWhileSending(store, 3);
    expect(await recoverDead(store, now, 'resend')).toEqual({ unclaimed: 0, uncertain: 1, resent: 2 });
    const transport = fakeTransport(() => sent);
    expect(await sendWith(store, transport, resend)).toMatchObject({ sent: 2 });
    expect(statuses(store)).toEqual([
      { status: 'sent', reason: null, n: 2 },
      { status: 'uncertain', reason: 'crashed', n: 1 },
    ]);
  });

  test('a server that never replies stops the run all the same', async () => {
    const store = await storeWithPendingFor(emails(40));
    const report = await sendWith(
      store,
      fakeTransport(() => silent),
      resend,
    );
    expect(report.stopped).toMatchObject({ cause: 'unavailable' });
    expect(report.retry).toBeLessThanOrEqual(13);
  });
});

test('UNCERTAIN=hold sends nothing again by itself', async () => {
  const store = await storeWithPendingFor(emails(2));
  await crashWhileSending(store, 1);
  const transport = fakeTransport(() => silent);
  expect(await sendWith(store, transport)).toMatchObject({
    uncertain: 1,
    recovered: { uncertain: 1, resent: 0 },
  });
  expect(await sendWith(store, transport, { clock: later })).toMatchObject({ uncertain: 0, sent: 0 });
  expect(statuses(store)).toMatchObject([
    { status: 'uncertain', reason: 'crashed' },
    { status: 'uncertain', reason: 'no_reply' },
  ]);
});
