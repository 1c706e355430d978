import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ReturnEvent } from '../../../src/bounces/event.ts';
import { readBrevo } from '../../../src/bounces/relays/brevo.ts';
import type { Relay, RelayReading } from '../../../src/bounces/relays/call.ts';
import { makeTokenMemory, readMailgun } from '../../../src/bounces/relays/mailgun.ts';
import { readPostmark } from '../../../src/bounces/relays/postmark.ts';
import { readSendgrid } from '../../../src/bounces/relays/sendgrid.ts';
import { readSes } from '../../../src/bounces/relays/ses.ts';
import {
  eventsOf,
  mailgunCall,
  makeSendgridKeys,
  payloads,
  returnPathOf,
  secret,
  sendgridCall,
  snsCall,
  toCall,
  topicArn,
  withSecret,
} from './calls.ts';
import { makeCertificate, type TestCertificate } from './certificate.ts';

const sendgrid = makeSendgridKeys();
let certificate: TestCertificate;
beforeAll(() => {
  certificate = makeCertificate();
});

/** Gives one event to a relay's reader, signed as it should be. */
const readers: Record<Relay, (event: unknown) => RelayReading | Promise<RelayReading>> = {
  ses: (event) =>
    readSes(
      toCall(snsCall(certificate, { Message: JSON.stringify(event) })),
      topicArn,
      async () => new X509Certificate(certificate.pem),
    ),
  postmark: (event) => readPostmark(toCall(withSecret(event)), secret),
  mailgun: (event) => readMailgun(toCall(mailgunCall(event)), secret, makeTokenMemory()),
  sendgrid: (event) => readSendgrid(toCall(sendgridCall([event], sendgrid.privateKey)), sendgrid.key),
  brevo: (event) => readBrevo(toCall(withSecret(event)), secret),
};
const read = async (relay: Relay, event: unknown): Promise<ReturnEvent[]> =>
  eventsOf(await readers[relay](event));
const named = (relay: Relay, name: string): Record<string, unknown> => {
  const event = payloads(relay)[name];
  if (!event) throw new Error(`no ${name} of ${relay}`);
  return event;
};

type Row = [relay: Relay, name: string, kind: ReturnEvent['class'] | null, reason?: ReturnEvent['reason']];

