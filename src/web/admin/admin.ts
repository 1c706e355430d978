import { Hono } from 'hono';
import { createSignInLimits } from '../../admins/limits.ts';
import { createPasswords } from '../../admins/passwords.ts';
import { keepSettingAdmin } from '../../admins/setting-admin.ts';
import { basePath, type WebDependencies } from '../context.ts';
import { accountPages } from './account.ts';
import { auditPages } from './audit.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { privately, requireAdmin } from './gate.ts';
import { joinPages } from './join.ts';
import { overviewPages } from './overview.ts';
import { sendingPages } from './sending.ts';
import { signInPages } from './sign-in.ts';
import { signOutPages } from './sign-out.ts';
import { subscriberPages } from './subscribers.ts';
import { topicPages } from './topics.ts';

/** Everything under `/admin`. What stands behind the gate is for who is signed in; a new room goes there. */
export function adminPages(given: WebDependencies): Hono<AdminEnv> {
  const dependencies: AdminDependencies = {
    ...given,
    passwords: given.signIn?.passwords ?? createPasswords(),
    limits: given.signIn?.limits ?? createSignInLimits(),
    base: basePath(given.config),
  };
  const site = new Hono<AdminEnv>();
  const prepare = prepareOnce(dependencies);

  site.use('/admin/*', privately);
  site.use('/admin/*', async (_c, next) => {
    await prepare();
    await next();
  });
  site.route('/', signInPages(dependencies));
  site.route('/', joinPages(dependencies));

  site.use('/admin/*', requireAdmin(dependencies));
  for (const pages of [
    signOutPages,
    overviewPages,
    topicPages,
    subscriberPages,
    sendingPages,
    auditPages,
    accountPages,
  ])
    site.route('/', pages(dependencies));
  return site;
}

/** Before the first page: what ADMIN_PASSWORD says. Tried again when it failed. */
function prepareOnce({ store, passwords, config, clock }: AdminDependencies): () => Promise<void> {
  const setting = config.admin ?? { password: null, email: null };
  let prepared: Promise<void> | null = null;
  return () => {
    prepared ??= keepSettingAdmin({ db: store.db, passwords }, setting, clock.now()).catch((error) => {
      prepared = null;
      throw error;
    });
    return prepared;
  };
}
