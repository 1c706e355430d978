import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Surroundings } from '../../src/cli/command.ts';
import { createProgram } from '../../src/cli/program.ts';

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** The command line in this process, with a folder and a database of its own. */
export function openTerminal(
  settings: Record<string, string> = {},
  more: Pick<Surroundings, 'stdin' | 'wait'> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-cli-'));
  const env = {
    DATABASE_URL: `sqlite:${join(folder, 'paperboy.db')}`,
    SECRET_KEY: 'k'.repeat(32),
    ...settings,
  };
  return {
    folder,
    async run(...args: string[]): Promise<Said> {
      const [stdout, stderr] = [listen(), listen()];
      process.exitCode = undefined;
      const code = await createProgram({ stdout, stderr, env, cwd: folder, ...more }, '0.0.0').run(args);
      // The commands' failures are not the test run's.
      process.exitCode = undefined;
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A stream that keeps what is written to it. */
export function listen() {
  const pieces: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(piece, _encoding, done) {
      pieces.push(String(piece));
      done();
    },
  });
  return Object.assign(stream, { text: () => pieces.join('') });
}
