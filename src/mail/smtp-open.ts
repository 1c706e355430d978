import type { Socket } from 'node:net';
import SmtpConnection from 'nodemailer/lib/smtp-connection';
import { describeReply, noReply } from './smtp-reply.ts';
import type { SmtpServer } from './smtp-url.ts';
import { judgeReply, judgeSilence } from './smtp-verdict.ts';
import type { Outcome, Phase } from './transport.ts';

/** In ms, each for one step. RFC 5321 §4.5.3.2 names longer ones, for queues that nobody waits for. */
export interface SmtpTimeouts {
  /** Resolving and connecting, TLS included when it comes first. */
  connectMs: number;
  greetingMs: number;
  /** EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA: each. */
  commandMs: number;
  /** Until the whole body is on its way. */
  bodyMs: number;
  /** From the final dot to its reply: what ends here is uncertain. */
  replyMs: number;
}

/** What the server's EHLO offered. `maxSize` in octets, 0: not said. */
export interface Offer {
  pipelining: boolean;
  eightBitMime: boolean;
  smtpUtf8: boolean;
  size: boolean;
  maxSize: number;
  /** Delivery status notifications can be asked for (RFC 3461). */
  dsn: boolean;
}

export type Opened = { ok: true; socket: Socket; offer: Offer } | { ok: false; outcome: Outcome };

interface SetupError extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  response?: string | undefined;
}

const tlsCodes =
  /^(ETLS|EPROTO|ERR_(TLS|SSL|OSSL)|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME|INVALID_CA|PATH_LENGTH|ERROR_IN_CERT)/;

/**
 * Connects, greets, secures and logs in through nodemailer, then takes the socket over: mail goes over it without
 * nodemailer, which costs four times as much CPU for a message and cannot tell whether the final dot has left.
 */
export function openConnection(server: SmtpServer, timeouts: SmtpTimeouts): Promise<Opened> {
  return new Promise((resolve) => {
    let command: Phase | null = null;
    const connection = new SmtpConnection({
      host: server.host,
      port: server.port,
      secure: server.secure,
      requireTLS: server.startTls === 'required',
      ignoreTLS: server.startTls === 'none',
      opportunisticTLS: server.startTls === 'opportunistic' && server.auth === null,
      tls: { rejectUnauthorized: server.rejectUnauthorized },
      connectionTimeout: timeouts.connectMs + timeouts.greetingMs + timeouts.commandMs,
      greetingTimeout: timeouts.greetingMs,
      socketTimeout: timeouts.commandMs,
      socketCloseTimeout: 1000,
      ...(server.name === null ? {} : { name: server.name }),
      transactionLog: true,
      logger: {
        debug: (entry: { tnx?: string }, text: unknown) => {
          if (entry.tnx === 'client') command = phaseOf(String(text)) ?? command;
        },
        info() {},
      },
    });
    const phase = () => command ?? (connection.stage === 'connected' ? 'greeting' : 'connect');
    const fail = (error: SetupError) => {
      // a reset tells that there was a connection, even when it came before nodemailer saw it
      const dropped = phase() === 'connect' && error.originalCode === 'ECONNRESET';
      settle({ ok: false, outcome: judgeSetup(dropped ? 'greeting' : phase(), error, server) });
    };
    const expire = () => fail(new Error('no answer from the server in time'));
    // a server that dribbles would keep every timer of nodemailer's going
    const connecting = setTimeout(() => connection.stage === 'connected' || expire(), timeouts.connectMs);
    const whole = setTimeout(expire, timeouts.connectMs + timeouts.greetingMs + 4 * timeouts.commandMs);
    let settled = false;
    const settle = (opened: Opened) => {
      if (settled) return;
      settled = true;
      clearTimeout(connecting);
      clearTimeout(whole);
      if (!opened.ok) connection.close();
      resolve(opened);
    };
    connection.on('error', fail);
    connection.once('end', () => fail(new Error('connection lost')));
    connection.connect((error) => {
      if (error) return fail(error);
      const offer = readOffer(connection.lastServerResponse || '');
      const finish = () => settle(takeOver(connection, offer));
      if (server.auth === null) return finish();
      connection.login({ ...server.auth }, (refused) => (refused ? fail(refused) : finish()));
    });
  });
}

/** From here on nodemailer hears nothing that the server says; it still ends its half when the server does. */
function takeOver(connection: SmtpConnection, offer: Offer): Opened {
  const socket = connection._socket;
  if (!socket || socket.destroyed || !socket.writable) {
    return { ok: false, outcome: judgeSilence(noReply('ehlo', 'connection lost')) };
  }
  socket.removeAllListeners('data');
  socket.removeAllListeners('timeout');
  socket.pause();
  socket.setTimeout(0);
  socket.setNoDelay(true);
  return { ok: true, socket, offer };
}

function phaseOf(command: string): Phase | null {
  if (/^(EHLO|HELO) /.test(command)) return 'ehlo';
  if (command === 'STARTTLS') return 'starttls';
  return command.startsWith('AUTH ') ? 'auth' : null;
}

/** The keywords of an EHLO reply (RFC 5321 §4.1.1.1); a HELO reply offers nothing. */
function readOffer(reply: string): Offer {
  const lines = reply.split(/\r?\n/).slice(1);
  const keywords = new Map(
    lines.map((line) => {
      const [keyword = '', ...rest] = line.slice(4).trim().split(/\s+/);
      return [keyword.toUpperCase(), rest];
    }),
  );
  return {
    pipelining: keywords.has('PIPELINING'),
    eightBitMime: keywords.has('8BITMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    size: keywords.has('SIZE'),
    maxSize: Number(keywords.get('SIZE')?.[0] ?? 0) || 0,
    dsn: keywords.has('DSN'),
  };
}

function judgeSetup(phase: Phase, error: SetupError, server: SmtpServer): Outcome {
  if (typeof error.response === 'string' && error.response !== '') {
    const code = /^([2-5]\d\d)(?=[ -]|$)/.exec(error.response)?.[1];
    const text = redact(error.response, server);
    return judgeReply(describeReply(phase, { code: code === undefined ? null : Number(code), text }));
  }
  const reply = noReply(phase, redact(explain(error), server));
  if (tlsCodes.test(error.code ?? '') || tlsCodes.test(error.originalCode ?? '')) {
    return { kind: 'stop', cause: 'tls', reply };
  }
  if (phase === 'auth' && error.code === 'EAUTH') return { kind: 'stop', cause: 'auth', reply };
  return judgeSilence(reply);
}

function explain(error: SetupError): string {
  const code = error.originalCode ?? error.code;
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}

function redact(text: string, server: SmtpServer): string {
  if (server.auth === null) return text;
  const { user, pass } = server.auth;
  const base64 = (secret: string) => Buffer.from(secret).toString('base64');
  return [base64(`\0${user}\0${pass}`), base64(pass), pass].reduce(
    (shown, secret) => shown.replaceAll(secret, '***'),
    text,
  );
}
