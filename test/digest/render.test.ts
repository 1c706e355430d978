import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DigestPaper } from '../../src/digest/digest.ts';
import { type Fragment, textOf, wholeOf } from '../../src/digest/fragments.ts';
import { cardsOf, MAX_HTML_BYTES, type RenderedDigest, renderDigest } from '../../src/digest/render.ts';
import { catalogues } from '../../src/digest/strings.ts';
import { type CompiledTemplates, loadTemplates } from '../../src/digest/templates.ts';
import { columns } from '../../src/digest/wrap.ts';
import { links, makeDigest, makeNote, makePaper, oddPapers, placed, site, usualPapers } from './digests.ts';

const folder = new URL('../../templates', import.meta.url).pathname;
let templates: CompiledTemplates;
beforeAll(async () => {
  templates = await loadTemplates(folder);
});
const render = (papers: DigestPaper[], facts = {}) =>
  renderDigest(templates, makeDigest(papers, facts), site);
const bytes = (mail: RenderedDigest) => Buffer.byteLength(mail.html);
const hrefs = (html: string) => [...html.matchAll(/href="([^"]*)"/g)].map((match) => match[1] as string);

test('the same digest gives the same bytes, whatever was rendered before', async () => {
  const first = render(oddPapers());
  render(usualPapers(3), { locale: 'de' });
  const again = renderDigest(await loadTemplates(folder), makeDigest(oddPapers()), site);
  expect(render(oddPapers())).toEqual(first);
  expect(again).toEqual(first);
});

test('the fragments are the mail, and each ends its line', () => {
  for (const mail of [render(oddPapers()), render(usualPapers(50)), render(usualPapers(1), { more: 2 })]) {
    expect(wholeOf(mail.htmlParts)).toBe(mail.html);
    expect(wholeOf(mail.textParts)).toBe(mail.text);
    for (const part of [...mail.htmlParts, ...mail.textParts]) expect(textOf(part)).toMatch(/\n$/);
  }
});

test('a card is rendered once for all who get it, and again when the paper changed', () => {
  const papers = usualPapers(5);
  render(papers);
  const before = cardsOf(templates).rendered;
  const reread = structuredClone(papers);
  const mail = render(reread, { links: { ...links, unsubscribe: 'https://paperboy.example/u/other' } });
  expect(cardsOf(templates).rendered).toBe(before);
  expect(mail.html).toContain('https://paperboy.example/u/other');
  (reread[0] as DigestPaper).paper.title = 'A better title';
  expect(render(reread).html).toContain('A better title');
  expect(cardsOf(templates).rendered).toBe(before + 1);
});

test('what differs between two subscribers with the same papers is their own links and nothing else', () => {
  const papers = Object.freeze(usualPapers(10)) as DigestPaper[];
  const theirs = Object.fromEntries(
    Object.entries(links).map(([name, link]) => [name, name === 'home' ? link : `${link}x`]),
  ) as typeof links;
  for (const name of ['htmlParts', 'textParts'] as const) {
    const [ours, other] = [render(papers)[name], render(papers, { links: theirs })[name]];
    for (const [index, part] of other.entries()) {
      const like = ours[index] as Fragment;
      if (typeof part === 'string' || typeof like === 'string') expect(part).toBe(like);
      else {
        expect(part.around).toBe(like.around);
        for (const fill of part.fills) expect([...Object.values(theirs), ...placesOfTen]).toContain(fill);
      }
    }
  }
});

test('lines around the papers that say the same in two digests are made once; those that do not are not mixed up', async () => {
  const [few, others] = [usualPapers(3), usualPapers(6).slice(3)];
  const aroundsOf = ({ htmlParts }: RenderedDigest) =>
    htmlParts.flatMap((part) => (typeof part === 'string' ? [] : [part.around]));
  const known = new Set(aroundsOf(render(few)));
  const shared = aroundsOf(render(others)).filter((around) => known.has(around));
  expect(shared.length).toBeGreaterThanOrEqual(2);
  const told = { editionDate: '2026-06-23', more: 7, locale: 'de' };
  render(few, told);
  for (const facts of [{}, told, { ...told, more: 0 }, { ...told, links: unplanned }]) {
    // Nothing was filled in by these yet.
    const anew = renderDigest(await loadTemplates(folder), makeDigest(few, facts), site);
    expect(render(few, facts)).toEqual(anew);
  }
  expect(render(few, told).html).not.toBe(render(few, { ...told, more: 8 }).html);
  expect(render(few, { ...told, links: unplanned }).html).not.toContain(links.view);
});

