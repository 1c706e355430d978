import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * Stands between the program and a real SMTP server and goes wrong at one place. `dot`: the whole message was
 * read from the client and the server behind has not got its end; `reply`: that server has taken the message and
 * the client has not heard so.
 */
export const stages = [
  'connect',
  'greeting',
  'ehlo',
  'starttls',
  'auth',
  'mail',
  'rcpt',
  'data',
  'body',
  'dot',
  'reply',
] as const;
export type Stage = (typeof stages)[number];

export interface Fault {
  stage: Stage;
  /**
   * A reply in place of the server's (a 421 ends the connection), half of one and the end, what is no reply at all;
   * or nothing: the connection lost, or silence.
   */
  act: { reply: string } | 'drop' | 'hang' | 'half' | 'garbage';
  /** Only from this recipient's RCPT on. */
  recipient?: string;
}

/** Asked at each stage of each message, the recipient as far as it is known; null: nothing goes wrong here. */
export type FaultSource = (stage: Stage, recipient: string) => Fault['act'] | null;

export interface FaultProxy {
  url: string;
  port: number;
  /** How often the fault has struck. */
  struck: number;
  /** Resolves when the fault strikes for the first time. */
  firstStrike: Promise<void>;
  /** From now on nothing goes wrong. */
  heal(): void;
  /** From now on this goes wrong. */
  fail(next: Fault | readonly Fault[] | FaultSource): void;
  /** Words that the server's EHLO does not offer. */
  hidden: string[];
  close(): Promise<void>;
}

export async function startFaultProxy(
  targetPort: number,
  initial: Fault | readonly Fault[] | FaultSource | null,
): Promise<FaultProxy> {
  let source: FaultSource = toSource(initial ?? []);
  let strikeFirst: () => void = () => {};
  const sockets = new Set<Socket>();
  const proxy: FaultProxy = {
    url: '',
    port: 0,
    struck: 0,
    firstStrike: new Promise((resolve) => {
      strikeFirst = resolve;
    }),
    heal() {
      source = () => null;
    },
    fail(next) {
      source = toSource(next);
    },
    hidden: [],
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  const strike: Strike = (stage, recipient) => {
    const act = source(stage, recipient);
    if (act === null) return null;
    proxy.struck++;
    strikeFirst();
    return act;
  };
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    }
    carry(client, upstream, strike, proxy.hidden)
      .catch(() => {})
      .finally(() => {
        client.end();
        upstream.destroy();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.port = (server.address() as AddressInfo).port;
  proxy.url = `smtp://127.0.0.1:${proxy.port}`;
  return proxy;
}

function toSource(faults: Fault | readonly Fault[] | FaultSource): FaultSource {
  if (typeof faults === 'function') return faults;
  return (stage, recipient) =>
    [faults].flat().find((one) => one.stage === stage && (one.recipient ?? recipient) === recipient)?.act ??
    null;
}

type Strike = FaultSource;
const stageOf: Record<string, Stage> = {
  EHLO: 'ehlo',
  HELO: 'ehlo',
  STAR: 'starttls',
  AUTH: 'auth',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
};

/** One conversation, command by command; ends when a side does. */
async function carry(
  client: Socket,
  upstream: Socket,
  strike: Strike,
  hidden: readonly string[],
): Promise<void> {
  let recipient = '';
  const fromClient = createReader(client);
  const fromServer = createReader(upstream);
  /** True: the server's own reply is due. */
  const pass = async (stage: Stage | undefined): Promise<boolean> => {
    const act = stage ? strike(stage, recipient) : null;
    if (act === null) return true;
    if (act === 'drop') return drop(client);
    if (act === 'hang') return await new Promise<never>(() => {});
    if (act === 'half') {
      client.end('250-2.0.0 half of a re');
      throw new Error('said half');
    }
    if (act === 'garbage') {
      client.write('\u0000\u00ff<html>no reply at all\r\n', 'latin1');
      return false;
    }
    client.write(`${act.reply}\r\n`);
    if (act.reply.startsWith('421') || stage === 'greeting') throw new Error('said goodbye');
    return false;
  };
  const greeting = await fromServer.reply();
  await pass('connect');
  if (await pass('greeting')) client.write(greeting);
  for (;;) {
    const line = await fromClient.line();
    const verb = line.toString('latin1').slice(0, 4).toUpperCase();
    const stage = stageOf[verb];
    if (stage === 'mail') recipient = '';
    if (stage === 'rcpt') recipient = /<([^>]*)>/.exec(line.toString('latin1'))?.[1] ?? '';
    // Refused at DATA or before, the server behind never hears of it.
    if (!(await pass(stage))) continue;
    upstream.write(line);
    const reply = await fromServer.reply();
    client.write(stage === 'ehlo' ? without(reply, hidden) : reply);
    if (stage === 'starttls' && reply.startsWith('220')) return await pipeBoth(client, upstream);
    if (stage !== 'data' || !reply.startsWith('354')) continue;
    await fromClient.some();
    if (!(await pass('body'))) throw new Error('what comes now is no command');
    const body = await fromClient.body();
    if (!(await pass('dot'))) {
      // A message half said cannot be taken back but by leaving.
      upstream.destroy();
      throw new Error('the server behind is gone');
    }
    upstream.write(body);
    const verdict = await fromServer.reply();
    if (await pass('reply')) client.write(verdict);
  }
}

/** An EHLO reply that does not offer these words. */
function without(reply: string, hidden: readonly string[]): string {
  const lines = reply
    .trimEnd()
    .split('\r\n')
    .filter((line) => !hidden.includes(line.slice(4).split(' ')[0] ?? ''));
  const [last = ''] = lines.slice(-1);
  return `${[...lines.slice(0, -1), `${last.slice(0, 3)} ${last.slice(4)}`].join('\r\n')}\r\n`;
}

/** From here on it is encrypted. */
async function pipeBoth(client: Socket, upstream: Socket): Promise<void> {
  client.pipe(upstream).pipe(client);
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
}

function drop(client: Socket): never {
  client.resetAndDestroy();
  throw new Error('dropped');
}

interface Reader {
  /** The next line with its CRLF. */
  line(): Promise<Buffer>;
  /** The next reply, all its lines. */
  reply(): Promise<string>;
  /** Everything up to and with the final dot. */
  body(): Promise<Buffer>;
  /** Resolves when anything has come. */
  some(): Promise<void>;
}

function createReader(socket: Socket): Reader {
  let held = Buffer.alloc(0);
  let ended = false;
  let wake: () => void = () => {};
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    wake();
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });
  const take = async (measure: () => number): Promise<Buffer> => {
    for (;;) {
      const length = measure();
      if (length > 0) {
        const taken = held.subarray(0, length);
        held = held.subarray(length);
        return taken;
      }
      if (ended) throw new Error('the other side is gone');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const after = (mark: string) => {
    const at = held.indexOf(mark);
    return at < 0 ? 0 : at + mark.length;
  };
  const line = () => take(() => after('\r\n'));
  return {
    line,
    async reply() {
      for (let reply = ''; ; ) {
        const next = (await line()).toString('latin1');
        reply += next;
        if (next[3] !== '-') return reply;
      }
    },
    body: () => take(() => (held.subarray(0, 3).toString() === '.\r\n' ? 3 : after('\r\n.\r\n'))),
    async some() {
      while (held.length === 0) {
        if (ended) throw new Error('the other side is gone');
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
