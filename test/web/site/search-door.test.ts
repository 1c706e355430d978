import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import type { SearchBudget } from '../../../src/web/site/search-door.ts';
import { openTestWeb, webConfig } from '../pages.ts';
import { now, openReadableStore } from './readable.ts';

let store: Store;
beforeAll(async () => {
  store = await openReadableStore();
});
afterAll(() => store.close());

/** Pages where visitors may search for so many milliseconds; any search takes one at least. */
const open = (budget: Partial<SearchBudget>, trustedProxies = 1) => {
  const searching = { windowMs: 60_000, each: { network: 1, block: 9_999 }, all: 9_999, ...budget };
  const config = { ...webConfig(), access: { signUp: 'open' as const, trustedProxies } };
  const { web } = openTestWeb(store, undefined, now, { config, searching });
  return async (path: string, from: string) =>
    await web.request(path, { headers: { 'X-Forwarded-For': from } });
};
const [one, neighbour, other] = ['198.51.100.7', '198.51.100.8', '203.0.113.9'];

test('who searches for too long waits, by page and by feed; others do not, nor do other pages', async () => {
  const get = open({});
  expect((await get('/search?q=penguin', one)).status).toBe(200);
  for (const path of [
    '/search?q=penguin',
    '/search?q=bird&sort=date',
    '/search/feed.atom?q=bird',
    '/search/feed.json?q=bird',
  ]) {
    const refused = await get(path, one);
    expect([path, refused.status]).toEqual([path, 429]);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(refused.headers.get('Cache-Control')).toBe('no-store');
    expect(await refused.text()).toContain('Please try again in a minute.');
  }
  expect(await (await get('/search?q=penguin%20life', one)).text()).toContain('value="penguin life"');
  for (const path of ['/', '/search', '/topics/birds', '/papers/arxiv:2606.00001'])
    expect([path, (await get(path, one)).status]).toEqual([path, 200]);
  expect((await get('/search?q=penguin', neighbour)).status).toBe(200);
});

test('what comes at once is not let in all at once', async () => {
  const get = open({});
  const answers = await Promise.all(Array.from({ length: 20 }, () => get('/search?q=penguin', one)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('a network’s neighbours count together, and so do all', async () => {
  const get = open({ each: { network: 9_999, block: 1 } });
  expect((await get('/search?q=penguin', one)).status).toBe(200);
  expect((await get('/search?q=penguin', neighbour)).status).toBe(429);
  expect((await get('/search?q=penguin', other)).status).toBe(200);
  const few = open({ all: 1 });
  expect((await few('/search?q=penguin', one)).status).toBe(200);
  expect((await few('/search?q=penguin', other)).status).toBe(429);
});

test('behind a proxy that is not trusted nobody shuts out everybody', async () => {
  const get = open({}, 0);
  for (let times = 0; times < 3; times++) expect((await get('/search?q=penguin', one)).status).toBe(200);
});
