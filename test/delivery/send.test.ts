import { describe, expect, test } from 'vitest';
import { fixedClock } from '../../src/clock.ts';
import { resolveDelivery } from '../../src/delivery/acts.ts';
import type { Outcome } from '../../src/mail/transport.ts';
import { claimDeliveries, markSending } from '../../src/store/ledger.ts';
import { lockWorker } from '../../src/store/worker-lock.ts';
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

/** `count` subscribers, each with a pending delivery of one paper. */
const storeWithPending = (count: number) =>
  storeWithPendingFor(Array.from({ length: count }, (_none, n) => `s${n + 1}@example.org`));

describe('send', () => {
  test('every pending delivery is sent once, and a second run sends nothing', async () => {
    const store = await storeWithPending(57);
    const transport = fakeTransport(() => sent);
    expect(await sendWith(store, transport)).toMatchObject({ sent: 57, retry: 0, failed: 0, stopped: null });
    expect(new Set(transport.accepted).size).toBe(57);
    expect(transport.peak).toBeLessThanOrEqual(3);
    expect(await sendWith(store, transport)).toMatchObject({ sent: 0 });
    expect(transport.accepted.length).toBe(57);
  });

  test('sending is committed before the message is handed over, for no more deliveries than connections', async () => {
    const store = await storeWithPending(20);
    const inFlight: number[] = [];
    const transport = fakeTransport((message) => {
      const status = store.raw
        .prepare('SELECT status FROM deliveries WHERE message_id = ?')
        .pluck()
        .get(message.messageId);
      expect(status).toBe('sending');
      inFlight.push(
        store.raw.prepare("SELECT count(*) FROM deliveries WHERE status = 'sending'").pluck().get() as number,
      );
      return sent;
    });
    await sendWith(store, transport);
    expect(Math.max(...inFlight)).toBeLessThanOrEqual(3);
  });

  test('two processes at once send each delivery once', async () => {
    const store = await storeWithPending(60);
    const transport = fakeTransport(() => sent);
    const [one, other] = await Promise.all([sendWith(store, transport), sendWith(store, transport)]);
    expect(one.sent + other.sent).toBe(60);
    expect(new Set(transport.accepted).size).toBe(60);
  });

  test('a 4xx is tried again later, a 5xx fails and releases its papers, no reply is uncertain and holds them', async () => {
    const store = await storeWithPending(3);
    const answers: Record<string, Outcome> = {
      's1@example.org': { kind: 'retry', reply: reply('rcpt', 451) },
      's2@example.org': { kind: 'failed', reason: 'recipient_refused', reply: reply('rcpt', 550) },
      's3@example.org': { kind: 'uncertain', reply: reply('reply', null) },
    };
    const transport = fakeTransport((message) => answers[message.to] as Outcome);
    expect(await sendWith(store, transport)).toMatchObject({ sent: 0, retry: 1, failed: 1, uncertain: 1 });
    expect(statuses(store)).toEqual([
      { status: 'failed', reason: 'recipient_refused', n: 1 },
      { status: 'pending', reason: 'deferred', n: 1 },
      { status: 'uncertain', reason: 'no_reply', n: 1 },
    ]);
    expect(released(store)).toBe(1);
    expect(await sendWith(store, transport)).toMatchObject({ retry: 0 });
    const later = fixedClock(now + 10 * 60_000);
    expect(
      await sendWith(
        store,
        fakeTransport(() => sent),
        { clock: later },
      ),
    ).toMatchObject({ sent: 1 });
  });

  test('a retry that would come too late is one last try before the day is over, if that is not at once', async () => {
    const store = await storeWithPending(1);
    const tries: number[] = [];
    let at = now;
    const transport = fakeTransport(() => {
      tries.push(at);
      return { kind: 'retry', reply: reply('rcpt', 451) };
    });
    const end = now + 16 * hourMs;
    for (; at < end; at += 60_000) await sendWith(store, transport, { clock: fixedClock(at) });
    const last = tries.at(-1) as number;
    expect(end - last).toBeLessThanOrEqual(15 * 60_000);
    expect(end - last).toBeGreaterThan(5 * 60_000);
    expect(last - (tries.at(-2) as number)).toBeGreaterThanOrEqual(5 * 60_000);
    expect(statuses(store)).toEqual([{ status: 'failed', reason: 'expired', n: 1 }]);
    expect(released(store)).toBe(1);
  });

  test('what expired while it waited for its turn is not sent', async () => {
    const store = await storeWithPending(2);
    let at = now;
    const transport = fakeTransport(() => sent);
    const pace = {
      wait: async () => {
        at = now + 16 * hourMs;
      },
    };
    expect(await sendWith(store, transport, { clock: { now: () => at }, pace })).toMatchObject({
      sent: 0,
      failed: 2,
    });
    expect(transport.accepted).toEqual([]);
    expect(statuses(store)).toEqual([{ status: 'failed', reason: 'expired', n: 2 }]);
  });

  test('retries go on until the day of the edition is over, then it fails and its papers are released', async () => {
    const store = await storeWithPending(1);
    const transport = fakeTransport(() => ({ kind: 'retry', reply: reply('rcpt', 451) }));
    let tries = 0;
    for (let minute = 0; minute < 24 * 60; minute += 5) {
      const report = await sendWith(store, transport, { clock: fixedClock(now + minute * 60_000) });
      tries += report.retry + report.failed;
    }
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(20);
    expect(statuses(store)).toEqual([{ status: 'failed', reason: 'expired', n: 1 }]);
    expect(released(store)).toBe(1);
  });

  test('a refused login stops the run; nobody is marked, everything stays in the queue', async () => {
    const store = await storeWithPending(30);
    const transport = fakeTransport(() => ({
      kind: 'stop',
      cause: 'auth',
      reply: reply('auth', 535, 'bad password'),
    }));
    const report = await sendWith(store, transport);
    expect(report).toMatchObject({
      sent: 0,
      failed: 0,
      stopped: { cause: 'auth', message: 'auth: 535 bad password' },
    });
    expect(statuses(store).map((row) => (row as { status: string }).status)).toEqual(['pending', 'pending']);
    expect(store.raw.prepare('SELECT max(attempts) FROM deliveries').pluck().get()).toBe(0);
    expect(
      await sendWith(
        store,
        fakeTransport(() => sent),
      ),
    ).toMatchObject({ sent: 30 });
  });

  test('a server that lets some connections in is served by those; one that lets none in ends the run', async () => {
    const store = await storeWithPending(30);
    let refusals = 0;
    const busy: Outcome = { kind: 'retry', reply: reply('greeting', 421, 'too many connections') };
    const transport = fakeTransport(() => (refusals++ < 2 ? busy : sent));
    expect(await sendWith(store, transport)).toMatchObject({ sent: 28, retry: 2, stopped: null });
    const other = await storeWithPending(30);
    expect(
      await sendWith(
        other,
        fakeTransport(() => busy),
      ),
    ).toMatchObject({
      sent: 0,
      retry: 3,
      stopped: { cause: 'unavailable' },
    });
  });

  test('a server that never replies after the body leaves few uncertain, not everybody', async () => {
    const store = await storeWithPending(50);
    const transport = fakeTransport(() => ({ kind: 'uncertain', reply: reply('reply', null) }));
    const report = await sendWith(store, transport);
    expect(report.stopped).toMatchObject({ cause: 'unavailable' });
    expect(report.uncertain).toBeLessThanOrEqual(10 + transport.concurrency);
  });

  test('without a connection nothing is marked as being sent, and a stop does not wait for one', async () => {
    const store = await storeWithPending(10);
    const stop = new AbortController();
    const transport = fakeTransport(() => sent);
    transport.reserve = () => new Promise(() => setImmediate(() => stop.abort()));
    const report = await sendWith(store, transport, { signal: stop.signal });
    expect(report).toMatchObject({ sent: 0, uncertain: 0, stopped: { cause: 'signal' } });
    expect(statuses(store)).toEqual([{ status: 'pending', reason: null, n: 10 }]);
    expect(store.raw.prepare('SELECT max(attempts) FROM deliveries').pluck().get()).toBe(0);
  });

  test('policy refusals in a row stop the run before everybody is failed', async () => {
    const store = await storeWithPending(100);
    const transport = fakeTransport(() => ({
      kind: 'failed',
      reason: 'policy_refused',
      reply: reply('reply', 554),
    }));
    const report = await sendWith(store, transport);
    expect(report.stopped).toMatchObject({ cause: 'policy' });
    expect(report.failed).toBeLessThan(25);
  });

  test('who left or paused between plan and send is skipped, and the papers are released', async () => {
    const store = await storeWithPending(4);
    store.raw.exec("UPDATE subscribers SET status = 'unsubscribed', next_due_at = NULL WHERE id = 1");
    store.raw.exec("UPDATE subscribers SET status = 'paused', next_due_at = NULL WHERE id = 2");
    store.raw.exec("UPDATE subscribers SET status = 'erased', next_due_at = NULL WHERE id = 3");
    const transport = fakeTransport(() => sent);
    expect(await sendWith(store, transport)).toMatchObject({ sent: 1, skipped: 3 });
    expect(transport.accepted).toEqual(['s4@example.org']);
    expect(statuses(store)).toMatchObject([
      { status: 'sent' },
      { status: 'skipped', reason: 'erased' },
      { status: 'skipped', reason: 'paused' },
      { status: 'skipped', reason: 'unsubscribed' },
    ]);
    expect(released(store)).toBe(3);
  });

  test('who pauses while the last connection is opened is skipped in that run', async () => {
    const store = await storeWithPending(1);
    const transport = fakeTransport(() => sent);
    transport.reserve = async () => {
      store.raw.exec("UPDATE subscribers SET status = 'paused', next_due_at = NULL");
      return { ok: true, send: transport.send, release() {} };
    };
    expect(await sendWith(store, transport)).toMatchObject({ sent: 0, skipped: 1 });
    expect(statuses(store)).toEqual([{ status: 'skipped', reason: 'paused', n: 1 }]);
    expect(released(store)).toBe(1);
  });

  test('asked to stop, it ends what is on its way, records it and gives the rest back', async () => {
    const store = await storeWithPending(40);
    const stop = new AbortController();
    const transport = fakeTransport(() => {
      if (transport.accepted.length === 5) stop.abort();
      return sent;
    });
    const report = await sendWith(store, transport, { signal: stop.signal });
    expect(report.stopped).toMatchObject({ cause: 'signal' });
    expect(report.sent).toBe(transport.accepted.length);
    expect(report.sent).toBeLessThan(15);
    expect(statuses(store)).toMatchObject([
      { status: 'pending', n: 40 - report.sent },
      { status: 'sent', n: report.sent },
    ]);
  });

  test('a limit is kept', async () => {
    const store = await storeWithPending(10);
    expect(
      await sendWith(
        store,
        fakeTransport(() => sent),
        { limit: 4 },
      ),
    ).toMatchObject({ sent: 4, stopped: null });
    expect(statuses(store)).toMatchObject([
      { status: 'pending', n: 6 },
      { status: 'sent', n: 4 },
    ]);
  });

  test('what makes mails is not asked for, and not loaded, where there is none to make', async () => {
    const store = await storeWithPending(0);
    const ready = () => Promise.reject(new Error('mjml was loaded for nothing'));
    expect(
      await sendWith(
        store,
        fakeTransport(() => sent),
        { ready },
      ),
    ).toMatchObject({ sent: 0, stopped: null });
  });

  test('a digest that cannot be rendered fails alone', async () => {
    const store = await storeWithPending(3);
    const report = await sendWith(
      store,
      fakeTransport(() => sent),
      {
        ready: async (deliveries) =>
          deliveries.map((delivery) => ({
            delivery,
            build: () => {
              if (delivery.id === 2) throw new Error('template broke');
              return {
                from: 'f@test',
                to: delivery.email,
                messageId: delivery.messageId,
                raw: Buffer.from('x'),
              };
            },
          })),
      },
    );
    expect(report).toMatchObject({ sent: 2, failed: 1 });
    expect(statuses(store)).toContainEqual({ status: 'failed', reason: 'render_error', n: 1 });
  });
});

