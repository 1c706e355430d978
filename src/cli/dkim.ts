import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { UsageError } from './usage.ts';

interface KeyDocument {
  selector: string;
  file: string;
  name: string;
  value: string;
}

export function addDkimCommands(program: Command, surroundings: Surroundings): void {
  const dkim = program.command('dkim').description('keys that sign each mail, and the DNS records they need');

  define(
    dkim
      .command('setup')
      .description('make a key and print its DNS record and setting; an existing key is never overwritten')
      .option('--selector <name>', 'names the key in DNS', readSelector, 'paperboy')
      .option(
        '--ed25519',
        'a second, short key beside it, new or there already, for those who verify RFC 8463',
      )
      .option('--folder <path>', 'where keys are kept; beside the database when not given'),
    surroundings,
    false,
    async ({ app, out }, options) => {
      const { generateDkimKey } = await import('../mail/dkim.ts');
      const folder = (options.folder as string | undefined) ?? join(dirname(app.config.databaseFile), 'dkim');
      const selector = options.selector as string;
      const kinds = options.ed25519 ? (['rsa', 'ed25519'] as const) : (['rsa'] as const);
      const files = kinds.map((kind) => ({
        selector: kind === 'rsa' ? selector : `${selector}-ed25519`,
        file: join(folder, kind === 'rsa' ? `${selector}.pem` : `${selector}-ed25519.pem`),
        kind,
      }));
      const kept = options.ed25519 ? files.filter(({ file }) => existsSync(file)) : [];
      // A key that cannot be used is told of before another is made.
      await readRecords(app.config, kept);
      const missing = kept.length === files.length ? files : files.filter((one) => !kept.includes(one));
      for (const { file, kind } of missing) keepKey(file, generateDkimKey(kind));
      const records = await readRecords(app.config, files);
      const setting = `DKIM_KEYS=${files.map(({ file }) => relative(surroundings.cwd, file)).join(',')}`;
      out.answer({ setting, records }, () => [
        ...kept.map(({ file }) => `${file} was there already and stays as it is.`),
        'Publish in DNS:',
        ...records.flatMap(recordLines),
        '',
        'Then set, in .env or the environment:',
        `  ${setting}`,
      ]);
    },
  );

  define(
    dkim.command('show').description('the DNS records of the keys in DKIM_KEYS'),
    surroundings,
    false,
    async ({ app, out }) => {
      const records = await readRecords(app.config, app.config.mail.dkimKeys);
      out.answer(records, () =>
        records.length === 0
          ? 'DKIM_KEYS is not set: mail is not signed here. `paperboy dkim setup` makes a key.'
          : records.flatMap(recordLines),
      );
    },
  );
}

async function readRecords(
  { mail }: Config,
  files: readonly { selector: string; file: string }[],
): Promise<KeyDocument[]> {
  const { dkimRecord, readDkimKeys } = await import('../mail/dkim.ts');
  return readDkimKeys(files, mail.from.address).map((key, index) => ({
    selector: key.selector,
    file: files[index]?.file ?? '',
    name: `${key.selector}._domainkey.${key.domain}`,
    value: dkimRecord(key),
  }));
}

/** RFC 1035 §3.3.14: a TXT record is made of strings of at most 255 octets, which are read as one. */
function recordLines({ name, value }: KeyDocument): string[] {
  const strings = value.match(/.{1,250}/g) ?? [];
  return [`  ${name}. IN TXT (`, ...strings.map((text) => `    "${text}"`), '  )'];
}

function keepKey(file: string, pem: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CommandError(
        `${file} is there already; choose another --selector. \`paperboy dkim show\` prints its record.`,
      );
    throw new CommandError(`${file} cannot be written: ${(cause as Error).message}.`, { cause });
  }
}

function readSelector(text: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/.test(text)) return text;
  throw new UsageError(`--selector ${text}: letters, digits and hyphens are expected, as s2026`);
}
