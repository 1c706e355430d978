import { expect, test } from 'vitest';
import type { PreviewWish } from '../../../src/delivery/previews.ts';
import { saveFeedback } from '../../../src/store/feedback.ts';
import { findSubscriber } from '../../../src/store/subscribers.ts';
import { addOwnTopic } from '../../../src/subscribers/own-topics.ts';
import { addSomebody, monday, openTestStore } from '../../subscribers/people.ts';
import { describeInChromium, expectAccessible, expectNoSidewaysScroll } from '../../support/chromium.ts';
import { openTestWeb } from '../pages.ts';
import { mailDigest } from './mailed.ts';

describeInChromium('what the links in a mail open', (chromium) => {
  const wishes: PreviewWish[] = [];
  const previews = {
    play: async (wish: PreviewWish) => {
      wishes.push(wish);
      return { ok: true as const, editions: [] };
    },
    warm() {},
    close: async () => {},
  };

  async function open() {
    const store = await openTestStore();
    const id = await addSomebody(store, { email: 'ana.lopez@example.org', topics: ['agents'] });
    const delivery = await mailDigest(store, id, [
      { id: 1, title: 'Agents that plan their days by the votes of other agents' },
      {
        id: 2,
        title: 'Diffusion, told in one word: <b>Donaudampfschifffahrtsgesellschaftskapitänsmütze</b>',
      },
    ]);
    await saveFeedback(store.db, {
      subscriberId: id,
      paperId: 2,
      verdict: 'more',
      deliveryId: delivery,
      createdAt: monday,
    });
    let site: ReturnType<typeof openTestWeb> | undefined;
    const address = await chromium.serve((publicUrl) => {
      site = openTestWeb(store, publicUrl, monday, { previews });
      return site.web;
    });
    if (!site) throw new Error('nothing was opened');
    const { preferences, unsubscribe } = site.paths(id);
    const { feedback, view } = site.deliveryPaths(id, delivery);
    const pages = [
      ...['', '/topics', '/likes', '/digests', '/account', '/erase'].map((path) => preferences + path),
      ...[unsubscribe, `${feedback}/1/more`, `${feedback}/2/more`, `${view}/links`],
    ];
    return { store, id, address, preferences, feedback, view, pages, mailed: site.mailed };
  }

  test('axe finds nothing on any page, in the light and the dark', async () => {
    const { address, pages } = await open();
    for (const path of pages) await expectAccessible(await chromium.visit(address + path));
  });

  test('nothing is wider than the narrowest window', async () => {
    const { address, pages } = await open();
    for (const path of pages) {
      const page = await chromium.visit(address + path, { width: 320 });
      await expectNoSidewaysScroll(page);
    }
  });

  test('a name that fills its line leaves room for the arrow beside it', async () => {
    const { store, id, address, preferences } = await open();
    await addOwnTopic(store.db, id, { kind: 'query', text: 'robots', name: 'Touch' }, monday);
    const page = await chromium.visit(`${address}${preferences}/topics`, { width: 320 });
    const rooms = (await page.evaluate(`(() => {
      const summary = document.querySelector('.own-topics summary');
      const words = document.createRange();
      return Array.from({ length: 60 }, (_, letters) => {
        summary.textContent = 'i'.repeat(letters + 1).replace(/.{9}/g, '$& ');
        words.selectNodeContents(summary);
        return summary.getBoundingClientRect().right - words.getBoundingClientRect().right;
      });
    })()`)) as number[];
    expect(Math.min(...rooms)).toBeGreaterThanOrEqual(20);
  });

  test('the topics form shows what it would have brought, while one chooses and without scripts by a button', async () => {
    const { address, preferences } = await open();
    const page = await chromium.visit(address + preferences);
    await page.getByText('Nothing in the last seven days').waitFor();
    const topics = () => wishes.at(-1)?.topics.map(({ name }) => name);
    await page.getByLabel('About diffusion').check();
    await expect.poll(topics).toEqual(['About agents', 'About diffusion']);
    await page.getByLabel('About agents').uncheck();
    await expect.poll(topics).toEqual(['About diffusion']);
    const plain = await chromium.visit(address + preferences, { width: 360, javaScript: false });
    await plain.getByLabel('About robotics').check();
    await plain.getByRole('button', { name: 'Show preview' }).click();
    await plain.getByText('Nothing in the last seven days').waitFor();
    expect(topics()).toEqual(['About agents', 'About robotics']);
    expect(await plain.getByLabel('About robotics').isChecked()).toBe(true);
    await expectAccessible(plain);
  });

  test('without scripts one likes a paper, pauses until a day, and takes the like back', async () => {
    const { store, id, address, preferences, feedback } = await open();
    const page = await chromium.visit(`${address}${feedback}/1/more`, { width: 360, javaScript: false });
    await page.getByRole('button', { name: 'More like this' }).click();
    await page.getByText('You will see more like this').waitFor();
    await page.goto(`${address}${preferences}`);
    await page.getByLabel('Pause until').fill('2026-07-06');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Mail is paused.').waitFor();
    expect(await findSubscriber(store.db, id)).toMatchObject({ status: 'paused', resumeDate: '2026-07-06' });
    await page.goto(`${address}${preferences}/likes`);
    await page.getByRole('button', { name: 'Take all back' }).click();
    await page.getByText('Taken back.').waitFor();
    await page.getByText('Nothing yet.').waitFor();
  });

  test('without scripts every other form works, too: topics of one’s own, another address, links switched off', async () => {
    const { store, id, address, preferences, mailed } = await open();
    const page = await chromium.visit(`${address}${preferences}/topics`, { width: 360, javaScript: false });
    await page.getByLabel('a search, as in').check();
    await page.getByLabel('The words').fill('tactile AND (robots');
    await page.getByRole('button', { name: 'Add' }).click();
    expect(await page.locator('.place mark').textContent()).toBe('(');
    await page.getByLabel('The words').fill('tactile AND robots');
    await page.getByRole('button', { name: 'Show preview' }).click();
    expect(await page.getByLabel('The words').inputValue()).toBe('tactile AND robots');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText('Saved: you get this topic').waitFor();
    await page.locator('.own-topics summary').click();
    await page.locator('.own-topics').getByLabel('What your mail calls it').fill('Touch');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved: your next digest goes by the new words.').waitFor();
    await page.locator('.own-topics summary', { hasText: 'Touch' }).click();
    await page.getByRole('button', { name: 'Remove this topic' }).click();
    await page.getByText('Removed: it brings no papers any more.').waitFor();

    await page.goto(`${address}${preferences}/account`);
    await page.getByLabel('Your new address').fill('ana@new.example');
    await page.getByRole('button', { name: 'Send a link there' }).click();
    await page.getByText('a mail with a link is on its way there').waitFor();
    await expect.poll(() => mailed.length).toBe(1);
    await page.goto(mailed[0]?.letter.url ?? '');
    await page.getByRole('button', { name: 'Use this address' }).click();
    await page.getByRole('heading', { name: 'Your address is changed' }).waitFor();
    expect(await findSubscriber(store.db, id)).toMatchObject({ email: 'ana@new.example' });
    await page.getByRole('link', { name: 'Look at your preferences' }).click();
    await page.getByRole('link', { name: 'Address and data' }).click();
    await page.getByRole('button', { name: 'Switch old links off' }).click();
    await page.getByText('The links in older mails are switched off.').waitFor();
    expect(await findSubscriber(store.db, id)).toMatchObject({ linkEpoch: 2 });
  });

  test('a digest in the browser is styled and its links lead out of it', async () => {
    const { address, view } = await open();
    const page = await chromium.visit(address + view);
    const link = page.getByRole('link', { name: /Agents that plan/ }).first();
    expect(await link.getAttribute('href')).toBe('https://arxiv.org/abs/2606.00001');
    expect(await page.evaluate('getComputedStyle(document.body).margin')).toBe('0px');
  });
});
