import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeHashAddress } from '../../../src/mail/address-hash.ts';
import type { Store } from '../../../src/store/store.ts';
import { findSubscriber } from '../../../src/store/subscribers.ts';
import { askToMove } from '../../../src/subscribers/move.ts';
import { addOwnTopic } from '../../../src/subscribers/own-topics.ts';
import { mailLinks } from '../../../src/subscribers/tokens.ts';
import { makeFormToken } from '../../../src/web/shell/forms.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { mailDigest } from '../reader/mailed.ts';
import { openEverything, readAll } from './everything.ts';

/** A stranger lures somebody with a link of theirs, or an admin who is signed in, to a page that sends our forms. */

let store: Store;
let site: Awaited<ReturnType<typeof openEverything>>;
let places: Record<string, string>;
beforeEach(async () => {
  store = await openTestStore();
  site = await openEverything(store);
  const ana = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
  const delivery = await mailDigest(store, ana, [{ id: 1 }]);
  await addOwnTopic(store.db, ana, { kind: 'query', text: 'robots', name: 'Mine' }, monday);
  const subscriber = await findSubscriber(store.db, ana);
  if (!subscriber) throw new Error('nobody');
  const hashAddress = makeHashAddress(site.config.secretKey);
  await askToMove({ db: store.db, now: monday, hashAddress }, subscriber, 'ana@new.example');
  // Somebody who waits to be confirmed.
  const shown = await (await site.web.request('/subscribe')).text();
  site.clock.at += 5_000;
  await site.browser.post('/subscribe', {
    form_token: /name="form_token" value="([^"]+)"/.exec(shown)?.[1] ?? '',
    ...{
      email: 'new@example.org',
      topic: 'agents',
      day: 'mon',
      max_papers: '5',
      time: '08:00',
      timezone: 'UTC',
    },
  });
  await site.mailed();
  const letter = (path: string) =>
    site.letters
      .find(({ url }) => url.includes(`/${path}/`))
      ?.url.split('/')
      .at(-1) ?? '';
  const links = mailLinks(site.config, { subscriberId: ana, linkEpoch: 0 }, delivery);
  const token = (url = '') => url.split('/').at(-1) ?? '';
  places = {
    '/unsubscribe/:token': token(links.unsubscribe),
    '/preferences/:token': token(links.preferences),
    '/like/:token': token(links.feedback),
    '/move/:token': letter('move'),
    '/confirm/:token': letter('confirm'),
    '/admin/join/:token': 'x'.repeat(32),
    '/admin/topics/:slug': 'agents',
    '/api/v1/topics/:slug': 'agents',
    '/api/v1/subscribers/:id': String(ana),
    '/api/v1/deliveries/:id': String(delivery),
    '/admin/subscribers/-/import/:id': '1',
    '/admin/subscribers/:id': String(ana),
    '/admin/suppressions/:id': '1',
    '/admin/deliveries/:id': String(delivery),
    '/admin/account/sessions/:id': '1',
    '/admin/account/tokens/:id': '1',
    '/admin/account/passkeys/:id': '1',
  };
});
afterEach(() => store.close());

/** What takes POSTs from elsewhere, each for its own reason. */
const forOthers = [
  // RFC 8058: the mail provider, with the token of the mail alone.
  '/unsubscribe/:token',
  // Relays, by their signatures (test/bounces/relays).
  '/webhooks/',
  // Programs, by a token of theirs in a header that no page can set.
  '/api/',
];
const isForOthers = (path: string) =>
  forOthers.some((one) => path === one || (one.endsWith('/') && path.startsWith(one)));

/** Forms that change nothing by themselves, or only for who knows a password or has a one-time link. */
const changesNothing = [
  '/admin/join/:token',
  '/admin/join/:token/passkey',
  '/admin/join/:token/passkey/options',

  '/subscribe',
  '/subscribe/preview',
  '/admin/sign-in',
  '/admin/sign-in/passkey',
  '/admin/sign-in/passkey/options',
];

/** Every route that is no mere look, with what stands for its parameters. */
function routes(): { route: string; path: string; method: string }[] {
  const found = new Map<string, { route: string; path: string; method: string }>();
  for (const { method, path: route } of site.web.routes) {
    if (method === 'GET' || (method === 'ALL' && route.includes('*'))) continue;
    const bare = route.replaceAll(/\{[^}]*\}/g, '');
    const place = Object.keys(places)
      .filter((one) => bare.startsWith(one))
      .sort((a, b) => b.length - a.length)[0];
    const path = (place ? bare.replace(/:(token|slug|id)/, places[place] as string) : bare)
      .replace(':position', '1')
      .replace(':verdict', 'more');
    found.set(`${method} ${route}`, { route: bare, path, method: method === 'ALL' ? 'POST' : method });
  }
  return [...found.values()];
}

