import { HtmlValidate, StaticConfigLoader } from 'html-validate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { openTestWeb } from '../pages.ts';
import { addPaper, now, openReadableStore, rank } from './readable.ts';

let store: Store;
let site: ReturnType<typeof openTestWeb>;
beforeAll(async () => {
  store = await openReadableStore();
  site = openTestWeb(store, undefined, now);
});
afterAll(() => store.close());

const get = (path: string, headers: Record<string, string> = {}) => site.web.request(path, { headers });
const textOf = async (path: string) => {
  const answer = await get(path);
  expect([path, answer.status]).toEqual([path, 200]);
  return await answer.text();
};

const pages = [
  ...['/', '/this-week', '/this-month', '/trending', '/trending/2026-06-26', '/trending/2026-06-25/week'],
  ...['/trending/2026-06-26/month', '/topics', '/topics/birds', '/papers/arxiv:2606.00001', '/search'],
  ...[
    '/papers/doi:10.1101/2026.06.01.5',
    '/search?q=penguin',
    '/search?q=(penguin',
    '/search?q=nothing-at-all',
  ],
];

describe('the front page', () => {
  test('asks for an address, which it does not put into a URL', async () => {
    const front = await textOf('/');
    expect(front).toContain('<h1 id="join">Get trending papers in your email inbox once a day</h1>');
    expect(front).toMatch(
      /<form method="post" action="\/subscribe">[\s\S]*name="email" type="email" required/,
    );
  });

  test('shows what trends: title, authors, abstract to unfold, links, votes of the last days', async () => {
    const front = await textOf('/');
    expect(front).toContain('<a href="/papers/arxiv:2606.00001">Penguins in ℝ<sup>3</sup> &amp; beyond</a>');
    expect(front).toContain('Ada Example, Jörg Müller, Ben Sample');
    expect(front).toContain('<summary>Abstract</summary>');
    expect(front).toContain('Schrödinger never saw one');
    expect(front).toContain(
      'href="https://code.example/penguin?a=1&amp;b=2" rel="noopener nofollow">Code</a>',
    );
    expect(front).toContain('aria-label="Votes on each of the last 3 days: 6, 21, 65."');
    expect(front).toContain('<b>95</b> upvotes <span class="gain">+65 since yesterday</span>');
    expect(front.indexOf('Penguins in')).toBeLessThan(front.indexOf('The habits of birds'));
  });

  test('has the week and the month, and leads to earlier days', async () => {
    expect(await textOf('/this-week')).toContain('<a href="/this-week" aria-current="page">This week</a>');
    expect(await textOf('/trending')).toContain('<time datetime="2026-06-25">25 June 2026</time>');
    const yesterday = await textOf('/trending/2026-06-25');
    expect(yesterday).toContain('Trending on 25 June 2026');
    expect(yesterday).toContain('<b>30</b> upvotes');
    expect(yesterday).toContain('<a rel="next" href="/trending/2026-06-26">');
    for (const path of [
      '/trending/2026-06-01',
      '/trending/2026-13-01',
      '/trending/x',
      '/trending/2026-06-26/year',
    ])
      expect((await get(path)).status).toBe(404);
  });
});

describe('a paper', () => {
  test('is shown with all it says, how it trends and why, and what is related', async () => {
    const shown = await textOf('/papers/arxiv:2606.00001');
    expect(shown).toContain('<h1>Penguins in ℝ<sup>3</sup> &amp; beyond</h1>');
    expect(shown).toContain('It swims in <i>O</i>(<i>n</i><sup>2</sup>) steps.');
    expect(shown).toContain('Cy Third, Di Fourth');
    expect(shown).toContain('Upvotes gained');
    expect(shown).toContain('href="/search?q=cat%3Acs.LG&amp;sort=date"');
    expect(shown).toMatch(/Related papers[\s\S]*The habits of birds/);
  });

  test('is found by any key it ever had; a withdrawn one is not opened', async () => {
    await textOf('/papers/doi:10.1101/2026.06.01.5');
    await textOf('/papers/title:0123456789abcdef');
    const gone = await get('/papers/arxiv:2606.00004');
    expect(gone.status).toBe(410);
    expect(await gone.text()).not.toContain('dodo');
    for (const key of [
      'arxiv:1',
      'x'.repeat(2000),
      '%00',
      '..%2f..',
      'arxiv:2606.00001%0d%0aSet-Cookie:%20a=b',
    ])
      expect((await get(`/papers/${key}`)).status).toBe(404);
  });
});

test('names that run the other way keep their places in lists, in what is found and on a paper’s page', async () => {
  const other = await openReadableStore();
  const authors = ['Ada Example', 'ليلى', 'نور', 'Ben Sample'];
  await addPaper(other, [1, 50], { id: 9, title: 'Penguins, again', key: 'arxiv:2606.00009', authors });
  await rank(other);
  const { web } = openTestWeb(other, undefined, now);
  const byline = 'Ada Example, \u2068ليلى\u2069, \u2068نور\u2069, Ben Sample';
  for (const path of ['/', '/papers/arxiv:2606.00009', '/search?q=penguin', '/search?q=au:Ada'])
    expect([path, (await (await web.request(path)).text()).replaceAll(/<\/?mark>/g, '')]).toEqual([
      path,
      expect.stringContaining(byline),
    ]);
  other.close();
});

describe('a topic', () => {
  test('is listed with the others and shows its best papers', async () => {
    expect(await textOf('/topics')).toContain('<a href="/topics/birds">Birds &amp; “beaks”</a>');
    const shown = await textOf('/topics/birds');
    expect(shown).toContain('All that flies.');
    expect(shown.indexOf('Penguins in')).toBeGreaterThan(0);
    expect(shown).not.toContain('Walruses');
    expect((await get('/topics/nothing')).status).toBe(404);
  });
});

