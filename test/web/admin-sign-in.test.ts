import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addAdmin } from '../../src/admins/admins.ts';
import { makeLink } from '../../src/admins/links.ts';
import { sessionLife } from '../../src/admins/sessions.ts';
import type { Store } from '../../src/store/store.ts';
import { addTestAdmin, password } from '../admins/people.ts';
import { monday } from '../subscribers/people.ts';
import { newStore } from '../support/store.ts';
import { type AdminWebOptions, openAdminWeb, openSignedIn } from './admin-pages.ts';
import { webConfig } from './pages.ts';

let store: Store;
beforeEach(() => {
  store = newStore();
});
afterEach(() => store.close());

const right = { name: 'ada@example.org', password };
async function open(options: AdminWebOptions = {}) {
  await addTestAdmin(store);
  const site = openAdminWeb(store, options);
  return { ...site, browser: site.browser() };
}

describe('who is not signed in', () => {
  test('is told how to add an admin while there is none, and nothing else', async () => {
    const browser = openAdminWeb(store).browser();
    for (const path of ['/admin', '/admin/audit', '/admin/account', '/admin/nothing']) {
      const page = await browser.text(path);
      expect(page).toContain('paperboy admins add you@example.org');
      expect(page).not.toMatch(/<form|<nav/);
    }
    expect((await browser.get('/admin/sign-in')).headers.get('Location')).toBe('/admin');
  });

  test('is sent to sign in, and back to where they wanted to go', async () => {
    const { browser } = await open();
    const away = await browser.get('/admin/audit?act=add');
    expect(away.status).toBe(303);
    const door = away.headers.get('Location') ?? '';
    expect(door).toBe('/admin/sign-in?next=%2Fadmin%2Faudit%3Fact%3Dadd');
    const next = /name="next" value="([^"]*)"/.exec(await browser.text(door))?.[1] ?? '';
    const back = await browser.post('/admin/sign-in', { ...right, next });
    expect([back.status, back.headers.get('Location')]).toEqual([303, '/admin/audit?act=add']);
    expect((await browser.get('/admin/audit?act=add')).status).toBe(200);
  });

  test.each([
    '//evil.example',
    'https://evil.example',
    '/admin//evil.example',
    '/elsewhere',
    '/admin\\@evil',
    '/administer',
    '/admin/../elsewhere',
    '/admin/%2e%2e/elsewhere',
  ])('is never sent elsewhere: %s', async (next) => {
    const { browser } = await open();
    const back = await browser.post('/admin/sign-in', { ...right, next });
    expect(back.headers.get('Location')).toBe('/admin');
  });

  test('changes nothing by a form, and learns nothing of what there is', async () => {
    const { browser } = await open();
    for (const path of ['/admin/account/tokens', '/admin/sign-out', '/admin/nothing']) {
      const answer = await browser.post(path, { name: 'x', scope: 'read' });
      expect(answer.status).toBe(401);
      expect(await answer.text()).toContain('Nothing was changed.');
    }
    expect(store.raw.prepare('SELECT count(*) FROM api_tokens').pluck().get()).toBe(0);
  });

  test('is sent to sign in by htmx too', async () => {
    const { browser } = await open();
    const answer = await browser.get('/admin/audit', { 'HX-Request': 'true' });
    expect([answer.status, answer.headers.get('HX-Redirect')]).toEqual([401, '/admin/sign-in']);
  });
});

describe('an address that there is nothing at', () => {
  test.each(['/admin/nothing', '/admin/topics/nope', '/admin/subscribers/99'])(
    'leaves who is signed in among the pages of the admin: %s',
    async (path) => {
      const { browser } = await openSignedIn(store, { publicUrl: 'http://localhost/papers' });
      const answer = await browser.get(path);
      const page = await answer.text();
      expect(answer.status).toBe(404);
      expect(page).toContain('<nav aria-label="Admin">');
      expect(page).toContain('<a href="/papers/admin">To the overview</a>');
      expect(page).not.toContain('href="/papers/"');
    },
  );
});

