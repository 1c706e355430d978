import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type HousekeepingReport, keepHouse } from '../housekeeping/keep-house.ts';
import { backUp } from '../store/backup.ts';
import { vacuum } from '../store/compact.ts';
import { findLivingWorkers } from '../store/worker-lock.ts';
import { forgetStagedLists } from '../subscribers/staged-lists.ts';
import { CommandError, define, type Invocation, type Surroundings } from './command.ts';
import { counted } from './output.ts';
import { addRestoreCommand } from './restore.ts';

export function addBackupCommands(program: Command, surroundings: Surroundings): void {
  define(
    program
      .command('backup')
      .description('copy the database into a file, checked, while everything goes on')
      .argument('<file>', 'where the backup goes')
      .option('--force', 'replace the file when it is there')
      .addHelpText(
        'after',
        `
Subscribers' addresses are in it: keep it as safe as the database. The secret key goes beside it as FILE.key, since
without the key links in mails already sent stop working and suppressed addresses are not known any more; a key that
comes from SECRET_KEY is yours to keep.`,
      ),
    surroundings,
    true,
    makeBackup,
  );

  addRestoreCommand(program, surroundings);

  define(
    program
      .command('housekeeping')
      .description(
        'forget what is older than KEEP_SIGNALS_DAYS and KEEP_DELIVERIES_DAYS; `serve` does so daily',
      )
      .option('--vacuum', 'then make the file as small as it can be; nobody can write meanwhile')
      .addHelpText(
        'after',
        `
Papers, subscribers and suppressions are kept for ever. Room that becomes free in the file is used again, so --vacuum is
worth its while only after KEEP_ settings were lowered.`,
      ),
    surroundings,
    true,
    runHousekeeping,
  );
}

async function makeBackup(
  { app, out, surroundings }: Invocation,
  options: Record<string, unknown>,
  [file = '']: string[],
): Promise<void> {
  const { config, store, clock } = app;
  const report = await backUp({
    from: store.file,
    to: resolve(surroundings.cwd, file),
    secretKey: config.secretKey,
    secretKeyFile: config.secretKeyFile,
    force: options.force === true,
    now: clock.now(),
    onProgress: out.progress('Copying'),
  });
  out.answer(report, () => [
    `${report.file} holds the database as it is now (${megabytes(report.bytes)} MB); checked, and yours alone to read.`,
    report.keyFile
      ? `${report.keyFile} holds the secret key: keep both.`
      : 'The secret key is not in it: keep SECRET_KEY as well.',
  ]);
}

async function runHousekeeping({ app, out }: Invocation, options: Record<string, unknown>): Promise<void> {
  const { config, store, clock } = app;
  if (options.vacuum && findLivingWorkers(store.file).length > 0)
    throw new CommandError(
      '--vacuum holds up everybody who writes: stop `paperboy serve` and what sends first.',
    );
  await forgetStagedLists(store.file);
  const report = await keepHouse({ store, now: clock.now(), retention: config.retention });
  if (options.vacuum) report.file = await vacuum(store);
  out.answer(report, () => housekeepingLines(report));
}

function housekeepingLines(report: HousekeepingReport): string[] {
  const { file, postponed } = report;
  const counts = [
    counted(report.deliveries, 'delivery', 'deliveries'),
    counted(report.signals, 'signal'),
    counted(report.bounces, 'bounce'),
    counted(report.planRuns, 'plan run'),
    counted(report.ingestRuns, 'ingest run'),
    counted(report.signUps, 'sign-up'),
    counted(report.sendRuns, 'send run'),
  ];
  return [
    postponed ? `Nothing was forgotten: ${postponed}.` : `Forgotten: ${counts.join(', ')}.`,
    ...(report.deliveriesKept > 0
      ? [
          `Kept: ${counted(report.deliveriesKept, 'old delivery', 'old deliveries')} with papers that are new again.`,
        ]
      : []),
    `The file has ${megabytes(file.bytes)} MB, ${megabytes(file.freeBytes)} of them free for what comes.`,
  ];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 });
}
