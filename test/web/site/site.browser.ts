import { beforeAll, expect, test } from 'vitest';
import { addTopic } from '../../../src/store/topics.ts';
import { describeInChromium, expectAccessible, expectNoSidewaysScroll } from '../../support/chromium.ts';
import { openTestWeb } from '../pages.ts';
import { addPaper, now, openReadableStore, rank } from './readable.ts';

const hostile = '<img src=x onerror=alert(1)>"\'&\u0001]]>\ufffe\u202e';

describeInChromium('the public pages', ({ serve, visit }) => {
  let address: string;
  beforeAll(async () => {
    const store = await openReadableStore();
    await addPaper(store, [1, 40, 90], {
      ...{
        id: 50,
        key: 'doi:10.1/"><script>alert(1)</script>',
        title: `${hostile} ${'unbreakable'.repeat(20)}`,
      },
      ...{
        abstract: `${hostile} penguin ${hostile}`.repeat(4),
        authors: [hostile],
        categories: [hostile],
        keywords: [hostile],
      },
      ...{
        organization: hostile,
        comment: `https://example.org/${'x'.repeat(200)}`,
        codeUrl: `https://example.org/${hostile}`,
      },
    });
    await addTopic(store.db, { slug: 'hostile', name: hostile.replace('\u0001', ''), query: 'penguin' }, now);
    await rank(store);
    address = await serve((publicUrl) => openTestWeb(store, publicUrl, now).web);
    return () => store.close();
  });

  const odd = '/papers/doi:10.1/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E';
  const pages = [
    ...[
      '/',
      '/trending',
      '/topics',
      '/topics/hostile',
      odd,
      '/search',
      '/search?q=penguin',
      '/search?q=(penguin',
    ],
  ];

  test.each(pages)('%s is accessible and fits into 320 px, without scripts', async (path) => {
    const page = await visit(`${address}${path}`, { width: 320, javaScript: false });
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });

  test('on the narrowest phone the way to all pages is one row, and the example of an address is whole', async () => {
    const page = await visit(address, { width: 320 });
    const links = await page.getByRole('navigation', { name: 'Site' }).getByRole('link').all();
    const tops = await Promise.all(links.map(async (link) => (await link.boundingBox())?.y));
    expect([links.length, new Set(tops).size]).toEqual([4, 1]);
    const room = await page.evaluate(`(() => {
      const field = document.querySelector('#email');
      const { font, paddingLeft, paddingRight } = getComputedStyle(field);
      const pen = new OffscreenCanvas(1, 1).getContext('2d');
      pen.font = font;
      return field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - pen.measureText(field.placeholder).width;
    })()`);
    expect(room).toBeGreaterThan(0);
  });

  test.each(['light', 'dark'] as const)(
    'the votes of days stand out from the %s ground, and are told in words',
    async (scheme) => {
      const page = await visit(address, { scheme });
      const spark = page.getByRole('img', { name: /^Votes on each of the last \d days: \d+(, \d+)+\.$/ });
      await spark.first().waitFor();
      const contrasts = (await page.evaluate(`(() => {
      const light = (colour) => {
        const pen = new OffscreenCanvas(1, 1).getContext('2d');
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const [red, green, blue] = [...pen.getImageData(0, 0, 1, 1).data].map((value) =>
          value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
      };
      const ground = light(getComputedStyle(document.documentElement).backgroundColor);
      return [...document.querySelectorAll('svg.spark rect')].map((bar) => {
        const own = light(getComputedStyle(bar).fill);
        return Math.max(own, ground) / Math.min(own, ground);
      });
    })()`)) as number[];
      // WCAG 2.2, 1.4.11.
      expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(3);
    },
  );

  test('on a wide screen the front page and a paper are as accessible', async () => {
    for (const path of ['/', odd]) await expectAccessible(await visit(`${address}${path}`));
  });

  test('on a wide screen all pages fit, and what stands in a paper makes no element and runs no script', async () => {
    const page = await visit(address);
    page.on('dialog', () => {
      throw new Error('a script of a paper ran');
    });
    for (const path of [...pages, '/this-week', '/trending/2026-06-25/month', '/papers/arxiv:2606.00004']) {
      await page.goto(`${address}${path}`);
      await expectNoSidewaysScroll(page);
      const made = await page.evaluate(
        `document.querySelectorAll('main img, main script, main iframe, main style, [onerror], [onclick], [style]').length`,
      );
      expect([path, made]).toEqual([path, 0]);
    }
  });

  test('an abstract unfolds by the keyboard, without scripts', async () => {
    const page = await visit(address, { javaScript: false });
    const summary = page.locator('summary').first();
    const abstract = page.locator('details p').first();
    expect(await abstract.isVisible()).toBe(false);
    await summary.focus();
    await page.keyboard.press('Enter');
    expect(await abstract.isVisible()).toBe(true);
  });

  test('the keyboard goes straight to the contents', async () => {
    const page = await visit(address);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the contents');
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#main');
  });

  test('a reader searches, goes on to a paper and to one that is related', async () => {
    const page = await visit(`${address}/search`, { javaScript: false });
    await page.getByRole('searchbox').fill('penguin -walrus');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=penguin\+-walrus/);
    expect(await page.getByRole('status').textContent()).toContain('3 papers');
    await page.getByRole('link', { name: 'Newest' }).click();
    await page.getByRole('link', { name: /^Penguins in/ }).click();
    await page.getByRole('heading', { level: 1, name: /^Penguins in/ }).waitFor();
    await page.getByRole('link', { name: 'The habits of birds' }).click();
    await page.getByRole('heading', { level: 1, name: 'The habits of birds' }).waitFor();
  });

  test('feeds are XML for a parser that forgives nothing', async () => {
    const page = await visit(`${address}/topics`);
    for (const path of ['/feed.atom', '/topics/hostile/feed.atom', '/search/feed.atom?q=*', '/sitemap.xml']) {
      const told = await page.evaluate(`(async () => {
        const text = await (await fetch(${JSON.stringify(path)})).text();
        const document = new DOMParser().parseFromString(text, 'application/xml');
        const broken = document.querySelector('parsererror');
        return [broken === null, document.querySelectorAll('entry, url').length > 0];
      })()`);
      expect([path, told]).toEqual([path, [true, true]]);
    }
  });

  test('nothing moves while a page loads', async () => {
    const page = await visit(address);
    const shift = await page.evaluate(`new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })
        .observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 500);
    })`);
    expect(shift).toBe(0);
  });
});
