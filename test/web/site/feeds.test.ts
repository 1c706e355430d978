import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { openTestWeb } from '../pages.ts';
import { now, openReadableStore } from './readable.ts';

let store: Store;
let site: ReturnType<typeof openTestWeb>;
beforeAll(async () => {
  store = await openReadableStore();
  site = openTestWeb(store, undefined, now);
});
afterAll(() => store.close());

const feeds = ['/feed', '/topics/birds/feed', '/search/feed'];
const asked = (feed: string, form: string) =>
  `${feed}.${form}${feed === '/search/feed' ? '?q=penguin%20OR%20bird' : ''}`;

test.each(feeds)('%s is Atom as RFC 4287 asks for', async (path) => {
  const answer = await site.web.request(asked(path, 'atom'));
  expect(answer.headers.get('Content-Type')).toBe('application/atom+xml; charset=utf-8');
  const body = await answer.text();
  expect(XMLValidator.validate(body)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: (name) => ['entry', 'link', 'author', 'category'].includes(name),
  });
  const { feed } = parser.parse(body);
  expect(feed.id).toMatch(/^https:\/\/papers\.example\.org\//);
  expect(feed.link).toContainEqual({ rel: 'self', href: feed.id, type: 'application/atom+xml' });
  expect(feed.title).toContain('Paperboy');
  expect(feed.author[0].name).toBe('Paperboy');
  expect(feed.entry.length).toBeGreaterThan(1);
  const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
  for (const entry of feed.entry) {
    expect(entry.id).toMatch(/^https:\/\/papers\.example\.org\/papers\//);
    expect(entry.updated).toMatch(instant);
    expect(entry.updated <= feed.updated).toBe(true);
    expect(entry.published).toMatch(instant);
    expect(entry.title).not.toBe('');
    expect(entry.author.length).toBeGreaterThan(0);
    expect(entry.content.type).toBe('html');
    for (const { href } of entry.link) expect(href).toMatch(/^https?:\/\//);
  }
  expect(new Set(feed.entry.map(({ id }: { id: string }) => id)).size).toBe(feed.entry.length);
});

test.each(feeds)('%s is JSON Feed 1.1', async (path) => {
  const answer = await site.web.request(asked(path, 'json'));
  expect(answer.headers.get('Content-Type')).toBe('application/feed+json; charset=utf-8');
  const feed = (await answer.json()) as {
    items: [{ url: string; content_html: string; external_url: string }];
  };
  expect(feed).toMatchObject({
    version: 'https://jsonfeed.org/version/1.1',
    title: expect.stringContaining('Paperboy'),
    home_page_url: expect.stringMatching(/^https:\/\/papers\.example\.org\//),
    feed_url: `https://papers.example.org${asked(path, 'json')}`,
  });
  const item = feed.items.find(({ url }) => url.endsWith('arxiv:2606.00001'));
  expect(item).toMatchObject({
    id: item?.url,
    authors: [{ name: 'Ada Example' }, { name: 'Jörg Müller' }, {}, {}, {}],
  });
  expect(item?.content_html).toContain(
    '<p>We study the penguin. It swims in <i>O</i>(<i>n</i><sup>2</sup>) steps.',
  );
  expect(item?.external_url).toBe('https://arxiv.org/abs/2606.00001');
});

test('a feed is kept by who has it, and says what is wrong with a query', async () => {
  for (const path of feeds) {
    const first = await site.web.request(asked(path, 'atom'));
    const headers = { 'If-None-Match': first.headers.get('ETag') ?? '' };
    expect((await site.web.request(asked(path, 'atom'), { headers })).status).toBe(304);
  }
  for (const query of ['', '(', '"'])
    expect((await site.web.request(`/search/feed.atom?q=${encodeURIComponent(query)}`)).status).toBe(400);
  expect((await site.web.request('/topics/none/feed.atom')).status).toBe(404);
});
