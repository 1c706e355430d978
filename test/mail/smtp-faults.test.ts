import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createSmtpTransport, type SmtpOptions } from '../../src/mail/smtp.ts';
import type { OutgoingMessage, Transport } from '../../src/mail/transport.ts';
import {
  type Fault,
  firstTime,
  type Peer,
  type ScriptedServer,
  type Step,
  startScriptedServer,
} from './scripted-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const extensions = ['8BITMIME', 'SMTPUTF8', 'SIZE 50000000'];
const big = 16 * 1024 * 1024;

async function start(faults: Partial<Record<Step, Fault>>, pipelining = true): Promise<ScriptedServer> {
  const server = await startScriptedServer(faults, pipelining ? ['PIPELINING', ...extensions] : extensions);
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
    timeouts: { connectMs: 3000, greetingMs: 3000, commandMs: 3000, bodyMs: 3000, replyMs: 3000 },
    ...options,
  });
  cleanups.push(() => transport.close());
  return transport;
}

function message(n: number, octets = 200): OutgoingMessage {
  const line = `${'x'.repeat(70)}\r\n`;
  const raw = Buffer.from(`Subject: ${n}\r\n\r\n${line.repeat(Math.ceil(octets / line.length))}`);
  return { from: 'paperboy@example.org', to: `s${n}@example.org`, messageId: `<${n}@example.org>`, raw };
}

const say =
  (text: string): Fault =>
  (peer) =>
    peer.say(text);
const drop: Fault = (peer) => peer.drop();
const stall: Fault = (peer) => peer.mute();
const later =
  (ms: number, act: Fault): Fault =>
  (peer) => {
    setTimeout(() => act(peer), ms);
    return false;
  };
/** Part of a line, then the end. */
const half =
  (text: string): Fault =>
  (peer) => {
    peer.socket.end(text);
  };

/** Patient but in the step that stalls: a busy machine is slow in the others, too. */
const patient = { connectMs: 20_000, greetingMs: 20_000, commandMs: 20_000, bodyMs: 20_000, replyMs: 20_000 };
const stalling: Partial<Record<Step, Partial<typeof patient>>> = {
  greeting: { greetingMs: 500 },
  ehlo: { commandMs: 500, greetingMs: 500 },
  reply: { replyMs: 200 },
};
const timeoutsOf = (step: Step) => ({ ...patient, ...(stalling[step] ?? { commandMs: 500 }) });
const retry = { kind: 'retry' };
const stop = (cause: string) => ({ kind: 'stop', cause });
const failed = (reason: string) => ({ kind: 'failed', reason });
const uncertain = { kind: 'uncertain' };

/** Step, fault, what it means, the reply's code, and whether the message is big. */
const faults: [step: Step, name: string, fault: Fault, outcome: object, code: number | null][] = [
  ['greeting', 'drop', drop, retry, null],
  ['greeting', 'stall', stall, retry, null],
  ['greeting', '421', say('421 4.3.2 too many connections'), retry, 421],
  ['greeting', '554', say('554 5.7.1 go away'), stop('policy'), 554],
  ['greeting', 'garbage', say('HTTP/1.1 400 Bad Request'), stop('config'), null],
  ['greeting', 'half a line', half('220 wel'), retry, null],
  ['ehlo', 'drop', drop, retry, null],
  ['ehlo', 'stall', stall, retry, null],
  ['ehlo', '421', say('421 closing'), retry, 421],
  ['ehlo', '550 to EHLO and HELO', say('550 no'), stop('policy'), 550],
  ['ehlo', 'garbage', say('what?'), retry, null],
  ['ehlo', 'half a reply', half('250-scripted\r\n250-PIPE'), retry, null],
  ['mail', 'drop', drop, retry, null],
  ['mail', 'stall', stall, retry, null],
  ['mail', '421', say('421 closing'), retry, 421],
  ['mail', '451', say('451 4.3.0 later'), retry, 451],
  ['mail', '550 for the sender', say('550 5.1.8 sender unknown'), stop('config'), 550],
  ['mail', '530', say('530 5.7.0 Authentication required'), stop('auth'), 530],
  ['mail', '552', say('552 5.3.4 too big'), failed('message_refused'), 552],
  ['mail', 'garbage', say('OK'), retry, null],
  ['mail', 'half a reply', half('250'), retry, null],
  ['rcpt', 'drop', drop, retry, null],
  ['rcpt', 'stall', stall, retry, null],
  ['rcpt', '421', say('421 closing'), retry, 421],
  ['rcpt', '450', say('450 4.2.1 greylisted'), retry, 450],
  ['rcpt', '550', say('550-5.1.1 no\r\n550 5.1.1 such one'), failed('recipient_refused'), 550],
  ['rcpt', '554 relay', say('554 5.7.1 <x>: Relay access denied'), stop('config'), 554],
  ['rcpt', 'garbage', say('\x00\x01\x02'), retry, null],
  ['rcpt', 'half a reply', half('250-2.1.5'), retry, null],
  ['data', 'drop', drop, retry, null],
  ['data', 'stall', stall, retry, null],
  ['data', '421', say('421 closing'), retry, 421],
  ['data', '451', say('451 4.3.0 later'), retry, 451],
  ['data', '554', say('554 5.6.0 no'), failed('message_refused'), 554],
  ['data', '554 spam', say('554 5.7.1 no'), failed('policy_refused'), 554],
  ['data', '250', say('250 ok'), retry, 250],
  ['data', 'garbage', say('go'), retry, null],
  ['reply', 'drop', drop, uncertain, null],
  ['reply', 'stall', stall, uncertain, null],
  ['reply', '421', say('421 4.3.0 closing'), retry, 421],
  ['reply', '452', say('452 4.3.1 disk full'), retry, 452],
  ['reply', '554', say('554 5.6.0 malformed'), failed('message_refused'), 554],
  ['reply', '550 spam', say('550 High probability of spam'), failed('policy_refused'), 550],
  ['reply', '354', say('354 go on'), uncertain, 354],
  ['reply', 'garbage', say('thanks'), uncertain, null],
  ['reply', 'half a line', half('250 2.0.0 que'), uncertain, null],
  ['reply', 'half a reply', half('250-2.0.0 queued\r\n'), uncertain, null],
];

