import { beforeAll, expect, test } from 'vitest';
import { openTestStore } from '../../subscribers/people.ts';
import { describeInChromium, expectAccessible, expectNoSidewaysScroll } from '../../support/chromium.ts';
import { openTestWeb } from '../pages.ts';

describeInChromium('the start page', ({ serve, visit }) => {
  let address: string;
  beforeAll(async () => {
    const store = await openTestStore();
    address = await serve((publicUrl) => openTestWeb(store, publicUrl).web);
    return () => store.close();
  });

  test('is accessible', async () => {
    await expectAccessible(await visit(address));
  });

  test.each([320, 1280])('fits into %i px', async (width) => {
    await expectNoSidewaysScroll(await visit(address, { width }));
  });

  test('is as accessible without scripts', async () => {
    const page = await visit(address, { javaScript: false });
    await expectAccessible(page);
    expect(await page.getByRole('heading', { name: 'Topics' }).isVisible()).toBe(true);
  });

  test('lets the keyboard go straight to the contents', async () => {
    const page = await visit(address);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the contents');
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#main');
  });
});