describe('signing in', () => {
  test.each([
    [
      'https://papers.example.org',
      /^__Host-paperboy_admin=[^;]+; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    ],
    [
      'https://example.org/papers',
      /^__Secure-paperboy_admin=[^;]+; Max-Age=2592000; Path=\/papers\/admin; HttpOnly; Secure; SameSite=Lax$/,
    ],
    [
      'http://localhost:8080',
      /^paperboy_admin=[^;]+; Max-Age=2592000; Path=\/admin; HttpOnly; SameSite=Lax$/,
    ],
  ])(
    'at %s sets a cookie that scripts, other sites and the way there cannot have',
    async (publicUrl, line) => {
      const { browser } = await open({ publicUrl });
      const answer = await browser.post('/admin/sign-in', right);
      expect(answer.headers.getSetCookie()).toHaveLength(1);
      expect(answer.headers.getSetCookie()[0]).toMatch(line);
    },
  );

  test('takes no session that the browser brought along (fixation)', async () => {
    const { web, browser } = await open();
    const attacker = openAdminWeb(store).browser();
    await attacker.post('/admin/sign-in', right);
    const [[name, value] = ['', '']] = attacker.cookies;
    browser.cookies.set(name, value);
    await browser.post('/admin/sign-in', right);
    expect(browser.cookies.get(name)).not.toBe(value);
    // A token that nobody was given, unsigned or badly signed, opens nothing.
    for (const made of [
      'x',
      `${'A'.repeat(43)}.${'A'.repeat(43)}=`,
      decodeURIComponent(value).replace(/^./, '!'),
    ])
      expect(
        (await web.request('/admin/audit', { headers: { Cookie: `${name}=${encodeURIComponent(made)}` } }))
          .status,
      ).toBe(303);
  });

  test('says the same of a wrong password and an unknown address', async () => {
    const { browser } = await open();
    const pages = [];
    for (const name of ['ada@example.org', 'bob@example.org']) {
      const answer = await browser.post('/admin/sign-in', { name, password: 'wrong password' });
      expect(answer.status).toBe(401);
      pages.push((await answer.text()).replaceAll(name, 'NAME'));
    }
    expect(pages[0]).toBe(pages[1]);
    expect(pages[0]).toContain('do not match');
  });

  test('is limited by network, as a proxy that is trusted names it', async () => {
    const config = { ...webConfig(), access: { signUp: 'open' as const, trustedProxies: 1 } };
    const limits = { perNetwork: 2, perAccount: 100, windowMs: 60_000 };
    const { browser } = await open({ limits, with: { config } });
    const from = (address: string) => ({ 'X-Forwarded-For': `203.0.113.9, ${address}` });
    const wrong = { ...right, password: 'wrong password' };
    for (let n = 0; n < 2; n++) await browser.post('/admin/sign-in', wrong, from(`2001:db8::${n + 1}`));
    const refused = await browser.post('/admin/sign-in', right, from('2001:db8::99'));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await browser.post('/admin/sign-in', right, from('2001:db8:0:1::1'))).status).toBe(303);
  });

  test('behind a proxy that is not trusted is limited by account alone: nobody shuts out everybody', async () => {
    const { browser } = await open({ limits: { perNetwork: 2, perAccount: 3, windowMs: 60_000 } });
    const through = { 'X-Forwarded-For': '203.0.113.9' };
    for (let n = 0; n < 9; n++)
      await browser.post('/admin/sign-in', { name: `p${n}@example.org`, password: 'x' }, through);
    expect((await browser.post('/admin/sign-in', right, through)).status).toBe(303);
    for (let n = 0; n < 3; n++)
      await browser.post('/admin/sign-in', { name: 'bob@example.org', password: 'x' }, through);
    const refused = await browser.post('/admin/sign-in', { name: 'bob@example.org', password: 'x' }, through);
    expect(refused.status).toBe(429);
  });

  test('by passkey is offered a network so many times: nobody can crowd out the challenges of others', async () => {
    const config = { ...webConfig(), access: { signUp: 'open' as const, trustedProxies: 1 } };
    const limits = { perNetwork: 2, perAccount: 9, windowMs: 60_000 };
    const { browser } = await open({ limits, with: { config } });
    const ask = (address: string) =>
      browser.post('/admin/sign-in/passkey/options', {}, { 'X-Forwarded-For': address });
    const answers = [];
    for (let n = 0; n < 5; n++) answers.push((await ask('192.0.2.7')).status);
    expect(answers).toEqual([200, 200, 200, 200, 429]);
    expect((await ask('192.0.2.8')).status).toBe(200);
  });

  test('from another site is refused before it is looked at', async () => {
    const { browser } = await open();
    const answer = await browser.post('/admin/sign-in', right, { 'Sec-Fetch-Site': 'cross-site' });
    expect(answer.status).toBe(403);
    expect(browser.cookies.size).toBe(0);
  });

  test('with ADMIN_PASSWORD works from the first page on', async () => {
    const config = {
      secretKey: 'k'.repeat(43),
      web: { publicUrl: 'https://papers.example.org', host: '', port: 0 },
      admin: { password: 'from the settings', email: null },
    };
    const browser = openAdminWeb(store, { with: { config } }).browser();
    await browser.get('/admin');
    expect(
      (await browser.post('/admin/sign-in', { name: 'admin', password: 'from the settings' })).status,
    ).toBe(303);
    expect(await browser.text('/admin/account')).toContain('ADMIN_PASSWORD');
  });
});