describe.each([true, false])('with pipelining %s', (pipelining) => {
  it.each(faults)('%s: %s', async (step, name, fault, outcome, code) => {
    // EHLO is tried again as HELO: the fault must hold for both
    let struck = 0;
    const strikes = step === 'ehlo' ? 2 : 1;
    const server = await start(
      { [step]: (peer: Peer) => (struck++ < strikes && peer.connection === 1 ? fault(peer) : false) },
      pipelining,
    );
    const transport = transportTo(server, name === 'stall' ? { timeouts: timeoutsOf(step) } : {});
    const ended = await transport.send(message(1));
    // a reset may overtake the replies that were on their way
    const phase = name === 'drop' && pipelining && ended.reply.phase !== 'reply' ? ended.reply.phase : step;
    expect(ended).toMatchObject({ ...outcome, reply: { phase, code } });
    expect(server.messages).toEqual([]);
    // the next one goes through, whatever the first left behind
    expect(await transport.send(message(2))).toMatchObject({
      kind: 'sent',
      reply: { phase: 'reply', code: 250, enhanced: '2.0.0' },
    });
    expect(server.messages.map(String)).toEqual([String(message(2).raw)]);
  });

  it.each<[string, Fault, object, number | null]>([
    ['drop', (peer) => setTimeout(peer.drop, 20), retry, null],
    ['stall', () => {}, retry, null],
    ['452', say('452 4.3.1 disk full'), retry, 452],
    ['552', say('552 5.3.4 too big'), failed('message_refused'), 552],
    ['250', say('250 thanks'), retry, 250],
    ['garbage', say('stop it'), retry, null],
  ])('in the middle of the body: %s', async (name, fault, outcome, code) => {
    const server = await start(
      {
        // what is not read fills the buffers on the way, so the final dot stays at home
        body: firstTime((peer) => {
          peer.mute();
          fault(peer);
        }),
      },
      pipelining,
    );
    const transport = transportTo(server, name === 'stall' ? { timeouts: { ...patient, bodyMs: 200 } } : {});
    expect(await transport.send(message(1, big))).toMatchObject({
      ...outcome,
      reply: { phase: 'body', code },
    });
    expect(server.messages).toEqual([]);
    expect(await transport.send(message(2))).toMatchObject({ kind: 'sent' });
  });

  it('is uncertain when a small message was gone before the drop: its final dot may have arrived', async () => {
    const server = await start({ body: firstTime(drop) }, pipelining);
    const transport = transportTo(server);
    expect(await transport.send(message(1))).toMatchObject({
      kind: 'uncertain',
      reply: { phase: 'reply', code: null },
    });
  });

  it.each([true, false])(
    'knows whom it wrote to when a refusal names them (pipelining %s)',
    async (pipelining) => {
      const server = await start({ rcpt: firstTime(say('550 relay... user unknown')) }, pipelining);
      const transport = transportTo(server);
      expect(await transport.send({ ...message(1), to: 'relay@example.org' })).toMatchObject({
        kind: 'failed',
        reason: 'recipient_refused',
      });
      expect(await transport.send(message(2))).toMatchObject({ kind: 'sent' });
    },
  );

  it('keeps the connection after a refused recipient, and resets it', async () => {
    const server = await start(
      { rcpt: (peer) => (peer.mails % 2 === 1 ? peer.say('550 5.1.1 unknown') : false) },
      pipelining,
    );
    const transport = transportTo(server);
    for (let n = 1; n <= 4; n++) {
      expect((await transport.send(message(n))).kind).toBe(n % 2 === 1 ? 'failed' : 'sent');
    }
    expect(server.connections()).toBe(1);
    expect(
      server.commands.filter((line) => /^(RSET|MAIL)/.test(line)).map((line) => line.slice(0, 4)),
    ).toEqual(['MAIL', 'RSET', 'MAIL', 'MAIL', 'RSET', 'MAIL']);
  });

  it('starts over on a new connection when RSET is refused', async () => {
    const server = await start(
      { rcpt: firstTime(say('550 5.1.1 unknown')), rset: say('500 what?') },
      pipelining,
    );
    const transport = transportTo(server);
    await transport.send(message(1));
    expect(await transport.send(message(2))).toMatchObject({ kind: 'sent' });
    expect(server.connections()).toBe(2);
  });
});

