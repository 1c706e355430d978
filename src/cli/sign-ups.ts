import type { Command } from 'commander';
import { iso } from '../clock.ts';
import { listOpenSignUps, type SignUp } from '../store/sign-ups.ts';
import { readCount } from './arguments.ts';
import { define, type Surroundings } from './command.ts';
import { instantWords, table } from './output.ts';

export function addSignUpsCommand(subscribers: Command, surroundings: Surroundings): void {
  define(
    subscribers
      .command('sign-ups')
      .description('who asked for mail on the pages and has not confirmed it, the latest first')
      .option('--limit <count>', 'how many', readCount(1, 10_000)),
    surroundings,
    true,
    async ({ app, out }, options) => {
      const limit = (options.limit as number | undefined) ?? (out.json ? 10_000 : 50);
      const signUps = await listOpenSignUps(app.store.db, { now: app.clock.now(), limit });
      out.answer(signUps.map(documentOf), () =>
        signUps.length === 0
          ? 'Nobody waits: whoever confirms is a subscriber, and the others are forgotten after a week.'
          : table([
              ['ID', 'EMAIL', 'ASKED', 'EXPIRES', 'MAIL'],
              ...signUps.map((one) => [
                one.id,
                one.email,
                instantWords(one.createdAt),
                instantWords(one.expiresAt),
                fateOf(one),
              ]),
            ]),
      );
    },
  );
}

function documentOf(one: SignUp) {
  return {
    id: one.id,
    email: one.email,
    askedAt: iso(one.createdAt),
    expiresAt: iso(one.expiresAt),
    mail: one.mail,
    mailedAt: iso(one.mailedAt),
    nextTryAt: iso(one.mailAt),
    tries: one.attempts,
  };
}

function fateOf({ mail, mailedAt, mailAt, attempts }: SignUp): string {
  switch (mail) {
    case 'confirm':
      return `link mailed ${instantWords(mailedAt)}`;
    case 'known':
      return 'subscribed already: told so by mail';
    case 'suppressed':
      return 'none: the address is suppressed';
    case 'capped':
      return 'none: enough mails that day';
    case 'failed':
      return `none: the server did not take it (${attempts === 1 ? 'one try' : `${attempts} tries`})`;
    default:
      return attempts === 0 ? 'to be mailed' : `tried, again at ${instantWords(mailAt)}`;
  }
}
