import { describe, expect, test } from 'vitest';
import { fixedClock } from '../../src/clock.ts';
import { isPaused, slowDown, speedUp } from '../../src/delivery/slow-domains.ts';
import { slowsDomain } from '../../src/delivery/slowing.ts';
import type { Outcome, OutgoingMessage } from '../../src/mail/transport.ts';
import { countReady } from '../../src/store/ledger.ts';
import { releaseDomain } from '../../src/store/slow-domains.ts';
import type { Store } from '../../src/store/store.ts';
import { fakeTransport, hourMs, now, reply, sendWith, sent, storeWithPendingFor } from './deliveries.ts';

const at = (domain: string, count: number) => Array.from({ length: count }, (_none, n) => `r${n}@${domain}`);
const isAt = (domain: string) => (message: OutgoingMessage) => message.to.endsWith(`@${domain}`);
const throttled: Outcome = {
  kind: 'retry',
  reply: reply('rcpt', 421, '421 4.7.0 unusual rate of mail, temporarily rate limited'),
};
const domainRow = (store: Store) =>
  store.raw.prepare('SELECT domain, connections, paused_until, setbacks FROM slow_domains').get() as
    | { domain: string; connections: number; paused_until: number; setbacks: number }
    | undefined;
const counts = (store: Store, domain: string) =>
  store.raw
    .prepare(
      `SELECT d.status, d.reason, sum(d.attempts) attempts, count(*) n FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id
       WHERE s.email LIKE ? GROUP BY 1, 2 ORDER BY 1, 2, 3`,
    )
    .all(`%@${domain}`);

/** Counts what is under way by domain, while the slow domain's messages take until `end`. */
function slowServer(slow: string, concurrency = 8) {
  const ends: (() => void)[] = [];
  const underWay = new Map<string, number>();
  let most = 0;
  const transport = fakeTransport(async (message) => {
    const domain = message.to.split('@')[1] as string;
    underWay.set(domain, (underWay.get(domain) ?? 0) + 1);
    if (domain === slow) {
      most = Math.max(most, underWay.get(domain) as number);
      await new Promise<void>((resolve) => ends.push(resolve));
    }
    underWay.set(domain, (underWay.get(domain) as number) - 1);
    return sent;
  }, concurrency);
  return {
    transport,
    most: () => most,
    underWay: () => ends.length,
    end: () => {
      for (const resolve of ends.splice(0)) resolve();
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns > 5000) throw new Error('it never came to that');
    await new Promise(setImmediate);
  }
}

describe('connections among domains', () => {
  test('a domain that answers slowly leaves the others their connections, however far behind it they wait', async () => {
    const store = await storeWithPendingFor([...at('slow.example', 500), ...at('quick.example', 60)]);
    const server = slowServer('slow.example');
    const sending = sendWith(store, server.transport);
    await until(() => server.transport.accepted.length === 60);
    expect(server.transport.accepted.every((to) => to.endsWith('@quick.example'))).toBe(true);
    // when nobody else is left it may have them all
    await until(() => server.underWay() === 8);
    const ending = setInterval(server.end, 1);
    expect(await sending).toMatchObject({ sent: 560, stopped: null });
    clearInterval(ending);
    expect(new Set(server.transport.accepted).size).toBe(560);
  });

  test('two slow domains do not hold up a third', async () => {
    const store = await storeWithPendingFor([
      ...at('slow.example', 100),
      ...at('slower.example', 100),
      ...at('quick.example', 100),
    ]);
    const ends: (() => void)[] = [];
    let ended = false;
    const transport = fakeTransport(async ({ to }) => {
      if (!to.endsWith('@quick.example') && !ended) await new Promise<void>((resolve) => ends.push(resolve));
      return sent;
    }, 8);
    const sending = sendWith(store, transport);
    await until(() => transport.accepted.length === 100);
    ended = true;
    for (const resolve of ends) resolve();
    expect(await sending).toMatchObject({ sent: 300 });
  });

  test('SMTP_DOMAIN_CONNECTIONS is kept to, even when nobody else waits', async () => {
    const store = await storeWithPendingFor([...at('slow.example', 30), ...at('quick.example', 30)]);
    const server = slowServer('slow.example');
    const sending = sendWith(store, server.transport, { domainConnections: 2 });
    await until(() => server.transport.accepted.length === 30);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(server.underWay()).toBe(2);
    const ending = setInterval(server.end, 1);
    expect(await sending).toMatchObject({ sent: 60 });
    clearInterval(ending);
    expect(server.most()).toBe(2);
  });

  test('asked to stop, connections that wait for a domain do not hold it up', async () => {
    const store = await storeWithPendingFor(at('slow.example', 30));
    const stop = new AbortController();
    const server = slowServer('slow.example');
    const sending = sendWith(store, server.transport, { domainConnections: 1, signal: stop.signal });
    await until(() => server.underWay() === 1);
    stop.abort();
    server.end();
    expect(await sending).toMatchObject({ sent: 1, stopped: { cause: 'signal' } });
    expect(counts(store, 'slow.example')).toMatchObject([
      { status: 'pending', n: 29, attempts: 0 },
      { status: 'sent', n: 1 },
    ]);
  });
});