describe('a pooled connection that the server has closed', () => {
  it.each<[string, Partial<Record<Step, Fault>>]>([
    ['without a word, after the message', { reply: later(10, (peer) => peer.socket.end()) }],
    ['at once after the message', { reply: later(0, drop) }],
    ['with 421 while idle', { reply: later(10, half('421 idle for too long\r\n')) }],
    ['right behind the reply', { reply: later(0, half('421 bye\r\n')) }],
    ['when MAIL comes', { mail: (peer) => (peer.mails > 1 ? peer.drop() : false) }],
    ['with 421 to MAIL', { mail: (peer) => (peer.mails > 1 ? peer.socket.end('421 enough\r\n') : false) }],
    ['when RCPT comes', { rcpt: (peer) => (peer.mails > 1 ? peer.drop() : false) }],
    ['when DATA comes', { data: (peer) => (peer.mails > 1 ? peer.drop() : false) }],
  ])('%s: the message goes over a new one at once, and once', async (_, faults) => {
    const server = await start(faults);
    const transport = transportTo(server);
    for (let n = 1; n <= 3; n++) {
      expect(await transport.send(message(n))).toMatchObject({ kind: 'sent' });
      await sleep(40);
    }
    expect(server.messages.length).toBe(3);
    expect(server.connections()).toBeGreaterThan(1);
  });

  it('is not tried again once the final dot is out', async () => {
    const server = await start({ reply: (peer) => (peer.mails > 1 ? peer.drop() : false) });
    const transport = transportTo(server);
    await transport.send(message(1));
    expect(await transport.send(message(2))).toMatchObject({ kind: 'uncertain' });
    expect(server.connections()).toBe(1);
  });

  it('is not tried a third time', async () => {
    const server = await start({
      mail: (peer) => (peer.connection > 1 || peer.mails > 1 ? peer.drop() : false),
    });
    const transport = transportTo(server);
    await transport.send(message(1));
    expect(await transport.send(message(2))).toMatchObject({ kind: 'retry', reply: { phase: 'mail' } });
    expect(server.connections()).toBe(2);
  });
});

