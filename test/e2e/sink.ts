/**
 * A real SMTP server on loopback that keeps what it accepted. As a module it keeps it in memory; as a process
 * (`node test/e2e/sink.ts --file accepted.jsonl [--delay-ms 5]`) it prints `{"port":…}` and writes one JSON line
 * per message, synced to disk before the client hears `250`: what it told anyone survives its own death too.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** One message that the server took: from its `250` on it counts as delivered. */
export interface Caught {
  /** Position in the order of acceptance, from 0. */
  order: number;
  /** Real time of acceptance, epoch ms. */
  acceptedAt: number;
  from: string;
  to: string[];
  messageId: string;
  subject: string;
  /** The Date header, epoch ms; NaN when it is none. */
  date: number;
  /** Names in lower case, in order. */
  headers: [name: string, value: string][];
  text: string;
  htmlBytes: number;
  /** arXiv ids that the HTML links to, each once, in order. */
  arxivIds: string[];
}

export interface SinkOptions {
  /** JSON lines of what was accepted. */
  file?: string;
  /** Wait so long before the final reply. */
  delayMs?: number;
  /** Without it no login is offered; with it none but this one is let in. */
  login?: { user: string; pass: string };
  /** Offers STARTTLS with a certificate that nobody has signed. */
  tls?: boolean;
  /** Called before the final reply. */
  onCaught?: (caught: Caught) => void;
}

export interface Sink {
  port: number;
  url: string;
  caught: Caught[];
  /** Logins refused so far. */
  refusedLogins: number;
  close(): Promise<void>;
}

export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const { file, delayMs = 0, login } = options;
  const descriptor = file === undefined ? null : openSync(file, 'a', 0o600);
  const caught: Caught[] = [];
  let order = 0;

  async function accept(raw: Buffer, from: string, to: string[]): Promise<void> {
    const message = await readMessage(raw, from, to);
    if (delayMs > 0) await sleepMs(delayMs);
    const kept = { order: order++, acceptedAt: Date.now(), ...message };
    if (descriptor === null) caught.push(kept);
    else {
      writeSync(descriptor, `${JSON.stringify(kept)}\n`);
      fsyncSync(descriptor);
    }
    options.onCaught?.(kept);
  }

  const settings: SMTPServerOptions = {
    disabledCommands: [...(options.tls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    onAuth(given, _session, callback) {
      if (login && given.username === login.user && given.password === login.pass)
        return callback(null, { user: login.user });
      sink.refusedLogins++;
      callback(Object.assign(new Error('5.7.8 Authentication credentials invalid'), { responseCode: 535 }));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
        const to = session.envelope.rcptTo.map((one) => one.address);
        accept(Buffer.concat(chunks), from, to).then(
          () => callback(null, `2.0.0 kept as ${order}`),
          (error: Error) => callback(error),
        );
      });
    },
  };
  const server = new SMTPServer(settings);
  // A client that is killed resets its connections: that is what it is here for.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const sink: Sink = {
    port,
    url: `smtp://127.0.0.1:${port}`,
    caught,
    refusedLogins: 0,
    async close() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (descriptor !== null) closeSync(descriptor);
    },
  };
  return sink;
}

type Message = Omit<Caught, 'order' | 'acceptedAt'>;

export async function readMessage(raw: Buffer, from: string, to: string[]): Promise<Message> {
  const mail = await PostalMime.parse(raw);
  const html = mail.html ?? '';
  const links = html.matchAll(/href="https?:\/\/arxiv\.org\/abs\/([^"?#]+)"/g);
  return {
    from,
    to,
    messageId: mail.messageId ?? '',
    subject: mail.subject ?? '',
    date: Date.parse(mail.headers.find((one) => one.key === 'date')?.value ?? ''),
    headers: mail.headers.map((one) => [one.key, one.value]),
    text: mail.text ?? '',
    htmlBytes: Buffer.byteLength(html),
    arxivIds: [...new Set([...links].map((found) => (found[1] as string).replace(/v\d+$/, '')))],
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { file: { type: 'string' }, 'delay-ms': { type: 'string' } } });
  if (!values.file) throw new Error('usage: node test/e2e/sink.ts --file FILE [--delay-ms N]');
  const sink = await startSink({ file: values.file, delayMs: Number(values['delay-ms'] ?? 0) });
  console.log(JSON.stringify({ port: sink.port }));
  process.once('SIGTERM', () => sink.close().then(() => process.exit(0)));
}

if (import.meta.main) await main();
