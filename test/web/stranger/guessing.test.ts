import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeHashAddress } from '../../../src/mail/address-hash.ts';
import type { Store } from '../../../src/store/store.ts';
import { findSubscriber, findSubscriberByKey } from '../../../src/store/subscribers.ts';
import { askToMove } from '../../../src/subscribers/move.ts';
import { eraseSubscriber, switchOffLinks, unsubscribeSubscriber } from '../../../src/subscribers/status.ts';
import { editSubscriber } from '../../../src/subscribers/subscribers.ts';
import {
  type DeliveryPurpose,
  deliveryPurposes,
  signDeliveryToken,
  signToken,
  type TokenPurpose,
  tokenPurposes,
} from '../../../src/subscribers/tokens.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { openTestWeb, webConfig } from '../pages.ts';
import { mailDigest } from '../reader/mailed.ts';
import { openSignUpWeb } from '../reader/sign-up-pages.ts';

/** A stranger tries tokens. */

const { secretKey } = webConfig();
const [ana, ben] = [1, 2];
let store: Store;
beforeEach(async () => {
  store = await openTestStore();
  for (const email of ['ana@example.org', 'ben@example.org'])
    await addSomebody(store, { email, topics: ['agents'] });
  await mailDigest(store, ana, [{ id: 1 }]);
  await mailDigest(store, ben, [{ id: 1 }], { editionDate: '2026-06-21' });
});
afterEach(() => store.close());

const tables = ['subscribers', 'subscriptions', 'feedback', 'deliveries', 'sign_ups', 'address_changes'];
const snapshot = () => tables.map((table) => store.raw.prepare(`SELECT * FROM ${table}`).all());

/** The token of Ana, or of her delivery, for each purpose; and where it is shown. */
const own = (purpose: TokenPurpose | DeliveryPurpose, secret = secretKey, id = ana, linkEpoch = 0) =>
  purpose === 'view' || purpose === 'feedback'
    ? signDeliveryToken({ purpose, deliveryId: id, linkEpoch }, secret)
    : signToken({ purpose, subscriberId: id, linkEpoch }, secret);
const placeOf = { preferences: 'preferences', unsubscribe: 'unsubscribe', view: 'digest', feedback: 'like' };
const purposes = [...tokenPurposes, ...deliveryPurposes];
const pathOf = (purpose: (typeof purposes)[number], token: string) =>
  `/${placeOf[purpose]}/${token}${purpose === 'feedback' ? '/1/more' : ''}`;

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** One letter changed by one bit. */
const flip = (token: string, at: number, bit: number) =>
  token.slice(0, at) + letters[letters.indexOf(token[at] as string) ^ (1 << bit)] + token.slice(at + 1);

