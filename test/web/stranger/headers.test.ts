import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderDigest } from '../../../src/digest/render.ts';
import { loadTemplates } from '../../../src/digest/templates.ts';
import { composeMessage } from '../../../src/mail/message.ts';
import type { Store } from '../../../src/store/store.ts';
import { addTopic } from '../../../src/store/topics.ts';
import { mailLinks } from '../../../src/subscribers/tokens.ts';
import { password } from '../../admins/people.ts';
import { links, makeDigest, makeNote, makePaper } from '../../digest/digests.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { openEverything, readAll } from './everything.ts';

/** A stranger wants lines of their own in our headers, and our links to lead to them. */

let store: Store;
let site: Awaited<ReturnType<typeof openEverything>>;
beforeEach(async () => {
  store = await openTestStore();
  site = await openEverything(store, { trustedProxies: 1 });
});
afterEach(() => store.close());

const breaks = ['\r\n', '\n', '\r', '\u0085', '\u2028', '\u2029', '\v', '\f', '%0d%0a', '\\r\\n', '\r\n '];
const line = (lineBreak: string) => `x${lineBreak}Bcc: victim@example.org${lineBreak}${lineBreak}Evil body`;

describe('a mail', () => {
  test.each(breaks)('has no header but its own, whatever a paper or a topic holds: %j', async (lineBreak) => {
    const evil = line(lineBreak);
    const templates = await loadTemplates(join(import.meta.dirname, '../../../templates'));
    const paper = makePaper(1, {
      ...{
        title: evil,
        abstract: evil,
        tldr: evil,
        authors: [evil, evil],
        organization: evil,
        comment: evil,
      },
      ...{
        paperUrl: `https://x.test/${evil}`,
        pdfUrl: evil,
        codeUrl: evil,
        projectUrl: evil,
        categories: [evil],
      },
    });
    const papers = [
      { position: 1, paper, note: makeNote({ topics: [evil], terms: [evil], moreLike: evil }) },
    ];
    const site = { sender: { name: 'Paperboy', address: 'paperboy@x.test' }, postalAddress: null };
    const mail = renderDigest(templates, makeDigest(papers, { locale: 'en', links }), site);
    const { raw } = composeMessage({
      ...{ from: site.sender, to: 'ana@example.org', envelopeFrom: 'b@x.test', messageId: '<1@x.test>' },
      ...{ dateMs: monday, subject: mail.subject, html: mail.htmlParts, text: mail.textParts },
      headers: mail.headers,
    });
    const read = await PostalMime.parse(Buffer.from(raw));
    expect(read.bcc).toBeUndefined();
    expect(read.headers.map(({ key }) => key).filter((key) => !known.has(key))).toEqual([]);
    expect(read.to?.map(({ address }) => address)).toEqual(['ana@example.org']);
    expect(read.subject).not.toMatch(/[\r\n\u0085\u2028\u2029]/);
    const [head = ''] = Buffer.from(raw).toString('latin1').split('\r\n\r\n');
    expect(head).not.toMatch(/^(bcc|evil)/im);
  });

  const known = new Set([
    ...[
      'from',
      'to',
      'subject',
      'date',
      'message-id',
      'mime-version',
      'content-type',
      'content-transfer-encoding',
    ],
    ...['list-id', 'list-unsubscribe', 'list-unsubscribe-post', 'list-help', 'auto-submitted', 'feedback-id'],
    ...[
      'precedence',
      'x-auto-response-suppress',
      'list-archive',
      'list-owner',
      'list-subscribe',
      'list-post',
    ],
  ]);
});

