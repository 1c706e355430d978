import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, CommanderError } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { type Settled, settleRestored } from '../housekeeping/settle-restored.ts';
import { makeMessageId } from '../mail/message-id.ts';
import { backupFacts, checkOfKey } from '../store/backup.ts';
import { findFact } from '../store/installation.ts';
import { RestoreError, type RestoreResult, restoreDatabase } from '../store/restore.ts';
import { readInstant } from './arguments.ts';
import { type Surroundings, tellError } from './command.ts';
import { counted, createOutput, instantWords, type Output } from './output.ts';

export function addRestoreCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('restore')
    .description('put a backup in the place of the database, which is kept aside')
    .argument('<file>', 'a backup, with its key beside it as FILE.key')
    .option(
      '--send-missed',
      'nothing was sent since the backup: send what it has waiting and what came due since',
    )
    .option('--other-key', 'restore it although it was made with another secret key')
    .option('--json', 'print one JSON document on stdout and nothing else there')
    .option(
      '--at <instant>',
      'the clock of this command, an ISO instant such as 2026-06-22T08:00:00Z',
      readInstant,
    )
    .addHelpText(
      'after',
      `
Every Paperboy has to be stopped. The backup is checked before anything changes.

After the backup was made more digests may have gone out, of which it knows nothing. So that nobody gets anything twice:
what was waiting or on its way becomes uncertain; digests that came due since are not sent any more, each with a row
that says so; and papers that came out before now are not sent again, to anyone. Tomorrow's digest brings what
comes out from now on. When you know that nothing was sent since, --send-missed leaves all that out.

Who left, who moved to another address, and which addresses were suppressed, since the backup is taken from the replaced database when that can still
be read. Otherwise nobody can know it: look through your bounces and what people wrote to you since.`,
    )
    .action(async (file: string, options: Record<string, unknown>) => {
      const out = createOutput(options.json === true, surroundings);
      try {
        await restore(surroundings, out, file, options);
      } catch (error) {
        if (error instanceof CommanderError) throw error;
        tellError(out, error, file);
      }
      if (out.failures > 0) process.exitCode = 1;
    });
}

/** Opens no app: the database may be damaged, and must not be open. */
async function restore(
  { env, cwd }: Surroundings,
  out: Output,
  given: string,
  options: Record<string, unknown>,
): Promise<void> {
  const file = resolve(cwd, given);
  const config = loadConfig(env, cwd);
  const now = (options.at as number | undefined) ?? Date.now();
  const key = readKey(config, file);
  const sendMissed = options.sendMissed === true;
  mkdirSync(dirname(config.databaseFile), { recursive: true });
  const result = await restoreDatabase({
    file,
    databaseFile: config.databaseFile,
    now,
    onProgress: out.progress('Copying'),
    async settle(store) {
      const madeAt = await findFact(store.db, backupFacts.madeAt);
      const keyCheck = await findFact(store.db, backupFacts.keyCheck);
      if (keyCheck !== null && keyCheck !== checkOfKey(key.secret) && options.otherKey !== true)
        throw new RestoreError(otherKey(config, file));
      const domain = config.mail.from.address.split('@').at(-1) ?? 'localhost';
      const settled = sendMissed
        ? null
        : await settleRestored({
            store,
            now,
            messageId: (subscriberId, date) => makeMessageId(key.secret, subscriberId, date, domain),
          });
      keepKey(config, key, now);
      return { settled, madeAt: madeAt === null ? null : Number(madeAt) };
    },
  });
  const { settled, ...rest } = result;
  out.answer({ file, databaseFile: config.databaseFile, ...rest, ...settled }, () =>
    restoredLines(config, result, key),
  );
}

interface Key {
  /** In effect once it is restored. */
  secret: string;
  /** The backup's own, to be kept where the settings say; null: nothing to change. */
  toKeep: string | null;
}

function readKey(config: Config, file: string): Key {
  const beside = `${file}.key`;
  if (config.secretKeyFile === null || !existsSync(beside)) return { secret: config.secretKey, toKeep: null };
  const secret = readFileSync(beside, 'utf8').trim();
  return { secret, toKeep: secret === config.secretKey ? null : secret };
}

function otherKey({ secretKeyFile }: Config, file: string): string {
  const where =
    secretKeyFile === null
      ? 'Set SECRET_KEY to the one of then'
      : `Put the key of then beside it as ${file}.key, or into ${secretKeyFile}`;
  return `${file} was made with another secret key: links in mails already sent would stop working, and suppressed addresses would be mailed. ${where}; or restore it so with --other-key.`;
}

/** The key in use goes aside, as the database does. */
function keepKey({ secretKeyFile }: Config, { toKeep }: Key, now: number): void {
  if (toKeep === null || secretKeyFile === null) return;
  const draft = `${secretKeyFile}.restoring-${process.pid}`;
  writeFileSync(draft, `${toKeep}\n`, { mode: 0o600, flush: true });
  if (existsSync(secretKeyFile))
    writeFileSync(`${secretKeyFile}.before-restore-${now}`, readFileSync(secretKeyFile), {
      mode: 0o600,
      flush: true,
    });
  renameSync(draft, secretKeyFile);
}

type Restored = RestoreResult<{ settled: Settled | null; madeAt: number | null }>;

function restoredLines(config: Config, result: Restored, key: Key): string[] {
  const { keptAs, replaced, carried } = result;
  const { settled, madeAt } = result.settled;
  const state = madeAt === null ? 'when it was copied' : `of ${instantWords(madeAt)}`;
  const lines = [`${config.databaseFile} is the database ${state}.`];
  if (keptAs) lines.push(`The one before is kept as ${keptAs}.`);
  if (key.toKeep !== null) lines.push(`The secret key is that of the backup now (${config.secretKeyFile}).`);
  if (carried)
    lines.push(
      `From the one before: ${counted(carried.left, 'subscriber')} who left or paused since, ${carried.moved} with another address, ${counted(carried.suppressions, 'suppression')}.`,
    );
  else
    lines.push(
      `${typeof replaced === 'object' ? `The one before is damaged (${replaced.damaged})` : 'There was none before'}: who left or was suppressed since the backup is not known.`,
    );
  if (settled === null) lines.push('Nothing was held back: what was waiting or came due since is sent.');
  else
    lines.push(
      `${counted(settled.uncertain, 'delivery', 'deliveries')} may have been sent since: uncertain now (\`paperboy deliveries list --status uncertain\`).`,
      `${counted(settled.missed, 'digest')} of ${counted(settled.subscribers, 'subscriber')} came due since and may have been sent: skipped (restored).`,
      'Papers that came out before now are not sent again.',
    );
  return lines;
}