describe('a domain that asks us to slow down', () => {
  test('waits, all of it, untried; the others go on', async () => {
    const store = await storeWithPendingFor([...at('big.example', 300), ...at('small.example', 30)]);
    const transport = fakeTransport((message) => (isAt('big.example')(message) ? throttled : sent));
    const report = await sendWith(store, transport);
    expect(report).toMatchObject({ sent: 30, failed: 0, stopped: null });
    expect(report.retry).toBeLessThanOrEqual(3);
    expect(counts(store, 'big.example')).toEqual([
      { status: 'pending', reason: 'slow_domain', n: 300, attempts: report.retry },
    ]);
    expect(domainRow(store)).toMatchObject({ domain: 'big.example', connections: 1, setbacks: 1 });
    expect(await countReady(store.db, now)).toBe(0);
    // another process, a moment later, knows it
    const later = fakeTransport(() => sent);
    await sendWith(store, later, { clock: fixedClock(now + 20_000) });
    expect(later.accepted).toEqual([]);
    const after = fakeTransport(() => sent, 8);
    expect(await sendWith(store, after, { clock: fixedClock(now + 2 * 60_000) })).toMatchObject({
      sent: 300,
    });
    expect(domainRow(store)).toBeUndefined();
  });

  test('what its server says of one address does not come to stand with the others', async () => {
    const store = await storeWithPendingFor(at('big.example', 5));
    const names = (message: OutgoingMessage): Outcome => ({
      kind: 'retry',
      reply: reply('rcpt', 421, `421 4.7.0 <${message.to}> too much mail at big.example`),
    });
    await sendWith(store, fakeTransport(names));
    const wrong = store.raw
      .prepare(
        `SELECT s.email, d.detail FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id
         WHERE d.detail LIKE '%@%' AND instr(d.detail, s.email) = 0`,
      )
      .all();
    expect(wrong).toEqual([]);
    expect(store.raw.prepare('SELECT reply FROM slow_domains').pluck().get()).toBe(
      'rcpt: 421 4.7.0 <> too much mail at big.example',
    );
  });

  test('gets no mail that is planned for it while it is paused', async () => {
    const store = await storeWithPendingFor(at('big.example', 5));
    await sendWith(
      store,
      fakeTransport(() => throttled, 1),
    );
    store.raw.exec(`UPDATE deliveries SET next_attempt_at = ${now}, reason = NULL WHERE id > 1`);
    const transport = fakeTransport(() => sent);
    expect(await sendWith(store, transport)).toMatchObject({ sent: 0, retry: 0 });
    const { paused_until } = domainRow(store) as { paused_until: number };
    expect(store.raw.prepare('SELECT DISTINCT next_attempt_at FROM deliveries').pluck().all()).toEqual([
      paused_until,
    ]);
  });

  test('begins again with fewer connections, and gets more with each message it takes', async () => {
    const store = await storeWithPendingFor(at('big.example', 200));
    let throttling = true;
    const server = (concurrency: number) => fakeTransport(() => (throttling ? throttled : sent), concurrency);
    await sendWith(store, server(8));
    throttling = false;
    expect(domainRow(store)).toMatchObject({ connections: 4 });
    const again = server(8);
    await sendWith(store, again, { clock: fixedClock(now + 2 * 60_000), limit: 12 });
    expect(again.peak).toBe(4);
    expect(domainRow(store)).toMatchObject({ connections: 5, setbacks: 0 });
  });

  test('pauses longer each time, and never past the end of the day of what waits for it', async () => {
    const store = await storeWithPendingFor(at('big.example', 2));
    const pauses: number[] = [];
    let clock = now;
    for (;;) {
      await sendWith(
        store,
        fakeTransport(() => throttled, 1),
        { clock: fixedClock(clock) },
      );
      const next = store.raw
        .prepare("SELECT min(next_attempt_at) FROM deliveries WHERE status = 'pending'")
        .pluck()
        .get() as number | null;
      if (next === null) break;
      pauses.push((next - clock) / 60_000);
      clock = next;
    }
    expect(clock).toBe(now + 16 * hourMs);
    expect(counts(store, 'big.example')).toMatchObject([{ status: 'failed', reason: 'expired', n: 2 }]);
    expect(
      store.raw.prepare('SELECT count(*) FROM delivery_papers WHERE released_at IS NULL').pluck().get(),
    ).toBe(0);
    [1, 2, 4, 8, 16, 32, 60, 60].forEach((minutes, n) => {
      expect(pauses[n]).toBeGreaterThanOrEqual(minutes * 0.75);
      expect(pauses[n]).toBeLessThanOrEqual(minutes * 1.25);
    });
  });

  test('is let go by an admin: what waits for it is ready', async () => {
    const store = await storeWithPendingFor(at('big.example', 9));
    await sendWith(
      store,
      fakeTransport(() => throttled, 1),
    );
    expect(await releaseDomain(store.db, 'big.example', now)).toEqual({ ready: 9 });
    expect(await releaseDomain(store.db, 'big.example', now)).toBeNull();
    expect(await releaseDomain(store.db, 'other.example', now)).toBeNull();
    expect(
      await sendWith(
        store,
        fakeTransport(() => sent),
      ),
    ).toMatchObject({ sent: 9 });
  });

  test('a limit counts what was tried, not what was put off', async () => {
    const store = await storeWithPendingFor([...at('big.example', 100), ...at('small.example', 30)]);
    const transport = fakeTransport((message) => (isAt('big.example')(message) ? throttled : sent), 1);
    expect(await sendWith(store, transport, { limit: 11 })).toMatchObject({ sent: 10, retry: 1 });
  });
});