describe('who is signed in', () => {
  test('gets every page fresh, kept by nobody and indexed by nobody', async () => {
    const { browser } = await openSignedIn(store);
    for (const path of ['/admin/audit', '/admin/account', '/admin/nothing']) {
      const { headers } = await browser.get(path);
      expect([headers.get('Cache-Control'), headers.get('X-Robots-Tag')], path).toEqual([
        'no-store',
        'noindex',
      ]);
      expect(headers.get('Content-Security-Policy')).toMatch(/script-src 'self'(;|$)/);
      expect(headers.get('Content-Security-Policy')).not.toContain('unsafe');
    }
  });

  test('is signed out by the button: the session is over, not only the cookie', async () => {
    const { browser } = await openSignedIn(store);
    const kept = new Map(browser.cookies);
    await browser.submit('/admin/account', '/admin/sign-out');
    expect(browser.cookies.size).toBe(0);
    for (const [name, value] of kept) browser.cookies.set(name, value);
    expect((await browser.get('/admin/audit')).status).toBe(303);
  });

  test('is signed out after three days without use', async () => {
    const { browser, wait } = await openSignedIn(store);
    wait(sessionLife.idleMs - 1);
    expect((await browser.get('/admin/audit')).status).toBe(200);
    wait(sessionLife.idleMs);
    expect((await browser.get('/admin/audit')).status).toBe(303);
  });
});

