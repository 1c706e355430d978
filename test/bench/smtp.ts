// How fast is the wire? Our transport, nodemailer's pool and smtp-source on the same smtp-sink (Debian: postfix).
// node test/bench/smtp.ts [messages] [connections]
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import nodemailer from 'nodemailer';
import { composeMessage } from '../../src/mail/message.ts';
import { createSmtpTransport } from '../../src/mail/smtp.ts';
import { parseSmtpUrl } from '../../src/mail/smtp-url.ts';

const count = Number(process.argv[2] ?? 20_000);
const connections = Number(process.argv[3] ?? 10);
const path = `${process.env.PATH}:/usr/sbin`;
const paragraph = `${'Some words of a paper that trends today. '.repeat(12)}\n`;

function compose(n: number) {
  return composeMessage({
    from: { name: 'Paperboy', address: 'paperboy@example.org' },
    to: `s${n}@example.org`,
    envelopeFrom: 'paperboy@example.org',
    messageId: `<2026-07-01.${n}@example.org>`,
    dateMs: Date.UTC(2026, 6, 1),
    subject: 'Trending today',
    html: Array.from({ length: 40 }, () => paragraph),
    text: Array.from({ length: 13 }, () => paragraph),
    headers: [['List-Id', 'Paperboy <digest.example.org>']],
  });
}

async function viaTransport(port: number): Promise<void> {
  const parsed = parseSmtpUrl(`smtp://127.0.0.1:${port}`);
  if (!parsed.ok) throw new Error(parsed.message);
  const transport = createSmtpTransport({ ...parsed.server, connections });
  let next = 0;
  await inParallel(async () => {
    while (next < count) {
      const outcome = await transport.send(compose(next++));
      if (outcome.kind !== 'sent') throw new Error(JSON.stringify(outcome));
    }
  });
  await transport.close();
}

async function viaNodemailer(port: number): Promise<void> {
  const pool = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: connections,
    maxMessages: 1e9,
  });
  let next = 0;
  await inParallel(async () => {
    while (next < count) {
      const { from, to, raw } = compose(next++);
      await pool.sendMail({ envelope: { from, to }, raw });
    }
  });
  pool.close();
}

async function inParallel(work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: connections }, work));
}

async function measure(name: string, work: () => Promise<void>): Promise<void> {
  const started = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  report(name, performance.now() - started, ((user + system) / 1000 / count).toFixed(3));
}

function report(name: string, ms: number, cpuMs: string): void {
  console.log(
    `${name.padEnd(28)} ${String(Math.round((count / ms) * 1000)).padStart(6)} /s   ${cpuMs} ms CPU a message`,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function waitFor(port: number): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const socket = connect(port, '127.0.0.1');
    const up = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (up) return;
    await sleep(100);
  }
  throw new Error('smtp-sink did not start: is postfix installed?');
}

const port = await freePort();
const asRoot = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
const sink = spawn('smtp-sink', [...asRoot, `127.0.0.1:${port}`, '256'], {
  env: { PATH: path },
  stdio: 'ignore',
});
try {
  await waitFor(port);
  const { raw } = compose(0);
  console.log(`${count} messages of ${raw.length} octets, ${connections} connections`);
  for (let round = 1; round <= 3; round++) {
    await measure('paperboy', () => viaTransport(port));
    await measure('nodemailer pool, raw', () => viaNodemailer(port));
    const started = performance.now();
    const flags = [
      '-d',
      '-s',
      connections,
      '-m',
      count,
      '-l',
      raw.length,
      '-f',
      'a@example.org',
      '-t',
      'b@example.org',
    ];
    const { status } = spawnSync('smtp-source', [...flags.map(String), `127.0.0.1:${port}`], {
      env: { PATH: path },
    });
    if (status === 0) report('smtp-source -d', performance.now() - started, '-');
  }
} finally {
  sink.kill();
}