describe('what a relay reports', () => {
  test.each<Row>([
    ['ses', 'hard', 'hard', 'user_unknown'],
    ['ses', 'hardForSpam', 'soft', 'spam'],
    ['ses', 'noEmail', 'hard', 'user_unknown'],
    ['ses', 'onAccountList', 'hard', 'no_mail_accepted'],
    ['ses', 'full', 'soft', 'mailbox_full'],
    ['ses', 'complaint', 'complaint', 'complaint'],
    ['ses', 'notSpam', null],
    ['ses', 'delivered', 'delivered', 'delivered'],
    ['ses', 'delayed', 'soft', 'delayed'],
    ['ses', 'open', null],
    ['postmark', 'hard', 'hard', 'user_unknown'],
    ['postmark', 'hardForSpam', 'soft', 'spam'],
    ['postmark', 'hardWithoutWords', 'hard', 'recipient_refused'],
    ['postmark', 'spamNotification', 'soft', 'spam'],
    ['postmark', 'transient', 'soft', 'delayed'],
    ['postmark', 'autoResponder', null],
    ['postmark', 'complaint', 'complaint', 'complaint'],
    ['postmark', 'delivered', 'delivered', 'delivered'],
    ['postmark', 'unsubscribed', 'complaint', 'unsubscribe'],
    ['postmark', 'suppressedForBounce', 'hard', 'no_mail_accepted'],
    ['postmark', 'reactivated', null],
    ['postmark', 'open', null],
    ['mailgun', 'hard', 'hard', 'user_unknown'],
    ['mailgun', 'delayedBounce', 'hard', 'recipient_refused'],
    ['mailgun', 'hardForPolicy', 'soft', 'spam'],
    ['mailgun', 'temporary', 'soft', 'delayed'],
    ['mailgun', 'givenUp', 'soft', 'expired'],
    ['mailgun', 'onBounceList', 'hard', 'no_mail_accepted'],
    ['mailgun', 'onComplaintList', 'complaint', 'complaint'],
    ['mailgun', 'onUnsubscribeList', 'complaint', 'unsubscribe'],
    ['mailgun', 'complaint', 'complaint', 'complaint'],
    ['mailgun', 'unsubscribed', 'complaint', 'unsubscribe'],
    ['mailgun', 'delivered', 'delivered', 'delivered'],
    ['mailgun', 'open', null],
    ['sendgrid', 'hard', 'hard', 'user_unknown'],
    ['sendgrid', 'hardForReputation', 'soft', 'blocked'],
    ['sendgrid', 'expired', 'soft', 'expired'],
    ['sendgrid', 'droppedBounced', 'hard', 'no_mail_accepted'],
    ['sendgrid', 'droppedInvalid', 'hard', 'user_unknown'],
    ['sendgrid', 'droppedSpamReporting', 'complaint', 'complaint'],
    ['sendgrid', 'droppedUnsubscribed', 'complaint', 'unsubscribe'],
    ['sendgrid', 'droppedSpamContent', 'soft', 'spam'],
    ['sendgrid', 'deferred', 'soft', 'delayed'],
    ['sendgrid', 'complaint', 'complaint', 'complaint'],
    ['sendgrid', 'unsubscribed', 'complaint', 'unsubscribe'],
    ['sendgrid', 'groupUnsubscribed', 'complaint', 'unsubscribe'],
    ['sendgrid', 'delivered', 'delivered', 'delivered'],
    ['sendgrid', 'open', null],
    ['brevo', 'hard', 'hard', 'user_unknown'],
    ['brevo', 'hardForSpam', 'soft', 'spam'],
    ['brevo', 'soft', 'soft', 'mailbox_full'],
    ['brevo', 'blockedByTheirList', 'hard', 'no_mail_accepted'],
    ['brevo', 'blocked', 'soft', 'blocked'],
    ['brevo', 'invalid', 'hard', 'user_unknown'],
    ['brevo', 'deferred', 'soft', 'delayed'],
    ['brevo', 'complaint', 'complaint', 'complaint'],
    ['brevo', 'unsubscribed', 'complaint', 'unsubscribe'],
    ['brevo', 'delivered', 'delivered', 'delivered'],
    ['brevo', 'request', null],
  ])('%s: %s is %s (%s)', async (relay, name, kind, reason) => {
    const events = await read(relay, named(relay, name));
    if (kind === null) return expect(events).toEqual([]);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      origin: relay,
      class: kind,
      reason,
      address: 'reader@example.org',
      vouched: true,
    });
    expect(events[0]?.key).toMatch(new RegExp(`^${relay}:[0-9a-f]{32}$`));
    // All happened on that day: no unit of time was mistaken.
    const { occurredAt } = events[0] ?? {};
    expect(new Date(occurredAt ?? 0).toISOString()).toMatch(/^2026-06-22T0[89]:/);
  });

  test('never is harder than the relay has it: what SendGrid calls blocked may pass another time', async () => {
    expect(await read('sendgrid', named('sendgrid', 'blocked'))).toMatchObject([{ class: 'soft' }]);
  });

  test('a hard bounce whose words blame the moment is no reason to give an address up', async () => {
    const [event] = await read('brevo', named('brevo', 'hardWithoutWords'));
    expect(event).toMatchObject({ class: 'hard', reason: 'recipient_refused' });
    const later = { ...named('brevo', 'hard'), reason: '421 4.7.0 Try again later, rate limited' };
    expect(await read('brevo', later)).toMatchObject([{ class: 'soft', reason: 'rate_limited' }]);
  });

  test('keeps the words of the other server, on one line, with their codes', async () => {
    const [event] = await read('mailgun', named('mailgun', 'hard'));
    expect(event).toMatchObject({ status: '5.1.1', reply: '550' });
    expect(event?.diagnostic).toMatch(/does not exist\. Please try 5\.1\.1 double-checking/);
  });

  test("Mailgun's own codes are no replies of a server", async () => {
    expect(await read('mailgun', named('mailgun', 'temporary'))).toMatchObject([{ reply: null }]);
    expect(await read('mailgun', named('mailgun', 'givenUp'))).toMatchObject([{ reply: null }]);
  });
});

describe('what leads to a delivery', () => {
  const messageId = '<20260622.1.abc@news.example.org>';

  test.each<[Relay, string, number | null, string | null]>([
    ['ses', 'hard', 7, messageId],
    ['ses', 'complaint', 7, null],
    ['mailgun', 'hard', 7, messageId],
    ['mailgun', 'complaint', null, messageId],
    ['sendgrid', 'hard', null, messageId],
    ['brevo', 'hard', null, messageId],
    ['brevo', 'delivered', null, messageId],
    ['postmark', 'hard', null, null],
  ])('%s: %s names delivery %s and message %s', async (relay, name, deliveryId, id) => {
    expect(await read(relay, named(relay, name))).toMatchObject([{ deliveryId, messageId: id }]);
  });

  test('a return path that we did not make leads nowhere', async () => {
    const event = named('mailgun', 'hard');
    const forged = { ...event, envelope: { sender: 'bounce+000000000000000a7@news.example.org' } };
    expect(await read('mailgun', forged)).toMatchObject([{ deliveryId: null, messageId }]);
  });

  test('postmark gives back the return path that the mail carried as metadata', async () => {
    const sender = returnPathOf(7);
    for (const name of ['delivery', 'Delivery'])
      expect(
        await read('postmark', { ...named('postmark', 'hard'), Metadata: { [name]: sender } }),
      ).toMatchObject([{ deliveryId: 7 }]);
    const forged = {
      ...named('postmark', 'hard'),
      Metadata: { delivery: 'bounce+0000000000000000007@x.example' },
    };
    expect(await read('postmark', forged)).toMatchObject([{ deliveryId: null }]);
  });

  test.each([
    "o'brien@example.org",
    '{b}@example.org',
    'a|b@example.org',
    '`b@example.org',
    '"b c"@example.org',
  ])('%s is not taken for somebody with the end of its name', async (address) => {
    const event = { ...named('postmark', 'hard'), Email: address };
    expect(await read('postmark', event)).toMatchObject([{ address }]);
  });

  test('a notification about several recipients makes one event for each', async () => {
    const events = await read('ses', named('ses', 'two'));
    expect(events.map(({ address }) => address)).toEqual(['one@example.org', 'two@example.org']);
    expect(new Set(events.map(({ key }) => key)).size).toBe(2);
  });
});

