import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { changePassword } from '../../admins/change-password.ts';
import { endSessions, isOver } from '../../admins/sessions.ts';
import { addToken, revokeToken } from '../../admins/tokens.ts';
import { listSessions } from '../../store/admin-sessions.ts';
import { findLatestTokenId } from '../../store/api-tokens.ts';
import { atomically } from '../../store/atomically.ts';
import { known } from '../shell/known.ts';
import { ownNetworkOf } from '../shell/network.ts';
import { passkeyRoutes, passkeySection } from './account-passkeys.ts';
import { tokenSection } from './account-tokens.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readTexts } from './form-values.ts';
import { adminPage, instant, notice, scrolled } from './layout.ts';

const dayMs = 24 * 3_600_000;
const madeSince =
  'No token was made: one was made since this page was opened, by this form or by another admin. It is in the list; make one here if you need another.';
const done: Record<string, string> = {
  password: 'The password is changed. Whoever else was signed in as you is not any more.',
  passkey: 'The passkey is kept.',
  passkey_removed: 'The passkey is removed.',
  session: 'That browser is signed out.',
  sessions: 'All other browsers are signed out.',
  revoked: 'The token is revoked.',
};

/** One's own password, passkeys and sessions; and the tokens of programs. */
export function accountPages(dependencies: AdminDependencies): Hono<AdminEnv> {
  const { store, clock, base, passwords, limits } = dependencies;
  const site = new Hono<AdminEnv>();
  const self = `${base}/admin/account`;

  async function show(c: Context<AdminEnv>, told: { problem?: string; secret?: string } = {}) {
    const { problem, secret } = told;
    const word = known(done, c.req.query('done'));
    const [passkeys, sessions, tokens] = await Promise.all([
      passkeySection(c, dependencies),
      sessionSection(c),
      tokenSection(c, dependencies, secret),
    ]);
    return adminPage(
      c,
      'Account',
      [
        problem ? notice(problem, 'wrong') : word && c.req.method === 'GET' ? notice(word) : '',
        passwordSection(c),
        passkeys,
        sessions,
        tokens,
      ],
      { at: 'account', scripts: ['webauthn.min.js', 'passkey.js'] },
    );
  }

  function passwordSection(c: Context<AdminEnv>) {
    const { admin } = c.var.signedIn;
    if (admin.fromSetting)
      return html`<section><h2>Password</h2>
<p>You sign in as <strong>${admin.email}</strong> with ADMIN_PASSWORD. To change it, change the setting and start Paperboy
again. To have an account of your own: <code>paperboy admins add you@example.org</code></p></section>`;
    return html`<section><h2>Password</h2>
<p class="hint">For ${admin.email}${
      admin.passwordHash === null
        ? ', who has none yet and signs in by passkey'
        : html`, last changed ${instant(admin.passwordChangedAt)} UTC`
    }.</p>
<form method="post" action="${self}/password" class="narrow">${c.var.formToken}
<input name="name" value="${admin.email}" autocomplete="username" hidden>
${
  admin.passwordHash === null
    ? ''
    : html`<label for="current">The current one</label>
<input id="current" name="current" type="password" autocomplete="current-password" required>`
}
<label for="wanted">The new one <small>of at least 12 characters</small></label>
<input id="wanted" name="wanted" type="password" autocomplete="new-password" minlength="12" maxlength="200" required>
<button>Change the password</button>
</form></section>`;
  }

  async function sessionSection(c: Context<AdminEnv>) {
    const { admin, session: here } = c.var.signedIn;
    const sessions = (await listSessions(store.db, admin.id)).filter((one) => !isOver(one, clock.now()));
    return html`<section><h2>Where you are signed in</h2>
${scrolled(
  'Where you are signed in',
  html`<table class="stacked"><thead><tr><th scope="col">Browser</th><th scope="col">Since (UTC)</th><th scope="col">Last used (UTC)</th><th scope="col"><span class="unseen">Act</span></th></tr></thead>
<tbody>${sessions.map(
    (one) =>
      html`<tr><td>${one.device}</td><td data-name="Since (UTC)">${instant(one.createdAt)}</td><td data-name="Last used (UTC)">${instant(one.lastUsedAt)}</td><td>${
        one.id === here.id
          ? html`<span class="hint">this one</span>`
          : html`<form method="post" action="${self}/sessions/${one.id}/end">${c.var.formToken}<button class="quiet small">Sign out</button></form>`
      }</td></tr>`,
  )}</tbody></table>`,
)}
${
  sessions.length > 1
    ? html`<form method="post" action="${self}/sessions/end-others">${c.var.formToken}<button class="quiet">Sign out all others</button></form>`
    : ''
}</section>`;
  }

  site.get('/admin/account', async (c) => c.html(await show(c)));

  site.post('/admin/account/password', async (c) => {
    const { admin, session } = c.var.signedIn;
    const form = await readTexts(c);
    const given = { current: form.one('current'), wanted: form.one('wanted') };
    const here = {
      sessionId: session.id,
      network: ownNetworkOf(c, dependencies.config.access?.trustedProxies),
    };
    const result = await changePassword({ db: store.db, passwords, limits }, admin, given, here, clock.now());
    if (!result.ok) return c.html(await show(c, { problem: result.message }), 422);
    return c.redirect(`${self}?done=password`, 303);
  });

  site.post('/admin/account/sessions/end-others', async (c) => {
    const { admin, session } = c.var.signedIn;
    await endSessions(store.db, admin.id, { exceptId: session.id }, clock.now());
    return c.redirect(`${self}?done=sessions`, 303);
  });

  site.post('/admin/account/sessions/:id{[0-9]+}/end', async (c) => {
    await endSessions(store.db, c.var.signedIn.admin.id, { id: Number(c.req.param('id')) }, clock.now());
    return c.redirect(`${self}?done=session`, 303);
  });

  site.post('/admin/account/tokens', async (c) => {
    const form = await readTexts(c);
    const days = Number(form.one('days') || Number.NaN);
    if (!Number.isInteger(days) || days < 0 || days > 3650)
      return c.html(await show(c, { problem: 'A token is good for 1 to 3650 days, or for ever.' }), 422);
    const now = clock.now();
    const expiresAt = days > 0 ? now + days * dayMs : null;
    const given = { name: form.one('name'), scopes: form.all('scope'), expiresAt };
    const added = await atomically(store.db, async (trx) => {
      // The answer is a page that can be loaded again: that sends its form once more.
      const isAgain = form.one('latest') !== String(await findLatestTokenId(trx));
      return isAgain ? ({ ok: false, message: madeSince } as const) : await addToken(trx, given, now);
    });
    // Shown in the answer itself: an address to fetch it from again there is none.
    return added.ok
      ? c.html(await show(c, { secret: added.secret }))
      : c.html(await show(c, { problem: added.message }), 422);
  });

  site.post('/admin/account/tokens/:id{[0-9]+}/revoke', async (c) => {
    await revokeToken(store.db, Number(c.req.param('id')), clock.now());
    return c.redirect(`${self}?done=revoked`, 303);
  });

  site.route('/', passkeyRoutes(dependencies));
  return site;
}
