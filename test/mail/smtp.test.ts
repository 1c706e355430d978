import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { composeMessage } from '../../src/mail/message.ts';
import { createSmtpTransport, type SmtpOptions } from '../../src/mail/smtp.ts';
import type { OutgoingMessage, Transport } from '../../src/mail/transport.ts';
import { type Fault, type ScriptedServer, type Step, startScriptedServer } from './scripted-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Received {
  from: string;
  to: string[];
  user: string | undefined;
  secure: boolean;
  bytes: Buffer;
}

async function startServer(options: SMTPServerOptions = {}): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      password === 'hunter2' ? done(null, { user: username ?? '' }) : done(new Error('no such login')),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          user: session.user as string | undefined,
          secure: session.secure,
          bytes: Buffer.concat(chunks),
        });
        done(null, 'queued');
      });
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  cleanups.push(() => new Promise<void>((resolve) => server.close(resolve)));
  return { port: (server.server.address() as AddressInfo).port, received };
}

async function script(faults: Partial<Record<Step, Fault>>, extensions?: string[]): Promise<ScriptedServer> {
  const server = await startScriptedServer(faults, extensions);
  cleanups.push(() => server.close());
  return server;
}

function transportTo(server: { port: number }, options: Partial<SmtpOptions> = {}): Transport {
  const transport = createSmtpTransport({
    host: '127.0.0.1',
    port: server.port,
    secure: false,
    startTls: 'opportunistic',
    rejectUnauthorized: false,
    name: 'client.example.org',
    auth: null,
    connections: 1,
    ...options,
    timeouts: {
      connectMs: 3000,
      greetingMs: 3000,
      commandMs: 3000,
      bodyMs: 3000,
      replyMs: 3000,
      ...options.timeouts,
    },
  });
  cleanups.push(() => transport.close());
  return transport;
}

function message(
  n: number,
  changes: Partial<{ to: string; from: string; raw: Buffer }> = {},
): OutgoingMessage {
  const composed = composeMessage({
    from: { name: 'Paperboy', address: 'paperboy@example.org' },
    to: changes.to ?? `s${n}@example.org`,
    envelopeFrom: changes.from ?? 'bounces@example.org',
    messageId: `<2026-07-01.${n}@example.org>`,
    dateMs: 0,
    subject: `Message ${n}`,
    html: `<p>${n}</p>\n`,
    text: `.\n..\n${n}\n`,
    headers: [],
  });
  return changes.raw === undefined ? composed : { ...composed, raw: changes.raw };
}

const login = { user: 'ann', pass: 'hunter2' };

describe('sending', () => {
  it('hands over the exact bytes and the envelope', async () => {
    const server = await startServer();
    const sent = message(1);
    expect(await transportTo(server).send(sent)).toMatchObject({
      kind: 'sent',
      reply: { phase: 'reply', code: 250 },
    });
    expect(server.received).toMatchObject([{ from: 'bounces@example.org', to: ['s1@example.org'] }]);
    expect(server.received[0]?.bytes.equals(sent.raw)).toBe(true);
  });

  it('hands over a message of many megabytes', async () => {
    const server = await startServer({ size: 100_000_000 });
    const raw = Buffer.from(
      `Subject: big\r\n\r\n${`${'a line of some length. '.repeat(40)}\r\n.line with dots ..\r\n..\r\n`.repeat(8000)}`,
    );
    expect(await transportTo(server).send(message(1, { raw }))).toMatchObject({ kind: 'sent' });
    expect(server.received[0]?.bytes.equals(raw)).toBe(true);
  });

  it('keeps a connection for thousands of messages without listeners piling up', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    const server = await script({});
    const transport = transportTo(server, { maxMessages: 1e6 });
    for (let n = 0; n < 3000; n++) expect((await transport.send(message(n))).kind).toBe('sent');
    process.off('warning', warn);
    expect(warnings).toEqual([]);
    expect(server.connections()).toBe(1);
    expect(server.messages.length).toBe(3000);
  });

  it('uses as many connections as it may, and each for no more than its share', async () => {
    const server = await script({});
    const transport = transportTo(server, { connections: 3, maxMessages: 5 });
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, n) => transport.send(message(n))));
    expect(outcomes.every(({ kind }) => kind === 'sent')).toBe(true);
    expect(server.connections()).toBe(12);
    await expect.poll(() => server.commands.filter((line) => line === 'QUIT').length).toBe(12);
    const recipients = server.commands.filter((line) => line.startsWith('RCPT'));
    expect(new Set(recipients).size).toBe(60);
  });

  it('ends a connection that nobody uses', async () => {
    const server = await script({});
    const transport = transportTo(server, { idleMs: 30 });
    await transport.send(message(1));
    await expect.poll(() => server.commands.at(-1)).toBe('QUIT');
    expect((await transport.send(message(2))).kind).toBe('sent');
  });
});

