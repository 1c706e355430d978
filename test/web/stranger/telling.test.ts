import { afterEach, beforeEach, expect, test } from 'vitest';
import { suppressAddress } from '../../../src/bounces/suppress.ts';
import { makeHashAddress } from '../../../src/mail/address-hash.ts';
import type { Store } from '../../../src/store/store.ts';
import { eraseSubscriber, pauseSubscriber, unsubscribeSubscriber } from '../../../src/subscribers/status.ts';
import { mailLinks } from '../../../src/subscribers/tokens.ts';
import { addTestAdmin } from '../../admins/people.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { openEverything } from './everything.ts';

/** A stranger wants to know who is here. */

let store: Store;
let site: Awaited<ReturnType<typeof openEverything>>;
beforeEach(async () => {
  store = await openTestStore();
  site = await openEverything(store, { trustedProxies: 1 });
  const hashAddress = makeHashAddress(site.config.secretKey);
  const add = (name: string) => addSomebody(store, { email: `${name}@example.org`, topics: ['agents'] });
  await add('known');
  await pauseSubscriber(store.db, await add('paused'), monday);
  await unsubscribeSubscriber(store.db, await add('gone'), monday);
  await eraseSubscriber(store.db, await add('erased'), monday, hashAddress);
  await suppressAddress(store.db, hashAddress('bad@example.org'), null, monday);
  await suppressAddress(store.db, hashAddress('known.bad@example.org'), null, monday);
  await add('known.bad');
  await addTestAdmin(store, 'admin@example.org');
});
afterEach(() => store.close());

const everybody = [
  'new',
  'known',
  'paused',
  'gone',
  'erased',
  'bad',
  'known.bad',
  'admin',
  'waiting',
  'capped',
];
let network = 0;

/** All that an answer tells, with the name that was asked for left out. */
async function tell(answer: Response, name: string): Promise<string> {
  const headers = [...answer.headers].filter(([header]) => header !== 'date');
  const body = (await answer.text())
    .replaceAll(`${name}@`, 'NAME@')
    .replaceAll(/value="[\w.-]{30,}"/g, 'TOKEN');
  return JSON.stringify([answer.status, headers, body]);
}

const tokenIn = (page: string) => /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '';

const signUp = (name: string, more: Record<string, string> = {}) =>
  site.signUp(`${name}@example.org`, more, {
    'X-Forwarded-For': `198.51.${(network >> 8) & 255}.${network++ & 255}`,
  });

test('signing up is answered alike, by the same work, for whoever’s address it is', async () => {
  await signUp('waiting');
  for (let time = 0; time < 5; time++) await signUp('capped');
  await site.mailed();
  const answers = new Set<string>();
  const work = new Set<string>();
  for (const name of everybody) {
    const statements = countStatements(store);
    const answer = await signUp(name);
    // What comes later, no answer waits for.
    work.add(statements().join('\n'));
    answers.add(await tell(answer, name));
    await site.mailed();
  }
  expect(answers.size).toBe(1);
  expect(work.size).toBe(1);
});

test('what is wrong with the rest of the form is told alike, too', async () => {
  const answers = new Set<string>();
  for (const name of everybody) answers.add(await tell(await signUp(name, { time: '99:99' }), name));
  expect(answers.size).toBe(1);
});

test('asking for another address is answered alike for whoever’s it is', async () => {
  const id = await addSomebody(store, { email: 'me@example.org', topics: ['agents'] });
  const own = new URL(mailLinks(site.config, { subscriberId: id, linkEpoch: 0 }, 0).preferences).pathname;
  const answers = new Set<string>();
  for (const name of everybody) {
    const form_token = tokenIn(await (await site.web.request(`${own}/account`)).text());
    const answer = await site.web.request(`${own}/address`, {
      method: 'POST',
      body: new URLSearchParams({ form_token, email: `${name}@example.org` }),
    });
    answers.add(await tell(answer, name));
    await site.mailed();
  }
  expect(answers.size).toBe(1);
});

test('signing in with a wrong password is answered alike whether there is such an admin', async () => {
  const answers = new Set<string>();
  for (const [index, name] of ['admin', 'known', 'nobody'].entries()) {
    const answer = await site.web.request('/admin/sign-in', {
      method: 'POST',
      body: new URLSearchParams({ name: `${name}@example.org`, password: 'a wrong password of theirs' }),
      headers: { 'X-Forwarded-For': `203.0.113.${index}` },
    });
    answers.add(await tell(answer, name));
  }
  expect(answers.size).toBe(1);
});

test('no page for everybody names a subscriber, an admin or a private topic', async () => {
  for (const path of [
    '/',
    '/topics',
    '/search?q=*',
    '/subscribe',
    '/feed.atom',
    '/feed.json',
    '/sitemap.xml',
    '/robots.txt',
  ])
    expect(await (await site.web.request(path)).text(), path).not.toMatch(/known|paused@|admin@example/);
  for (const path of [
    '/metrics',
    '/admin',
    '/admin/subscribers',
    '/admin/subscribers/1',
    '/api/v1/subscribers',
  ])
    expect(await (await site.web.request(path)).text(), path).not.toMatch(/known@|paused@/);
});

/** Counts the statements that reach the database from here on, as they are written; the function gives them. */
function countStatements({ raw }: Store): () => string[] {
  const statements: string[] = [];
  const prepare = raw.prepare.bind(raw);
  const stop = () => {
    raw.prepare = prepare;
    return statements
      .map((sql) => sql.replaceAll(/\s+/g, ' '))
      .filter((sql) => /sign_ups|subscribers|suppressions/.test(sql));
  };
  raw.prepare = ((sql: string) => {
    statements.push(sql);
    return prepare(sql);
  }) as typeof raw.prepare;
  return stop;
}
