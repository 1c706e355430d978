import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';

const module = new URL('../../src/cli/stop.ts', import.meta.url).href;
/** Says who it is, lives for five seconds at most, and says when it is told to stop. */
const program = `import { onStop } from ${JSON.stringify(module)};
const end = setTimeout(() => {}, 5000);
const unwatch = onStop(() => { console.log('stopped'); clearTimeout(end); unwatch(); });
console.log(process.pid);`;

/** Starts it below a shell that waits for it, as npm does; ends the shell or the program itself. Gives all it said after its id. */
async function run(env: Record<string, string>, ended: 'shell' | 'program'): Promise<string> {
  const { npm_lifecycle_event: _ours, ...rest } = process.env;
  const shell = spawn(
    'sh',
    [
      '-c',
      '"$0" --disable-warning=MODULE_TYPELESS_PACKAGE_JSON --input-type=module -e "$1"; exit $?',
      process.execPath,
      program,
    ],
    {
      env: { ...rest, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  for await (const chunk of shell.stdout) {
    const isFirst = said === '';
    said += chunk;
    if (!isFirst || !said.includes('\n')) continue;
    if (ended === 'shell') shell.kill('SIGTERM');
    else process.kill(Number.parseInt(said, 10), 'SIGTERM');
  }
  return said.slice(said.indexOf('\n') + 1);
}

test('stops when npm, which started it, is ended and says so only to the shell between', async () => {
  expect(await run({ npm_lifecycle_event: 'start' }, 'shell')).toBe('stopped\n');
});

test('stops at SIGTERM, whoever started it', async () => {
  expect(await run({}, 'program')).toBe('stopped\n');
});
