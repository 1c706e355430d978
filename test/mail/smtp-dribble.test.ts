import { afterEach, expect, test } from 'vitest';
import { createSmtpTransport } from '../../src/mail/smtp.ts';
import type { OutgoingMessage } from '../../src/mail/transport.ts';
import { type Fault, type Step, startScriptedServer } from './scripted-server.ts';

/** A server that never falls silent and never comes to an end: each phase has its time, however much is heard in it. */

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A line that goes on and on, a character now and then. */
const dribble =
  (text: string): Fault =>
  (peer) => {
    peer.mute();
    peer.socket.write(text);
    const timer = setInterval(() => peer.socket.writable && peer.socket.write('.'), 10);
    cleanups.push(() => clearInterval(timer));
  };

const message = (octets: number): OutgoingMessage => ({
  from: 'paperboy@example.org',
  to: 'reader@example.org',
  messageId: '<1@example.org>',
  raw: Buffer.from(`Subject: 1\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(octets / 72)}`),
});

async function sendTo(faults: Partial<Record<Step, Fault>>, octets = 200) {
  const server = await startScriptedServer(faults);
  const transport = createSmtpTransport({
    ...{ host: '127.0.0.1', port: server.port, secure: false, startTls: 'none' as const },
    ...{ rejectUnauthorized: false, name: 'client.example.org', auth: null, connections: 1 },
    timeouts: { connectMs: 100, greetingMs: 100, commandMs: 100, bodyMs: 150, replyMs: 100 },
  });
  cleanups.push(() => server.close());
  const from = performance.now();
  const outcome = await transport.send(message(octets));
  const tookMs = performance.now() - from;
  await transport.close();
  return { outcome, tookMs, server };
}

test.each<[Step, string, string]>([
  ['greeting', '220-scripted\r\n220-', 'retry'],
  ['ehlo', '250-scripted\r\n250-', 'retry'],
  ['mail', '250-ok\r\n250-', 'retry'],
  ['rcpt', '250-ok\r\n250-', 'retry'],
  ['data', '354-ok\r\n354-', 'retry'],
  ['reply', '250-ok\r\n250-', 'uncertain'],
])('%s: a reply without end', async (step, text, kind) => {
  const { outcome, tookMs } = await sendTo({ [step]: dribble(text) });
  expect(outcome).toMatchObject({ kind, reply: { phase: step, code: null } });
  // greeting and EHLO are bounded together, by the whole of the setting up
  expect(tookMs).toBeLessThan(20_000);
});

test('a message that is read a little at a time', async () => {
  const { outcome, tookMs } = await sendTo(
    {
      body: (peer) => {
        peer.mute();
        const timer = setInterval(() => peer.socket.read(16), 10);
        cleanups.push(() => clearInterval(timer));
      },
    },
    16 * 1024 * 1024,
  );
  expect(outcome).toMatchObject({ kind: 'retry', reply: { phase: 'body', code: null } });
  expect(tookMs).toBeLessThan(20_000);
});
