import type { Command } from 'commander';
import { readCount } from './arguments.ts';
import { CommandError, defineAtDesk, type Surroundings } from './command.ts';
import { openToRead } from './open-to-read.ts';
import { counted, isoWords, oneLine, table } from './output.ts';

export function addSuppressionsCommands(program: Command, surroundings: Surroundings): void {
  const suppressions = program
    .command('suppressions')
    .description('addresses that must not be mailed, and why');

  defineAtDesk(
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
    async ({ desk, out }, options) => {
      const found = await desk.suppressions.list({
        email: options.email as string | undefined,
        reason: options.reason as string | undefined,
        lifted: options.all === true || options.email !== undefined,
        afterId: (options.after as number | undefined) ?? 0,
        limit: (options.limit as number | undefined) ?? (out.json ? Number.MAX_SAFE_INTEGER : 50),
      });
      out.answer(found, () =>
        found.length === 0
          ? 'No address is suppressed.'
          : table([
              ['ID', 'ADDRESS', 'REASON', 'BY', 'SINCE', 'LIFTED', 'NOTE'],
              ...found.map((one) => [
                one.id,
                one.email ?? `(${one.addressHash.slice(0, 8)}…)`,
                one.reason,
                one.origin,
                isoWords(one.createdAt),
                one.liftedAt === null ? '-' : isoWords(one.liftedAt),
                oneLine(one.liftedNote ?? one.note ?? '-'),
              ]),
            ]),
      );
    },
  );

  defineAtDesk(
    suppressions
      .command('add')
      .description('never mail this address, whoever asks')
      .argument('<email>')
      .option('--note <text>', 'why'),
    surroundings,
    true,
    async ({ desk, out }, options, [email = '']) => {
      const note = (options.note as string | undefined)?.slice(0, 500) ?? null;
      const added = await desk.suppressions.add(email, note);
      out.answer({ email, added }, () =>
        added ? `${email} is suppressed: nothing is mailed there.` : `${email} was suppressed already.`,
      );
    },
  );

  defineAtDesk(
    suppressions
      .command('remove')
      .description('let this address be mailed again; what came back from it before counts no more')
      .argument('<email>')
      .requiredOption('--note <text>', 'why: it is kept'),
    surroundings,
    true,
    async ({ desk, out }, options, [email = '']) => {
      const note = String(options.note).trim().slice(0, 500);
      if (note === '') throw new CommandError('--note has to say why.');
      await desk.suppressions.lift(email, note);
      out.answer({ email, lifted: true }, () => `${email} may be mailed again.`);
    },
  );

  defineAtDesk(
    suppressions
      .command('import')
      .description(
        'suppress the addresses of a CSV file: a column email (or address_hash of an export), reason and note',
      )
      .argument('<file>', 'a file, or - for standard input'),
    surroundings,
    true,
    async ({ desk, out }, _options, [file = '']) => {
      const input = file === '-' ? (surroundings.stdin ?? process.stdin) : await openToRead(file);
      const report = await desk.suppressions.importList(input);
      for (const { line, message } of report.invalid) out.fail(oneLine(`line ${line}: ${message}`));
      out.answer(
        report,
        () =>
          `${counted(report.lines, 'line')}: ${report.added} added, ${report.unchanged} unchanged, ${report.invalid.length} invalid.`,
      );
    },
  );

  defineAtDesk(
    suppressions
      .command('export')
      .description('write those that stand as CSV to stdout, in the shape that import reads'),
    surroundings,
    false,
    async ({ desk, out }) => {
      let csv = '';
      for await (const piece of desk.suppressions.exportList())
        if (out.json) csv += piece;
        else surroundings.stdout.write(piece);
      if (out.json) out.answer({ csv }, () => '');
    },
  );
}