describe('slowing down', () => {
  const one = { domain: 'big.example', reply: '421', now, connections: 10 };

  test('replies to what was under way when the pause began do not lengthen it', () => {
    const first = slowDown(null, one);
    expect(slowDown(first, { ...one, now: now + 1000 })).toMatchObject({
      setbacks: 1,
      pausedUntil: first.pausedUntil,
    });
  });

  test('setbacks are forgotten with time', () => {
    const after = slowDown({ ...slowDown(null, one), setbacks: 5 }, { ...one, now: now + 3.5 * hourMs });
    expect(after.setbacks).toBe(3);
  });

  test('a pause from a clock that ran ahead is none', () => {
    const row = slowDown(null, { ...one, now: now + 24 * hourMs });
    expect(isPaused(row, now)).toBe(false);
    expect(isPaused(row, now + 24 * hourMs)).toBe(true);
  });

  test('one more connection and one setback less until nothing is left of it', () => {
    let row = slowDown(null, one);
    row = { ...row, setbacks: 2, connections: 8 };
    const once = speedUp(row, row.pausedUntil, 10);
    expect(once).toMatchObject({ connections: 9, setbacks: 1 });
    expect(once && speedUp(once, row.pausedUntil, 10)).toBeNull();
  });
});

test.each([
  ['421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume', true],
  ['421-4.7.28 Gmail has detected an unusual rate of mail originating from your IP', true],
  ['451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation', true],
  ['451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)', true],
  ['421 RP-001 Unfortunately, some messages were not sent', true],
  ['452 Too many messages from your address in the last hour', true],
  ['450 4.7.1 Client host rejected: cannot find your reverse hostname', true],
  ['451 4.4.5 Mail system congestion', true],
  ['450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery', false],
  ['452 4.2.2 The email account that you tried to reach is over quota', false],
  ['452 Mailbox full, quota limit exceeded', false],
  ['450 4.2.0 Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/', false],
  ['451 4.7.1 Greylisting in action, please come back later', false],
  ['450 4.1.2 Recipient address rejected: Domain not found', false],
  ['451 4.3.0 Temporary lookup failure', false],
  ['452 4.3.1 Insufficient system storage', false],
  ['421 4.3.2 Service shutting down', false],
  ['451 Requested action aborted: local error in processing', false],
  ['450 <throttle@slow.example>: try later', false],
])('%s: of the domain: %s', (text, expected) => {
  const code = Number(text.slice(0, 3));
  const enhanced = /^\d{3}[ -]([245]\.\d+\.\d+)/.exec(text)?.[1] ?? null;
  const judge = (phase: 'rcpt' | 'reply' | 'mail' | 'greeting') =>
    slowsDomain({ phase, code, enhanced, text }, 'throttle@slow.example');
  expect([judge('rcpt'), judge('reply')]).toEqual([expected, expected]);
  // before a recipient was named the server speaks of itself
  expect([judge('greeting'), judge('mail')]).toEqual([false, false]);
});