describe('the search', () => {
  test('tells how many papers there are and marks what it found', async () => {
    const shown = await textOf('/search?q=penguin');
    expect(shown).toContain('<b>2 papers</b>');
    expect(shown).toContain('<mark>Penguins</mark> in ℝ<sup>3</sup> &amp; beyond');
    expect(shown).toContain('We study the <mark>penguin</mark>.');
    expect(await textOf('/search?q=au:muller')).toContain('Jörg <mark>Müller</mark>');
  });

  test('says where a query is wrong, and offers help without one', async () => {
    const shown = await textOf('/search?q=bird+OR+(penguin');
    expect(shown).toContain('This parenthesis is never closed');
    expect(shown).toContain('<code>bird OR <mark>(</mark>penguin</code>');
    expect(shown).toContain('aria-invalid="true"');
    expect(await textOf('/search')).toContain('What can be asked');
  });

  test('shows a query as text, whatever it is', async () => {
    const query = '"><script>alert(1)</script>';
    for (const path of [
      `/search?q=${encodeURIComponent(query)}`,
      `/search?q=${encodeURIComponent(`"${query.replaceAll('"', '')}"`)}`,
    ])
      expect(await textOf(path)).not.toContain('<script>alert');
  });

  test('goes on by date and by relevance', async () => {
    for (const sort of ['', '&sort=date'])
      expect(await textOf(`/search?q=*${sort}`)).toContain('<b>3 papers</b>');
  });
});

describe('every page', () => {
  test('is valid HTML with nothing in it that the policy forbids', async () => {
    const validator = new HtmlValidate(
      new StaticConfigLoader({
        extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
        rules: {
          'long-title': 'off',
          'doctype-style': 'off',
          'no-implicit-button-type': 'off',
          'no-trailing-whitespace': 'off',
          'attribute-boolean-style': 'off',
          'void-style': 'off',
          // Whether a sentence breaks after a number is the browser's business.
          'tel-non-breaking': 'off',
          'require-sri': 'off',
        },
      }),
    );
    for (const path of pages) {
      const shown = await textOf(path);
      expect(shown).not.toMatch(/<script(?![^>]* src=)|style=|\son\w+=/);
      const { results } = await validator.validateString(shown);
      const told = results.flatMap(({ messages }) =>
        messages.map((one) => `${one.line}: ${one.ruleId}: ${one.message}`),
      );
      expect(told, path).toEqual([]);
    }
  });

  test('says its one address, what it is about and where its feed is', async () => {
    for (const path of pages.filter((one) => !one.startsWith('/search?'))) {
      const shown = await textOf(path);
      expect(shown).toContain(`<link rel="canonical" href="https://papers.example.org${path}">`);
      expect(shown).toMatch(/<meta name="description" content=".{10,}">/);
      expect(shown).toMatch(/<meta property="og:title" content=".+">/);
      expect(shown).toMatch(
        /<link rel="alternate" type="application\/atom\+xml" title="[^"]+" href="\/[^"]+">/,
      );
    }
    expect(await textOf('/search?q=penguin')).toContain('href="/search/feed.atom?q=penguin"');
    expect(await textOf('/search?q=penguin')).toContain('<meta name="robots" content="noindex, follow">');
    expect(await textOf('/topics/birds')).toContain('href="/topics/birds/feed.json"');
  });

  test('may be kept for a while, and is not sent again to who has it', async () => {
    for (const path of pages) {
      const first = await get(path, { 'Accept-Encoding': 'gzip, br' });
      expect(first.headers.get('Cache-Control')).toMatch(/^public, max-age=\d+/);
      expect(first.headers.get('Vary')).toContain('Accept-Encoding');
      expect(first.headers.get('Set-Cookie')).toBeNull();
      const tag = first.headers.get('ETag') ?? '';
      const again = await get(path, { 'Accept-Encoding': 'gzip', 'If-None-Match': `"x", W/${tag}` });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
  });

  test('under a path, links stay under it', async () => {
    const other = openTestWeb(store, 'https://example.org/papers', now);
    for (const path of pages) {
      const shown = await (await other.web.request(`/papers${path}`)).text();
      for (const [, link] of shown.matchAll(/(?:href|action)="(\/[^"]*)"/g))
        expect(link).toMatch(/^\/papers\//);
    }
  });
});

test('the front page weighs less than 60 KB with all that it loads', async () => {
  const compressed = { 'Accept-Encoding': 'br' };
  const front = await get('/', compressed);
  let bytes = (await front.arrayBuffer()).byteLength;
  const html = await textOf('/');
  // As many papers of the usual length as it can have.
  bytes += 30 * 900;
  for (const [, path] of html.matchAll(/<(?:link rel="stylesheet"|script|img)[^>]* (?:href|src)="([^"]+)"/g))
    bytes += (await (await get(path ?? '', compressed)).arrayBuffer()).byteLength;
  expect(bytes).toBeLessThan(60_000);
});

test('search engines are told what there is, and what is none of their business', async () => {
  const robots = await textOf('/robots.txt');
  for (const path of ['/preferences', '/unsubscribe', '/digest', '/like', '/admin'])
    expect(robots).toContain(`Disallow: ${path}\n`);
  const map = await textOf('/sitemap.xml');
  for (const path of ['/', '/topics/birds', '/trending/2026-06-25', '/papers/doi:10.1101/2026.06.01.5'])
    expect(map).toContain(`<loc>https://papers.example.org${path}</loc>`);
  expect(map).not.toContain('2606.00004');
});
