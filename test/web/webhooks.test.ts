import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { recordReturns } from '../../src/bounces/record.ts';
import { type Clock, fixedClock } from '../../src/clock.ts';
import { makeHashAddress } from '../../src/mail/address-hash.ts';
import type { Store } from '../../src/store/store.ts';
import { findSuppressed } from '../../src/store/suppressions.ts';
import { unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { maxCallBytes } from '../../src/web/hooks/webhooks.ts';
import { createWeb } from '../../src/web/web.ts';
import {
  mailgunCall,
  makeSendgridKeys,
  now,
  payloads,
  type SignedCall,
  secret,
  secretKey,
  sendgridCall,
  snsCall,
  topicArn,
  withSecret,
} from '../bounces/relays/calls.ts';
import { makeCertificate } from '../bounces/relays/certificate.ts';
import { cpuMsOf } from '../support/cpu.ts';
import { insertSubscriber, newStore } from '../support/store.ts';

const hashAddress = makeHashAddress(secretKey);
const sendgrid = makeSendgridKeys();
const certificate = makeCertificate();
const messageId = '<20260622.1.abc@news.example.org>';
const all = {
  sesTopicArn: topicArn,
  postmarkSecret: secret,
  mailgunKey: secret,
  sendgridKey: sendgrid.key,
  brevoSecret: secret,
};
const none = {
  sesTopicArn: null,
  postmarkSecret: null,
  mailgunKey: null,
  sendgridKey: null,
  brevoSecret: null,
};

let store: Store;
beforeEach(async () => {
  store = await openFilledStore();
});

/** Subscribers 1 to 10; the delivery to the seventh, `reader@example.org`, is uncertain. */
async function openFilledStore(): Promise<Store> {
  const store = newStore();
  onTestFinished(() => store.close());
  for (let id = 1; id <= 10; id++)
    await insertSubscriber(store, {
      email: id === 7 ? 'reader@example.org' : `s${id}@example.org`,
      topicIds: [],
      from: now,
    });
  store.raw.exec(`INSERT INTO plan_runs (id, at, started_at) VALUES (1, ${now}, ${now});
    INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at,
      planned_at, expires_at, sending_at, ended_at, attempts)
    VALUES (7, 7, 1, '2026-06-22', 'uncertain', 'crashed', '${messageId}', ${now}, ${now}, ${now}, ${now}, ${now}, 1)`);
  return store;
}

interface Site {
  settings?: typeof all | typeof none;
  get?: (url: string) => Promise<string>;
  publicUrl?: string;
  fails?: boolean;
}

function openSite({ settings = all, get = async () => certificate.pem, publicUrl, fails }: Site = {}) {
  const logged: unknown[] = [];
  const log = (what: object, message: string) => void logged.push({ ...what, message });
  const clock: Clock = fixedClock(now);
  const web = createWeb({
    store,
    clock,
    config: {
      secretKey,
      web: { publicUrl: publicUrl ?? 'https://papers.example.org', host: '127.0.0.1', port: 0 },
    },
    log: { error: log, warn: log, info: log },
    webhooks: {
      settings,
      get,
      recordReturns: (events, db) => {
        if (fails) throw new Error('the disk is full');
        return recordReturns({ db, hashAddress, now, unsubscribe: unsubscribeSubscriber }, events);
      },
    },
  });
  const post = async (relay: string, { body, headers }: SignedCall, base = '') => {
    const answer = await web.request(`${base}/webhooks/${relay}`, {
      method: 'POST',
      body: Buffer.isBuffer(body) ? new Uint8Array(body) : body,
      headers,
    });
    expect(answer.headers.get('Content-Type')).toMatch(/^text\/plain/);
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  return { web, post, logged };
}

const sns = (event: unknown) => snsCall(certificate, { Message: JSON.stringify(event) });
const hardCalls: [string, () => SignedCall][] = [
  ['ses', () => sns(payloads('ses').hard)],
  ['postmark', () => withSecret(payloads('postmark').hard)],
  ['mailgun', () => mailgunCall(payloads('mailgun').hard)],
  ['sendgrid', () => sendgridCall([payloads('sendgrid').hard], sendgrid.privateKey)],
  ['brevo', () => withSecret(payloads('brevo').hard)],
];

const suppressed = async (email = 'reader@example.org') =>
  (await findSuppressed(store.db, [hashAddress(email)])).get(hashAddress(email))?.reason ?? null;
const statusOf = (id: number) =>
  store.raw.prepare('SELECT status FROM subscribers WHERE id = ?').pluck().get(id);
const uncertain = () =>
  store.raw.prepare("SELECT count(*) FROM deliveries WHERE status = 'uncertain'").pluck().get();
const snapshot = () =>
  ['bounces', 'suppressions', 'subscribers', 'deliveries'].map((table) =>
    store.raw.prepare(`SELECT * FROM ${table} ORDER BY id`).all(),
  );

describe('a hard bounce', () => {
  test.each(hardCalls)(
    'told by %s suppresses its address, and told again changes nothing',
    async (relay, call) => {
      const { post, logged } = openSite();
      expect(await post(relay, call())).toMatchObject({
        status: 200,
        text: expect.stringMatching(/^1 recorded/),
      });
      expect(await suppressed()).toBe('user_unknown');
      // Postmark names neither our Message-ID nor our return path.
      expect(uncertain()).toBe(relay === 'postmark' ? 1 : 0);
      const before = snapshot();
      expect(await post(relay, call())).toMatchObject({
        status: 200,
        text: expect.stringMatching(/^0 recorded, 1/),
      });
      expect(snapshot()).toEqual(before);
      expect(JSON.stringify(logged)).not.toContain('@');
    },
  );

  test.each(hardCalls)('by %s with a wrong signature has no effect', async (relay, call) => {
    const { post, logged } = openSite();
    const { body, headers } = call();
    const forged: Record<string, SignedCall> = {
      ses: { body: String(body).replace('User unknown', 'User unKnown'), headers },
      postmark: withSecret(payloads('postmark').hard, 'another-secret-of-ours'),
      mailgun: mailgunCall(payloads('mailgun').hard, { key: 'another-key-of-theirs' }),
      sendgrid: { body: `${body} `, headers },
      brevo: { body, headers: {} },
    };
    const before = snapshot();
    const answer = await post(relay, forged[relay] as SignedCall);
    const isBySecret = relay === 'postmark' || relay === 'brevo';
    expect(answer.status).toBe(isBySecret ? 401 : 403);
    expect(answer.headers.has('WWW-Authenticate')).toBe(isBySecret);
    expect(answer.text).toMatch(/^Refused: /);
    expect(snapshot()).toEqual(before);
    expect(logged).toMatchObject([{ relay, why: expect.any(String) }]);
    expect(JSON.stringify(logged)).not.toMatch(/@|reader/);
  });

  test('that cannot be recorded is asked for again', async () => {
    const { post } = openSite({ fails: true });
    expect(await post('brevo', withSecret(payloads('brevo').hard))).toMatchObject({ status: 503 });
    expect(await openSite().post('brevo', withSecret(payloads('brevo').hard))).toMatchObject({ status: 200 });
    expect(await suppressed()).toBe('user_unknown');
  });
});

test('a report of delivery resolves an uncertain delivery', async () => {
  const { post } = openSite();
  await post('sendgrid', sendgridCall([payloads('sendgrid').delivered], sendgrid.privateKey));
  expect(uncertain()).toBe(0);
  expect(await suppressed()).toBe(null);
});

test('an unsubscription at the relay ends the subscription', async () => {
  const { post } = openSite();
  await post('mailgun', mailgunCall(payloads('mailgun').unsubscribed));
  expect(statusOf(7)).toBe('unsubscribed');
  expect(statusOf(6)).toBe('active');
});

test('a refusal for spam is not held against the reader', async () => {
  const { post } = openSite();
  await post('postmark', withSecret(payloads('postmark').hardForSpam));
  await post('brevo', withSecret(payloads('brevo').hardForSpam));
  expect(await suppressed()).toBe(null);
});

describe('a batch', () => {
  /** Events about subscribers 1 to 10, three of them about nobody here. */
  const batch = () => {
    const kinds = Object.values(payloads('sendgrid'));
    const events = [];
    for (let id = 1; id <= 13; id++)
      for (const [index, event] of kinds.entries())
        events.push({
          ...event,
          email: `s${id}@example.org`,
          'smtp-id': undefined,
          sg_event_id: `event-${id}-${index}`,
        });
    return events;
  };
  const outcome = () => ({
    suppressions: store.raw.prepare('SELECT address_hash FROM suppressions ORDER BY 1').all(),
    statuses: store.raw.prepare('SELECT id, status FROM subscribers ORDER BY id').all(),
    bounces: store.raw.prepare('SELECT event_key, class, reason FROM bounces ORDER BY 1').all(),
  });

  test('of mixed events comes to the same in any order, in parts, and more than once', async () => {
    const { post } = openSite();
    const send = (events: unknown[]) => post('sendgrid', sendgridCall(events, sendgrid.privateKey));
    const events = batch();
    await send(events);
    const straight = outcome();
    expect(straight.suppressions.length).toBe(9);
    const before = snapshot();
    // As if shuffled: every seventh, then the others backwards.
    const shuffled = [...events.filter((_, index) => index % 7 === 0), ...events.toReversed()];
    await send(shuffled);
    expect(snapshot()).toEqual(before);

    store = await openFilledStore();
    const { post: postAgain } = openSite();
    const sendAgain = (some: unknown[]) => postAgain('sendgrid', sendgridCall(some, sendgrid.privateKey));
    for (let start = 0; start < shuffled.length; start += 50)
      await sendAgain(shuffled.slice(start, start + 50));
    expect(outcome()).toEqual(straight);
  });

  test('by Brevo is a list', async () => {
    const { post } = openSite();
    const { text } = await post('brevo', withSecret(Object.values(payloads('brevo'))));
    expect(text).toMatch(/^11 recorded, 0 known, 0 about nobody/);
  });
});

describe('a relay that is not set up', () => {
  test.each(hardCalls)('%s answers 404 and says what to set', async (relay, call) => {
    const { post } = openSite({ settings: none });
    const before = snapshot();
    const answer = await post(relay, call());
    expect(answer.status).toBe(404);
    expect(answer.text).toMatch(/set [A-Z_]+(ARN|SECRET|KEY)\./);
    expect(snapshot()).toEqual(before);
  });

  test('by another name is not there', async () => {
    for (const name of ['constructor', '__proto__', 'mailchimp'])
      expect((await openSite().post(name, withSecret({}))).status).toBe(404);
  });
});

describe('what else may come', () => {
  test('malformed JSON is told with 400', async () => {
    const { post } = openSite();
    const { headers } = withSecret({});
    for (const body of ['', '{', '[1', 'null', '\u0000', '{"a":'.repeat(10_000)]) {
      expect((await post('postmark', { body, headers })).status).toBe(400);
      expect((await post('brevo', { body, headers })).status).toBe(400);
      expect((await post('mailgun', { body, headers })).status).toBe(400);
      expect((await post('ses', { body, headers })).status).toBe(400);
      expect((await post('sendgrid', sendgridCall(body, sendgrid.privateKey))).status).toBe(400);
    }
  });

  test('deep nesting and a hundred thousand empty events are read in moments', async () => {
    const { post } = openSite();
    const { headers } = withSecret({});
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const body of [deep, `[${'{},'.repeat(100_000)}{}]`]) {
      const read = async () => expect((await post('brevo', { body, headers })).status).toBe(200);
      expect(await cpuMsOf(read)).toBeLessThan(5_000);
    }
  });

  test('more than a relay would send is not read: pages keep their smaller limit', async () => {
    const { post, web } = openSite();
    const padded = (bytes: number) => withSecret({ event: 'request', x: 'x'.repeat(bytes) });
    expect((await post('brevo', padded(maxCallBytes - 1_000))).status).toBe(200);
    expect((await post('brevo', padded(maxCallBytes))).status).toBe(413);
    const page = await web.request('/unsubscribe/x', { method: 'POST', body: 'x'.repeat(100_000) });
    expect(page.status).toBe(413);
  });

  test('anything but POST changes nothing', async () => {
    const { web } = openSite();
    const before = snapshot();
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await web.request('/webhooks/brevo', { method })).status).toBe(405);
    expect(snapshot()).toEqual(before);
  });

  test('works under the path of PUBLIC_URL, stripped by the proxy or not', async () => {
    const { post } = openSite({ publicUrl: 'https://example.org/papers' });
    expect((await post('brevo', withSecret(payloads('brevo').hard))).text).toMatch(/^1 recorded/);
    const big = withSecret({ ...payloads('brevo').hard, x: 'x'.repeat(100_000) });
    expect((await post('brevo', big, '/papers')).text).toMatch(/^0 recorded, 1 known/);
  });
});

