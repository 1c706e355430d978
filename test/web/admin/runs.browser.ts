import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSignInLimits } from '../../../src/admins/limits.ts';
import { addRunLogLines } from '../../../src/store/run-logs.ts';
import { saveSourceStates } from '../../../src/store/source-states.ts';
import { createWeb } from '../../../src/web/web.ts';
import { addTestAdmin, cheap, password } from '../../admins/people.ts';
import {
  describeInChromium,
  expectAccessible,
  expectNoSidewaysScroll,
  type Visit,
} from '../../support/chromium.ts';
import { type Day, morning, openDay } from './days.ts';

const pages = {
  deliveries: '/admin/deliveries',
  uncertain: '/admin/deliveries?status=uncertain',
  many: '/admin/deliveries/many?status=uncertain&act=sent',
  delivery: '/admin/deliveries/1',
  failed: '/admin/deliveries/2?as=headers',
  resolve: '/admin/deliveries/4?as=text',
  runs: '/admin/runs',
  send: '/admin/runs/send/1',
  plan: '/admin/runs/plan/1',
  next: '/admin/runs/next?zone=UTC',
  templates: '/admin/templates',
  template: '/admin/templates/files/digest.mjml',
  preview: '/admin/templates/preview?email=ana%40example.org&date=2026-06-22&width=phone&scheme=dark',
};

describeInChromium('deliveries, runs and templates', ({ serve, visit }) => {
  let day: Day;
  let address: string;
  beforeAll(async () => {
    day = await openDay();
    const { app } = day;
    day.end(2, 'failed', 'policy_refused');
    day.end(4, 'uncertain', 'no_reply');
    const row = { category: '', first_checked_at: 0, checked_at: morning, last_new_at: morning - 7_200_000 };
    await saveSourceStates(app.store.db, 'arxiv', [{ ...row, state: 'failing', detail: 'answers 503' }]);
    const line = { at: morning, level: 'error' as const, message: 'delivery failed' };
    const facts = { delivery: 2, reason: 'policy_refused', reply: '550 5.7.1 no' };
    await addRunLogLines(app.store.db, { kind: 'send', runId: 1, total: 9 }, [{ ...line, line: 9, facts }]);
    await addTestAdmin(app.store);
    address = await serve((publicUrl) =>
      createWeb({
        ...app,
        clock: { now: () => morning },
        config: { ...app.config, web: { ...app.config.web, publicUrl } },
        signIn: { passwords: cheap, limits: createSignInLimits() },
      }),
    );
  });
  afterAll(() => day?.close());

  async function signIn(how: Visit = {}) {
    const page = await visit(`${address}/admin/sign-in`, how);
    await page.fill('[name=name]', 'ada@example.org');
    await page.fill('[name=password]', password);
    await page.click('form:has([name=password]) button');
    await page.waitForURL((url) => url.pathname === '/admin');
    return page;
  }

  test('nothing is wrong for who reads by other means than the eye, light and dark, on a desk and on a phone', async () => {
    for (const width of [1280, 360]) {
      const page = await signIn({ width });
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(address + path);
        if (name === 'next') await page.getByText('Papers that most would get').waitFor();
        if (width === 1280) await expectAccessible(page);
        else await expectNoSidewaysScroll(page);
        const folder = process.env.PAPERBOY_PICTURES;
        if (folder)
          for (const colorScheme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme });
            await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: true });
          }
        await page.emulateMedia({ colorScheme: 'light' });
      }
    }
  });

  test('a mail is looked at in its frame without scripts, and an act is done without them', async () => {
    const page = await signIn({ javaScript: false });
    await page.goto(`${address}/admin/deliveries/1`);
    const frame = page.frameLocator('iframe');
    await frame.getByText('Unsubscribe').first().waitFor();
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('');
    await page.getByRole('link', { name: 'phone' }).click();
    expect((await page.locator('iframe').boundingBox())?.width).toBeLessThan(400);
    await page.goto(`${address}/admin/deliveries?status=failed`);
    await page.getByRole('link', { name: /2026-06-22/ }).click();
    await page.getByRole('button', { name: 'Try it again' }).click();
    await page.getByText('It waits for the next run again.').waitFor();
  });

  test('no link of a shown mail leads anywhere', async () => {
    const page = await signIn();
    await page.goto(`${address}/admin/deliveries/1`);
    const frame = page.frameLocator('iframe');
    await frame.getByText('Unsubscribe').first().click();
    await frame.getByText('Unsubscribe').first().waitFor();
    expect(await frame.locator('a[href]').count()).toBe(0);
    expect(page.url()).toBe(`${address}/admin/deliveries/1`);
  });
});
