import { expect, test } from 'vitest';
import type { Outcome } from '../../src/mail/transport.ts';
import { expirePending } from '../../src/store/plan-runs.ts';
import {
  fakeTransport,
  hourMs,
  now,
  released,
  reply,
  sendWith,
  statuses,
  storeWithPendingFor,
} from './deliveries.ts';

const refusal: Outcome = {
  kind: 'failed',
  reason: 'message_refused',
  reply: reply('reply', 554, '554 5.6.0 no'),
};

/** One delivery that was put back although the server may have had it, and one that was not. */
async function storeWithResent() {
  const store = await storeWithPendingFor(['resent@example.org', 'fresh@example.org']);
  store.raw.exec(`UPDATE deliveries SET resent_at = ${now}, reason = 'resend' WHERE id = 1`);
  return store;
}

const ended = (reason: string) => [
  { status: 'failed', reason, n: 1 },
  { status: 'uncertain', reason: 'no_reply', n: 1 },
];

test('a second copy that is refused leaves the delivery uncertain and its papers held', async () => {
  const store = await storeWithResent();
  await sendWith(
    store,
    fakeTransport(() => refusal),
  );
  expect(statuses(store)).toEqual(ended('message_refused'));
  expect(released(store)).toBe(1);
});

test('a second copy that is never sent leaves the delivery uncertain and its papers held', async () => {
  const store = await storeWithResent();
  await expirePending(store.db, now + 24 * hourMs);
  expect(statuses(store)).toEqual(ended('expired'));
  expect(released(store)).toBe(1);
});
