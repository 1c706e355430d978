import { describe, expect, test } from 'vitest';
import type { ReturnEvent } from '../../src/bounces/event.ts';
import { recordReturns } from '../../src/bounces/record.ts';
import { readRefusal } from '../../src/bounces/refusal.ts';
import { makeHashAddress } from '../../src/mail/address-hash.ts';
import type { Store } from '../../src/store/store.ts';
import { findSuppressed, liftSuppression } from '../../src/store/suppressions.ts';
import { eraseSubscriber, unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { insertSubscriber, temporaryStore } from '../support/store.ts';

const now = Date.parse('2026-06-22T09:00:00Z');
const day = 86_400_000;
const hashAddress = makeHashAddress('a secret of at least thirty-two letters');

/** Subscribers 1…n with one delivery each of the same id, sent an hour ago. */
async function storeWithDeliveries(count: number, status = 'sent'): Promise<Store> {
  const store = temporaryStore();
  store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, ${now}, ${now})`);
  for (let id = 1; id <= count; id++) {
    await insertSubscriber(store, { email: `s${id}@example.org`, topicIds: [], from: now - 10 * day });
    addDelivery(store, id, id, '2026-06-22', status);
  }
  return store;
}

function addDelivery(store: Store, id: number, subscriberId: number, date: string, status: string): void {
  const reason = { uncertain: "'crashed'", failed: "'recipient_refused'" }[status] ?? 'NULL';
  const ended = status === 'pending' ? 'NULL' : now;
  store.raw.exec(`INSERT INTO deliveries
    (id, subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at, expires_at, sending_at, ended_at, attempts)
    VALUES (${id}, ${subscriberId}, 1, '${date}', '${status}', ${reason}, '<${id}@test>', ${now}, ${now}, ${now + day}, ${now - 3_600_000}, ${ended}, 1)`);
}

let keys = 0;
function event(given: Partial<ReturnEvent>): ReturnEvent {
  return {
    origin: 'mail',
    class: 'hard',
    reason: 'user_unknown',
    address: null,
    deliveryId: null,
    messageId: null,
    vouched: false,
    status: '5.1.1',
    reply: '550',
    diagnostic: 'no such user',
    occurredAt: null,
    key: `test:${++keys}`,
    ...given,
  };
}

const record = (store: Store, events: ReturnEvent[], at = now) =>
  recordReturns({ db: store.db, hashAddress, now: at, unsubscribe: unsubscribeSubscriber }, events);

async function reasonOf(store: Store, email: string): Promise<string | null> {
  const hash = hashAddress(email);
  return (await findSuppressed(store.db, [hash])).get(hash)?.reason ?? null;
}

const statusOf = (store: Store, id: number) =>
  store.raw.prepare('SELECT status FROM deliveries WHERE id = ?').pluck().get(id);

describe('what comes back about a delivery', () => {
  test('no such user suppresses its address at once, and no other', async () => {
    const store = await storeWithDeliveries(2);
    expect(await record(store, [event({ deliveryId: 1 })])).toMatchObject({ recorded: 1, suppressed: 1 });
    expect(await reasonOf(store, 's1@example.org')).toBe('user_unknown');
    expect(await reasonOf(store, 's2@example.org')).toBe(null);
  });

  test('the same event again changes nothing', async () => {
    const store = await storeWithDeliveries(1);
    const bounce = event({ deliveryId: 1, class: 'soft', reason: 'mailbox_full' });
    expect(await record(store, [bounce, bounce])).toMatchObject({ recorded: 1, known: 1 });
    expect(await record(store, [bounce], now + 9 * day)).toMatchObject({ recorded: 0, known: 1 });
    expect(store.raw.prepare('SELECT count(*) FROM bounces').pluck().get()).toBe(1);
  });

  test('is found by its Message-ID too', async () => {
    const store = await storeWithDeliveries(2);
    expect(await record(store, [event({ messageId: '<2@test>' })])).toMatchObject({ suppressed: 1 });
    expect(await reasonOf(store, 's2@example.org')).toBe('user_unknown');
  });

  test('word that leads to no delivery counts only when it is vouched for', async () => {
    const store = await storeWithDeliveries(1);
    const forged = event({ address: 's1@example.org', messageId: '<guess@test>', deliveryId: 999 });
    expect(await record(store, [forged])).toMatchObject({ unmatched: 1, recorded: 0 });
    const vouched = event({ ...forged, vouched: true, origin: 'ses', address: 'S1@Example.org' });
    expect(await record(store, [vouched])).toMatchObject({ recorded: 1, suppressed: 1 });
    const stranger = event({ vouched: true, address: 'nobody@example.org' });
    expect(await record(store, [stranger])).toMatchObject({ unmatched: 1 });
  });

  test('a report cannot suppress another address than the one its delivery went to', async () => {
    const store = await storeWithDeliveries(2);
    await record(store, [
      event({ deliveryId: 1, address: 's2@example.org', class: 'complaint', reason: 'complaint' }),
    ]);
    expect(await reasonOf(store, 's1@example.org')).toBe('complaint');
    expect(await reasonOf(store, 's2@example.org')).toBe(null);
  });

  test('a full mailbox is given up on the sixth day, and not for one bad day', async () => {
    const store = await storeWithDeliveries(1);
    const full = (deliveryId: number) => event({ deliveryId, class: 'soft', reason: 'mailbox_full' });
    await record(store, [full(1), full(1), full(1), full(1), full(1), full(1)]);
    expect(await reasonOf(store, 's1@example.org')).toBe(null);
    for (let n = 1; n <= 5; n++) {
      addDelivery(store, 1 + n, 1, `2026-06-${22 + n}`, 'sent');
      expect(await reasonOf(store, 's1@example.org')).toBe(null);
      await record(store, [full(1 + n)], now + n * day);
    }
    expect(await reasonOf(store, 's1@example.org')).toBe('mailbox_full');
  });

  test.each(['policy', 'spam', 'too_big', 'auth_failure', 'greylisted'] as const)(
    '%s is never held against the address',
    async (reason) => {
      const store = await storeWithDeliveries(1);
      for (let n = 0; n < 60; n++)
        await record(store, [event({ deliveryId: 1, class: 'soft', reason })], now + n * day);
      expect(await reasonOf(store, 's1@example.org')).toBe(null);
    },
  );

  test('after an admin lets an address off, what came before does not count again', async () => {
    const store = await storeWithDeliveries(1);
    await record(store, [event({ deliveryId: 1, class: 'complaint', reason: 'complaint' })]);
    await liftSuppression(store.db, hashAddress('s1@example.org'), 'they asked', now + day);
    await record(store, [event({ deliveryId: 1, class: 'soft', reason: 'mailbox_full' })], now + 2 * day);
    expect(await reasonOf(store, 's1@example.org')).toBe(null);
    await record(store, [event({ deliveryId: 1 })], now + 3 * day);
    expect(await reasonOf(store, 's1@example.org')).toBe('user_unknown');
  });

  test('a clock that was ahead when an address was let off does not keep what comes back from counting', async () => {
    const store = await storeWithDeliveries(1);
    await record(store, [event({ deliveryId: 1, class: 'complaint', reason: 'complaint' })]);
    await liftSuppression(store.db, hashAddress('s1@example.org'), 'they asked', now + 365 * day);
    await record(store, [event({ deliveryId: 1 })], now + day);
    expect(await reasonOf(store, 's1@example.org')).toBe('user_unknown');
  });

  test('a mail that asks to be left out ends the subscription, without suppressing', async () => {
    const store = await storeWithDeliveries(1);
    await record(store, [event({ deliveryId: 1, class: 'complaint', reason: 'unsubscribe' })]);
    expect(store.raw.prepare('SELECT status FROM subscribers').pluck().get()).toBe('unsubscribed');
    expect(await reasonOf(store, 's1@example.org')).toBe(null);
  });

  test('about an address they have left since, it is kept and judges nobody', async () => {
    const store = await storeWithDeliveries(1);
    store.raw.exec(`UPDATE subscribers SET email_key = 'new@example.org', address_since = ${now - 60_000}`);
    expect(await record(store, [event({ deliveryId: 1, address: 'new@example.org' })])).toMatchObject({
      recorded: 1,
      suppressed: 0,
    });
    expect(await reasonOf(store, 'new@example.org')).toBe(null);
    const vouched = event({ deliveryId: 1, vouched: true, address: 's1@example.org' });
    expect(await record(store, [vouched])).toMatchObject({ suppressed: 1 });
  });
});

describe('an uncertain delivery', () => {
  test.each(['hard', 'soft', 'complaint', 'delivered'] as const)(
    'is known to have arrived when a %s report comes',
    async (kind) => {
      const store = await storeWithDeliveries(1, 'uncertain');
      expect(await record(store, [event({ deliveryId: 1, class: kind, reason: 'delivered' })])).toMatchObject(
        { resolved: 1 },
      );
      expect(statusOf(store, 1)).toBe('sent');
    },
  );

  test('is not sent once more when it is known to have arrived', async () => {
    const store = await storeWithDeliveries(1, 'pending');
    await record(store, [event({ deliveryId: 1, class: 'delivered', reason: 'delivered' })]);
    expect(statusOf(store, 1)).toBe('sent');
  });

  test('stays so when word comes about the address alone, and a failed one stays failed', async () => {
    const store = await storeWithDeliveries(1, 'uncertain');
    await record(store, [
      event({ vouched: true, address: 's1@example.org', class: 'delivered', reason: 'delivered' }),
    ]);
    expect(statusOf(store, 1)).toBe('uncertain');
  });
});

describe('a refusal over SMTP', () => {
  const refuse = (code: number, enhanced: string | null, text: string, phase: 'rcpt' | 'reply' = 'rcpt') =>
    readRefusal({ deliveryId: 1, email: 's1@example.org', reply: { phase, code, enhanced, text } }, now);

  test.each([
    ['550 5.1.1 <s1@example.org>: Recipient address rejected: User unknown', '5.1.1', 'user_unknown'],
    ['550 No such user here', null, 'user_unknown'],
    ['550 Domain not found', null, 'host_unknown'],
  ])('%s is a hard bounce that suppresses at once', async (text, enhanced, reason) => {
    const found = refuse(550, enhanced, text);
    expect(found).toMatchObject({ class: 'hard', origin: 'smtp', deliveryId: 1 });
    const store = await storeWithDeliveries(1, 'failed');
    await record(store, found ? [found] : []);
    expect(await reasonOf(store, 's1@example.org')).toBe(reason);
  });

  test('a plain 550 to RCPT counts as a hard bounce, and suppresses at the third within a month', async () => {
    const store = await storeWithDeliveries(1, 'failed');
    for (let n = 0; n < 3; n++) {
      expect(await reasonOf(store, 's1@example.org')).toBe(null);
      const found = refuse(550, null, '550 no');
      expect(found).toMatchObject({ class: 'hard', reason: 'recipient_refused' });
      if (found) await record(store, [{ ...found, key: `smtp:${n}` }], now + n * 5 * day);
    }
    expect(await reasonOf(store, 's1@example.org')).toBe('recipient_refused');
  });

  test.each([
    [550, '5.7.1', '550 5.7.1 Message rejected due to content policy'],
    [554, null, '554 Your message was considered spam'],
    [552, '5.3.4', '552 5.3.4 Message size exceeds fixed limit'],
    [550, '5.7.26', '550 5.7.26 This mail is unauthenticated: DMARC'],
    [451, '4.7.1', '451 4.7.1 Greylisted, try again later'],
  ])('%i %s is not held against the recipient', (code, enhanced, text) => {
    expect(refuse(code, enhanced, text, 'reply')).toBe(null);
  });

  test('a full mailbox is a soft bounce, whatever its code', () => {
    expect(refuse(552, '5.2.2', '552 5.2.2 Mailbox full')).toMatchObject({
      class: 'soft',
      reason: 'mailbox_full',
    });
    expect(refuse(452, '4.2.2', '452 4.2.2 Over quota')).toMatchObject({
      class: 'soft',
      reason: 'mailbox_full',
    });
  });
});

test('a report about somebody who was erased is kept without its words', async () => {
  const store = await storeWithDeliveries(2);
  await eraseSubscriber(store.db, 1, now, hashAddress);
  const diagnostic = '550 5.2.2 the mailbox of s1@example.org is full';
  const about = (deliveryId: number) =>
    event({ class: 'soft', reason: 'mailbox_full', deliveryId, diagnostic });
  expect(await record(store, [about(1), about(2)])).toMatchObject({ recorded: 2 });
  const kept = store.raw.prepare('SELECT diagnostic FROM bounces ORDER BY id').pluck().all();
  expect(kept).toEqual(['', diagnostic]);
});

test('whoever writes the same of one mail again and again fills no table, and is still let go', async () => {
  const store = await storeWithDeliveries(2);
  const delayed = (deliveryId: number) => event({ class: 'soft', reason: 'delayed', deliveryId });
  const flood = Array.from({ length: 30 }, () => delayed(1));
  expect(await record(store, flood)).toMatchObject({ recorded: 10, known: 20 });
  expect(await record(store, [delayed(2)])).toMatchObject({ recorded: 1 });
  const leave = event({ class: 'complaint', reason: 'unsubscribe', deliveryId: 1 });
  expect(await record(store, [leave])).toMatchObject({ recorded: 1 });
  expect(store.raw.prepare('SELECT status FROM subscribers WHERE id = 1').pluck().get()).toBe('unsubscribed');
  const vouched = Array.from({ length: 12 }, () => ({ ...delayed(2), vouched: true }));
  expect(await record(store, vouched)).toMatchObject({ recorded: 12 });
});

describe('what comes back about the mail that asks whether somebody signed up', () => {
  const signUpOf = (store: Store, email: string, mailedAt: number | null) =>
    store.raw
      .prepare(
        `INSERT INTO sign_ups (email, email_key, wishes, created_at, expires_at, mail, mailed_at) VALUES (?, ?, '{}', ?, ?, ?, ?)`,
      )
      .run(email, email, now, now + 7 * day, mailedAt === null ? 'capped' : 'confirm', mailedAt);

  test.each(['complaint', 'user_unknown'] as const)(
    '%s ends the asking, when a relay vouches for it',
    async (reason) => {
      const store = await storeWithDeliveries(0);
      signUpOf(store, 'new@example.org', now);
      signUpOf(store, 'other@example.org', null);
      const about = (address: string, vouched: boolean) =>
        event({ reason, class: reason === 'complaint' ? 'complaint' : 'hard', address, vouched });
      expect(await record(store, [about('new@example.org', false)])).toMatchObject({ unmatched: 1 });
      expect(await record(store, [about('new@example.org', true)])).toMatchObject({
        recorded: 1,
        suppressed: 1,
      });
      expect(await reasonOf(store, 'new@example.org')).toBe(reason);
      // Nobody mailed them.
      expect(await record(store, [about('other@example.org', true)])).toMatchObject({ unmatched: 1 });
    },
  );
});