describe('what a server offers', () => {
  const mailLine = (server: ScriptedServer) => server.commands.find((line) => line.startsWith('MAIL'));

  it('is used: SIZE always, SMTPUTF8 only when needed', async () => {
    const server = await script({});
    const transport = transportTo(server);
    const plain = message(1);
    await transport.send(plain);
    expect(mailLine(server)).toBe(`MAIL FROM:<bounces@example.org> SIZE=${plain.raw.length}`);
    expect(await transport.send(message(2, { to: 'jörg@bücher.example' }))).toMatchObject({ kind: 'sent' });
    expect(server.commands.at(-3)).toMatch(/ SIZE=\d+ BODY=8BITMIME SMTPUTF8$/);
    expect(server.commands.at(-2)).toBe('RCPT TO:<jörg@xn--bcher-kva.example>');
  });

  it('an address with a local part that the server cannot read is refused clearly', async () => {
    const server = await script({}, ['8BITMIME']);
    const transport = transportTo(server);
    const outcome = await transport.send(message(1, { to: 'jörg@example.org' }));
    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: 'recipient_refused',
      reply: { phase: 'rcpt', code: null },
    });
    expect(outcome.reply.text).toMatch(/SMTPUTF8/);
    expect(await transport.send(message(2, { from: 'jörg@example.org' }))).toMatchObject({
      kind: 'stop',
      cause: 'config',
    });
    expect(mailLine(server)).toBeUndefined();
    expect((await transport.send(message(3, { to: 'info@bücher.example' }))).kind).toBe('sent');
  });

  it('a message larger than SIZE is refused without sending it', async () => {
    const server = await script({}, ['SIZE 1000']);
    const transport = transportTo(server);
    const outcome = await transport.send(message(1, { raw: Buffer.alloc(1001, 'a') }));
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'message_refused', reply: { code: null } });
    expect(outcome.reply.text).toMatch(/1001 octets.*1000/);
    expect(mailLine(server)).toBeUndefined();
  });

  it('a message with 8-bit text waits for no server that cannot take it', async () => {
    const server = await script({}, []);
    const raw = Buffer.from('Subject: x\r\n\r\nü\r\n');
    expect(await transportTo(server).send(message(1, { raw }))).toMatchObject({
      kind: 'failed',
      reason: 'message_refused',
    });
  });

  it('an old server that only knows HELO is fine', async () => {
    const server = await script({
      ehlo: (peer) => peer.say(server.commands.at(-1)?.startsWith('HELO') ? '250 hi' : '502 what?'),
    });
    expect((await transportTo(server).send(message(1))).kind).toBe('sent');
    expect(mailLine(server)).toBe('MAIL FROM:<bounces@example.org>');
  });

  it.each([
    { to: 'a@example.org>\r\nRCPT TO:<eve@example.org' },
    { to: 'a b@example.org' },
    { to: 'no address' },
    { from: 'a@example.org> SIZE=1' },
  ])('never lets an envelope of %j into a command', async (changes) => {
    const server = await script({});
    const outcome = await transportTo(server).send({ ...message(1), ...changes });
    expect(outcome.kind).toBe('to' in changes ? 'failed' : 'stop');
    expect(mailLine(server)).toBeUndefined();
  });
});

