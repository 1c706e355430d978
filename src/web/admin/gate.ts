import type { Context, MiddlewareHandler } from 'hono';
import { html } from 'hono/html';
import { readSession } from '../../admins/sessions.ts';
import { actingAs } from '../../store/acting.ts';
import { hasAdmins } from '../../store/admins.ts';
import { formTokenField, formTokenInput, makeFormToken, readFormToken } from '../shell/forms.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readSessionCookie } from './cookie.ts';
import { doorPage } from './layout.ts';

/** One token serves every form of a session: the session is what it is bound to. */
const formClaim = (tokenHash: string) => ({ form: 'admin', holder: tokenHash });

/** Everything here is for one person at one moment. */
export const privately: MiddlewareHandler = async (c, next) => {
  c.header('Cache-Control', 'no-store');
  c.header('X-Robots-Tag', 'noindex');
  await next();
};

/**
 * Lets in who is signed in, and of what they send only forms that came from a page of theirs. What is changed within
 * is changed in their name. Whatever is routed behind it needs no check of its own.
 */
export function requireAdmin(dependencies: AdminDependencies): MiddlewareHandler<AdminEnv> {
  const { store, config, clock, base } = dependencies;
  return async (c, next) => {
    const now = clock.now();
    const token = await readSessionCookie(c, dependencies);
    const signedIn = token === null ? null : await readSession(store.db, token, now);
    if (!signedIn) return await turnAway(c, dependencies);
    const claim = formClaim(signedIn.session.tokenHash);
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      const read = readFormToken(await givenToken(c), claim, config.secretKey, now);
      if (!read.ok) return refuseForm(c, base, read.reason === 'stale');
    }
    c.set('signedIn', signedIn);
    c.set('base', base);
    c.set('formToken', formTokenInput(claim, config.secretKey, now));
    c.set('formTokenText', makeFormToken(claim, config.secretKey, now));
    await actingAs({ kind: 'admin', id: signedIn.admin.id }, next);
  };
}

async function givenToken(c: Context): Promise<string | undefined> {
  const header = c.req.header('X-Form-Token');
  if (header !== undefined) return header;
  // What goes wrong with the connection, or a body over the limit, is not the form's fault.
  await c.req.arrayBuffer();
  const body = await c.req.parseBody().catch(() => ({}) as Record<string, unknown>);
  const field = body[formTokenField];
  return typeof field === 'string' ? field : undefined;
}

async function turnAway(c: Context, { store, base }: AdminDependencies) {
  if (!(await hasAdmins(store.db)))
    return c.html(
      doorPage(base, 'There is no admin yet', [
        html`<p>Where Paperboy is installed, this prints a link to sign in by:</p>
<pre><code>npx paperboy admins add you@example.org</code></pre>
<p class="hint">Or set ADMIN_PASSWORD and start it again.</p>`,
      ]),
    );
  const door = `${base}/admin/sign-in`;
  if (c.req.header('HX-Request')) {
    c.header('HX-Redirect', door);
    return c.body(null, 401);
  }
  if (c.req.method === 'GET' || c.req.method === 'HEAD') {
    const { search } = new URL(c.req.url);
    const wanted = c.req.path === '/admin' ? '' : `?next=${encodeURIComponent(c.req.path + search)}`;
    return c.redirect(door + wanted, 303);
  }
  return c.html(
    doorPage(base, 'You are signed out', [
      html`<p>Nothing was changed. <a href="${door}">Sign in</a> and do it again.</p>`,
    ]),
    401,
  );
}

function refuseForm(c: Context, base: string, isStale: boolean) {
  return c.html(
    doorPage(base, isStale ? 'This page was open for too long' : 'This form did not come from a page here', [
      html`<p>Nothing was changed. Please <a href="${base}/admin">open the page again</a> and repeat it.</p>`,
    ]),
    403,
  );
}

/** Where to go after signing in: a page of ours and nothing else. */
export function safeNext(text: string | undefined): string {
  return text !== undefined &&
    /^\/admin(?:[/?][\x21-\x5b\x5d-\x7e]*)?$/.test(text) &&
    !text.includes('//') &&
    // `..` would lead out of here, to what else is at this host.
    /^\/admin(?:[/?]|$)/.test(new URL(text, 'http://x').pathname)
    ? text
    : '/admin';
}
