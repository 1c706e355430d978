import { expect, onTestFinished } from 'vitest';
import { findSubscriberByKey } from '../../../src/store/subscribers.ts';
import { expectAccessible, type TestBrowser } from '../../support/chromium.ts';
import { linkIn, openInstallation } from './installation.ts';

/** A reader's whole life: from finding the page to being forgotten, with scripts or without. */
export async function walkThroughLife({ serve, visit }: TestBrowser, javaScript: boolean): Promise<void> {
  const paperboy = await openInstallation(serve);
  onTestFinished(() => paperboy.close());
  await paperboy.round('2026-06-22T05:00:00Z', '2026-06-22');
  paperboy.world.now = Date.parse('2026-06-22T20:00:00Z');
  const email = 'reader@example.org';
  const reader = async () => await findSubscriberByKey(paperboy.app.store.db, email);
  const mails = () => paperboy.mails.filter((one) => one.to.includes(email));
  const sent = () => mails().flatMap((one) => one.arxivIds);

  // Finds it, and asks for it.
  const page = await visit(paperboy.address, { javaScript });
  await page.getByRole('heading', { name: 'Get trending papers in your email inbox once a day' }).waitFor();
  expect(await page.getByRole('article').count()).toBeGreaterThan(5);
  await page
    .getByLabel(/email address/i)
    .first()
    .fill(email);
  await page.getByRole('button', { name: 'Subscribe' }).first().click();

  // Looks at what it would have been, chooses, and confirms from the mail.
  await page.getByRole('heading', { name: 'What would you like to read?' }).waitFor();
  expect(await page.getByLabel('Your email address').inputValue()).toBe(email);
  await page.getByText('When and how many').click();
  await page.getByLabel('Time zone').selectOption('Europe/Berlin');
  if (!javaScript) await page.getByRole('button', { name: 'Show preview' }).click();
  await page.getByText(/In the last seven days: \d+ mails?/).waitFor();
  paperboy.world.now += 60_000;
  await page.getByRole('button', { name: 'Subscribe' }).first().click();
  await page.getByRole('heading', { name: 'Now look into your mailbox' }).waitFor();
  await expect.poll(() => mails().length).toBe(1);
  expect(await reader()).toBeNull();
  await page.goto(linkIn(paperboy.latestTo(email), 'confirm'));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('heading', { name: 'You are subscribed' }).waitFor();
  expect(await reader()).toMatchObject({ status: 'active', timezone: 'Europe/Berlin' });

  // Gets a digest at breakfast.
  await paperboy.round('2026-06-23T05:59:00Z', '2026-06-23');
  expect(mails()).toHaveLength(1);
  await paperboy.round('2026-06-23T06:01:00Z');
  expect(mails()).toHaveLength(2);
  const first = paperboy.latestTo(email);
  expect(first?.arxivIds.length).toBeGreaterThan(3);

  // Looks at it in the browser, and wants more of its first paper.
  await page.goto(linkIn(first, 'digest'));
  expect(await page.getByRole('heading', { level: 2 }).count()).toBe(first?.arxivIds.length);
  await page.goto(linkIn(first, 'like'));
  await page.getByRole('button', { name: /more like this/i }).click();
  await page.getByRole('heading', { name: /more like this/i }).waitFor();
  await page.getByRole('button', { name: 'Take it back' }).waitFor();

  // Steers.
  const preferences = linkIn(first, 'preferences');
  await page.goto(preferences);
  await page
    .getByText('r…@example.org')
    .or(page.getByText(/r\S*@example\.org/))
    .first()
    .waitFor();
  await page.getByLabel('Papers in one mail, at most').fill('3');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved.').waitFor();
  await paperboy.round('2026-06-24T06:01:00Z', '2026-06-24');
  expect(paperboy.latestTo(email)?.arxivIds).toHaveLength(3);

  // Pauses, and comes back.
  await page.goto(preferences);
  await page
    .getByRole('button', { name: /^Pause/ })
    .first()
    .click();
  await paperboy.round('2026-06-25T06:01:00Z', '2026-06-25');
  expect(mails()).toHaveLength(3);
  await page.goto(preferences);
  await page.getByRole('button', { name: /^Resume/ }).click();
  await paperboy.round('2026-06-26T06:01:00Z', '2026-06-26');
  expect(mails()).toHaveLength(4);

  // Leaves by the link; comes back by one click; leaves by the mail provider's one click, and comes back again.
  const unsubscribe = linkIn(paperboy.latestTo(email), 'unsubscribe');
  await page.goto(unsubscribe);
  await page.getByRole('button', { name: 'Unsubscribe' }).click();
  await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
  expect(await reader()).toMatchObject({ status: 'unsubscribed', nextDueAt: null });
  await page.getByRole('button', { name: 'Subscribe again' }).click();
  await expect.poll(async () => (await reader())?.status).toBe('active');
  const answer = await fetch(unsubscribe, {
    method: 'POST',
    body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
  });
  expect(answer.status).toBe(200);
  expect((await reader())?.status).toBe('unsubscribed');
  await page.goto(unsubscribe);
  await page.getByRole('button', { name: 'Subscribe again' }).click();
  await expect.poll(async () => (await reader())?.status).toBe('active');
  await paperboy.round('2026-06-29T06:01:00Z', '2026-06-29');
  expect(mails()).toHaveLength(5);
  // Never the same paper twice, whatever happened between.
  expect(new Set(sent()).size).toBe(sent().length);

  // Is forgotten.
  await page.goto(preferences);
  await page.getByRole('link', { name: 'Address and data' }).click();
  await page.getByRole('link', { name: /erase/i }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: /erase|forget/i }).click();
  await expect.poll(reader).toBeNull();
  await paperboy.round('2026-06-30T06:01:00Z', '2026-06-30');
  expect(mails()).toHaveLength(5);
  expect((await page.goto(preferences))?.status()).toBe(410);
}