describe('TLS', () => {
  it('is used when offered, with a login', async () => {
    const server = await startServer();
    const transport = transportTo(server, { startTls: 'required', auth: login });
    for (const n of [1, 2, 3]) expect((await transport.send(message(n))).kind).toBe('sent');
    expect(server.received).toMatchObject([1, 2, 3].map(() => ({ secure: true, user: 'ann' })));
    expect(server.received[2]?.bytes.equals(message(3).raw)).toBe(true);
  });

  it('is used from the first byte with smtps, for big messages too', async () => {
    const server = await startServer({ secure: true, size: 100_000_000 });
    const transport = transportTo(server, { secure: true, auth: login });
    const raw = Buffer.from(`Subject: big\r\n\r\n${'line\r\n'.repeat(1_000_000)}`);
    expect((await transport.send(message(1, { raw }))).kind).toBe('sent');
    expect(server.received[0]).toMatchObject({ secure: true, user: 'ann' });
    expect(server.received[0]?.bytes.equals(raw)).toBe(true);
  });

  it('stops at a certificate that nobody vouches for', async () => {
    for (const secure of [false, true]) {
      const server = await startServer({ secure });
      const transport = transportTo(server, {
        secure,
        startTls: 'required',
        auth: login,
        rejectUnauthorized: true,
      });
      const outcome = await transport.send(message(1));
      expect(outcome).toMatchObject({
        kind: 'stop',
        cause: 'tls',
        reply: { phase: secure ? 'connect' : 'starttls' },
      });
      expect(outcome.reply.text).toMatch(/certificate|SELF_SIGNED/i);
    }
  });

  it('stops when it is required and not to be had', async () => {
    const transport = transportTo(await script({}), { startTls: 'required', auth: login });
    expect(await transport.send(message(1))).toMatchObject({
      kind: 'stop',
      cause: 'tls',
      reply: { phase: 'starttls', code: 502 },
    });
  });

  it('stops when smtps meets a server that speaks in the clear', async () => {
    const transport = transportTo(await script({}), { secure: true });
    expect(await transport.send(message(1))).toMatchObject({ kind: 'stop', cause: 'tls' });
  });

  it.each<[string, Fault, object]>([
    [
      'a handshake of nonsense',
      (peer) => {
        peer.say('220 go');
        setTimeout(() => peer.say('nonsense nonsense'), 5);
      },
      { kind: 'stop', cause: 'tls' },
    ],
    [
      'a drop after the go-ahead',
      (peer) => {
        peer.say('220 go');
        setTimeout(peer.drop, 5);
      },
      { kind: 'stop', cause: 'tls' },
    ],
    [
      'silence after the go-ahead',
      (peer) => {
        peer.say('220 go');
        peer.mute();
      },
      { kind: 'stop', cause: 'tls' },
    ],
    ['454', (peer) => peer.say('454 4.7.0 TLS not available due to temporary reason'), { kind: 'retry' }],
  ])('ends with the right outcome after %s', async (name, starttls, outcome) => {
    const server = await script({ starttls }, ['STARTTLS']);
    const timeouts = name.startsWith('silence') ? { greetingMs: 80, commandMs: 80 } : {};
    const transport = transportTo(server, { startTls: 'required', auth: login, timeouts });
    expect(await transport.send(message(1))).toMatchObject({ ...outcome, reply: { phase: 'starttls' } });
    expect(server.commands.join()).not.toMatch(/AUTH|MAIL/);
  });

  it('is done without when only opportunistic and refused', async () => {
    const server = await script({}, ['STARTTLS', '8BITMIME']);
    expect((await transportTo(server).send(message(1))).kind).toBe('sent');
  });
});