describe('an address that somebody types', () => {
  const addresses = [
    ...breaks.map((lineBreak) => `x@example.org${lineBreak}Bcc: victim@example.org`),
    ...[
      'x@example.org, victim@example.org',
      'x@example.org; victim@example.org',
      'x@example.org victim@example.org',
    ],
    ...[
      '<x@example.org>',
      '"x" <x@example.org>',
      'x@example.org>\r\nRCPT TO:<victim@example.org',
      'x@[127.0.0.1]',
    ],
    ...[
      'x@example.org\0',
      '\0x@example.org',
      `${'a'.repeat(300)}@example.org`,
      'x@exa mple.org',
      'x@-example.org',
    ],
  ];

  test('brings no further recipient, wherever it is typed', async () => {
    const id = await addSomebody(store, { email: 'ana@example.org', topics: ['agents'] });
    const own = new URL(mailLinks(site.config, { subscriberId: id, linkEpoch: 0 }, 0).preferences).pathname;
    const before = readAll(store);
    let network = 0;
    for (const email of addresses) {
      await site.signUp(email, {}, { 'X-Forwarded-For': `198.51.100.${network++}` });
      await site.browser.submit(`${own}/account`, `${own}/address`, { email });
      await site.mailed();
      site.clock.at += 3_600_000;
    }
    await site.signUp('whole@example.org', {}, { 'X-Forwarded-For': '203.0.113.1' });
    await site.mailed();
    expect(site.letters.map(({ to }) => to)).toContain('whole@example.org');
    // What is left of some is a plain address, and mail goes there and nowhere else.
    for (const { to } of site.letters) expect(to).toMatch(/^[^\s,;<>"]+@[a-z0-9.-]+$/i);
    expect(site.letters.filter(({ to }) => to.includes('victim'))).toEqual([]);
    expect(readAll(store).subscribers).toBe(before.subscribers);
  });
});

describe('an answer', () => {
  test('has no header but ours, whatever stands in the address that is asked for', async () => {
    const evil = [
      '%0d%0aSet-Cookie:%20evil=1',
      '%0aX-Evil:1',
      '%E5%98%8A%E5%98%8DX-Evil:1',
      '%00',
      '%ff',
      '..%2f..%2f',
    ];
    const paths = [
      '/search?q=',
      '/topics/',
      '/papers/',
      '/trending/',
      '/confirm/',
      '/preferences/',
      '/unsubscribe/',
      '/digest/',
    ];
    const queries = [
      '/subscribe?topic=',
      '/subscribe?query=',
      '/admin/sign-in?next=',
      '/search.atom?q=',
      '/trending?before=',
    ];
    for (const path of [...paths, ...queries])
      for (const value of evil) {
        const answer = await site.web.request(path + value);
        expect([path + value, answer.headers.get('X-Evil'), answer.headers.getSetCookie()]).toEqual([
          path + value,
          null,
          [],
        ]);
        expect(answer.headers.get('Location') ?? '/').toMatch(/^\//);
      }
  });

  test('leads nowhere else, whatever is asked for to go on to', async () => {
    const away = [
      ...['https://evil.example', '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example'],
      ...[
        '/%2f/evil.example',
        '/.//evil.example',
        'javascript:alert(1)',
        'data:text/html,x',
        '@evil.example',
      ],
      ...[
        '.evil.example',
        ' //evil.example',
        '\t//evil.example',
        '/\t/evil.example',
        '/admin/../../evil',
        'evil.example',
      ],
    ];
    for (const next of away) {
      for (const signedIn of [true, false]) {
        const ask = signedIn ? site.browser.get : (path: string) => Promise.resolve(site.web.request(path));
        for (const name of [
          'next',
          'url',
          'return',
          'return_to',
          'redirect',
          'redirect_uri',
          'to',
          'continue',
        ])
          for (const path of ['/admin/sign-in', '/admin', '/', '/subscribe']) {
            const answer = await ask(`${path}?${new URLSearchParams({ [name]: next })}`);
            expect(staysHere(answer.headers.get('Location')), `${path} ${next}`).toBe(true);
          }
      }
      const entered = await site.browser.post('/admin/sign-in', { name: site.admin.email, password, next });
      expect(staysHere(entered.headers.get('Location')), next).toBe(true);
      for (const path of [
        `/${next}`,
        `//${next}`,
        `/topics/${encodeURIComponent(next)}`,
        `/to/2026-06-22/1/${encodeURIComponent(next)}`,
      ]) {
        const answer = await site.web.request(
          new Request(`https://papers.example.org${path.replace(/^\/*/, '/')}`),
        );
        expect(staysHere(answer.headers.get('Location')), path).toBe(true);
      }
    }
  });

  test('names the address that the site has, not the one that it was asked by', async () => {
    await addTopic(store.db, { slug: 'topic', name: 'Topic', query: 'x' }, monday);
    const headers = {
      Host: 'evil.example',
      'X-Forwarded-Host': 'evil.example',
      Forwarded: 'host=evil.example',
    };
    for (const path of [
      '/',
      '/topics',
      '/topics/topic',
      '/feed.atom',
      '/feed.json',
      '/sitemap.xml',
      '/robots.txt',
      '/subscribe',
    ]) {
      const answer = await site.web.request(new Request(`http://evil.example${path}`, { headers }));
      expect(await answer.text(), path).not.toContain('evil.example');
    }
    await site.signUp('x@example.org', {}, { 'X-Forwarded-For': '203.0.113.1' });
    await site.mailed();
    expect(site.letters.length).toBeGreaterThan(0);
    for (const { url } of site.letters) expect(url).toMatch(/^https:\/\/papers\.example\.org\//);
  });
});

/** Where a browser would be led to from a page of ours. */
function staysHere(location: string | null): boolean {
  return (
    location === null || new URL(location, 'https://papers.example.org/admin').host === 'papers.example.org'
  );
}
