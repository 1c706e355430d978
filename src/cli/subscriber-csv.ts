import { Writable } from 'node:stream';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ColumnChoice, csvFields } from '../subscribers/csv-columns.ts';
import type { ExportFormat } from '../subscribers/export.ts';
import { fates, type LineFate } from '../subscribers/import.ts';
import { collect } from './arguments.ts';
import { defineAtDesk, type Surroundings } from './command.ts';
import type { ExportStatus } from './desk.ts';
import { openToRead } from './open-to-read.ts';
import { counted, oneLine } from './output.ts';

/** So many lines are told of without being asked to. */
const toldLines = 50;

export function addImportCommand(subscribers: Command, surroundings: Surroundings): void {
  defineAtDesk(
    subscribers
      .command('import')
      .description(
        'add and update subscribers from a CSV file with a header, such as email,timezone,time,days,max_papers,topics; lists of listmonk and Mailchimp are understood',
      )
      .argument(
        '<file>',
        'a file, or - for standard input; any column but email may be missing; topics by slug, joined with ;',
      )
      .option(
        '--map <field=column>',
        `which column a field is in, where its name does not say: email="E-mail of reader"; status= does not read it; fields: ${csvFields.join(', ')}`,
        collectColumn,
      )
      .option('--topic <slug>', 'for those who are new and whose line names no topic', collect)
      .option('--dry-run', 'tell what would become of each line and change nothing')
      .option(
        '--verbose',
        `tell what became of every line; else of the first ${toldLines}, then only of those left alone, duplicate or invalid`,
      ),
    surroundings,
    true,
    async ({ desk, out }, options, [file = '']) => {
      const lines: LineFate[] = [];
      let told = 0;
      let shortened = false;
      const report = await desk.subscribers.importList({
        input: file === '-' ? (surroundings.stdin ?? process.stdin) : await openToRead(file),
        columns: options.map as ColumnChoice | undefined,
        newTopics: (options.topic as string[] | undefined) ?? [],
        dryRun: options.dryRun === true,
        onLine(line) {
          if (out.json) lines.push(line);
          else if (line.fate === 'invalid') out.fail(fateLine(line));
          else if (options.verbose || told < toldLines || line.message !== null) out.note(fateLine(line));
          else if (!shortened) {
            shortened = true;
            out.note('From here on only lines that need a look are told; --verbose tells every line.');
          }
          told++;
        },
      });
      out.answer({ ...report, dryRun: options.dryRun === true, fates: lines }, () => [
        `${options.dryRun ? 'Nothing was changed. ' : ''}${counted(report.lines, 'line')}: ${fates.map((fate) => `${report[fate]} ${fate.replace('_', ' ')}`).join(', ')}.`,
        ...(report.ignoredColumns.length > 0
          ? [`Columns not read: ${report.ignoredColumns.map(oneLine).join(', ')}`]
          : []),
      ]);
      if (out.json && report.invalid > 0) out.fail(`${counted(report.invalid, 'line')} could not be read.`);
    },
  );
}

export function addExportCommand(subscribers: Command, surroundings: Surroundings): void {
  defineAtDesk(
    subscribers
      .command('export')
      .description('write subscribers as CSV to stdout, in the shape that import reads')
      .addOption(
        new Option('--status <status>', 'which')
          .choices(['active', 'paused', 'unsubscribed', 'pending'])
          .default('active'),
      )
      .addOption(
        new Option('--format <format>', 'a list that import reads, or one JSON object a line')
          .choices(['csv', 'jsonl'])
          .default('csv'),
      ),
    surroundings,
    false,
    async ({ desk, out }, options) => {
      const status = options.status as ExportStatus;
      const format = options.format as ExportFormat;
      if (!out.json) {
        const count = await desk.subscribers.exportList(unclosed(surroundings.stdout), status, format);
        out.note(`${counted(count, 'subscriber')} exported.`);
        return;
      }
      const pieces: string[] = [];
      const kept = new Writable({
        decodeStrings: false,
        write(piece, _encoding, done) {
          pieces.push(String(piece));
          done();
        },
      });
      const count = await desk.subscribers.exportList(kept, status, 'csv');
      out.answer({ count, csv: pieces.join('') }, () => '');
    },
  );
}

/** `FIELD=COLUMN`, added to those before. */
function collectColumn(text: string, before: ColumnChoice = {}): ColumnChoice {
  const [name = '', ...column] = text.split('=');
  const field = csvFields.find((one) => one === name.trim().toLowerCase());
  if (!field || column.length === 0)
    throw new InvalidArgumentError(`expected FIELD=COLUMN, FIELD being one of ${csvFields.join(', ')}.`);
  return { ...before, [field]: column.join('=') };
}

/** stdout as a stream that may be ended without ending the process's own. */
function unclosed(stream: Writable): Writable {
  return new Writable({
    decodeStrings: false,
    write(piece, encoding, done) {
      stream.write(piece, encoding, done);
    },
  });
}

function fateLine({ line, email, fate, message }: LineFate): string {
  const words = fate.replace('_', ' ');
  return oneLine(`line ${line}${email ? ` ${email}` : ''}: ${words}${message ? `: ${message}` : ''}`);
}
