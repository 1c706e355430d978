import { createInterface } from 'node:readline';
import { createProgram } from '../../src/cli/program.ts';
import { listen } from '../cli/terminal.ts';
import type { Order } from './paperboy.ts';

/**
 * A process that runs one command after another, each as if it had a process to itself: reads an order a line, answers
 * with how it ended. Most of what a short command takes is to start Node and to read modules. `hosts.ts` starts it.
 */
for await (const line of createInterface({ input: process.stdin })) {
  const { args, env, cwd } = JSON.parse(line) as Order;
  const [stdout, stderr] = [listen(), listen()];
  process.exitCode = undefined;
  const code = await createProgram({ stdout, stderr, env, cwd }, '0.0.0').run(args);
  process.exitCode = undefined;
  const ended = { code, signal: null, stdout: stdout.text(), stderr: stderr.text() };
  process.stdout.write(`${JSON.stringify(ended)}\n`);
}
