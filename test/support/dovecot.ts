import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleepMs } from 'node:timers/promises';

/** A Dovecot of the test's own: its own folder, its own port on loopback, any name lets in with `secret`. */
export interface Dovecot {
  port: number;
  /** For BOUNCE_IMAP_URL. */
  url: string;
  /** The Maildir that is INBOX; new mail is put into its `new`. */
  maildir: string;
  /** Who Dovecot reads and writes mail as. */
  owner: { uid: number; gid: number };
  log(): string;
  stop(): Promise<void>;
}

/** Why there can be none here; null when there can. The configuration is one of Dovecot 2.3, started by root. */
export function whyNoDovecot(): string | null {
  if (process.getuid?.() !== 0) return 'Dovecot is started by root only';
  try {
    const version = execFileSync('dovecot', ['--version'], { encoding: 'utf8', stdio: 'pipe' }).trim();
    return version.startsWith('2.3.') ? null : `Dovecot is ${version} and not 2.3`;
  } catch {
    return 'Dovecot is not installed (Debian: dovecot-imapd)';
  }
}

/** `settings`: further lines of configuration. */
export async function startDovecot(settings: readonly string[] = []): Promise<Dovecot> {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-dovecot-'));
  chmodSync(folder, 0o755);
  const owner = idsOf('nobody');
  const home = join(folder, 'mail/bounces');
  for (const path of ['mail', 'mail/bounces', 'mail/bounces/new', 'mail/bounces/cur', 'mail/bounces/tmp']) {
    mkdirSync(join(folder, path));
    chownSync(join(folder, path), owner.uid, owner.gid);
  }
  const port = await freePort();
  writeFileSync(join(folder, 'dovecot.conf'), configuration(folder, port, settings));
  const child = spawn('dovecot', ['-F', '-c', join(folder, 'dovecot.conf')], { stdio: 'ignore' });
  const log = () => readFileSync(join(folder, 'log'), 'utf8');
  await untilListening(port, child).catch((cause: unknown) => {
    throw new Error(`Dovecot did not start: ${log()}`, { cause });
  });
  return {
    ...{ port, owner, log },
    url: `imap://bounces:secret@127.0.0.1:${port}`,
    maildir: home,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number, settings: readonly string[]): string {
  return [
    `base_dir = ${folder}/run`,
    `state_dir = ${folder}/state`,
    `log_path = ${folder}/log`,
    'protocols = imap',
    'listen = 127.0.0.1',
    'ssl = no',
    'disable_plaintext_auth = no',
    `mail_location = maildir:${folder}/mail/%n`,
    'first_valid_uid = 1',
    'first_valid_gid = 1',
    'default_vsz_limit = 0',
    'auth_failure_delay = 0',
    'passdb {\n driver = static\n args = password=secret\n}',
    `userdb {\n driver = static\n args = uid=nobody gid=nogroup home=${folder}/mail/%n\n}`,
    `service imap-login {\n inet_listener imap {\n port = ${port}\n }\n inet_listener imaps {\n port = 0\n }\n}`,
    ...settings,
    '',
  ].join('\n');
}

export function idsOf(name: string): { uid: number; gid: number } {
  const number = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: number('-u'), gid: number('-g') };
}

/** A port that nobody has now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Resolves when something greets at the port. Throws when the child ends or ten seconds pass before that. */
export async function untilListening(port: number, child?: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child && child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    const greeted = await new Promise<boolean>((resolve) => {
      const socket = connectTo(port, '127.0.0.1').setTimeout(5_000, () => socket.destroy());
      socket.once('data', () => {
        resolve(true);
        socket.destroy();
      });
      socket.once('error', () => {}).once('close', () => resolve(false));
    });
    if (greeted) return;
    await sleepMs(50);
  }
  throw new Error(`nothing answers at port ${port}`);
}
