import { domainToASCII } from 'node:url';
import type { Command } from 'commander';
import { isPaused, knownForMs } from '../delivery/slow-domains.ts';
import { countDeferred, loadSlowDomains, releaseDomain } from '../store/slow-domains.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { counted, instantWords, shortened, table } from './output.ts';

export function addDomainsCommands(program: Command, surroundings: Surroundings): void {
  const domains = program
    .command('domains')
    .description('recipient domains whose mail servers asked us to slow down');

  define(
    domains
      .command('list')
      .description('how many connections each may use, until when it is paused, what waits, what it said'),
    surroundings,
    true,
    async ({ app, out }) => {
      const now = app.clock.now();
      const slow = await loadSlowDomains(app.store.db, now - knownForMs);
      const waiting = await countDeferred(app.store.db);
      const entries = slow.map((one) => ({
        ...one,
        pausedUntil: isPaused(one, now) ? new Date(one.pausedUntil).toISOString() : null,
        updatedAt: new Date(one.updatedAt).toISOString(),
        waiting: waiting.get(one.domain) ?? 0,
      }));
      out.answer(entries, () =>
        entries.length === 0
          ? 'No domain is slow.'
          : table([
              ['DOMAIN', 'CONNECTIONS', 'PAUSED UNTIL', 'WAITING', 'SAID'],
              ...entries.map((one) => [
                one.domain,
                one.connections,
                one.pausedUntil && instantWords(Date.parse(one.pausedUntil)),
                one.waiting,
                shortened(one.reply, 90),
              ]),
            ]),
      );
    },
  );

  define(
    domains
      .command('release')
      .description('forget that a domain is slow: what waits for it goes out with the next run')
      .argument('<domain>'),
    surroundings,
    true,
    async ({ app, out }, _options, [given = '']) => {
      const domain = domainToASCII(given.trim()) || given;
      const released = await releaseDomain(app.store.db, domain, app.clock.now());
      if (!released)
        throw new CommandError(`${domain} is not slow; \`paperboy domains list\` shows which are.`);
      out.answer(
        { domain, ...released },
        () =>
          `${domain} is as any other again; ${counted(released.ready, 'delivery', 'deliveries')} for it can go.`,
      );
    },
  );
}
