import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { freePort, idsOf } from '../support/dovecot.ts';
import type { NameServer } from './zone.ts';

/** What rspamd makes of a mail: 0 or less is what a mail that nothing speaks against gets. */
export interface Verdict {
  score: number;
  action: string;
  symbols: { name: string; score: number; options: string[] }[];
}

export interface Envelope {
  ip: string;
  helo: string;
  from: string;
  to: string;
}

export interface Rspamd {
  judge(raw: Buffer, envelope: Envelope): Promise<Verdict>;
  stop(): Promise<void>;
}

/** Why there can be none here; null when there can. */
export function whyNoRspamd(): string | null {
  if (process.getuid?.() !== 0) return 'rspamd is started by root only';
  try {
    execFileSync('rspamd', ['--version'], { stdio: 'pipe' });
    return null;
  } catch {
    return 'it is not installed (Debian: rspamd)';
  }
}

/**
 * rspamd with the rules its package has, in a folder and at a port of its own, which asks nobody but `names`. What needs
 * Redis or the world is as good as absent.
 */
export async function startRspamd(names: NameServer): Promise<Rspamd> {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-rspamd-'));
  const { uid, gid } = idsOf('_rspamd');
  chownSync(folder, uid, gid);
  const port = await freePort();
  const file = join(folder, 'rspamd.conf');
  writeFileSync(file, configuration(folder, port));
  mkdirSync(join(folder, 'local.d'));
  for (const [name, text] of Object.entries(localSettings(names)))
    writeFileSync(join(folder, 'local.d', name), text);
  const folders = ['DBDIR', 'RUNDIR', 'LOGDIR', 'LOCAL_CONFDIR'].flatMap((name) => [
    '--var',
    `${name}=${folder}`,
  ]);
  const child = spawn('rspamd', ['-f', '-u', '_rspamd', '-g', '_rspamd', '-c', file, ...folders], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const log = () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '');
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init);
  // It compiles its rules as it starts, which takes minutes where the processor is wanted by others.
  for (let tries = 0; !(await ask('/ping').catch(() => null)); tries++) {
    if (child.exitCode !== null || tries > 2400)
      throw new Error(`rspamd did not start: ${log().slice(-3000)}`);
    await sleepMs(100);
  }
  return {
    async judge(raw, { ip, helo, from, to }) {
      const headers = { IP: ip, Helo: helo, Hostname: helo, From: from, Rcpt: to };
      const answer = await ask('/checkv2', { method: 'POST', headers, body: new Uint8Array(raw) });
      const said = (await answer.json()) as Omit<Verdict, 'symbols'> & {
        symbols: Record<string, { name: string; score: number; options?: string[] }>;
      };
      const symbols = Object.values(said.symbols ?? {}).map((one) => ({
        ...one,
        options: one.options ?? [],
      }));
      return { score: said.score, action: said.action, symbols };
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number): string {
  return `
.include "$CONFDIR/common.conf"
options {
  pidfile = "${folder}/pid";
  .include "$CONFDIR/options.inc"
  .include(priority=1,duplicate=merge) "${folder}/local.d/options.inc"
}
logging { type = "file"; filename = "${folder}/log"; level = "notice"; }
worker "normal" { bind_socket = "127.0.0.1:${port}"; count = 1; mime = true; }
`;
}

/** By module, what differs from the package's settings; what others report is not asked for. */
function localSettings({ address, port }: NameServer): Record<string, string> {
  return {
    'options.inc': `dns { nameserver = ["${address}:${port}"]; timeout = 1s; retransmits = 2; }\n`,
    'fuzzy_check.conf': 'enabled = false;\n',
    'greylist.conf': 'enabled = false;\n',
  };
}
