import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/store/store.ts';
import { openTestWeb } from '../pages.ts';
import { addPaper, now, rank } from './readable.ts';

const pieces = [
  ...[
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</title>',
    '<!--',
    '-->',
  ],
  ...[
    ']]>',
    '<![CDATA[',
    '&amp;',
    '&#x202e;',
    '&',
    '\0',
    '\u0001',
    '\u001b[31m',
    '\r\n',
    '\u0085',
    '\u2028',
    '\ufffe',
    '\uffff',
  ],
  ...[
    '\ud800',
    '\udfff',
    '\u202e',
    '\u2067',
    '\u200b',
    'e\u0301\u0301\u0301\u0301\u0301\u0301',
    '😀',
    '你好',
    'مرحبا',
    'שלום',
  ],
  ...[
    '$x^2$',
    '$\\frac{1}{2',
    '$\\href{javascript:alert(1)}{x}$',
    '{\\"o}',
    '\\textbf{',
    '$$',
    '\ue000',
    '\uf8ff',
    '`',
    '{{x}}',
  ],
  ...['javascript:alert(1)', 'penguin', 'a'.repeat(300), 'word '.repeat(60), 'Set-Cookie: a=b'],
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 20 })), { maxLength: 10 })
  .map((parts) => parts.join('').toWellFormed());
const link = fc.option(
  fc.oneof(
    fc.constantFrom(
      'javascript:alert(1)',
      'data:text/html,x',
      'https://a.example/"><b>',
      'https://a.example/\r\nX: y',
      '//evil.example',
      'https://u:p@a.example/',
    ),
    fc.webUrl(),
    text,
  ),
);
const paper = fc.record({
  title: text,
  abstract: fc.option(text),
  tldr: fc.option(text),
  authors: fc.array(text, { maxLength: 4 }),
  categories: fc.array(text, { maxLength: 3 }),
  keywords: fc.array(text, { maxLength: 3 }),
  organization: fc.option(text),
  comment: fc.option(text),
  paperUrl: link,
  pdfUrl: link,
  codeUrl: link,
  projectUrl: link,
});

const tags = new Set(
  (
    'html head meta title link script body a header img nav ul li main section h1 h2 h3 div form label input button p ol article ' +
    'svg rect span strong b i sub sup mark details summary time footer search table caption thead tbody tfoot tr th td dl dt dd ' +
    'figure figcaption small br code'
  ).split(' '),
);
const attributes =
  /^(?:lang|charset|name|content|property|rel|type|href|src|defer|class|id|alt|width|height|viewBox|x|y|role|action|method|for|required|maxlength|autocomplete|placeholder|datetime|title|scope|value|autocapitalize|spellcheck|hreflang|aria-[a-z]+)$/;

/** Every tag and attribute is one of ours, and every link leads to a page. */
function expectHarmless(html: string): void {
  for (const [, name = '', rest = ''] of html.matchAll(/<\/?([^\s>/]*)((?:[^>"]|"[^"]*")*)>?/g)) {
    if (name === '!doctype') continue;
    expect(tags, `<${name}`).toContain(name);
    for (const [, attribute = '', value = ''] of rest.matchAll(/([^\s=/"]+)(?:="([^"]*)")?/g)) {
      expect(attribute).toMatch(attributes);
      if (attribute === 'href' || attribute === 'src' || attribute === 'action')
        expect(value).toMatch(/^(?:https?:\/\/|\/(?!\/)|#)/);
    }
  }
}

const home = 'https://papers.example.org';

test('whatever stands in a paper or a query, pages, feeds and headers stay harmless', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(paper, { minLength: 1, maxLength: 3 }), text, async (papers, query) => {
      const store = openStore(':memory:');
      for (const [index, facts] of papers.entries())
        await addPaper(store, [1, 5, 9], { id: index + 1, ...facts, key: `doi:10.1/"><b>${index}` });
      await rank(store);
      const { web, problems } = openTestWeb(store, home, now);
      const asked = encodeURIComponent(query);
      const key = encodeURIComponent('doi:10.1/"><b>0');
      for (const path of [
        '/',
        '/this-week',
        '/trending',
        `/papers/${key}`,
        '/search?q=penguin',
        `/search?q=${asked}`,
        '/search?q=*',
      ]) {
        const answer = await web.request(path);
        expect([path, answer.status]).toEqual([path, 200]);
        expectHarmless(await answer.text());
      }
      for (const path of ['/feed', '/search/feed']) {
        const atom = await (await web.request(`${path}.atom?q=*`)).text();
        expect(XMLValidator.validate(atom)).toBe(true);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to write them
        expect(atom).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u);
        for (const { title } of (
          (await (await web.request(`${path}.json?q=*`)).json()) as { items: { title: string }[] }
        ).items)
          expect(title).not.toBe('');
      }
      expect(XMLValidator.validate(await (await web.request('/sitemap.xml')).text())).toBe(true);
      expect(problems).toEqual([]);
      await store.close();
    }),
    { numRuns: 15 },
  );
}, 60_000);