describe('the login', () => {
  it('stops the run when refused, and the password shows nowhere', async () => {
    const server = await startServer();
    const transport = transportTo(server, {
      startTls: 'required',
      auth: { user: 'ann', pass: 'wrong-secret' },
    });
    const outcome = await transport.send(message(1));
    expect(outcome).toMatchObject({ kind: 'stop', cause: 'auth', reply: { phase: 'auth', code: 535 } });
    expect(JSON.stringify(outcome) + transport.description).not.toContain('wrong-secret');
  });

  it('shows no password that the server says back', async () => {
    const base64 = Buffer.from('\0ann\0hunter2').toString('base64');
    const server = await script(
      { auth: (peer) => peer.say(`535 no ${base64} hunter2 ${Buffer.from('hunter2').toString('base64')}`) },
      ['AUTH PLAIN'],
    );
    const outcome = await transportTo(server, { auth: login }).send(message(1));
    expect(outcome.reply.text).toBe('535 no *** *** ***');
  });

  it.each<[string, Fault, object]>([
    ['454', (peer) => peer.say('454 4.7.0 Temporary authentication failure'), { kind: 'retry' }],
    ['421', (peer) => peer.say('421 closing'), { kind: 'retry' }],
    ['drop', (peer) => peer.drop(), { kind: 'retry' }],
    ['silence', (peer) => peer.mute(), { kind: 'retry' }],
    ['534', (peer) => peer.say('534 5.7.9 use another mechanism'), { kind: 'stop', cause: 'auth' }],
  ])('%s', async (name, auth, outcome) => {
    const server = await script({ auth }, ['AUTH PLAIN LOGIN']);
    const timeouts = name === 'silence' ? { commandMs: 80 } : {};
    expect(await transportTo(server, { auth: login, timeouts }).send(message(1))).toMatchObject({
      ...outcome,
      reply: { phase: 'auth' },
    });
  });
});

describe('verify', () => {
  it('logs in and quits, sending nothing', async () => {
    const server = await startServer();
    expect(await transportTo(server, { startTls: 'required', auth: login }).verify()).toBeNull();
    const plain = await script({});
    expect(await transportTo(plain).verify()).toBeNull();
    await expect.poll(() => plain.commands).toEqual(['EHLO client.example.org', 'QUIT']);
  });

  it('says what the server said', async () => {
    const server = await script({ greeting: (peer) => peer.say('554 5.7.1 not you') });
    expect(await transportTo(server).verify()).toMatchObject({
      phase: 'greeting',
      code: 554,
      text: '554 5.7.1 not you',
    });
  });
});

describe('close', () => {
  it('says QUIT to those that are idle', async () => {
    const server = await script({});
    const transport = transportTo(server);
    await transport.send(message(1));
    await transport.close();
    await expect.poll(() => server.commands.at(-1)).toBe('QUIT');
    expect(await transport.send(message(2))).toMatchObject({ kind: 'retry', reply: { code: null } });
  });

  it('waits for no server that is stuck, and says what became of the message', async () => {
    const server = await script({ reply: (peer) => peer.mute() });
    const transport = transportTo(server);
    const sending = transport.send(message(1));
    await expect.poll(() => server.commands.at(-1)).toBe('DATA');
    await new Promise((resolve) => setTimeout(resolve, 30));
    await transport.close();
    expect(await sending).toMatchObject({ kind: 'uncertain' });
  });

  it('ends those that wait for a connection', async () => {
    const server = await script({ mail: (peer) => peer.mute() });
    const transport = transportTo(server);
    const sending = [1, 2, 3].map((n) => transport.send(message(n)));
    await expect.poll(() => server.commands.length).toBeGreaterThan(1);
    await transport.close();
    expect((await Promise.all(sending)).map(({ kind }) => kind)).toEqual(['retry', 'retry', 'retry']);
  });
});

describe('description', () => {
  it('names the server and how many connections', async () => {
    expect(transportTo({ port: 25 }, { host: 'mail.example.org', connections: 10 }).description).toBe(
      'smtp://mail.example.org:25 (10 connections)',
    );
    expect(transportTo({ port: 25 }, { secure: true }).description).toBe(
      'smtps://127.0.0.1:25 (1 connection)',
    );
  });
});