/** What a whole form has, whichever it is. */
const fields = {
  ...{
    email: 'evil@example.org',
    topic: 'robotics',
    day: 'mon',
    max_papers: '1',
    time: '01:00',
    timezone: 'UTC',
  },
  ...{
    words: 'evil',
    kind: 'query',
    name: 'Evil',
    query: 'evil',
    slug: 'evil',
    paper: 'all',
    into: 'robotics',
  },
  ...{
    until: '2026-07-01',
    password: 'evil evil evil evil',
    scope: 'read',
    act: '',
    what: 'erase',
    state: 'sent',
  },
};

test('the routes that are looked at are all there are: those of readers, admins and others', () => {
  const found = routes().map(({ route }) => route);
  expect(found.length).toBeGreaterThan(45);
  for (const one of [
    '/confirm/:token',
    '/move/:token',
    '/preferences/:token/erase',
    '/like/:token/:position/:verdict',
  ])
    expect(found).toContain(one);
  for (const { route, path } of routes()) if (!isForOthers(route)) expect(path).not.toContain(':');
});

test.each<[string, Record<string, string>]>([
  ['from another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
  ['from a sibling of ours', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://evil.example.org' }],
  ['by an older browser, from another site', { Origin: 'https://evil.example' }],
  ['from a page without an origin', { Origin: 'null' }],
  ['from our name at another port', { Origin: 'https://papers.example.org:8443' }],
])('no form %s is taken, whatever token it brings', async (_, headers) => {
  const before = readAll(store);
  for (const { route, path, method } of routes()) {
    if (isForOthers(route)) continue;
    for (const given of [{}, { form_token: await stolen(path) }]) {
      const answer =
        method === 'POST'
          ? await site.browser.post(path, { ...fields, ...given }, headers)
          : await site.web.request(path, { method, headers });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  }
  expect(readAll(store)).toEqual(before);
});

/** The token that the page's own form has, where it has one: as if somebody had read it. */
async function stolen(path: string): Promise<string> {
  const page = await (await site.browser.get(path)).text();
  return /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '';
}

test('no form of our own site is taken without its token, with a forged one, or with that of another form', async () => {
  const { secretKey } = site.config;
  const at = site.clock.at;
  const others = [
    undefined,
    '',
    'x',
    `${at.toString(36)}.${'A'.repeat(32)}`,
    // Of another form, of somebody else's, of another secret, of yesterday, of tomorrow.
    makeFormToken({ form: 'subscribe', holder: '' }, secretKey, at),
    makeFormToken({ form: 'preferences', holder: 99 }, secretKey, at),
    makeFormToken({ form: 'like', holder: 99 }, secretKey, at),
    makeFormToken({ form: 'admin', holder: 'x' }, secretKey, at),
    makeFormToken({ form: 'preferences', holder: 1 }, 'x'.repeat(43), at),
    makeFormToken({ form: 'preferences', holder: 1 }, secretKey, at - 25 * 3_600_000),
    makeFormToken({ form: 'preferences', holder: 1 }, secretKey, at + 3_600_000),
  ];
  const ours = { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://papers.example.org' };
  const before = readAll(store);
  for (const { route, path, method } of routes()) {
    if (isForOthers(route) || method !== 'POST') continue;
    for (const form_token of others) {
      // A form for signing up that is whole is one; only its own page's token is not another's.
      if (route === '/subscribe' && form_token?.includes('.') && form_token === others[4]) continue;
      const answer = await site.browser.post(
        path,
        { ...fields, ...(form_token === undefined ? {} : { form_token }) },
        ours,
      );
      const allowed = changesNothing.includes(route) ? [200, 400, 401, 403, 404, 422, 429, 503] : [403];
      expect([path, form_token, allowed.includes(answer.status) ? 'refused' : answer.status]).toEqual([
        path,
        form_token,
        'refused',
      ]);
    }
  }
  expect(readAll(store)).toEqual(before);
});

test('no admin’s page and no program’s door opens to who is not signed in, or brings only a cookie', async () => {
  const before = readAll(store);
  for (const { route, path, method } of routes()) {
    if (!route.startsWith('/admin/') && !route.startsWith('/api/')) continue;
    if (changesNothing.includes(route)) continue;
    const answer = route.startsWith('/api/')
      ? await site.browser.post(path, fields)
      : await site.web.request(path, { method, body: new URLSearchParams(fields) });
    expect([path, [303, 302, 401, 403, 404, 405].includes(answer.status)]).toEqual([path, true]);
  }
  expect(readAll(store)).toEqual(before);
});

test('what mere looks open changes nothing, whatever is asked for with it', async () => {
  const { browser } = site;
  const before = readAll(store);
  const query = new URLSearchParams({
    ...fields,
    saved: '',
    act: 'erase',
    confirm: 'yes',
    _method: 'DELETE',
  });
  for (const { path } of routes())
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      if (method === 'TRACE') continue;
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
      await site.web.request(`${path}?${query}`, {
        method,
        headers: { Cookie: cookie, 'X-HTTP-Method-Override': 'POST' },
      });
    }
  expect(readAll(store)).toEqual(before);
});
