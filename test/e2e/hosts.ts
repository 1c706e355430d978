import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Ended, node, type Order } from './paperboy.ts';

interface Host {
  child: ChildProcessByStdio<Writable, Readable, null>;
  lines: Interface;
}

/** Those that have nothing to do; they end with this process. */
const idle: Host[] = [];

/** Runs a command in a process that ran others before, or in a new one while those are busy. */
export async function runInHost(order: Order): Promise<Ended> {
  const host = idle.pop() ?? startHost();
  const { child, lines } = host;
  child.ref();
  const ended = await new Promise<Ended>((resolve, reject) => {
    const fail = (code: number | null) =>
      reject(new Error(`${order.args.join(' ')}: the host ended with ${code}`));
    child.once('exit', fail);
    lines.once('line', (line) => {
      child.off('exit', fail);
      resolve(JSON.parse(line) as Ended);
    });
    child.stdin.write(`${JSON.stringify(order)}\n`);
  });
  // Whoever uses it ends although it waits for more.
  child.unref();
  idle.push(host);
  return ended;
}

function startHost(): Host {
  const child = spawn(
    node,
    ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', join(import.meta.dirname, 'host.ts')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  for (const pipe of [child.stdin, child.stdout] as unknown as { unref(): void }[]) pipe.unref();
  return { child, lines: createInterface({ input: child.stdout }) };
}