const placesOfTen = Array.from({ length: 10 }, (_, index) => String(index + 1));

const { view, feedback, ...unplanned } = links;

test('each paper asks in both parts whether its reader wants more or less of its kind, by its place as it was planned', () => {
  // The second was withdrawn since.
  const papers = usualPapers(3).filter((_, index) => index !== 1);
  for (const mail of [render(papers), render(Object.freeze(papers) as DigestPaper[])]) {
    const asked = ['1/more', '1/less', '3/more', '3/less'].map((end) => `${feedback}/${end}`);
    expect(hrefs(mail.html).filter((href) => href.startsWith(feedback))).toEqual(asked);
    for (const href of asked) expect(mail.text).toContain(`: ${href}\n`);
    expect(mail.text).toContain(`[4] More like this: ${feedback}/3/more\n[5] Less like this: `);
  }
});

test('a digest that is not planned yet has no page and nothing to like, and leaves no gap', () => {
  const mail = render(usualPapers(2), { links: unplanned });
  expect(hrefs(mail.html).filter((href) => href.includes('/like/') || href.includes('/digest/'))).toEqual([]);
  expect(mail.html + mail.text).not.toMatch(/like this|browser|null|undefined/);
  expect(mail.html + mail.text).not.toContain('\u0001');
  expect(mail.text).not.toMatch(/\n\n\n/);
  expect(render(usualPapers(2)).html).toContain(`href="${view}"`);
});

test('what is kept for a frozen list of papers gives the same bytes as rendering it anew', () => {
  const papers = Object.freeze(oddPapers()) as DigestPaper[];
  for (const facts of [
    {},
    { more: 4 },
    { more: 4, locale: 'de' },
    { editionDate: '2026-07-04' },
    { links: { ...links, preferences: 'https://paperboy.example/p/y?a&b' } },
    { links: { ...links, home: 'https://other.example/' } },
    { links: { ...links, feedback: 'https://other.example/like/a&b' } },
    { links: unplanned },
    {},
  ]) {
    const mail = render(papers, facts);
    expect(mail).toEqual(render([...papers], facts));
    expect(wholeOf(mail.htmlParts)).toBe(mail.html);
  }
  const elsewhere: typeof site = { ...site, postalAddress: '1 Example Street' };
  for (const sender of [site, elsewhere, site])
    expect(renderDigest(templates, makeDigest(papers), sender)).toEqual(
      renderDigest(templates, makeDigest([...papers]), sender),
    );
});

test('an edition of many readers comes in one fragment of the same bytes', () => {
  const papers = Object.freeze(oddPapers()) as DigestPaper[];
  const linksOf = (reader: number) => ({ ...links, unsubscribe: `https://paperboy.example/u/${reader}` });
  const cuts = Array.from({ length: 80 }, (_, reader) => {
    const mail = render(papers, { links: linksOf(reader) });
    const { htmlParts, textParts, ...whole } = render([...papers], { links: linksOf(reader) });
    expect(mail).toMatchObject(whole);
    expect(wholeOf(mail.htmlParts)).toBe(whole.html);
    expect(wholeOf(mail.textParts)).toBe(whole.text);
    for (const part of [...mail.htmlParts, ...mail.textParts]) expect(textOf(part)).toMatch(/\n$/);
    return mail.htmlParts.length;
  });
  expect(cuts[0]).toBeGreaterThan(4 * papers.length);
  expect(cuts.at(-1)).toBe(1);
});

test('where not every paper fits in full, the links to say what one likes count too', () => {
  const papers = usualPapers(60);
  const long = { ...links, feedback: `https://paperboy.example/${'x'.repeat(300)}` };
  for (const facts of [{}, { links: long }, { links: unplanned }]) {
    const mail = render(papers, facts);
    expect(bytes(mail)).toBeLessThanOrEqual(MAX_HTML_BYTES);
    expect(bytes(mail)).toBeGreaterThan(MAX_HTML_BYTES - 3000);
  }
});

