import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openTerminal } from '../cli/terminal.ts';
import { cli, type Ended, root, untilEnded } from '../e2e/paperboy.ts';
import { bounceOf, letter, secret, storeWithDeliveries } from './deliveries.ts';

let terminal: ReturnType<typeof openTerminal>;
beforeEach(() => {
  terminal = openTerminal({ SECRET_KEY: secret });
  onTestFinished(() => terminal.remove());
});

function write(name: string, mail: Buffer): string {
  const path = join(terminal.folder, name);
  writeFileSync(path, mail);
  return path;
}

/** The program as a mail server starts it: with the message on its standard input. */
function pipe(mail: Buffer, env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(join(root, 'node_modules/.bin/node'), [cli, 'bounces', 'ingest', '-'], {
    cwd: terminal.folder,
    env: {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: `sqlite:${join(terminal.folder, 'paperboy.db')}`,
      SECRET_KEY: secret,
      ...env,
    },
  });
  const ended = untilEnded(child);
  child.stdin.end(mail);
  return ended;
}

test('a mail server that pipes a message hears 0 once it is kept, and 75 while it cannot be', async () => {
  await storeWithDeliveries(1, terminal.folder);
  const taken = await pipe(bounceOf(1));
  expect(taken, taken.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('1 kept') });
  expect(await pipe(letter)).toMatchObject({ code: 0 });

  const elsewhere = await pipe(bounceOf(1), { DATABASE_URL: `sqlite:${join(terminal.folder, 'other.db')}` });
  expect(elsewhere).toMatchObject({ code: 75, stderr: expect.stringContaining('DATABASE_URL') });
  const broken = write('broken.db', Buffer.alloc(8_192, 'x'));
  expect(await pipe(bounceOf(1), { DATABASE_URL: `sqlite:${broken}` })).toMatchObject({ code: 75 });
  expect(await pipe(bounceOf(1), { MAIL_FROM: 'nobody' })).toMatchObject({ code: 75 });
});
