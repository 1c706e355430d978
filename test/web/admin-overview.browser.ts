import { beforeAll, expect, test } from 'vitest';
import { createSignInLimits } from '../../src/admins/limits.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createWeb } from '../../src/web/web.ts';
import { addTestAdmin, cheap, password } from '../admins/people.ts';
import { describeInChromium, expectAccessible, expectNoSidewaysScroll } from '../support/chromium.ts';
import { addDelivery, addReaders, end, now } from '../watch/deliveries.ts';
import { webConfig } from './pages.ts';

describeInChromium('the overview', (chromium) => {
  let store: Store;
  let address: string;
  beforeAll(async () => {
    store = openStore(':memory:');
    await addTestAdmin(store);
    addReaders(store, 3);
    store.raw.prepare('UPDATE plan_runs SET due = 3').run();
    end(store, addDelivery(store, 1), 'sent', null);
    end(store, addDelivery(store, 2), 'failed', 'recipient_refused');
    store.raw
      .prepare(
        `INSERT INTO source_states (source, category, state, first_checked_at, checked_at, detail)
         VALUES ('arxiv', '', 'failing', ?, ?, 'https://export.arxiv.org/api/query?search_query=cat:cs.CL+OR+cat:cs.LG&start=0&max_results=2000: HTTP 503')`,
      )
      .run(now, now);
    addDelivery(store, 3, { dueAt: now - 3 * 3_600_000, nextAttemptAt: now - 3 * 3_600_000 });
    address = await chromium.serve((publicUrl) =>
      createWeb({
        store,
        config: webConfig(publicUrl),
        clock: { now: () => now },
        signIn: { passwords: cheap, limits: createSignInLimits() },
      }),
    );
    return () => store.close();
  });

  async function open(how: Parameters<typeof chromium.visit>[1]) {
    const page = await chromium.visit(`${address}/admin/sign-in`, how);
    await page.getByLabel('Address').fill('ada@example.org');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(`${address}/admin`);
    return page;
  }

  test('draws its charts from the table, which stays at hand; accessible, on a phone too', async () => {
    const page = await open({ width: 360 });
    await expect.poll(() => page.locator('.plot canvas').count()).toBe(4);
    const inked = await page.evaluate(`(() => {
      const canvas = document.querySelector('.plot canvas');
      return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
    })()`);
    expect(inked).toBe(true);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    const [first] = await page.locator('.plot').all();
    const box = await first?.boundingBox();
    await first?.hover({ position: { x: (box?.width ?? 0) - 12, y: 60 } });
    await expect
      .poll(() => page.locator('.charts output').first().textContent())
      .toContain('22 Jun 2026: sent 1');
    expect(await page.locator('#days-table').isVisible()).toBe(false);
    await page.getByText('The numbers, day by day').click();
    expect(await page.locator('#days-table').isVisible()).toBe(true);
  });

  test('the parts of a chart differ in colour where a reader’s own colours are forced upon the page', async () => {
    const page = await open({});
    await page.emulateMedia({ forcedColors: 'active' });
    await page.reload();
    await expect.poll(() => page.locator('.key').count()).toBeGreaterThan(2);
    const tints = (await page.evaluate(
      `[...document.querySelectorAll('.key')].map((key) => [key.className, getComputedStyle(key).color])`,
    )) as [string, string][];
    const names = new Set(tints.map(([name]) => name));
    expect(new Set(tints.map(([, colour]) => colour)).size).toBe(names.size);
  });

  test('is the table where there are no scripts', async () => {
    const page = await open({ javaScript: false });
    expect(await page.locator('#days-table').isVisible()).toBe(true);
    expect(await page.locator('.charts').isVisible()).toBe(false);
    await expectAccessible(page);
  });
});
