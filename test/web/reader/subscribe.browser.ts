import { beforeAll, describe, expect, test } from 'vitest';
import type { PastEdition } from '../../../src/delivery/previews.ts';
import type { Store } from '../../../src/store/store.ts';
import { findSubscriberByKey } from '../../../src/store/subscribers.ts';
import { monday, openTestStore } from '../../subscribers/people.ts';
import { describeInChromium, expectAccessible, expectNoSidewaysScroll } from '../../support/chromium.ts';
import { storedPaper } from '../../support/papers.ts';
import { openSignUpWeb } from './sign-up-pages.ts';

const note = {
  ...{ topics: ['Agents'], terms: ['agents'], rising: true, percentile: 1, relevance: 1, score: 1 },
  changes: [{ kind: 'upvotes' as const, value: 42, sinceYesterday: 7 }],
};
const editions: PastEdition[] = [22, 21, 20, 19, 18, 17, 16].map((day, back) => ({
  date: `2026-06-${day}`,
  dueAt: back === 2 ? null : monday - back * 86_400_000,
  papers:
    back === 2
      ? []
      : [1, 2, 3].map((id) => ({
          ...storedPaper({
            id,
            title: `Paper $${id}$ with quite a long title that takes more than one line`,
          }),
          note,
        })),
  more: 4,
}));