describe('a server out of step', () => {
  it('gets no message when it takes DATA after refusing the recipient', async () => {
    const server = await start({ rcpt: firstTime(say('550 5.1.1 unknown')), data: () => false });
    const transport = transportTo(server);
    expect(await transport.send(message(1))).toMatchObject({ kind: 'failed', reason: 'recipient_refused' });
    expect(await transport.send(message(2))).toMatchObject({ kind: 'sent' });
    expect(server.messages.map(String)).toEqual([String(message(2).raw)]);
    expect(server.connections()).toBe(2);
  });

  it('keeps its refusal when it hangs up before the other replies', async () => {
    const server = await start({ rcpt: (peer) => void peer.socket.end('550 5.1.1 unknown\r\n') });
    expect(await transportTo(server).send(message(1))).toMatchObject({
      kind: 'failed',
      reply: { code: 550 },
    });
  });

  it('is understood when it writes byte by byte, in many lines', async () => {
    const dribble =
      (text: string): Fault =>
      (peer) => {
        peer.socket.setNoDelay(true);
        void (async () => {
          for (const character of text) {
            peer.socket.write(character);
            await new Promise(setImmediate);
          }
        })();
      };
    const server = await start({
      reply: dribble('250-2.0.0 one\r\n250-2.0.0 größer\r\n250 2.0.0 three\r\n'),
    });
    const { reply } = await transportTo(server).send(message(1));
    expect(reply).toEqual({
      phase: 'reply',
      code: 250,
      enhanced: '2.0.0',
      text: '250-2.0.0 one 2.0.0 größer 2.0.0 three',
    });
  });

  it('does not fill the memory with a reply without end', async () => {
    const flood: Fault = (peer) => {
      const more = () => peer.socket.write('250-x\r\n'.repeat(1000)) && setImmediate(more);
      peer.socket.on('drain', more);
      more();
    };
    const server = await start({ mail: flood });
    expect(await transportTo(server).send(message(1))).toMatchObject({
      kind: 'retry',
      reply: { phase: 'mail' },
    });
  });
});

describe('a server that takes few connections', () => {
  it('is sent everything over those it takes', async () => {
    let open = 0;
    const server = await start({
      greeting: (peer) => {
        if (open >= 2) return void peer.socket.end('421 4.7.0 too many connections\r\n');
        open++;
        peer.socket.on('close', () => open--);
        return false;
      },
    });
    const transport = transportTo(server, { connections: 6 });
    await transport.send(message(0));
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => transport.send(message(n + 1))));
    expect(outcomes.filter(({ kind }) => kind !== 'sent')).toEqual([]);
    expect(server.messages.length).toBe(41);
  });

  it('ends every send when it takes none', async () => {
    const server = await start({
      greeting: (peer) => void peer.socket.end('421 4.7.0 too many connections\r\n'),
    });
    const transport = transportTo(server, { connections: 4 });
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, n) => transport.send(message(n))));
    expect(outcomes.every(({ kind }) => kind === 'retry')).toBe(true);
  });
});

describe('a connection cut at any byte', () => {
  it('never makes a message that was taken look as if it were not, nor sends it twice', async () => {
    const kinds = new Set<string>();
    const cut = fc.record({
      afterOctets: fc.oneof(fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1, max: 400_000 })),
      octets: fc.constantFrom(10, 300, 100_000),
      reset: fc.boolean(),
      pipelining: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cut, async ({ afterOctets, octets, reset, pipelining }) => {
        let read = 0;
        const server = await start(
          {
            greeting: (peer) => {
              peer.socket.prependListener('data', (chunk: Buffer) => {
                read += chunk.length;
                if (peer.connection > 1 || read < afterOctets) return;
                if (reset) peer.drop();
                else peer.socket.destroy();
              });
              return false;
            },
          },
          pipelining,
        );
        const transport = transportTo(server);
        for (let n = 1; n <= 4; n++) {
          const sent = message(n, octets);
          const { kind } = await transport.send(sent);
          kinds.add(kind);
          await new Promise(setImmediate);
          const taken = server.messages.filter((bytes) => bytes.equals(sent.raw)).length;
          if (kind === 'sent') expect(taken).toBe(1);
          else if (kind === 'uncertain') expect(taken).toBeLessThanOrEqual(1);
          else expect([kind, taken]).toEqual(['retry', 0]);
        }
        await transport.close();
        server.close();
      }),
      { numRuns: 150 },
    );
    expect(kinds).toEqual(new Set(['sent', 'uncertain', 'retry']));
  });
});

describe('unreachable', () => {
  it('stops when nothing listens', async () => {
    const server = await start({});
    server.close();
    const outcome = await transportTo(server).send(message(1));
    expect(outcome).toMatchObject({
      kind: 'stop',
      cause: 'unreachable',
      reply: { phase: 'connect', code: null },
    });
    expect(outcome.reply.text).toMatch(/ECONNREFUSED/);
  });

  it('stops when the name has no address', async () => {
    const transport = transportTo({ port: 25 }, { host: 'nowhere.invalid' });
    expect(await transport.send(message(1))).toMatchObject({
      kind: 'stop',
      cause: 'unreachable',
      reply: { phase: 'connect' },
    });
  });
});
