import type { Command } from 'commander';
import { addToken, revokeToken, tokenScopes } from '../admins/tokens.ts';
import { iso } from '../clock.ts';
import { listApiTokens } from '../store/api-tokens.ts';
import { collect, readCount } from './arguments.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { instantWords, table } from './output.ts';

const dayMs = 24 * 3_600_000;

export function addTokensCommands(program: Command, surroundings: Surroundings): void {
  const tokens = program
    .command('tokens')
    .description('tokens with scopes, for programs that use the API (/api/v1)');

  define(
    tokens
      .command('add')
      .description('make a token and print it, once')
      .argument('<name>', 'who or what it is for')
      .option('--scope <scope>', `what it may do, several times: ${tokenScopes.join(', ')}`, collect)
      .option('--days <count>', 'for how many days it is good; for ever when not given', readCount(1, 3650)),
    surroundings,
    true,
    async ({ app, out }, options, [name = '']) => {
      const now = app.clock.now();
      const days = options.days as number | undefined;
      const added = await addToken(
        app.store.db,
        {
          name,
          scopes: (options.scope as string[] | undefined) ?? ['read'],
          expiresAt: days === undefined ? null : now + days * dayMs,
        },
        now,
      );
      if (!added.ok) throw new CommandError(added.message);
      const { token, secret } = added;
      out.answer({ ...documentOf(token), token: secret }, () => [
        `Token ${token.id} for ${token.name} (${token.scopes.join(', ')}). It is shown this once:`,
        `  ${secret}`,
      ]);
    },
  );

  define(
    tokens.command('list').description('tokens, without what is secret of them'),
    surroundings,
    true,
    async ({ app, out }) => {
      const listed = await listApiTokens(app.store.db);
      const now = app.clock.now();
      out.answer(listed.map(documentOf), () =>
        listed.length === 0
          ? 'No tokens: `paperboy tokens add NAME --scope read` makes one.'
          : table([
              ['ID', 'NAME', 'TOKEN', 'SCOPES', 'LAST USED', 'GOOD UNTIL'],
              ...listed.map((one) => [
                one.id,
                one.name,
                `${one.hint}…`,
                one.scopes.join(', '),
                instantWords(one.lastUsedAt),
                one.revokedAt !== null
                  ? `revoked ${instantWords(one.revokedAt)}`
                  : one.expiresAt === null
                    ? 'for ever'
                    : `${one.expiresAt <= now ? 'expired ' : ''}${instantWords(one.expiresAt)}`,
              ]),
            ]),
      );
    },
  );

  define(
    tokens
      .command('revoke')
      .description('end a token at once')
      .argument('<id>', 'as `tokens list` shows it', readCount(1, Number.MAX_SAFE_INTEGER)),
    surroundings,
    true,
    async ({ app, out }, _options, [id]) => {
      const token = await revokeToken(app.store.db, Number(id), app.clock.now());
      if (!token) throw new CommandError(`There is no token ${id}. \`paperboy tokens list\` shows them.`);
      out.answer(documentOf(token), () => `Token ${token.id} for ${token.name} is revoked.`);
    },
  );
}

function documentOf(token: Awaited<ReturnType<typeof listApiTokens>>[number]) {
  return {
    ...token,
    createdAt: iso(token.createdAt),
    lastUsedAt: iso(token.lastUsedAt),
    expiresAt: iso(token.expiresAt),
    revokedAt: iso(token.revokedAt),
  };
}