describe('a form of the admin pages', () => {
  test.each([
    '/admin/account/tokens',
    '/admin/account/password',
    '/admin/sign-out',
    '/admin/account/sessions/end-others',
    '/admin/account/passkeys/options',
  ])('without the token of this session is refused: %s', async (path) => {
    const { browser, site } = { ...(await openSignedIn(store)), site: null };
    void site;
    const before = store.raw.prepare('SELECT count(*) FROM admin_audit').pluck().get();
    const other = await openSignedIn(store, { email: 'ben@example.org' });
    const theirs = /name="form_token" value="([^"]+)"/.exec(await other.browser.text('/admin/account'))?.[1];
    for (const form_token of ['', 'x', theirs ?? ''])
      expect((await browser.post(path, { form_token, name: 'x', scope: 'read' })).status).toBe(403);
    expect(
      store.raw
        .prepare("SELECT count(*) FROM admin_audit WHERE act NOT IN ('add', 'password', 'sign_in')")
        .pluck()
        .get(),
    ).toBe(0);
    expect(before).toBeGreaterThan(0);
  });

  test('that was open for more than a day is refused with what to do', async () => {
    const { browser, wait } = await openSignedIn(store);
    const page = await browser.text('/admin/account');
    const form_token = /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '';
    wait(25 * 3_600_000);
    const answer = await browser.post('/admin/sign-out', { form_token });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('open for too long');
  });

  test('is there for every route that changes something: no POST passes without its token', async () => {
    const { web, browser } = await openSignedIn(store);
    const open = /^\/admin\/(sign-in|join)\b/;
    const posts = web.routes.filter(
      ({ method, path }) => method === 'POST' && path.startsWith('/admin/') && !open.test(path),
    );
    expect(posts.length).toBeGreaterThan(6);
    for (const { path } of posts)
      expect((await browser.post(path.replace(/:id[^/]*/, '1'))).status, path).toBe(403);
    // And what is no POST changes nothing.
    const others = web.routes.filter(
      ({ method, path }) => path.startsWith('/admin') && !['GET', 'POST', 'ALL'].includes(method),
    );
    expect(others).toEqual([]);
  });
});

describe('a one-time link', () => {
  const link = async () => {
    const added = await addAdmin(store.db, { email: 'new@example.org', name: 'Nele' }, monday);
    if (!added.ok) throw new Error(added.message);
    const { url } = await makeLink(store.db, added.admin, 'https://papers.example.org', monday);
    return new URL(url).pathname;
  };

  test('lets choose a password and signs in, once', async () => {
    const path = await link();
    const browser = openAdminWeb(store).browser();
    expect(await browser.text(path)).toContain('Welcome, Nele');
    expect((await browser.post(path, { password: 'short' })).status).toBe(422);
    const answer = await browser.post(path, { password: 'a fine new password' });
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, '/admin']);
    expect((await browser.get('/admin/audit')).status).toBe(200);
    const again = openAdminWeb(store).browser();
    expect((await again.get(path)).status).toBe(404);
    expect((await again.post(path, { password: 'another new password' })).status).toBe(404);
    expect(again.cookies.size).toBe(0);
  });

  test('is not used up by a mail scanner or messenger that looks at it', async () => {
    const path = await link();
    const { web } = openAdminWeb(store);
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) await web.request(path, { method });
    expect(await openAdminWeb(store).browser().text(path)).toContain('Welcome');
  });
});

