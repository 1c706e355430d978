import { expect, test } from 'vitest';
import type { Outcome } from '../../src/mail/transport.ts';
import { startSendRun } from '../../src/store/send-runs.ts';
import type { Store } from '../../src/store/store.ts';
import { lockWorker } from '../../src/store/worker-lock.ts';
import { fakeTransport, now, reply, sendWith, sent, storeWithPendingFor } from './deliveries.ts';

const runs = (store: Store) => store.raw.prepare('SELECT * FROM send_runs ORDER BY id').all();
const emails = ['a@example.org', 'b@example.org', 'c@example.org'];

test('a run that sends leaves a row with its counts and its time', async () => {
  const store = await storeWithPendingFor(emails);
  const told: number[] = [];
  const refused: Outcome = { kind: 'failed', reason: 'recipient_refused', reply: reply('rcpt', 550) };
  const report = await sendWith(
    store,
    fakeTransport(({ to }) => (to === 'b@example.org' ? refused : sent)),
    { onRun: (id) => told.push(id) },
  );
  expect(runs(store)).toMatchObject([
    {
      ...{ id: 1, started_at: now, finished_at: now, ready: 3, sent: 2, failed: 1, retry: 0 },
      ...{ took_ms: expect.any(Number), stopped: null },
    },
  ]);
  expect(report.sendRunId).toBe(1);
  expect(told).toEqual([1]);
});

test('a run that finds nothing to do leaves none', async () => {
  const store = await storeWithPendingFor([]);
  const report = await sendWith(
    store,
    fakeTransport(() => sent),
  );
  expect(report.sendRunId).toBeNull();
  expect(runs(store)).toEqual([]);
});

test('a run that is cut short says why, without addresses', async () => {
  const store = await storeWithPendingFor(emails);
  const stop: Outcome = {
    kind: 'stop',
    cause: 'policy',
    reply: reply('mail', 550, '5.7.1 mail from <a@example.org> is refused'),
  };
  await sendWith(
    store,
    fakeTransport(() => stop, 1),
  );
  expect(runs(store)).toMatchObject([
    { sent: 0, stopped: 'policy', stopped_message: 'mail: 550 5.7.1 mail from <> is refused' },
  ]);
});

test('a run that an error ends is closed with it', async () => {
  const store = await storeWithPendingFor(emails);
  const broken = sendWith(
    store,
    fakeTransport(() => sent),
    {
      ready: () => {
        throw new Error('no such paper');
      },
    },
  );
  await expect(broken).rejects.toThrow('no such paper');
  expect(runs(store)).toMatchObject([
    { finished_at: now, stopped: 'error', stopped_message: 'no such paper' },
  ]);
});

test('the next run closes those whose process died, and leaves those that live alone', async () => {
  const store = await storeWithPendingFor(emails);
  const recovered = { unclaimed: 0, uncertain: 0, resent: 0 };
  await startSendRun(store.db, { worker: 'dead', at: now, ready: 1, recovered });
  await startSendRun(store.db, { worker: 'alive', at: now, ready: 1, recovered });
  const lock = lockWorker(store.file, 'alive');
  await sendWith(
    store,
    fakeTransport(() => sent),
  );
  lock.release();
  expect(runs(store)).toMatchObject([
    { worker: 'dead', finished_at: now, stopped: 'crashed' },
    { worker: 'alive', finished_at: null, stopped: null },
    { finished_at: now, stopped: null },
  ]);
});
