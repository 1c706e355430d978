import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, ingestPapers, openApp, planDigests, rankPapers, sendDigests } from '../../../src/app.ts';
import { addSubscriber } from '../../../src/subscribers/subscribers.ts';
import { mailLinks } from '../../../src/subscribers/tokens.ts';
import { createWeb } from '../../../src/web/web.ts';
import { describeInChromium } from '../../support/chromium.ts';

/** A stranger wants a script of theirs to run: from a source of papers, or from a field of a form. */

const start = Date.parse('2026-06-22T05:00:00Z');

/** Words that no other source has: so alike are these papers else that one would stand for all. */
const own = (source: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${source}${index}`).join(' ');

/** Each would call `hacked` if it got into a page as anything but text; the number tells which field let it in. */
const scripts = (field: string) =>
  [
    `<script>hacked('${field}')</script>`,
    `<img src=x onerror="hacked('${field}')">`,
    `"><svg onload="hacked('${field}')">`,
    `' autofocus onfocus='hacked("${field}")' x='`,
    `</textarea></title></style></noscript><script>hacked('${field}')</script>`,
    `<!--><img src=x onerror=hacked('${field}')>-->`,
    `]]><script>hacked('${field}')</script>`,
    `&lt;script&gt;hacked('${field}')&lt;/script&gt;`,
    `<iframe srcdoc="<script>parent.hacked('${field}')</script>"></iframe>`,
    `$\\href{javascript:hacked('${field}')}{x}$`,
    `{{{html}}} \${hacked('${field}')}`,
  ].join(' ');
const link = (field: string) => `javascript:hacked('${field}')//https://a.example/`;
const evilLink = (field: string) =>
  `https://a.example/"onmouseover="hacked('${field}')"><script>hacked('${field}')</script>`;
const xml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** What each source would bring: every field that its parser reads holds scripts. */
const payloads: [source: 'huggingface' | 'arxiv' | 'file', name: string, text: string][] = [
  [
    'huggingface',
    'daily.json',
    JSON.stringify([
      {
        paper: {
          id: '2606.90001',
          ...{
            title: `robots ${own('hf', 12)} ${scripts('hf title')}`,
            summary: `${own('hf', 120)} ${scripts('hf summary')}`,
            ai_summary: scripts('hf ai_summary'),
          },
          authors: [{ name: scripts('hf author') }, { name: `${scripts('hf author 2')}` }],
          ...{
            publishedAt: '2026-06-21T00:00:00.000Z',
            submittedOnDailyAt: '2026-06-22T00:00:00.000Z',
            upvotes: 50,
          },
          ...{ ai_keywords: [scripts('hf keyword')], githubRepo: evilLink('hf repository'), githubStars: 34 },
          ...{
            projectPage: link('hf project'),
            organization: { name: scripts('hf lab'), fullname: scripts('hf lab') },
          },
        },
        numComments: 5,
      },
    ]),
  ],
  [
    'arxiv',
    'query.atom.xml',
    `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"><opensearch:totalResults>1</opensearch:totalResults><entry>
<id>http://arxiv.org/abs/2606.90002v1</id><published>2026-06-21T00:00:00Z</published><updated>2026-06-21T00:00:00Z</updated>
<title>robots ${own('arxiv', 12)} ${xml(scripts('arxiv title'))}</title><summary>${own('arxiv', 120)} ${xml(scripts('arxiv summary'))}</summary>
<author><name>${xml(scripts('arxiv author'))}</name></author><arxiv:comment>${xml(scripts('arxiv comment'))}</arxiv:comment>
<link href="${xml(link('arxiv link'))}" rel="alternate"/><link title="pdf" href="${xml(evilLink('arxiv pdf'))}" rel="related"/>
<arxiv:primary_category term="${xml(scripts('arxiv category'))}"/><category term="${xml(scripts('arxiv category'))}"/></entry></feed>`,
  ],
  [
    'arxiv',
    'announcements.rss.xml',
    `<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"><channel><title>x</title><item>
<title><![CDATA[robots ${own('feed', 12)} <script>hacked('feed title')</script> ${scripts('feed title').replaceAll(']]>', '')}]]></title><guid>oai:arXiv.org:2606.90003v1</guid>
<link>${xml(link('feed link'))}</link><description>arXiv:2606.90003v1 Announce Type: new
Abstract: ${own('feed', 120)} ${xml(scripts('feed abstract'))}</description><dc:creator>${xml(scripts('feed creator'))}</dc:creator>
<category>${xml(scripts('feed category'))}</category><arxiv:announce_type>new</arxiv:announce_type><pubDate>Mon, 22 Jun 2026 00:00:00 -0400</pubDate></item></channel></rss>`,
  ],
  [
    'file',
    'papers.jsonl',
    JSON.stringify({
      ...{
        title: `robots ${own('file', 12)} ${scripts('file title')}`,
        abstract: `${own('file', 120)} ${scripts('file abstract')}`,
        summary: scripts('file summary'),
      },
      ...{
        authors: [scripts('file author')],
        categories: [scripts('file category')],
        keywords: [scripts('file keyword')],
      },
      ...{
        repository: link('file repository'),
        project: evilLink('file project'),
        url: link('file url'),
        pdf: evilLink('file pdf'),
      },
      ...{
        organization: scripts('file lab'),
        comment: scripts('file comment'),
        publishedAt: '2026-06-21',
        featuredAt: '2026-06-22T00:00:00.000Z',
      },
      ...{ upvotes: 12 },
    }),
  ],
];

