import type { Command } from 'commander';
import { addAdmin, findAdminByName, removeAdmin } from '../admins/admins.ts';
import { makeLink } from '../admins/links.ts';
import type { App } from '../app.ts';
import { type Admin, listAdmins } from '../store/admins.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { instantWords, table } from './output.ts';

export function addAdminsCommands(program: Command, surroundings: Surroundings): void {
  const admins = program.command('admins').description("who may use the admin's pages at PUBLIC_URL/admin");

  define(
    admins
      .command('add')
      .description('add an admin; prints a one-time link by which they choose a password or a passkey')
      .argument('<email>')
      .option('--name <name>', 'what to call them'),
    surroundings,
    true,
    async ({ app, out }, options, [email = '']) => {
      const added = await addAdmin(
        app.store.db,
        { email, name: options.name as string | undefined },
        app.clock.now(),
      );
      if (!added.ok) throw new CommandError(added.message);
      const link = await linkFor(app, added.admin);
      out.answer(link, () => [`Added ${added.admin.email}.`, ...linkWords(link)]);
    },
  );

  define(
    admins
      .command('link')
      .description(
        'print a new one-time link for an admin who lost password and passkey; older links stop working',
      )
      .argument('<email>'),
    surroundings,
    true,
    async ({ app, out }, _options, [email = '']) => {
      const admin = await findAdminOrFail(app, email);
      if (admin.fromSetting)
        throw new CommandError(`${admin.email} signs in with ADMIN_PASSWORD; change it there and restart.`);
      const link = await linkFor(app, admin);
      out.answer(link, () => linkWords(link));
    },
  );

  define(
    admins.command('list').description('admins, and when they were last here'),
    surroundings,
    true,
    async ({ app, out }) => {
      const listed = await listAdmins(app.store.db, app.clock.now());
      const documents = listed.map(
        ({ id, email, name, passwordHash, fromSetting, passkeys, sessions, ...one }) => ({
          ...{ id, email, name, password: passwordHash !== null, fromSetting, passkeys, sessions },
          lastUsedAt: one.lastUsedAt === null ? null : new Date(one.lastUsedAt).toISOString(),
          createdAt: new Date(one.createdAt).toISOString(),
        }),
      );
      out.answer(documents, () =>
        documents.length === 0
          ? 'No admins: `paperboy admins add EMAIL` adds one.'
          : table([
              ['EMAIL', 'NAME', 'SIGNS IN BY', 'SESSIONS', 'LAST HERE'],
              ...documents.map((one, index) => [
                one.email,
                one.name,
                [
                  ...(one.fromSetting ? ['ADMIN_PASSWORD'] : one.password ? ['password'] : []),
                  ...(one.passkeys > 0 ? [one.passkeys === 1 ? 'passkey' : `${one.passkeys} passkeys`] : []),
                ].join(', ') || 'nothing yet',
                one.sessions,
                instantWords(listed[index]?.lastUsedAt ?? null),
              ]),
            ]),
      );
    },
  );

  define(
    admins
      .command('remove')
      .description('end what an admin may do, at once; what they did stays in the audit log')
      .argument('<email>'),
    surroundings,
    true,
    async ({ app, out }, _options, [email = '']) => {
      const admin = await findAdminOrFail(app, email);
      if (admin.fromSetting)
        throw new CommandError(`${admin.email} is there as long as ADMIN_PASSWORD is set; remove that.`);
      await removeAdmin(app.store.db, admin.id, app.clock.now());
      out.answer({ id: admin.id, email: admin.email }, () => `Removed ${admin.email}.`);
    },
  );
}

async function findAdminOrFail(app: App, email: string): Promise<Admin> {
  const admin = await findAdminByName(app.store.db, email);
  if (!admin) throw new CommandError(`There is no admin ${email}. \`paperboy admins list\` shows them.`);
  return admin;
}

async function linkFor(app: App, { email, ...admin }: Admin) {
  const { url, expiresAt } = await makeLink(
    app.store.db,
    { email, ...admin },
    app.config.web.publicUrl,
    app.clock.now(),
  );
  return { id: admin.id, email, link: url, expiresAt: new Date(expiresAt).toISOString() };
}

function linkWords({ link, expiresAt }: { link: string; expiresAt: string }): string[] {
  return [
    `This link works once, until ${instantWords(Date.parse(expiresAt))}, and lets whoever has it sign in:`,
    `  ${link}`,
  ];
}