test('a frozen list that does not fit is cut by what each reader’s own links leave', () => {
  const papers = Object.freeze(usualPapers(300)) as DigestPaper[];
  const long = { ...links, preferences: `https://paperboy.example/p/${'x'.repeat(900)}` };
  for (const facts of [{}, { links: long }]) {
    expect(render(papers, facts)).toEqual(render([...papers], facts));
    expect(bytes(render(papers, facts))).toBeLessThan(90_000);
  }
});

test('a hostile title, author, topic or link is text and nothing else', () => {
  const mail = render(oddPapers());
  expect(mail.html).not.toMatch(/<script|<i>First|javascript:|data:text|<safety>|evil\.example/i);
  expect(mail.html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; considered harmful');
  expect(mail.html).toMatch(/template tags \{*unsubscribeUrl\}* come out/);
  expect(mail.html).not.toContain('\u202e');
  // as many tables as without it
  const count = (html: string) => html.match(/<\/table>/g)?.length;
  expect(count(mail.html)).toBe(count(render(usualPapers(oddPapers().length)).html));
});

test('whatever a paper says, the mail keeps its shape', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '</td></tr></table>',
      '" onmouseover="x',
      '{{title}}',
      '<!--',
      ']]>',
      '<![endif]-->',
      '\r\nBcc: x',
    ),
  );
  const tags = (html: string) =>
    html
      .replace(/<!--[\s\S]*?-->/g, '')
      .match(/<\/?[a-z0-9]+/g)
      ?.join(' ');
  const plain = { title: 't', tldr: 's', authors: ['a'], paperUrl: 'https://x.example/' };
  const shape = tags(render(placed([{ paper: makePaper(7, plain), note: makeNote() }])).html);
  fc.assert(
    fc.property(text, text, text, text, (title, tldr, author, topic) => {
      const facts = { ...plain, title: `t${title}`, tldr: `s${tldr}`, authors: [`a${author}`] };
      const told = { paper: makePaper(8, facts), note: makeNote({ topics: [`t${topic}`] }) };
      const mail = render(placed([told]));
      expect(tags(mail.html)).toBe(shape);
      expect(mail.subject).not.toMatch(/[\p{Cc}]/u);
      for (const [, value] of mail.headers) expect(value).toMatch(/^[\x20-\x7e]+$/);
    }),
    { numRuns: 60 },
  );
});

