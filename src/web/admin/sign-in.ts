import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { describeDevice } from '../../admins/device.ts';
import { relyingPartyOf, signInWithPasskey, startPasskeySignIn } from '../../admins/passkeys.ts';
import { type OpenedSession, readSession, sessionLife } from '../../admins/sessions.ts';
import { type SignInResult, signInWithPassword, type Visitor } from '../../admins/sign-in.ts';
import { hasAdmins } from '../../store/admins.ts';
import type { WebDependencies } from '../context.ts';
import { ownNetworkOf } from '../shell/network.ts';
import type { AdminDependencies } from './context.ts';
import { readSessionCookie, writeSessionCookie } from './cookie.ts';
import { safeNext } from './gate.ts';
import { doorPage, notice } from './layout.ts';

/** Where signing in asks for a name and a password, or a passkey. */
export function signInPages(dependencies: AdminDependencies): Hono {
  const { store, config, clock, base, passwords, limits } = dependencies;
  const site = new Hono();
  const party = relyingPartyOf(config.web.publicUrl);

  function show(given: { name?: string; next: string; problem?: string }) {
    return doorPage(
      base,
      'Sign in',
      [
        given.problem ? notice(given.problem, 'wrong') : '',
        html`<form method="post" action="${base}/admin/sign-in">
<input type="hidden" name="next" value="${given.next}">
<label for="name">Address</label>
<input id="name" name="name" value="${given.name ?? ''}" autocomplete="username webauthn" autocapitalize="none" spellcheck="false" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>`,
        party === null
          ? ''
          : html`<div data-passkey="sign-in" data-options="${base}/admin/sign-in/passkey/options" data-answer="${base}/admin/sign-in/passkey" data-next="${
              base + given.next
            }" hidden><p class="or">or</p><button type="button" class="quiet">Sign in with a passkey</button><p class="wrong" role="alert"></p></div>`,
        html`<p class="hint">Lost both? Where Paperboy is installed, <code>paperboy admins link ADDRESS</code> prints a new
link.</p>`,
      ],
      party === null ? [] : ['webauthn.min.js', 'passkey.js'],
    );
  }

  site.get('/admin/sign-in', async (c) => {
    const next = safeNext(c.req.query('next'));
    const token = await readSessionCookie(c, dependencies);
    if (token !== null && (await readSession(store.db, token, clock.now())))
      return c.redirect(base + next, 303);
    if (!(await hasAdmins(store.db))) return c.redirect(`${base}/admin`, 303);
    return c.html(show({ next }));
  });

  site.post('/admin/sign-in', async (c) => {
    const form = await c.req.parseBody().catch(() => ({}) as Record<string, unknown>);
    const text = (name: string) => (typeof form[name] === 'string' ? form[name].slice(0, 1000) : '');
    const next = safeNext(text('next'));
    const given = { name: text('name').trim(), password: text('password') };
    const result = await signInWithPassword(
      { db: store.db, passwords, limits },
      given,
      visitorOf(c, dependencies),
      clock.now(),
    );
    if (result.ok) return await letIn(c, dependencies, result, base + next);
    if (result.reason === 'too_often') c.header('Retry-After', String(Math.ceil(result.waitMs / 1000)));
    return c.html(
      show({ name: given.name, next, problem: problemOf(result) }),
      result.reason === 'too_often' ? 429 : 401,
    );
  });

  if (party === null) return site;

  site.post('/admin/sign-in/passkey/options', async (c) =>
    (await limits.takeChallenge(ownNetworkOf(c, config.access?.trustedProxies)))
      ? c.json(await startPasskeySignIn(store.db, party, clock.now()))
      : c.json({ problem: 'Too many tries. Please wait a quarter of an hour.' }, 429),
  );

  site.post('/admin/sign-in/passkey', async (c) => {
    const given = (await c.req.json().catch(() => null)) as { response?: unknown } | null;
    const result = await signInWithPasskey(
      { db: store.db, limits },
      party,
      given?.response,
      visitorOf(c, dependencies),
      clock.now(),
    );
    if (!result.ok) return c.json({ problem: problemOf(result, 'This passkey is not known here.') }, 401);
    await rememberSession(c, dependencies, result);
    return c.json({ ok: true });
  });

  return site;
}

function problemOf(
  result: SignInResult & { ok: false },
  wrong = 'Address and password do not match an admin.',
): string {
  if (result.reason === 'wrong') return wrong;
  const minutes = Math.ceil(result.waitMs / 60_000);
  return `Too many tries. Please wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`;
}

export function visitorOf(c: Context, { config }: WebDependencies): Visitor {
  return {
    network: ownNetworkOf(c, config.access?.trustedProxies),
    device: describeDevice(c.req.header('User-Agent')),
  };
}

export async function rememberSession(
  c: Context,
  dependencies: AdminDependencies,
  { token }: OpenedSession,
): Promise<void> {
  await writeSessionCookie(c, dependencies, token, sessionLife.wholeMs);
}

/** Hands the browser its session and sends it on. */
export async function letIn(
  c: Context,
  dependencies: AdminDependencies,
  opened: OpenedSession,
  next: string,
): Promise<Response> {
  await rememberSession(c, dependencies, opened);
  return c.redirect(next, 303);
}
