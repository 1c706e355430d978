import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { mailLinks } from '../../../src/subscribers/tokens.ts';
import { makeFormToken } from '../../../src/web/shell/forms.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { mailDigest } from '../reader/mailed.ts';
import { openEverything } from './everything.ts';

/** A stranger writes into an address what all objects of JavaScript inherit. */

let store: Store;
let site: Awaited<ReturnType<typeof openEverything>>;
let ana: number;
let delivery: number;
let preferences: string;
beforeEach(async () => {
  store = await openTestStore();
  site = await openEverything(store);
  ana = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
  delivery = await mailDigest(store, ana, [{ id: 1 }]);
  preferences = new URL(mailLinks(site.config, { subscriberId: ana, linkEpoch: 0 }, delivery).preferences)
    .pathname;
});
afterEach(() => store.close());

const inherited = ['constructor', 'toString', 'hasOwnProperty', '__proto__'];

test.each(inherited)('%s is none of the words that pages have for what was done', async (name) => {
  const pages = [
    ...['', '/topics', '/likes', '/digests', '/account'].map((path) => `${preferences}${path}?saved=${name}`),
    ...['/', '/search', '/topics', '/subscribe'].map(
      (path) => `${path}?q=penguin&saved=${name}&sort=${name}`,
    ),
    ...['/topics/agents', '/topics', '/subscribers', `/subscribers/${ana}`].map(
      (path) => `/admin${path}?said=${name}`,
    ),
    ...['/account', `/deliveries/${delivery}`, '/deliveries/many'].map(
      (path) => `/admin${path}?done=${name}&act=${name}`,
    ),
  ];
  for (const path of pages) {
    const answer = await site.browser.get(path);
    const plain = await site.browser.text(path.replaceAll(name, 'nothing'));
    const text = (await answer.text()).replaceAll(name, 'nothing');
    expect([path, answer.status < 500, answer.status < 400 || answer.status === 404]).toEqual([
      path,
      true,
      true,
    ]);
    expect([path, text.length]).toEqual([path, plain.length]);
  }
});

test.each(inherited)('%s is no choice of a form, and no act on many deliveries', async (name) => {
  const form_token = makeFormToken({ form: 'preferences', holder: ana }, site.config.secretKey, monday);
  const refused = await site.browser.post(preferences, { form_token, topic: 'agents', quiet_mail: name });
  expect(await refused.text()).toContain(`<option value="${name}" selected>${name}</option>`);
  const many = { act: name, up_to: '9' };
  expect((await site.browser.submit('/admin/deliveries', '/admin/deliveries/many', many)).status).toBe(404);
});
