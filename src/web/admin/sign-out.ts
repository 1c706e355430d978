import { Hono } from 'hono';
import { endSessions } from '../../admins/sessions.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { clearSessionCookie } from './cookie.ts';

export function signOutPages(dependencies: AdminDependencies): Hono<AdminEnv> {
  const { store, clock, base } = dependencies;
  const site = new Hono<AdminEnv>();
  site.post('/admin/sign-out', async (c) => {
    const { admin, session } = c.var.signedIn;
    await endSessions(store.db, admin.id, { id: session.id }, clock.now());
    clearSessionCookie(c, dependencies);
    return c.redirect(`${base}/admin/sign-in`, 303);
  });
  return site;
}
