import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { addSomebody } from '../../subscribers/people.ts';
import { describeInChromium } from '../../support/chromium.ts';
import { openTestWeb } from '../pages.ts';
import { now, openReadableStore } from '../site/readable.ts';

describeInChromium('with the colours that a reader has forced upon all pages', ({ serve, visit }) => {
  let address: string;
  let preferences: string;
  beforeAll(async () => {
    const store = await openReadableStore();
    const id = await addSomebody(store, { email: 'ana@example.org', topics: ['birds'] });
    address = await serve((publicUrl) => {
      const site = openTestWeb(store, publicUrl, now);
      preferences = site.paths(id).preferences;
      return site.web;
    });
    return () => store.close();
  });

  describe.each(['light', 'dark'] as const)('in the %s', (scheme) => {
    async function open(path: string): Promise<Page> {
      const page = await visit(address, { scheme });
      await page.emulateMedia({ forcedColors: 'active', colorScheme: scheme });
      await page.goto(`${address}${path}`);
      return page;
    }
    test('what is chosen looks different from what is not', async () => {
      const page = await open(preferences);
      const box = page.getByLabel('Penguins');
      const unchecked = await box.screenshot();
      await box.check();
      // Without the ring of the focus and what a pointer changes, which would be differences too.
      await box.blur();
      await page.mouse.move(0, 0);
      expect(await partThatDiffers(page, unchecked, await box.screenshot())).toBeGreaterThan(0.05);
      await page.goto(`${address}${preferences}/topics`);
      const [chosen, other] = await page.getByRole('radio').all();
      const pictures = [
        await (chosen as Locator).screenshot(),
        await (other as Locator).screenshot(),
      ] as const;
      expect(await partThatDiffers(page, ...pictures)).toBeGreaterThan(0.05);
    });

    test('the votes of days can be seen on the ground of the page', async () => {
      const page = await open('/');
      const fills = await page.evaluate(
        `[...document.querySelectorAll('svg.spark rect')].map((bar) => getComputedStyle(bar).fill)`,
      );
      const system = await page.evaluate(`['Canvas', 'CanvasText', 'Highlight'].map((name) => {
        document.body.style.outlineColor = name;
        return getComputedStyle(document.body).outlineColor;
      })`);
      const [ground, text, highlight] = system as string[];
      expect(new Set(fills as string[])).toEqual(new Set([text, highlight]));
      expect([text, highlight]).not.toContain(ground);
    });

    test('the keyboard sees where it is', async () => {
      const page = await open('/');
      const seen = new Set<string>();
      for (let times = 0; times < 14; times++) {
        await page.keyboard.press('Tab');
        const [name, style, width] = (await page.evaluate(`(() => {
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
          return [document.activeElement.localName, outlineStyle, parseFloat(outlineWidth)];
        })()`)) as [string, string, number];
        seen.add(name);
        expect([name, style === 'none' ? 0 : width]).toEqual([
          name,
          expect.toSatisfy((px: number) => px >= 2),
        ]);
      }
      expect([...seen]).toEqual(expect.arrayContaining(['a', 'input', 'button', 'summary']));
    });
  });
});

/** Of two pictures of the same size, the part of the pixels that nobody could take for each other. */
async function partThatDiffers(page: Page, ...pictures: readonly [Buffer, Buffer]): Promise<number> {
  return (await page.evaluate(`(async () => {
    const [one, other] = await Promise.all(${JSON.stringify(pictures.map((one) => one.toString('base64')))}.map(async (picture) => {
      const image = new Image();
      image.src = 'data:image/png;base64,' + picture;
      await image.decode();
      const { width, height } = image;
      const paper = new OffscreenCanvas(width, height).getContext('2d');
      paper.drawImage(image, 0, 0);
      return paper.getImageData(0, 0, width, height).data;
    }));
    const differs = one.filter((value, at) => at % 4 === 1 && Math.abs(value - other[at]) > 80);
    return differs.length / (one.length / 4);
  })()`)) as number;
}
