import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DigestPaper } from '../../src/digest/digest.ts';
import type { SignalChange } from '../../src/papers/candidate.ts';
import { makeDigest, makeNote, oddPapers, placed, usualPapers } from '../digest/digests.ts';
import { launchChromium } from '../support/chromium.ts';
import { findChromium } from '../support/find-chromium.ts';
import { openPost, type Post } from './letters.ts';
import { isMissing } from './tools.ts';

const executablePath = findChromium();
const missing = isMissing(
  'Chromium, which orders what runs in two directions',
  executablePath === null ? 'there is no Chromium (Debian: chromium; CHROMIUM_PATH names another)' : null,
);

interface Edges {
  left: number;
  right: number;
}

describe.skipIf(missing)('what runs in two directions', () => {
  let browser: Browser;
  let post: Post;
  beforeAll(async () => {
    [browser, post] = await Promise.all([launchChromium(executablePath as string), openPost()]);
  });
  afterAll(async () => {
    await browser?.close();
    await post?.close();
  });

  /** What a script tells of the page of that HTML. */
  async function measure<Answer>(html: string, script: string): Promise<Answer> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.setContent(html);
    const answer = (await page.evaluate(script)) as Answer;
    await page.close();
    return answer;
  }

  /** Where the figures of comments and of stars are drawn. */
  const edges = `(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let text = texts.nextNode();
    while (!text.data.includes('نجمة')) text = texts.nextNode();
    return ['تعليقات', 'نجمة'].map((word) => {
      const figure = text.data.split('·').find((one) => one.includes(word)).trim();
      const range = document.createRange();
      range.setStart(text, text.data.indexOf(figure));
      range.setEnd(text, text.data.indexOf(figure) + figure.length);
      const { left, right } = range.getBoundingClientRect();
      return { left, right };
    });
  })()`;

  const changes: SignalChange[] = [
    { kind: 'upvotes', value: 191, sinceYesterday: 38 },
    { kind: 'comments', value: 6, sinceYesterday: 1 },
    { kind: 'github_stars', value: 9600, sinceYesterday: null },
  ];

  test.each(['ar', 'ar-EG', 'ar-MA'])('an Arabic figure keeps its number to itself: %s', async (locale) => {
    const papers = placed(usualPapers(1).map(({ paper }) => ({ paper, note: makeNote({ changes }) })));
    const { mail } = await post.write(locale, makeDigest(papers, { locale }));
    const line = mail.text.split('\n').find((one) => one.includes('نجمة'));
    for (const html of [mail.html, `<pre dir="rtl">${line}</pre>`]) {
      const [comments, stars] = await measure<[Edges, Edges]>(html, edges);
      expect(stars.right).toBeLessThan(comments.left);
    }
  });

  /** On which side the lines of title, names and summary begin, and that of the line that says why. */
  const sides = `['title', 'authors', 'summary', 'why'].map((part) => {
    const element = document.querySelector('.' + part);
    const range = document.createRange();
    range.selectNodeContents(element);
    const [text, box] = [range, element].map((one) => one.getBoundingClientRect());
    return text.left - box.left < 1 ? 'left' : box.right - text.right < 1 ? 'right' : 'neither';
  })`;

  test.each([
    ['an English paper in an English mail', 0, 'en', ['left', 'left', 'left'], 'left'],
    ['an English paper in an Arabic mail', 0, 'ar', ['left', 'left', 'left'], 'right'],
    ['an Arabic paper in an English mail', 5, 'en', ['right', 'right', 'right'], 'left'],
    ['an Arabic paper in an Arabic mail', 5, 'ar', ['right', 'right', 'right'], 'right'],
  ] as const)('%s begins on one side, where its own language does', async (_, index, locale, own, why) => {
    const { paper, note } = oddPapers()[index] as DigestPaper;
    // Short enough to leave room on the other side.
    const short = { ...paper, title: paper.title.slice(0, 30), tldr: (paper.tldr ?? '').slice(0, 40) };
    const { mail } = await post.write(locale, makeDigest(placed([{ paper: short, note }]), { locale }));
    expect(await measure(mail.html, sides)).toEqual([...own, why]);
  });

  test.each([
    ['A. One', 'المؤلف الثاني', 'المؤلف الثالث', 'D. Four'],
    ['المؤلف الأول', 'B. Two', 'C. Three', 'المؤلف الرابع'],
  ])('names stand in their order: %s, %s, %s, %s', async (...authors) => {
    const papers = placed(usualPapers(1).map((one) => ({ ...one, paper: { ...one.paper, authors } })));
    const { mail } = await post.write('names', makeDigest(papers));
    const lefts = await measure<number[]>(
      mail.html,
      `((text) => ${JSON.stringify(authors)}.map((name) => {
        const range = document.createRange();
        range.setStart(text, text.data.indexOf(name));
        range.setEnd(text, text.data.indexOf(name) + name.length);
        return range.getBoundingClientRect().left;
      }))(document.querySelector('.authors').firstChild)`,
    );
    const fromLeft = lefts.toSorted((a, b) => a - b);
    expect(lefts).toEqual(authors[0] === 'A. One' ? fromLeft : fromLeft.reverse());
  });
});