describe('after a crash', () => {
  test('what was claimed goes back to the queue, what was being sent is uncertain and not sent again', async () => {
    const store = await storeWithPending(10);
    const claimed = await claimDeliveries(store.db, 'dead', now, 6);
    await markSending(store.db, 'dead', now, claimed.slice(0, 2), (key) => key);
    const transport = fakeTransport(() => sent);
    const report = await sendWith(store, transport);
    expect(report).toMatchObject({ sent: 8, recovered: { unclaimed: 4, uncertain: 2 } });
    expect(statuses(store)).toEqual([
      { status: 'sent', reason: null, n: 8 },
      { status: 'uncertain', reason: 'crashed', n: 2 },
    ]);
  });

  test('what a living process holds is left alone', async () => {
    const store = await storeWithPending(10);
    const lock = lockWorker(store.file, 'alive');
    await claimDeliveries(store.db, 'alive', now, 6);
    expect(
      await sendWith(
        store,
        fakeTransport(() => sent),
      ),
    ).toMatchObject({ sent: 4, recovered: { unclaimed: 0 } });
    lock.release();
    expect(
      await sendWith(
        store,
        fakeTransport(() => sent),
      ),
    ).toMatchObject({ sent: 6, recovered: { unclaimed: 6 } });
  });

  test('what a run held when the database failed goes back in the next run of the same process', async () => {
    const store = await storeWithPending(3);
    store.raw.exec(`CREATE TRIGGER broken BEFORE UPDATE ON deliveries WHEN NEW.status = 'pending'
      BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END`);
    const refuses = fakeTransport(() => ({ kind: 'retry', reply: reply('rcpt', 451) }));
    await expect(sendWith(store, refuses)).rejects.toThrow('disk I/O error');
    store.raw.exec('DROP TRIGGER broken');
    const { recovered, sent: count } = await sendWith(
      store,
      fakeTransport(() => sent),
    );
    expect(recovered.unclaimed + recovered.uncertain).toBe(3);
    expect(count).toBe(recovered.unclaimed);
  });

  test('an uncertain delivery is resolved only by hand: sent, sent again, or failed with its papers released', async () => {
    const store = await storeWithPending(3);
    const transport = fakeTransport(() => ({ kind: 'uncertain', reply: reply('reply', null) }));
    await sendWith(store, transport);
    expect(await resolveDelivery({ db: store.db, now }, 1, 'sent')).toEqual({ ok: true });
    expect(await resolveDelivery({ db: store.db, now }, 2, 'pending')).toEqual({ ok: true });
    expect(await resolveDelivery({ db: store.db, now }, 3, 'failed')).toEqual({ ok: true });
    expect(await resolveDelivery({ db: store.db, now }, 3, 'sent')).toMatchObject({
      ok: false,
      message: expect.stringContaining('failed'),
    });
    expect(await resolveDelivery({ db: store.db, now }, 99, 'sent')).toMatchObject({ ok: false });
    expect(released(store)).toBe(1);
    const again = fakeTransport(() => sent);
    await sendWith(store, again);
    expect(again.accepted).toEqual(['s2@example.org']);
  });
});
