import type { Locator, Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { ingestPapers } from '../../../src/app.ts';
import { addTopic } from '../../../src/store/topics.ts';
import { addSubscriber } from '../../../src/subscribers/subscribers.ts';
import { addTestAdmin, password } from '../../admins/people.ts';
import { describeInChromium, expectAccessible } from '../../support/chromium.ts';
import { openInstallation } from '../life/installation.ts';

/** Nobody listens there. */
const nowhere = 'http://127.0.0.1:1';

describeInChromium('an admin who knows no SQL', ({ serve, visit }) => {
  test('finds from the first page, by links and forms alone, what there is to ask', async () => {
    const env = { SOURCES: 'arxiv', ARXIV_API_URL: nowhere, ARXIV_FEED_URL: nowhere };
    const paperboy = await openInstallation(serve, env);
    onTestFinished(() => paperboy.close());
    const { app, world } = paperboy;
    const { db } = app.store;
    await addTestAdmin(app.store);
    world.now = Date.parse('2026-06-21T12:00:00Z');
    await addTopic(
      db,
      { slug: 'perpetuum', name: 'Perpetual motion', query: '"perpetual motion machine"' },
      world.now,
    );
    for (const [email, topic] of [
      ['ann@example.org', 'robotics'],
      ['ben@example.org', 'perpetuum'],
      ['cleo@example.org', 'llm-efficiency'],
    ] as const) {
      const asked = { email, topics: [topic], timezone: 'UTC' };
      await addSubscriber(db, asked, app.config.digest, world.now, app.hashAddress);
    }
    for (const day of ['2026-06-22', '2026-06-23', '2026-06-24'])
      await paperboy.round(`${day}T08:01:00Z`, day);
    await ingestPapers(app, { source: 'arxiv' });
    // those of tomorrow are known, and not planned yet
    world.now = Date.parse('2026-06-24T20:00:00Z');
    await ingestPapers(app, { file: paperboy.sample('2026-06-25') });

    const page = await visit(`${paperboy.address}/admin/sign-in`);
    await page.fill('[name=name]', 'ada@example.org');
    await page.fill('[name=password]', password);
    await page.click('main form:has([name=password]) button');
    await page.waitForURL(/\/admin$/);
    const overview = page.url();
    const told = () => seen(page.locator('main'));
    const follow = (name: string) => page.getByRole('link', { name, exact: true }).first().click();
    const find = async (email: string) => {
      await page.goto(overview);
      await follow('Subscribers');
      await page.fill('form.filters [name=email], form.filters [name=search], form.filters [name=q]', email);
      await page.getByRole('button', { name: 'Find' }).click();
      await follow(email);
      await page.getByRole('heading', { name: email }).waitFor();
    };
    const ask = async (date: string) => {
      await page.fill('[name=date]', date);
      await page.getByRole('button', { name: 'Tell me' }).click();
    };

    // Did today's digests go out?
    expect(await told()).toContain('2 of 3 digests that were due today have gone out; 1 was skipped.');

    // Which source broke?
    expect(await row(page, 'arxiv')).toMatch(/failing.*127\.0\.0\.1/s);

    // Why did Ben get nothing on Tuesday?
    await find('ben@example.org');
    await ask('2026-06-23');
    expect(await told()).toContain(
      '2026-06-23: skipped (nothing new). There was no mail. Nothing that they had not been sent already matched their topics.',
    );
    await expectAccessible(page);

    // What will Ann get tomorrow?
    await find('ann@example.org');
    await ask('2026-06-25');
    expect(await told()).toContain('It is due at 2026-06-25 08:00');
    await follow('Look at what it would hold now');
    await page.getByText('What would be chosen by what is known now.').waitFor();
    const mail = page.frameLocator('iframe').first();
    const titles = await mail.getByRole('heading', { level: 2 }).allInnerTexts();
    expect(titles.length).toBeGreaterThan(0);
    await paperboy.round('2026-06-25T08:01:00Z');
    expect(paperboy.latestTo('ann@example.org')?.text).toContain(titles[0]?.slice(0, 30));

    // Which topic is dead?
    await page.goto(overview);
    await follow('Topics');
    await page.selectOption('form.filters select', { label: 'without a match in 7 days' });
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await row(page, 'Perpetual motion')).toContain('not lately');
    expect(await told()).not.toContain('llm-efficiency');

    // Who changed this?
    await follow('Perpetual motion');
    await page.fill('[name=name]', 'Machines that never stop');
    await page.getByRole('button', { name: 'Save' }).click();
    await follow('Audit');
    expect(await row(page, 'ada@example.org')).toMatch(/edit.*perpetuum.*Machines that never stop/is);
  });
});

/** The first row of the page's tables that holds this. */
async function row(page: Page, text: string): Promise<string> {
  return await seen(page.locator('tr', { hasText: text }).first());
}

/** Its text with single spaces. */
async function seen(part: Locator): Promise<string> {
  return ((await part.textContent()) ?? '').replace(/\s+/g, ' ');
}