describe('the key of an event', () => {
  test.each<Relay>(['ses', 'postmark', 'mailgun', 'sendgrid', 'brevo'])(
    '%s: is the same each time it is told, and never that of another',
    async (relay) => {
      const keys: string[] = [];
      for (const event of Object.values(payloads(relay))) {
        const once = (await read(relay, event)).map(({ key }) => key);
        const again = (await read(relay, structuredClone(event))).map(({ key }) => key);
        expect(again).toEqual(once);
        keys.push(...once);
      }
      expect(new Set(keys).size).toBe(keys.length);
    },
  );

  test("Postmark's ids beyond JavaScript's whole numbers are told apart", async () => {
    const one = named('postmark', 'hard');
    const other = { ...one, ID: JSON.parse('4323372036854775806'), MessageID: 'another' };
    expect(other.ID).toBe(one.ID);
    expect((await read('postmark', one))[0]?.key).not.toBe((await read('postmark', other))[0]?.key);
  });
});

describe('hostile payloads', () => {
  const odd: unknown[] = [null, true, 17, 'text', [], [[]], {}, { toString: 1 }, 'x'.repeat(100_000), -1e308];
  const hostileLine = 'a\u0000b\r\nBcc: c@example.org\u2028';

  test.each<Relay>(['ses', 'postmark', 'mailgun', 'sendgrid', 'brevo'])(
    '%s: wrong types anywhere make no event that cannot be kept',
    async (relay) => {
      const values = [...odd, hostileLine];
      let turn = 0;
      // Each value comes to many places; all values to all places would take long.
      for (const [name, event] of Object.entries(payloads(relay)))
        for (const path of pathsOf(event))
          for (let count = 0; count < 2; count++) {
            const reading = await readers[relay](withValue(event, path, values[turn++ % values.length]));
            if (reading.kind !== 'events') continue;
            for (const one of reading.events) expectKeepable(one, `${name} ${path.join('.')}`);
            for (const word of reading.ignored) expect(word).toMatch(/^[\w? -]{1,60}$/);
          }
    },
  );

  test.each<Relay>(['ses', 'postmark', 'mailgun', 'sendgrid', 'brevo'])(
    '%s: __proto__ and constructor are fields like any other',
    async (relay) => {
      for (const text of ['{"__proto__":{"event":"spam","email":"a@example.org"}}', '{"constructor":{}}']) {
        const reading = await readers[relay](JSON.parse(text));
        expect(reading.kind === 'events' ? reading.events : []).toEqual([]);
      }
      const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];
      for (const name of names)
        expect(
          await readers[relay]({ event: name, RecordType: name, notificationType: name, Type: name }),
        ).toMatchObject({ kind: 'events', events: [] });
      for (const name of names) {
        const bounce = await readers[relay]({
          ...named(relay, 'hard'),
          ...(relay === 'postmark'
            ? { Type: name }
            : { type: name, reason: name, bounce_classification: name }),
        });
        if (bounce.kind === 'events') for (const one of bounce.events) expectKeepable(one, name);
      }
      expect(({} as Record<string, unknown>).event).toBeUndefined();
    },
  );
});

function expectKeepable(event: ReturnEvent, where: string): void {
  expect(typeof event.reason, where).toBe('string');
  expect(['hard', 'soft', 'complaint', 'delivered'], where).toContain(event.class);
  expect(event.diagnostic.length, where).toBeLessThanOrEqual(500);
  expect(event.diagnostic, where).not.toMatch(/[\p{Cc}\u2028]/u);
  expect(event.address ?? '', where).not.toMatch(/[\p{Cc}\s]/u);
  expect(event.messageId ?? '', where).not.toMatch(/\s/u);
  expect(event.key.length, where).toBeLessThan(60);
  expect(event.occurredAt === null || Number.isSafeInteger(event.occurredAt), where).toBe(true);
}

/** Every place within a payload, those of its objects and lists included. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, one]) => pathsOf(one, [...path, name]));
  return path.length === 0 ? inner : [path, ...inner];
}

function withValue(event: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const copy = structuredClone(event) as Record<string, unknown>;
  copy[name] = withValue(copy[name], rest, value);
  return copy;
}