describe.each(purposes)('a token to %s', (purpose) => {
  const token = own(purpose);
  const guesses: Record<string, string[]> = {
    'with a bit of its code changed': Array.from({ length: 32 * 6 }, (_, bit) =>
      flip(token, Math.floor(bit / 6), bit % 6),
    ),
    'cut short': Array.from({ length: token.length - 1 }, (_, at) => token.slice(0, at + 1)),
    'made longer': ['0', '1', 'a', '.', '.1', '%00', '==', ' '].map(
      (more) => `${token}${encodeURIComponent(more)}`,
    ),
    'of somebody else’s id': [token.slice(0, 32) + ben.toString(36), `${token.slice(0, 32)}0${ana}`],
    'of another epoch of their links': [`${token}.1`, `${token}.0`],
    'of another purpose': purposes.filter((other) => other !== purpose).map((other) => own(other)),
    'signed with another secret': [own(purpose, 'x'.repeat(43)), own(purpose, '')],
    'in other letters': [token.toUpperCase(), token.toLowerCase()].filter((one) => one !== token),
    'that is none': [
      'a'.repeat(33),
      `${'A'.repeat(32)}1`,
      'undefined',
      'null',
      '__proto__',
      '..%2F..%2Fetc',
      "'--",
    ],
  };

  test.each(Object.keys(guesses))('%s opens and changes nothing', async (kind) => {
    const before = snapshot();
    const site = openTestWeb(store);
    let limited = 0;
    for (const guess of guesses[kind] as string[])
      for (const method of ['GET', 'POST']) {
        const answer = await site.web.request(pathOf(purpose, guess), { method });
        const text = await answer.text();
        // A digest is only looked at, whose ever it is.
        const none = purpose === 'view' && method === 'POST' ? 405 : 404;
        expect([guess, answer.status]).toEqual([guess, answer.status === 429 ? 429 : none]);
        expect(text).not.toContain('example.org/');
        expect(text).not.toContain('a…a@');
        if (answer.status === 429) limited++;
      }
    expect(snapshot()).toEqual(before);
    if ((guesses[kind] as string[]).length > 50) expect(limited).toBeGreaterThan(0);
  });

  test('that was switched off, or of somebody who is forgotten, opens nothing but the way out', async () => {
    await switchOffLinks(store.db, ana, monday);
    const site = openTestWeb(store);
    const answer = await site.web.request(pathOf(purpose, token));
    expect(answer.status).toBe(purpose === 'unsubscribe' ? 200 : 410);
    expect(await answer.text()).not.toMatch(/a…a@|\/preferences\//);
    await eraseSubscriber(store.db, ana, monday, makeHashAddress(secretKey));
    // A digest is only looked at.
    for (const method of purpose === 'view' ? ['GET'] : ['GET', 'POST'])
      expect((await site.web.request(pathOf(purpose, token), { method })).status).toBe(410);
  });
});

test.each([
  ['unsubscribe', 'GET'],
  ['unsubscribe', 'POST'],
  ['view', 'GET'],
  ['feedback', 'GET'],
  ['feedback', 'POST'],
] as const)('a token to %s leads on to none that lets one do more (%s)', async (purpose, method) => {
  const site = openTestWeb(store);
  const path = pathOf(purpose, own(purpose));
  const shown = await (await site.web.request(path)).text();
  const body = new URLSearchParams({
    form_token: /name="form_token" value="([^"]+)"/.exec(shown)?.[1] ?? '',
  });
  const answer = method === 'GET' ? shown : await (await site.web.request(path, { method, body })).text();
  expect(answer).toMatch(/You are unsubscribed|Unsubscribe\?|like this|<article|<table/);
  expect(answer).not.toMatch(/\/preferences\//);
  if (purpose === 'unsubscribe' && method === 'POST') {
    const form_token = /name="form_token" value="([^"]+)"/.exec(answer)?.[1] ?? '';
    const undone = await site.web.request(`${path}/undo`, {
      method,
      body: new URLSearchParams({ form_token }),
    });
    const back = await undone.text();
    expect(back).toContain('Welcome back');
    expect(back).not.toMatch(/\/preferences\//);
  }
});