describeInChromium('signing up', ({ serve, visit }) => {
  let store: Store;
  let site: Awaited<ReturnType<typeof openSignUpWeb>>;
  let address: string;
  beforeAll(async () => {
    store = await openTestStore();
    let made: typeof site | null = null;
    // The address is known only once it is served.
    address = await serve((publicUrl) => {
      const web = openSignUpWeb(store, { publicUrl });
      void web.then((one) => {
        made = one;
      });
      return { fetch: async (request: Request, env: object) => (await web).web.fetch(request, env) } as never;
    });
    await fetch(address);
    site = made as unknown as typeof site;
    site.world.preview = { ok: true, editions };
    return () => store.close();
  });
  /** As long as people take. */
  const fillIn = () => {
    site.world.now += 5_000;
  };
  const linkOf = () => `${address}${site.latestLink()}`;

  describe.each([true, false])('with scripts: %s', (javaScript) => {
    const email = `${javaScript ? 'with' : 'without'}@example.org`;

    test('is a matter of an address and two buttons', async () => {
      const page = await visit(`${address}/subscribe`, { javaScript });
      await page.getByLabel('Your email address').fill(email);
      fillIn();
      await page.getByRole('button', { name: 'Subscribe' }).first().click();
      await page.getByRole('heading', { name: 'Now look into your mailbox' }).waitFor();
      expect(await page.getByText(email).isVisible()).toBe(true);
      await expectAccessible(page);
      await expect.poll(() => site.world.letters.at(-1)?.to).toBe(email);
      await page.goto(linkOf());
      await expectAccessible(page);
      expect((await findSubscriberByKey(store.db, email))?.status).toBeUndefined();
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByRole('heading', { name: 'You are subscribed' }).waitFor();
      await expectAccessible(page);
      expect((await findSubscriberByKey(store.db, email))?.status).toBe('active');
      await page.goto(linkOf());
      expect(await page.getByRole('heading', { name: 'You are subscribed already' }).isVisible()).toBe(true);
    });

    test('says what is wrong where it is wrong, and keeps the rest', async () => {
      const page = await visit(`${address}/subscribe`, { javaScript, width: 360 });
      await page.getByLabel('Your email address').fill(email);
      await page.getByLabel('Everything trending').uncheck();
      await page.getByText('In your own words').click();
      await page.getByLabel('A search of your own').fill('lora AND (qlora');
      fillIn();
      await page.getByRole('button', { name: 'Subscribe' }).first().click();
      await page.getByRole('alert').waitFor();
      expect(await page.locator('.place mark').textContent()).toBe('(');
      expect(await page.getByLabel('A search of your own').inputValue()).toBe('lora AND (qlora');
      expect(await page.getByLabel('Everything trending').isChecked()).toBe(false);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await page.getByLabel('A search of your own').fill('lora AND (qlora OR dora)');
      await page.getByRole('button', { name: 'Subscribe' }).last().click();
      await page.getByRole('heading', { name: 'Now look into your mailbox' }).waitFor();
    });
  });

  test.each([320, 1280])('fits into %i px, folded and unfolded', async (width) => {
    const page = await visit(`${address}/subscribe`, { width });
    await expectNoSidewaysScroll(page);
    for (const name of ['In your own words', 'When and how many']) await page.getByText(name).click();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });

  test('shows what it would have been while one chooses', async () => {
    const page = await visit(`${address}/subscribe`);
    await page.getByText('In the last seven days: 6 mails with 18 papers.').waitFor();
    expect(await page.getByRole('button', { name: 'Show preview' }).isHidden()).toBe(true);
    const before = site.world.wishes.length;
    await page.getByLabel('About agents').check();
    await expect.poll(() => site.world.wishes.length).toBe(before + 1);
    const topics = () => site.world.wishes.at(-1)?.topics.map(({ name }) => name);
    expect(topics()).toEqual(['About agents']);
    expect(await page.getByLabel('Everything trending').isChecked()).toBe(false);
    await page.getByLabel('Everything trending').check();
    await expect.poll(topics).toEqual(['About agents', 'Everything trending']);
    await page.getByLabel('Everything trending').uncheck();
    await expect.poll(topics).toEqual(['About agents']);
    await page.getByText('In your own words').click();
    // Only once somebody pauses.
    await page.getByLabel('What you work on').pressSequentially('protein folding', { delay: 20 });
    await expect
      .poll(() => site.world.wishes.at(-1)?.topics.map(({ name }) => name))
      .toContain('Protein folding');
    expect(site.world.wishes.length).toBeLessThanOrEqual(before + 6);
    await expectAccessible(page);
  });

  test('keeps its sentence in sight on a phone, where it stands below all that is chosen', async () => {
    const page = await visit(`${address}/subscribe`, { width: 360, height: 740 });
    const sentence = page.getByText('In the last seven days: 6 mails with 18 papers.');
    await sentence.waitFor();
    const isInSight = async () => {
      const box = await sentence.boundingBox();
      return box !== null && box.y >= 0 && box.y + box.height <= 740;
    };
    await page.getByLabel('About agents').scrollIntoViewIfNeeded();
    expect(await isInSight()).toBe(true);
    const title = page.getByRole('heading', { name: 'What you would have got' });
    expect((await title.boundingBox())?.y).toBeGreaterThan(740);
    await page.getByRole('link', { name: 'See more' }).click();
    await expect.poll(async () => (await title.boundingBox())?.y).toBeLessThan(740);
    expect(await isInSight()).toBe(true);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });

  test('a screen reader is told the sentence that sums it up, and not all of it', async () => {
    const page = await visit(`${address}/subscribe`);
    const status = await page.$('[role=status]');
    await page.getByText('In the last seven days: 6 mails with 18 papers.').waitFor();
    expect(await status?.textContent()).toBe('In the last seven days: 6 mails with 18 papers.');
    site.world.preview = { ok: true, editions: editions.slice(0, 2) };
    await page.getByLabel('About agents').check();
    // The same element: what comes new into a page is not noticed.
    await expect.poll(() => status?.textContent()).toBe('In the last seven days: 2 mails with 6 papers.');
    await page.getByLabel('About agents').uncheck();
    await expect.poll(() => status?.textContent()).toMatch(/^Choose a topic/);
    expect(await page.locator('.past').count()).toBe(0);
    site.world.preview = { ok: true, editions };
    expect(await page.locator('[aria-live], [role=status] li').count()).toBe(0);
  });

  test('its sentence hides nothing that has the focus, and leaves a window that is short to the form', async () => {
    const page = await visit(`${address}/subscribe`, { width: 360, height: 640 });
    await page.getByText('In the last seven days: 6 mails with 18 papers.').waitFor();
    for (const name of ['In your own words', 'When and how many']) await page.getByText(name).click();
    await page.getByLabel('Your email address').focus();
    const covered: string[] = [];
    for (let times = 0; times < 60; times++) {
      await page.keyboard.press('Tab');
      const [label, isCovered, isThere] = (await page.evaluate(`(() => {
        const at = document.activeElement;
        const bar = document.querySelector('.told').getBoundingClientRect();
        const { top, bottom } = at.getBoundingClientRect();
        const isThere = at.closest('.told') !== null;
        // A browser brings the line that is written into sight, and not always the last edge of a field.
        return [at.outerHTML.slice(0, 60), !isThere && (top + bottom) / 2 > bar.top && top < bar.bottom, isThere];
      })()`)) as [string, boolean, boolean];
      if (isCovered) covered.push(label);
      if (isThere) break;
    }
    expect(covered).toEqual([]);
    // 1280 by 1024 at 400 %.
    await page.setViewportSize({ width: 320, height: 256 });
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.told')).position`)).toBe('static');
  });

  test('without scripts shows it by a button', async () => {
    const page = await visit(`${address}/subscribe`, { javaScript: false, width: 360 });
    await page.getByRole('button', { name: 'Show preview' }).click();
    await page.getByText('In the last seven days: 6 mails with 18 papers.').waitFor();
    await page.getByText('Sunday 21 June').click();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });

  test('lives in the time zone of the browser', async () => {
    const page = await visit(`${address}/subscribe`);
    const zone = await page.evaluate('Intl.DateTimeFormat().resolvedOptions().timeZone');
    expect(await page.locator('#timezone').inputValue()).toBe(zone);
  });

  test('takes the keyboard alone', async () => {
    const page = await visit(`${address}/subscribe`);
    await page.getByLabel('Your email address').focus();
    await page.keyboard.type('keys@example.org');
    fillIn();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Now look into your mailbox' }).waitFor();
    await expect.poll(() => site.world.letters.at(-1)?.to).toBe('keys@example.org');
  });
});
