import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import type { App } from '../app.ts';
import { type NamedSuppression, nameSuppressions, suppressAddress } from '../bounces/suppress.ts';
import { exportSuppressions, importSuppressions } from '../bounces/suppression-list.ts';
import { parseAddress } from '../mail/addresses.ts';
import { liftSuppression, listSuppressions, type SuppressionFilter } from '../store/suppressions.ts';
import { readCount } from './arguments.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { counted, instantWords, oneLine, table } from './output.ts';

export function addSuppressionsCommands(program: Command, surroundings: Surroundings): void {
  const suppressions = program
    .command('suppressions')
    .description('addresses that must not be mailed, and why');

  define(
    suppressions
      .command('list')
      .description(
        'those that stand, in the order they were made; an address is shown while a subscriber has it',
      )
      .option('--email <address>', 'only this address, with what was lifted')
      .option('--all', 'those that were lifted too')
      .option('--reason <reason>', 'only these, such as user_unknown, complaint, manual')
      .option('--after <id>', 'only those newer than this id', readCount(1, Number.MAX_SAFE_INTEGER))
      .option('--limit <count>', 'how many; with --json all when not given', readCount(1, 1_000_000)),
    surroundings,
    false,
    async ({ app, out }, options) => {
      const filter: SuppressionFilter = {
        limit: (options.limit as number | undefined) ?? (out.json ? Number.MAX_SAFE_INTEGER : 50),
        lifted: Boolean(options.all) || options.email !== undefined,
      };
      if (options.email) filter.addressHash = hashOf(app, options.email as string);
      if (options.reason) filter.reason = options.reason as string;
      if (options.after) filter.afterId = options.after as number;
      const found = await nameSuppressions(
        app.store.db,
        app.hashAddress,
        await listSuppressions(app.store.db, filter),
      );
      out.answer(found.map(suppressionDocument), () =>
        found.length === 0
          ? 'No address is suppressed.'
          : table([
              ['ID', 'ADDRESS', 'REASON', 'BY', 'SINCE', 'LIFTED', 'NOTE'],
              ...found.map((one) => [
                one.id,
                one.email ?? `(${one.addressHash.slice(0, 8)}…)`,
                one.reason,
                one.origin,
                instantWords(one.createdAt),
                one.liftedAt === null ? '-' : instantWords(one.liftedAt),
                oneLine(one.liftedNote ?? one.note ?? '-'),
              ]),
            ]),
      );
    },
  );

  define(
    suppressions
      .command('add')
      .description('never mail this address, whoever asks')
      .argument('<email>')
      .option('--note <text>', 'why'),
    surroundings,
    true,
    async ({ app, out }, options, [email = '']) => {
      const note = (options.note as string | undefined)?.slice(0, 500) ?? null;
      const added = await suppressAddress(app.store.db, hashOf(app, email), note, app.clock.now());
      out.answer({ email, added }, () =>
        added ? `${email} is suppressed: nothing is mailed there.` : `${email} was suppressed already.`,
      );
    },
  );

  define(
    suppressions
      .command('remove')
      .description('let this address be mailed again; what came back from it before counts no more')
      .argument('<email>')
      .requiredOption('--note <text>', 'why: it is kept'),
    surroundings,
    true,
    async ({ app, out }, options, [email = '']) => {
      const note = String(options.note).trim().slice(0, 500);
      if (note === '') throw new CommandError('--note has to say why.');
      const lifted = await liftSuppression(app.store.db, hashOf(app, email), note, app.clock.now());
      if (!lifted) throw new CommandError(`${email} is not suppressed.`);
      out.answer({ email, lifted }, () => `${email} may be mailed again.`);
    },
  );

  define(
    suppressions
      .command('import')
      .description(
        'suppress the addresses of a CSV file: a column email (or address_hash of an export), reason and note',
      )
      .argument('<file>', 'a file, or - for standard input'),
    surroundings,
    true,
    async ({ app, out }, _options, [file = '']) => {
      const report = await importSuppressions({
        db: app.store.db,
        hashAddress: app.hashAddress,
        input: file === '-' ? process.stdin : createReadStream(file),
        at: app.clock.now(),
      });
      for (const { line, message } of report.invalid) out.fail(oneLine(`line ${line}: ${message}`));
      out.answer(
        report,
        () =>
          `${counted(report.lines, 'line')}: ${report.added} added, ${report.unchanged} unchanged, ${report.invalid.length} invalid.`,
      );
    },
  );

  define(
    suppressions
      .command('export')
      .description('write those that stand as CSV to stdout, in the shape that import reads'),
    surroundings,
    false,
    async ({ app, out }) => {
      let csv = '';
      for await (const piece of exportSuppressions(app.store.db, app.hashAddress))
        if (out.json) csv += piece;
        else surroundings.stdout.write(piece);
      if (out.json) out.answer({ csv }, () => '');
    },
  );
}

function hashOf(app: App, email: string): string {
  const parsed = parseAddress(email);
  if (!parsed.ok) throw new CommandError(parsed.message);
  return app.hashAddress(parsed.address.key);
}

function suppressionDocument(one: NamedSuppression) {
  const { createdAt, liftedAt, ...rest } = one;
  return {
    ...rest,
    createdAt: new Date(createdAt).toISOString(),
    liftedAt: liftedAt === null ? null : new Date(liftedAt).toISOString(),
  };
}
