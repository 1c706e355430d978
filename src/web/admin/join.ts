import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { choosePasskeyByLink, choosePasswordByLink } from '../../admins/join.ts';
import { readLink } from '../../admins/links.ts';
import { relyingPartyOf, startRegistration } from '../../admins/passkeys.ts';
import { passwordLength } from '../../admins/passwords.ts';
import type { Admin } from '../../store/admins.ts';
import type { AdminDependencies } from './context.ts';
import { doorPage, notice } from './layout.ts';
import { letIn, rememberSession, visitorOf } from './sign-in.ts';

/** Where a one-time link leads: choose a password or make a passkey. Looking uses nothing up. */
export function joinPages(dependencies: AdminDependencies): Hono {
  const { store, config, clock, base, passwords, limits } = dependencies;
  const site = new Hono();
  const party = relyingPartyOf(config.web.publicUrl);
  const tokenOf = (c: Context) => c.req.param('token') ?? '';

  function show(c: Context, admin: Admin, problem?: string) {
    const self = `${base}/admin/join/${tokenOf(c)}`;
    return doorPage(
      base,
      admin.name ? `Welcome, ${admin.name}` : 'Welcome',
      [
        problem ? notice(problem, 'wrong') : '',
        html`<p>Choose what to sign in by from here on: a password${party ? ' or a passkey' : ''}.</p>
<form method="post" action="${self}">
<label for="name">Address</label>
<input id="name" value="${admin.email}" autocomplete="username" readonly>
<label for="password">A password <small>of at least ${passwordLength.least} characters: a few words in a row will
do</small></label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="${passwordLength.least}" maxlength="${passwordLength.most}" required>
<button>Save and sign in</button>
</form>`,
        party === null
          ? ''
          : html`<div data-passkey="register" data-options="${self}/passkey/options" data-answer="${self}/passkey" data-next="${base}/admin" hidden><p class="or">or</p><button type="button" class="quiet">Make a passkey instead</button><p class="wrong" role="alert"></p></div>`,
      ],
      party === null ? [] : ['webauthn.min.js', 'passkey.js'],
    );
  }
  const over = (c: Context) =>
    c.html(
      doorPage(base, 'This link does not work any more', [
        html`<p>It was used, is more than a day old, or a newer one was made.</p>
<p><a href="${base}/admin/sign-in">Sign in</a>, or have a new one printed where Paperboy is installed:
<code>paperboy admins link ADDRESS</code></p>`,
      ]),
      404,
    );

  site.get('/admin/join/:token', async (c) => {
    const admin = await readLink(store.db, tokenOf(c), clock.now());
    return admin ? c.html(show(c, admin)) : over(c);
  });

  site.post('/admin/join/:token', async (c) => {
    const { password } = await c.req.parseBody().catch(() => ({}) as Record<string, unknown>);
    const result = await choosePasswordByLink(
      { db: store.db, passwords, limits },
      tokenOf(c),
      typeof password === 'string' ? password : '',
      visitorOf(c, dependencies),
      clock.now(),
    );
    if (result.ok) return await letIn(c, dependencies, result, `${base}/admin`);
    const admin = await readLink(store.db, tokenOf(c), clock.now());
    if (!admin || result.reason !== 'password') return over(c);
    return c.html(show(c, admin, result.message), 422);
  });

  if (party === null) return site;

  site.post('/admin/join/:token/passkey/options', async (c) => {
    const admin = await readLink(store.db, tokenOf(c), clock.now());
    if (!admin) return c.json({ problem: 'This link does not work any more.' }, 404);
    return c.json(await startRegistration(store.db, party, admin, clock.now()));
  });

  site.post('/admin/join/:token/passkey', async (c) => {
    const given = (await c.req.json().catch(() => null)) as { response?: unknown } | null;
    const result = await choosePasskeyByLink(
      store.db,
      party,
      tokenOf(c),
      given?.response,
      visitorOf(c, dependencies),
      clock.now(),
    );
    if (!result.ok) return c.json({ problem: result.message }, 422);
    await rememberSession(c, dependencies, result);
    return c.json({ ok: true });
  });

  return site;
}
