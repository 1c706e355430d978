import { beforeAll, expect, test } from 'vitest';
import { createWeb } from '../../../src/web/web.ts';
import { describeInChromium, expectAccessible, expectNoSidewaysScroll } from '../../support/chromium.ts';
import { newStore } from '../../support/store.ts';
import { webConfig } from '../pages.ts';

describeInChromium('the reference of the API', ({ serve, visit }) => {
  let address: string;
  beforeAll(async () => {
    const store = newStore();
    address = await serve((publicUrl) =>
      createWeb({ store, config: webConfig(publicUrl), clock: { now: () => 0 } }),
    );
    return () => store.close();
  });

  test.each(['/api', '/api/topics', '/api/subscribers'])(
    '%s is readable by anybody, on a phone too',
    async (path) => {
      for (const how of [{ width: 320 }, { scheme: 'dark' as const }, { javaScript: false }]) {
        const page = await visit(`${address}${path}`, how);
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
      }
    },
  );

  test('leads from what there is to how to ask for it', async () => {
    const page = await visit(`${address}/api`, {});
    await page.getByRole('link', { name: 'PATCH /topics/{slug}' }).click();
    await page.waitForURL(`${address}/api/topics#editTopic`);
    const route = page.getByRole('article', { name: 'Change a topic; what is absent stays' });
    expect(await route.getByLabel('How to call editTopic with curl').textContent()).toContain('If-Match');
  });
});