describe("the subscription to Amazon SES's topic", () => {
  const url = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=2336412f`;
  const confirmation = (given = {}) =>
    snsCall(certificate, {
      Type: 'SubscriptionConfirmation',
      Message: 'You have chosen to subscribe',
      Token: '2336412f',
      SubscribeURL: url,
      ...given,
    });

  test('is confirmed, once it is known that Amazon asks', async () => {
    const asked: string[] = [];
    const get = async (address: string) => {
      asked.push(address);
      return certificate.pem;
    };
    const { post, logged } = openSite({ get });
    expect((await post('ses', confirmation({ TopicArn: `${topicArn}2` }))).status).toBe(403);
    expect((await post('ses', confirmation({ SubscribeURL: 'https://example.org/' }))).status).toBe(403);
    expect(asked).not.toContain('https://example.org/');
    expect(await post('ses', confirmation())).toMatchObject({
      status: 200,
      text: expect.stringContaining('confirmed'),
    });
    expect(asked.at(-1)).toBe(url);
    expect(JSON.stringify(logged)).not.toContain('2336412f');
  });

  test('that cannot be confirmed now is asked for again', async () => {
    const get = async (address: string) => {
      if (address.endsWith('.pem')) return certificate.pem;
      throw new Error('no route');
    };
    expect((await openSite({ get }).post('ses', confirmation())).status).toBe(503);
  });

  test('its first words, which are no JSON, are taken as they are meant', async () => {
    const call = snsCall(certificate, {
      Message: 'Successfully validated SNS topic for Amazon SES event publishing.',
    });
    expect((await openSite().post('ses', call)).status).toBe(200);
    expect((await openSite().post('ses', snsCall(certificate, { Message: 'something else' }))).status).toBe(
      400,
    );
  });
});