test('every link is http(s), and the way out is in both parts, top and bottom', () => {
  const mail = render(oddPapers(), { more: 3 });
  for (const href of hrefs(mail.html)) expect(href).toMatch(/^https?:\/\//);
  expect(hrefs(mail.html).filter((href) => href === links.unsubscribe).length).toBe(2);
  const [head = '', ...rest] = mail.text.split('\n---\n');
  for (const link of [links.unsubscribe, links.preferences])
    for (const part of [head, rest.at(-1)]) expect(part).toContain(`: ${link}\n`);
});

test.each([
  ['en', 'Preferences: https', '[1] Paper: https', 'Less like this: https'],
  ['fr', 'Préférences\u00A0: https', '[1] Article\u00A0: https', 'Moins de ce genre\u00A0: https'],
  ['zh', '偏好设置：https', '[1] 论文：https', '少推荐此类：https'],
  ['ja', '設定：https', '[1] 論文：https', '似た論文を減らす：https'],
])(
  'in text, a label and its link have between them what the language %s writes there',
  (locale, ...labels) => {
    const { text } = render(oddPapers(), { locale, more: 2 });
    for (const label of labels) expect(text).toContain(label);
    if (locale !== 'en') expect(text).not.toMatch(/\S: https/);
  },
);

test('the text part wraps at 72 columns but for its links', () => {
  for (const line of render([...oddPapers(), ...usualPapers(3)], { more: 4 }).text.split('\n'))
    if (!/https?:/.test(line)) expect(columns(line)).toBeLessThanOrEqual(72);
});

test('fifteen usual papers stay under 48 KB, ten under 35', () => {
  expect(bytes(render(usualPapers(15)))).toBeLessThan(48_000);
  expect(bytes(render(usualPapers(10)))).toBeLessThan(35_000);
});

test('fifty papers of the greatest length stay under 90 KB and none is left out', () => {
  const long = 'Überlänge & "Anführung" '.repeat(500);
  const papers = Array.from({ length: 50 }, (_, index) => ({
    position: index + 1,
    paper: makePaper(1000 + index, {
      title: `Number ${index}: ${long}`,
      tldr: long,
      authors: Array.from({ length: 3000 }, () => long),
      paperUrl: `https://x.example/?${'='.repeat(900)}${index}`,
      pdfUrl: `https://y.example/?${'='.repeat(900)}${index}`,
      codeUrl: `https://z.example/?${'='.repeat(900)}${index}`,
    }),
    note: makeNote({ topics: Array.from({ length: 40 }, (_, topic) => `${long} ${topic}`) }),
  }));
  const mail = render(papers);
  expect(bytes(mail)).toBeLessThan(90_000);
  expect(bytes(mail)).toBeGreaterThan(MAX_HTML_BYTES / 2);
  for (let index = 0; index < 50; index++) expect(mail.html).toContain(`Number ${index}:`);
});

test('what does not fit even in brief is counted as more', () => {
  const mail = render(usualPapers(300));
  expect(bytes(mail)).toBeLessThan(90_000);
  expect(mail.html).toMatch(/\d+ more papers match your topics/);
});

test('the edition says its date in the reader’s language and what is inside', () => {
  const mail = render(oddPapers(), { locale: 'fr-FR' });
  expect(mail.html).toContain('vendredi 3 juillet 2026');
  expect(mail.html).toContain('8 articles pour vous – 2 sur LLM efficiency, 2 sur Retrieval');
  expect(render(oddPapers()).html).toContain('8 papers for you — 2 in LLM efficiency, 2 in Retrieval');
  expect(render(usualPapers(1)).text).toContain('One paper for you in LLM efficiency.');
  expect(render(usualPapers(1), { locale: 'not a locale' }).text).toContain('July 3, 2026');
});

test('a card says who, why, how it trends and where', () => {
  const { text, html } = render(oddPapers().slice(0, 1));
  expect(text).toContain('First Author, Second Author, Third Author, and 3 more');
  expect(text).toMatch(/^Rising · LLM efficiency · 63 upvotes, \+41 since yesterday/m);
  expect(html).toMatch(/<b class="rise"[^>]*>Rising<\/b>/);
  // A line breaks before a dot, never after it.
  const why = /<p [^>]*why"[\s\S]*?<\/p>/.exec(html)?.[0].replace(/<[^>]*>/g, '') ?? '';
  expect(why.replaceAll('&#183;', '·').replaceAll('&#160;', '\u00A0').match(/.?·.?/g)).toEqual(
    Array(3).fill(' ·\u00A0'),
  );
  for (const [index, label] of ['Paper', 'PDF', 'Code', 'Project'].entries())
    expect(text).toMatch(new RegExp(`^\\[${index + 1}\\] ${label}: https://`, 'm'));
});

test('names and titles find their own direction', () => {
  const { html } = render(oddPapers());
  expect(html).toMatch(/<h2[^>]* dir="auto"[^>]*>.*نماذج/);
  expect(html).toMatch(/<p[^>]* dir="auto"[^>]*>\u2068المؤلف الأول, /);
});

test('the subject is the best paper’s title and a hint of the rest; the preheader says what the rest is', () => {
  const many = render(oddPapers());
  expect(many.subject).toBe('Caching keys once: shared attention memory for long conversations · and 7 more');
  expect(many.preheader).toMatch(/^Also: Retrieval that knows when to stop · /);
  expect(many.preheader.length).toBeLessThan(200);
  const one = render(oddPapers().slice(0, 1));
  expect(one.subject).toBe('Caching keys once: shared attention memory for long conversations');
  expect(one.preheader).toMatch(/^Keys and values of a conversation/);
  const long = render(oddPapers().slice(2));
  expect(long.subject.length).toBeLessThan(100);
});

test('a weekly mail speaks of the week, and of what the days that are known gained', () => {
  const papers = oddPapers();
  (papers[0] as DigestPaper).note.votesByDay = [4, 9, 41];
  const mail = render(papers, { occasion: 'week' });
  expect(mail.html).toContain('8 papers for your week — 2 in');
  expect(mail.html).toMatch(/<span class="spark" aria-hidden="true"[^>]*>▁▂▇<\/span>/);
  expect(mail.text).toContain('63 upvotes, +54 this week');
  expect(mail.text).not.toMatch(/yesterday|▁/);
  expect(render(papers).text).toContain('63 upvotes, +41 since yesterday');
});

describe('a paper that is like one its reader asked for more of says so', () => {
  const liked = (locale: string) => {
    const [first, second] = oddPapers() as [DigestPaper, DigestPaper];
    const moreLike =
      'On $x^2$ & <b>robots</b>: a survey of everything that was ever said of them, and of much that was not';
    return render([{ ...first, note: { ...first.note, moreLike } }, second], { locale });
  };

  test.each(catalogues.map((one) => [one.language, one] as const))('in %s', (language, catalogue) => {
    const { html, text } = liked(language);
    const [before = ''] = catalogue.liked.split('{title}');
    const solid = (part: string) => part.replace(/\s+/g, '');
    for (const part of [html, text]) expect(solid(part)).toContain(solid(before));
    expect(html).toContain('&lt;b&gt;robots&lt;/b&gt;');
    expect(html).not.toContain('<b>robots');
    expect(html).not.toContain('much that was not');
    expect(html.match(/class="liked"/g)).toHaveLength(1);
  });

  test('and not of a paper that others get for the same reasons without it', () => {
    const html = liked('en').html;
    const [first, second] = oddPapers() as [DigestPaper, DigestPaper];
    expect(render([first, second], { locale: 'en' }).html).not.toContain('class="liked"');
    expect(html).toContain('class="liked"');
  });
});

test('the first mail after missed ones says so', () => {
  expect(render(oddPapers(), { occasion: 'away' }).html).toContain(
    'The best since your last digest: 8 papers for you — ',
  );
});

test('a mail without papers says that there is nothing new, or that a source was late', () => {
  const quiet = render([], { occasion: 'quiet' });
  expect(quiet.subject).toBe('Nothing new on your topics · Friday, 3 July 2026');
  expect(quiet.html).toContain('Nothing new on your topics this time.');
  expect(quiet.preheader).toMatch(/^Nothing new/);
  expect(quiet.text).toContain('because you asked to be told');
  expect(quiet.text).toContain(links.unsubscribe);
  expect(quiet.subject).not.toBe(render([], { occasion: 'quiet', editionDate: '2026-07-04' }).subject);
  expect(render([], { occasion: 'late' }).text).toMatch(/a source of papers was late/);
});

test('what a mailbox shows after the subject is never the links of the head', () => {
  expect(render(placed([{ paper: makePaper(3), note: makeNote() }])).preheader).toBe(
    'One paper for you in LLM efficiency.',
  );
});

test('an Arabic mail runs from right to left, with titles in their own direction', () => {
  const { html, subject } = render(oddPapers(), { locale: 'ar' });
  const shown = html.replace(/<!--[\s\S]*?-->/g, '');
  expect(shown).toMatch(/<div [^>]*lang="ar" dir="rtl"/);
  expect(shown).not.toMatch(/direction:ltr|text-align:left|align="left" class="(?!steer)/);
  expect(shown).toMatch(/<h2[^>]* dir="auto"[^>]*><a [^>]*>Caching keys/);
  expect(shown).toContain('\u2068First Author, Second Author, Third Author\u2069');
  expect(subject).toBe(
    '\u2068Caching keys once: shared attention memory for long conversations\u2069 · و7 أوراق أخرى',
  );
});

test('every language fills the whole mail', () => {
  for (const { language } of catalogues)
    for (const occasion of ['day', 'week', 'away', 'quiet', 'late'] as const) {
      const papers = occasion === 'quiet' || occasion === 'late' ? [] : oddPapers();
      const mail = render(papers, { locale: language, occasion, more: papers.length });
      expect(mail.html).toContain(`lang="${language}"`);
      expect(mail.text + mail.subject).not.toMatch(/undefined|\{(?!unsub)/);
    }
});

test('a digest without papers is refused', () => {
  expect(() => render([])).toThrow(RangeError);
});