test('what is signed is compared in constant time, what is random is found by its hash alone', () => {
  const source = join(import.meta.dirname, '../../../src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const holds = (word: string) =>
    files.filter((file) => readFileSync(join(source, file), 'utf8').includes(word)).sort();
  // These only make a name or a key of something; nobody brings them back to be compared.
  const makers = [
    'app.ts',
    'mail/address-hash.ts',
    'mail/message-id.ts',
    'store/backup.ts',
    'web/api/idempotency.ts',
  ];
  // The last two compare so, in bounces/relays/call.ts and in Hono.
  const comparing = ['timingSafeEqual(', 'isSameText(', 'getSignedCookie('].flatMap(holds);
  const signers = holds('createHmac(').filter((file) => !makers.includes(file));
  expect(signers).toContain('subscribers/tokens.ts');
  expect(signers).toContain('web/shell/forms.ts');
  expect(signers.filter((file) => !comparing.includes(file))).toEqual([]);
});

describe('the links that are kept as hashes alone', () => {
  const changed = (token: string) => [
    ...Array.from({ length: token.length }, (_, at) => flip(token, at, at % 6)),
    token.slice(0, -1),
    `${token}a`,
    'x',
  ];

  test('to confirm a subscription open nothing when they are not whole, or too old', async () => {
    const site = await openSignUpWeb(store);
    await site.signUp({ email: 'new@example.org' });
    const link = site.latestLink();
    const token = link.split('/').at(-1) ?? '';
    const stored = JSON.stringify(store.raw.prepare('SELECT * FROM sign_ups').all());
    expect(stored).not.toContain(token);
    for (const guess of changed(token)) {
      const answer = await site.web.request(`/confirm/${guess}`);
      expect([404, 429]).toContain(answer.status);
      expect(await answer.text()).not.toContain('n…w@');
    }
    site.world.now += 8 * 86_400_000;
    expect([404, 429]).toContain((await site.web.request(link)).status);
  });

  test('to confirm a subscription say nothing more of it once they were used, whatever became of it', async () => {
    const site = await openSignUpWeb(store);
    await site.signUp({ email: 'new@example.org' });
    const link = site.latestLink();
    const tokenIn = (page: string) => /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const form_token = tokenIn(await (await site.web.request(link)).text());
    const confirm = async () => await (await site.post(link, { form_token })).text();
    expect(await confirm()).toMatch(/\/preferences\//);
    const says = async () => [await (await site.web.request(link)).text(), await confirm()];
    const opensNothing = async () => {
      for (const page of await says()) expect(page).not.toMatch(/\/preferences\/|@example|agents/i);
    };
    await opensNothing();
    const subscriber = await findSubscriberByKey(store.db, 'new@example.org');
    if (!subscriber) throw new Error('nobody');
    await switchOffLinks(store.db, subscriber.id, monday);
    await opensNothing();
    const change = { email: 'newer@example.net' };
    const hashAddress = makeHashAddress(secretKey);
    await editSubscriber(store.db, subscriber.id, change, monday, 'preferences', hashAddress);
    await opensNothing();
    await unsubscribeSubscriber(store.db, subscriber.id, monday);
    await opensNothing();
  });

  test('to confirm an address do neither, nor after its owner has switched links off', async () => {
    const site = openTestWeb(store);
    const hashAddress = makeHashAddress(secretKey);
    const subscriber = await findSubscriber(store.db, ana);
    if (!subscriber) throw new Error('nobody');
    await askToMove({ db: store.db, now: monday, hashAddress }, subscriber, 'ana@new.example');
    await site.mailNow();
    const token = site.mailed[0]?.letter.url.split('/').at(-1) ?? '';
    expect((await site.web.request(`/move/${token}`)).status).toBe(200);
    for (const guess of changed(token)) {
      const answer = await site.web.request(`/move/${guess}`);
      expect([404, 429]).toContain(answer.status);
      expect(await answer.text()).not.toContain('new.example');
    }
    await switchOffLinks(store.db, ana, monday);
    expect([404, 429]).toContain((await site.web.request(`/move/${token}`)).status);
  });
});

describe('many wrong links from one network', () => {
  const guess = (index: number) => `${'A'.repeat(32)}${index + 100}`;
  const spam = async (site: ReturnType<typeof openTestWeb>, times: number, method = 'GET') => {
    const statuses: number[] = [];
    for (let index = 0; index < times; index++)
      statuses.push((await site.web.request(`/unsubscribe/${guess(index)}`, { method })).status);
    return statuses;
  };

  test('are held back after some dozens, and told for how long', async () => {
    const site = openTestWeb(store);
    const statuses = await spam(site, 100);
    expect(statuses.filter((status) => status === 404).length).toBeLessThanOrEqual(40);
    expect(statuses.at(-1)).toBe(429);
    const answer = await site.web.request(`/preferences/${guess(1)}`);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(answer.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
  });

  test('stand in the way of nobody there who has a link that works', async () => {
    const site = openTestWeb(store);
    await spam(site, 100, 'POST');
    for (const purpose of purposes)
      expect((await site.web.request(pathOf(purpose, own(purpose)))).status).toBe(200);
    const oneClick = await site.post(`/unsubscribe/${own('unsubscribe')}`, 'List-Unsubscribe=One-Click');
    expect(oneClick.status).toBe(200);
    expect((await findSubscriber(store.db, ana))?.status).toBe('unsubscribed');
    expect((await site.web.request('/')).status).toBe(200);
    expect((await site.web.request('/nowhere')).status).toBe(404);
  });
});
