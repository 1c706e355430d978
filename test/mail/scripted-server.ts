import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export type Step =
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'auth'
  | 'rset'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'reply'
  | 'quit';

/** One connection, as a script sees it. */
export interface Peer {
  socket: Socket;
  /** Counted from 1. */
  connection: number;
  /** MAIL commands on this connection so far. */
  mails: number;
  say(text: string): void;
  /** Hears and says nothing more. */
  mute(): void;
  /** Ends the connection at once (RST). */
  drop(): void;
}

/** What the server does instead of answering as usual; returning false means: as usual after all. */
export type Fault = (peer: Peer) => unknown;

export interface ScriptedServer {
  port: number;
  /** Every command, in order, over all connections. */
  commands: string[];
  /** Messages that were taken with 250, dot-stuffing undone. */
  messages: Buffer[];
  connections(): number;
  close(): void;
}

/**
 * An SMTP server on loopback that keeps to RFC 5321 but for what `faults` say of a step. `body` is the moment when the
 * first bytes of a message come, `reply` when its final dot has come.
 */
export async function startScriptedServer(
  faults: Partial<Record<Step, Fault>> = {},
  extensions = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'SIZE 50000000'],
): Promise<ScriptedServer> {
  const commands: string[] = [];
  const messages: Buffer[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let muted = false;
    const peer: Peer = {
      socket,
      connection: ++connections,
      mails: 0,
      say: (text) => void socket.write(`${text}\r\n`, 'utf8'),
      mute: () => {
        muted = true;
        socket.pause();
      },
      drop: () => void socket.resetAndDestroy(),
    };
    const run = (step: Step, usual: () => void) => {
      const fault = faults[step];
      if (fault === undefined || fault(peer) === false) usual();
    };
    let pending: Buffer = Buffer.alloc(0);
    let inBody = false;
    let refused = false;

    const takeCommand = (line: string) => {
      commands.push(line);
      const verb = line.split(' ')[0]?.toUpperCase();
      if (verb === 'EHLO' || verb === 'HELO')
        run('ehlo', () =>
          peer.say(['250-scripted', ...extensions.map((e) => `250-${e}`), '250 HELP'].join('\r\n')),
        );
      else if (verb === 'STARTTLS') run('starttls', () => peer.say('502 5.5.1 not here'));
      else if (verb === 'AUTH') run('auth', () => peer.say('235 2.7.0 ok'));
      else if (verb === 'RSET') run('rset', () => peer.say('250 2.0.0 ok'));
      else if (verb === 'MAIL') {
        peer.mails++;
        refused = true;
        run('mail', () => {
          refused = false;
          peer.say('250 2.1.0 ok');
        });
      } else if (verb === 'RCPT') {
        if (refused) return peer.say('503 5.5.1 MAIL first');
        refused = true;
        run('rcpt', () => {
          refused = false;
          peer.say('250 2.1.5 ok');
        });
      } else if (verb === 'DATA') {
        if (refused && faults.data === undefined) return peer.say('554 5.5.1 no valid recipients');
        run('data', () => {
          inBody = true;
          peer.say('354 go on');
        });
      } else if (verb === 'QUIT') {
        run('quit', () => {
          peer.say('221 bye');
          socket.end();
        });
      } else peer.say('500 5.5.2 what?');
    };

    let bodySeen = false;
    const takeBody = (): boolean => {
      if (!bodySeen && pending.length > 0) {
        bodySeen = true;
        run('body', () => {});
      }
      const empty = pending.subarray(0, 3).toString('latin1') === '.\r\n';
      const end = empty ? 0 : pending.indexOf('\r\n.\r\n');
      if (end < 0) return false;
      const message = empty ? Buffer.alloc(0) : pending.subarray(0, end + 2);
      pending = pending.subarray(empty ? 3 : end + 5);
      inBody = false;
      bodySeen = false;
      run('reply', () => {
        messages.push(Buffer.from(message.toString('latin1').replace(/^\./gm, ''), 'latin1'));
        peer.say('250 2.0.0 queued');
      });
      return true;
    };

    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk as Buffer]);
      while (!muted) {
        if (inBody) {
          if (!takeBody()) return;
          continue;
        }
        const end = pending.indexOf('\r\n');
        if (end < 0) return;
        const line = pending.subarray(0, end).toString('utf8');
        pending = pending.subarray(end + 2);
        takeCommand(line);
      }
    });
    run('greeting', () => peer.say('220 scripted ESMTP'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    messages,
    connections: () => connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A fault that strikes the first time only. */
export function firstTime(fault: Fault): Fault {
  let struck = false;
  return (peer) => {
    if (struck) return false;
    struck = true;
    return fault(peer);
  };
}
