import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { addAdmin } from '../../src/admins/admins.ts';
import { createSignInLimits } from '../../src/admins/limits.ts';
import { makeLink } from '../../src/admins/links.ts';
import { systemClock } from '../../src/clock.ts';
import type { Admin } from '../../src/store/admins.ts';
import { listAudit } from '../../src/store/audit-list.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createWeb } from '../../src/web/web.ts';
import { describeInChromium, expectAccessible, expectNoSidewaysScroll } from '../support/chromium.ts';
import { webConfig } from '../web/pages.ts';
import { addTestAdmin, cheap, password } from './people.ts';

/** A device with a finger on it, of the browser's own making (https://www.w3.org/TR/webauthn-3/#sctn-automation). */
async function plugIn(page: Page) {
  page.setDefaultTimeout(30_000);
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  return {
    credentials: async () =>
      (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    takeFingerAway: () =>
      session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false }),
    forget: () => session.send('WebAuthn.clearCredentials', { authenticatorId }),
  };
}

describeInChromium('passkeys', (chromium) => {
  let store: Store;
  let admin: Admin;
  let address: string;
  // On a busy machine the first ceremony takes seconds.
  beforeAll(() => import('@simplewebauthn/server'));
  beforeEach(async () => {
    store = openStore(':memory:');
    admin = await addTestAdmin(store);
    address = await chromium.serve((publicUrl) =>
      createWeb({
        store,
        config: webConfig(publicUrl),
        clock: systemClock,
        signIn: { passwords: cheap, limits: createSignInLimits() },
      }),
    );
    return () => store.close();
  });

  async function signInByPassword(page: Page) {
    await page.goto(`${address}/admin/sign-in`);
    await page.getByLabel('Address').fill(admin.email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(`${address}/admin`);
  }
  async function makePasskey(page: Page) {
    await page.goto(`${address}/admin/account`);
    await page.getByLabel('Its name').fill('laptop');
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await page.waitForURL(/done=passkey/);
  }
  const signOut = (page: Page) => page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  const byPasskey = (page: Page) => page.getByRole('button', { name: 'Sign in with a passkey' }).click();

  test('one is made in the account, signs in, and is written down', async () => {
    const page = await chromium.visit(`${address}/admin`);
    const device = await plugIn(page);
    await signInByPassword(page);
    await makePasskey(page);
    expect(await page.textContent('main')).toContain('laptop');
    expect(await device.credentials()).toBe(1);
    await signOut(page);
    await page.waitForURL(/sign-in/);
    await byPasskey(page);
    await page.waitForURL(`${address}/admin`);
    expect(await page.textContent('.signed-in')).toContain('ada@example.org');
    const { entries } = await listAudit(store.db, { subject: 'admin', limit: 10 });
    expect(entries.map(({ act, after }) => [act, after?.by ?? after?.passkeys ?? null])).toEqual([
      ['sign_in', 'passkey'],
      ['sign_out', null],
      ['passkey_add', ['laptop']],
      ['sign_in', 'password'],
      ['password', null],
      ['add', []],
    ]);
  });

  test('one is made by a one-time link: an admin need not have a password at all', async () => {
    const added = await addAdmin(store.db, { email: 'new@example.org' }, Date.now());
    if (!added.ok) throw new Error(added.message);
    const { url } = await makeLink(store.db, added.admin, address, Date.now());
    const page = await chromium.visit(url);
    // Before the device: the end of another debugging session unplugs it.
    await expectAccessible(page);
    await plugIn(page);
    await page.getByRole('button', { name: 'Make a passkey instead' }).click();
    await page.waitForURL(`${address}/admin`);
    expect(await page.textContent('.signed-in')).toContain('new@example.org');
    expect((await page.goto(url))?.status()).toBe(404);
  });

  test('one that was removed signs in nobody, and says so', async () => {
    const page = await chromium.visit(`${address}/admin`);
    await plugIn(page);
    await signInByPassword(page);
    await makePasskey(page);
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.waitForURL(/done=passkey_removed/);
    await signOut(page);
    await page.waitForURL(/sign-in/);
    await byPasskey(page);
    await expect.poll(() => page.textContent('[data-passkey] [role=alert]')).toContain('not known here');
  });

  test('without a finger, face or PIN signs in nobody', async () => {
    const page = await chromium.visit(`${address}/admin`);
    const device = await plugIn(page);
    await signInByPassword(page);
    await makePasskey(page);
    await signOut(page);
    await page.waitForURL(/sign-in/);
    await device.takeFingerAway();
    await byPasskey(page);
    await expect.poll(() => page.textContent('[data-passkey] [role=alert]')).toContain('not allowed');
    expect((await page.goto(`${address}/admin/audit`))?.url()).toContain('sign-in');
  });

  test('an answer is good once and for the challenge it was given: replaying it signs in nobody', async () => {
    const page = await chromium.visit(`${address}/admin`);
    await plugIn(page);
    await signInByPassword(page);
    await makePasskey(page);
    await signOut(page);
    await page.waitForURL(/sign-in/);
    const sent = page.waitForRequest((request) => request.url().endsWith('/sign-in/passkey'));
    await byPasskey(page);
    const answer = (await sent).postData() ?? '';
    await page.waitForURL(`${address}/admin`);
    const replay = await fetch(`${address}/admin/sign-in/passkey`, {
      method: 'POST',
      body: answer,
      headers: { 'Content-Type': 'application/json' },
    });
    expect([replay.status, replay.headers.getSetCookie()]).toEqual([401, []]);
  });

  test('the pages are accessible, and as narrow as a phone', async () => {
    const page = await chromium.visit(`${address}/admin/sign-in`, { width: 320 });
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await signInByPassword(page);
    for (const path of ['audit', 'account']) {
      await page.goto(`${address}/admin/${path}`);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    }
  });

  test('without scripts a password signs in and every form works', async () => {
    const page = await chromium.visit(`${address}/admin`, { javaScript: false });
    await signInByPassword(page);
    await page.goto(`${address}/admin/account`);
    await page.getByText('Make a token').click();
    await page.getByLabel('What it is for').fill('dashboard');
    await page.getByRole('button', { name: 'Make it' }).click();
    expect(await page.textContent('main')).toMatch(/pb_[\w-]{43}/);
  });
});