describeInChromium('scripts of a stranger', (chromium) => {
  let app: App;
  let address: string;
  let context: BrowserContext;
  let id: number;
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-stranger-'));
  const heard: string[] = [];

  beforeAll(async () => {
    let pages: ReturnType<typeof createWeb> | null = null;
    address = await chromium.serve(
      () => ({ fetch: (request: Request, env: object) => pages?.fetch(request, env) }) as never,
    );
    let now = start;
    app = await openApp({
      env: {
        DATABASE_URL: `sqlite:${join(folder, 'paperboy.db')}`,
        ...{
          SECRET_KEY: 'k'.repeat(40),
          OUTBOX_DIR: join(folder, 'outbox'),
          PUBLIC_URL: address,
          SOURCES: 'none',
        },
        MAIL_FROM: 'Paperboy <paperboy@papers.example.org>',
      },
      cwd: folder,
      clock: { now: () => now },
    });
    pages = createWeb(app);
    for (const [source, name, text] of payloads) {
      const file = join(folder, name);
      writeFileSync(file, text);
      const [report] = await ingestPapers(app, { source, file });
      expect([name, report?.newPapers, report?.rejected]).toEqual([name, 1, 0]);
    }
    const added = await addSubscriber(
      app.store.db,
      { email: 'ana@example.org', topics: ['everything'] },
      app.config.digest,
      now,
      app.hashAddress,
    );
    if (!added.ok) throw new Error('nobody was added');
    id = added.subscriber.id;
    now = Date.parse('2026-06-22T08:01:00Z');
    await rankPapers(app);
    await planDigests(app);
    await sendDigests(app);
    // As if our content security policy were not there: what is harmless must be so by itself.
    context = await chromium.browser.newContext({ bypassCSP: true });
    await context.exposeFunction('hacked', (field: string) => heard.push(String(field)));
  });
  afterAll(async () => {
    await context?.close();
    await app?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Looks at a page as somebody does who touches everything on it. */
  async function look(page: Page): Promise<string> {
    await page.evaluate(`(async () => {
      for (const details of document.querySelectorAll('details')) details.open = true;
      for (const element of document.querySelectorAll('body *')) {
        for (const type of ['mouseover', 'mouseenter', 'focus', 'click-not', 'pointerover', 'toggle', 'animationend'])
          element.dispatchEvent(new Event(type, { bubbles: true }));
        for (const { name } of element.attributes) if (/^on/i.test(name)) hacked('attribute ' + name + ' of ' + element.outerHTML.slice(0, 200));
      }
      for (const { href } of document.querySelectorAll('a[href], area[href], form[action]')) if (/^(javascript|data|vbscript):/i.test(href)) hacked('link ' + href);
      await new Promise((resolve) => setTimeout(resolve, 150));
    })()`);
    return await page.content();
  }

  test('Chromium would hear them: one that is let in does call', async () => {
    const page = await context.newPage();
    await page.setContent(scripts('trial'));
    await expect.poll(() => heard.length).toBeGreaterThan(2);
    heard.length = 0;
    await page.close();
  });

  test('from any field of any source run on no page, in no feed and in no mail', async () => {
    const { view, feedback, preferences } = mailLinks(app.config, { subscriberId: id, linkEpoch: 0 }, 1);
    const keys = app.store.raw.prepare('SELECT key FROM papers').pluck().all() as string[];
    expect(keys).toHaveLength(4);
    const paths = [
      ...[
        '/',
        '/this-week',
        '/this-month',
        '/trending',
        '/topics/everything',
        '/search?q=robots',
        '/search?q=hacked',
      ],
      ...['/feed.atom', '/feed.json', '/search/feed.atom?q=robots', '/search/feed.json?q=robots'],
      ...keys.map((key) => `/papers/${encodeURIComponent(key)}`),
      ...[view as string, `${feedback}/1/more`, `${preferences}/digests`].map((url) => new URL(url).pathname),
    ];
    const page = await context.newPage();
    const seen = new Set<string>();
    for (const path of paths) {
      const answer = await page.goto(address + path);
      expect([path, answer?.status()]).toEqual([path, 200]);
      const text = await look(page);
      for (const field of ['hf title', 'arxiv title', 'feed title', 'file title'])
        if (text.includes(field)) seen.add(field);
      expect([path, heard.splice(0)]).toEqual([path, []]);
    }
    // They were there to be seen, as text.
    expect([...seen].sort()).toEqual(['arxiv title', 'feed title', 'file title', 'hf title']);
    const mails = readdirSync(join(folder, 'outbox'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.html'),
    );
    expect(mails).toHaveLength(1);
    for (const file of mails) {
      const html = readFileSync(join(folder, 'outbox', file), 'utf8');
      for (const field of ['hf', 'arxiv', 'feed', 'file']) expect(html).toContain(`${field} title`);
      await page.setContent(html);
      await look(page);
      expect(heard.splice(0)).toEqual([]);
    }
    await page.close();
  });

  test('from any field of any form run nowhere', async () => {
    const mine = new URL(mailLinks(app.config, { subscriberId: id, linkEpoch: 0 }, 0).preferences).pathname;
    const page = await context.newPage();
    let echoed = 0;
    for (const path of ['/', '/subscribe', '/search', mine, `${mine}/topics`, `${mine}/account`]) {
      await page.goto(address + path);
      const forms = await page.locator('form').count();
      for (let place = 0; place < forms; place++) {
        await page.goto(address + path);
        await fillWith(page, place);
        await Promise.all([
          page.waitForLoadState('load'),
          page
            .locator('form')
            .nth(place)
            .evaluate('(form) => form.submit()')
            .catch(() => {}),
        ]);
        await page.waitForTimeout(150);
        if ((await look(page)).includes('hacked(')) echoed++;
        expect([path, place, heard.splice(0)]).toEqual([path, place, []]);
      }
    }
    // They were there, as text: in forms that came back, and in what was kept.
    expect(echoed).toBeGreaterThan(3);
    for (const path of ['/', mine, `${mine}/topics`, `${mine}/account`, `${mine}/likes`]) {
      await page.goto(address + path);
      await look(page);
      expect([path, heard.splice(0)]).toEqual([path, []]);
    }
    await page.close();
  });

  /** Scripts in everything that takes text, past what the browser would refuse. */
  async function fillWith(page: Page, place: number): Promise<void> {
    await page
      .locator('form')
      .nth(place)
      .evaluate(
        `(form, texts) => {
        form.noValidate = true;
        for (const field of form.elements) {
          if (field.name === 'form_token' || !field.name) continue;
          field.removeAttribute('maxlength');
          const text = texts.replaceAll('FIELD', field.name);
          if (field.tagName === 'SELECT') { field.add(new Option(text, text)); field.value = text; }
          else if (field.tagName === 'INPUT') { if (['checkbox', 'radio'].includes(field.type)) { if (field.name !== 'kind') { field.value = text; field.checked = true; } } else { field.type = 'text'; field.value = text; } }
          else if (field.tagName === 'TEXTAREA') field.value = text.slice(0, 900);
        }
      }`,
        scripts('FIELD') as never,
      );
  }
});
