import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The program as others call it: a process with arguments, an environment and an exit code. Nothing is imported from it. */
export const root = join(import.meta.dirname, '../..');
export const node = join(root, 'node_modules/.bin/node');
export const cli = join(root, 'src/cli.ts');

export interface Ended {
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export type Env = Record<string, string>;

/** An installation of its own: a folder with a database, no settings but those given, no source to poll. */
export interface Home {
  readonly dir: string;
  readonly database: string;
  readonly env: Env;
  /** Runs a command to its end, whatever that is. */
  run(args: string[], env?: Env): Promise<Ended>;
  /** Runs a command with `--json`, expects exit code 0 and gives the document. Throws an Error that says what came instead. */
  answer<Document>(args: string[], env?: Env): Promise<Document>;
  /** `uid`: as this user, when this process may choose. */
  start(args: string[], env?: Env, uid?: number): ChildProcess;
  /** Removes the folder with everything in it. */
  remove(): void;
}

/** What is to be run, and where. */
export interface Order {
  args: string[];
  env: Env;
  cwd: string;
}

/** `from`: begin with a copy of this database, which nobody has open. `runElsewhere`: what runs commands to their
 * end, rather than a process for each. */
export function makeHome(env: Env = {}, from?: Home, runElsewhere?: (order: Order) => Promise<Ended>): Home {
  const dir = mkdtempSync(join(tmpdir(), 'paperboy-e2e-'));
  const database = join(dir, 'paperboy.db');
  if (from) copyFileSync(from.database, database);
  const base: Env = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    // Hundreds of short processes: what V8 compiled once need not be compiled again.
    NODE_COMPILE_CACHE: join(tmpdir(), 'paperboy-e2e-compiled'),
    DATABASE_URL: `sqlite:${database}`,
    OUTBOX_DIR: join(dir, 'outbox'),
    MAIL_FROM: 'Paperboy <paperboy@example.org>',
    PUBLIC_URL: 'https://paperboy.example.org',
    SECRET_KEY: '0123456789abcdef0123456789abcdef0123456789abcdef',
    SOURCES: 'none',
    LOG_LEVEL: 'warn',
    ...env,
  };
  const start = (args: string[], more: Env = {}, uid?: number) =>
    spawn(node, [cli, ...args], {
      cwd: dir,
      env: { ...base, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
  const run = (args: string[], more: Env = {}) =>
    runElsewhere
      ? runElsewhere({ args, env: { ...base, ...more }, cwd: dir })
      : untilEnded(start(args, more));
  return {
    dir,
    database,
    env: base,
    start,
    run,
    async answer<Document>(args: string[], more: Env = {}) {
      const ended = await run([...args, '--json'], more);
      const said = `paperboy ${args.join(' ')}: exit ${ended.code ?? ended.signal}\n${ended.stderr}${ended.stdout}`;
      if (ended.code !== 0) throw new Error(said.slice(0, 2000));
      try {
        return JSON.parse(ended.stdout) as Document;
      } catch (cause) {
        throw new Error(`not one JSON document: ${said.slice(0, 2000)}`, { cause });
      }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Collects what a process says until it ends. */
export function untilEnded(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** What `run --json` promises to answer at least. */
export interface RunAnswer {
  plan: { due: number; planned: number; skipped: Record<string, number> };
  send: { sent: number; retry: number; failed: number; uncertain: number; skipped: number };
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}