describe('the account', () => {
  test('shows a token once, and never again', async () => {
    const { browser } = await openSignedIn(store);
    const made = await browser.submit('/admin/account', '/admin/account/tokens', {
      name: 'dashboard',
      scope: ['read', 'send'],
      days: '30',
    });
    const secret = /pb_[\w-]{43}/.exec(await made.text())?.[0] ?? '';
    expect(secret).not.toBe('');
    const page = await browser.text('/admin/account');
    expect(page).toContain(secret.slice(0, 8));
    expect(page).not.toContain(secret);
    expect(page).toContain('read, send');
    for (const days of ['-5', 'x', '1e9', ''])
      expect(
        (
          await browser.submit('/admin/account', '/admin/account/tokens', {
            ...{ name: 'x', scope: 'read', days },
          })
        ).status,
      ).toBe(422);
    await browser.submit('/admin/account', '/admin/account/tokens/1/revoke');
    expect(await browser.text('/admin/account')).toContain('revoked');
  });

  test('makes a token once, however often its answer is loaded again', async () => {
    const { browser } = await openSignedIn(store);
    const page = await browser.text('/admin/account');
    const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1] ?? '';
    const send = () =>
      browser.post('/admin/account/tokens', {
        ...{ form_token: hidden('form_token'), latest: hidden('latest') },
        ...{ name: 'dashboard', scope: 'read', days: '30' },
      });
    expect(await (await send()).text()).toMatch(/pb_[\w-]{43}/);
    const again = await send();
    expect(again.status).toBe(422);
    expect(await again.text()).toContain('No token was made');
    expect(store.raw.prepare('SELECT count(*) FROM api_tokens').pluck().get()).toBe(1);
    const other = await browser.submit('/admin/account', '/admin/account/tokens', {
      ...{ name: 'another', scope: 'read', days: '30' },
    });
    expect(other.status).toBe(200);
  });

  test('lists sessions and signs others out', async () => {
    const { browser: here } = await openSignedIn(store);
    const elsewhere = openAdminWeb(store).browser();
    await elsewhere.post('/admin/sign-in', right, {
      'User-Agent': 'Mozilla/5.0 (iPhone) Version/18 Safari/605',
    });
    expect(await here.text('/admin/account')).toContain('Safari on iPhone');
    await here.submit('/admin/account', '/admin/account/sessions/end-others');
    expect((await elsewhere.get('/admin/audit')).status).toBe(303);
    expect((await here.get('/admin/audit')).status).toBe(200);
  });

  test('changes the password with the current one only, and other sessions end', async () => {
    const { browser } = await openSignedIn(store);
    const elsewhere = openAdminWeb(store).browser();
    await elsewhere.post('/admin/sign-in', right);
    const change = (current: string) =>
      browser.submit('/admin/account', '/admin/account/password', { current, wanted: 'a fine new password' });
    expect((await change('wrong password')).status).toBe(422);
    expect((await elsewhere.get('/admin/audit')).status).toBe(200);
    expect((await change(password)).status).toBe(303);
    expect((await elsewhere.get('/admin/audit')).status).toBe(303);
    expect((await browser.get('/admin/audit')).status).toBe(200);
  });
});

describe('the audit page', () => {
  test('says who did what and what it was before, in pages', async () => {
    const { browser } = await openSignedIn(store);
    await browser.submit('/admin/account', '/admin/account/tokens', {
      name: '<b>bold</b>',
      scope: 'read',
      days: '30',
    });
    const page = await browser.text('/admin/audit?about=token');
    expect(page).toContain('ada@example.org');
    expect(page).toContain('token &lt;b&gt;bold&lt;/b&gt;');
    expect(page).not.toContain('<b>bold');
    store.raw.exec(`WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 120)
      INSERT INTO admin_audit (at, actor, act, subject, subject_id, after)
      SELECT 0, 'cli', 'edit', 'topic', id, '{"name":"n"}' FROM n`);
    const seen = new Set<string>();
    let next: string | undefined = '/admin/audit?about=topic';
    let pages = 0;
    while (next !== undefined && pages++ < 9) {
      const html: string = await browser.text(next);
      for (const [, id] of html.matchAll(/about=topic&amp;id=(\d+)/g)) seen.add(id ?? '');
      next = /rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
    }
    expect([pages, seen.size]).toEqual([3, 120]);
  });

  test.each([
    ['by=nobody', '“nobody” is no word for who did it: expected admin, '],
    ['act=zzz', '“zzz” is no act: expected add, '],
    ['about=foo', '“foo” is no word for what was changed: expected topic, '],
    ['day=2026-02-30', '“2026-02-30” is no date such as'],
    ['day=%00', 'is no date such as'],
    ['about=topic&id=-1', '“-1” is no id.'],
    [`before=${'9'.repeat(40)}`, 'is no id of an entry.'],
  ])('says what it cannot look for instead of showing everything: ?%s', async (query, words) => {
    const { browser } = await openSignedIn(store);
    const answer = await browser.get(`/admin/audit?${query}`);
    const page = await answer.text();
    expect(answer.status).toBe(422);
    expect(page).toContain(words);
    expect(page).toContain('Nothing was looked for.');
    expect(page).not.toContain('<table');
  });
});
