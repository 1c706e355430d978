import type { Socket } from 'node:net';
import { dotStuff } from './dot-stuff.ts';
import { type Command, planEnvelope } from './smtp-envelope.ts';
import type { Offer, SmtpTimeouts } from './smtp-open.ts';
import { createReplyReader, describeReply, noReply, type WireReply } from './smtp-reply.ts';
import { isBeforeBody, judgeReply, judgeSilence } from './smtp-verdict.ts';
import type { Outcome, OutgoingMessage, Phase, Reply } from './transport.ts';

/** `untouched`: the connection turned out dead before any of the message was on it, so another may be tried at once. */
export interface Attempt {
  outcome: Outcome;
  untouched: boolean;
}

/** A logged-in connection, for one message after the other. */
export interface Session {
  /** False once the connection is of no more use. */
  isOpen(): boolean;
  /** Messages tried on it. */
  count(): number;
  /** One at a time. Never rejects. */
  send(message: OutgoingMessage): Promise<Attempt>;
  /** QUIT when idle; what is under way ends as lost. Resolves once the connection is down, or after a second. */
  close(): Promise<void>;
}

interface Transaction {
  commands: Command[];
  /** How many of the commands have been answered. */
  answered: number;
  phase: Phase;
  to: string;
  raw: Buffer;
  /** The first refusal: with pipelining the other replies are awaited all the same. */
  refusal: Reply | null;
  resolve(attempt: Attempt): void;
}

const finalDot = Buffer.from('.\r\n', 'latin1');
/** How long a server may take over QUIT. */
const closeMs = 1000;
const reset: Command = { phase: 'mail', line: 'RSET\r\n' };

/**
 * MAIL, RCPT and DATA (in one write when the server offers PIPELINING, RFC 2920), the body, and the final dot as a
 * write of its own once the body has left this process. So the phase is certain: before that write nothing can have
 * been accepted, after it only a reply tells. `onEnd` is called once, when the connection is lost or closed.
 */
export function createSession(
  socket: Socket,
  offer: Offer,
  timeouts: SmtpTimeouts,
  idleMs: number,
  onEnd: () => void,
): Session {
  const reader = createReplyReader();
  let current: Transaction | null = null;
  let open = true;
  let messages = 0;
  /** A refused envelope may still be open at the server. */
  let needsReset = false;
  let deadline = performance.now() + idleMs;

  // one coarse timer instead of one for each step of each message
  const tickMs = Math.max(5, Math.min(idleMs, ...Object.values(timeouts)) / 4);
  const timer = setInterval(() => {
    if (performance.now() < deadline) return;
    if (current === null) close();
    else lose('no answer from the server in time');
  }, tickMs).unref();

  const expectWithin = (ms: number) => {
    deadline = performance.now() + ms;
  };

  function settle(outcome: Outcome, untouched = false): void {
    const transaction = current;
    current = null;
    expectWithin(idleMs);
    transaction?.resolve({ outcome, untouched });
  }

  function discard(): void {
    if (!open) return;
    open = false;
    clearInterval(timer);
    socket.destroy();
    onEnd();
  }

  /** The connection is gone, or must go. What has been refused stays refused. */
  function lose(why: string): void {
    discard();
    if (current === null) return;
    const { phase, refusal } = current;
    if (refusal !== null) {
      settle(judgeReply(refusal, current.to));
      return;
    }
    const rest = reader.rest().slice(0, 100);
    const text = rest === '' ? why : `${why}, after ${JSON.stringify(rest)}`;
    settle(judgeSilence(noReply(phase, text)), isBeforeBody(phase));
  }

  /** A reply that ends the attempt and the connection. */
  function leave(reply: Reply): void {
    discard();
    settle(judgeReply(reply, current?.to), reply.code === 421 && isBeforeBody(reply.phase));
  }

  function onReply(reply: WireReply): void {
    // nothing was asked: a server that says goodbye, or one out of step
    if (current === null) discard();
    else if (current.phase === 'body') leave(describeReply('body', reply));
    else if (current.phase === 'reply') onFinalReply(describeReply('reply', reply));
    else onEnvelopeReply(current, reply);
  }

  function onFinalReply(reply: Reply): void {
    const code = reply.code ?? 0;
    if (code >= 200 && code < 300) settle({ kind: 'sent', reply });
    else if (code < 400 || code === 421 || code === 503) leave(reply);
    else settle(judgeReply(reply, current?.to));
  }

  function onEnvelopeReply(transaction: Transaction, reply: WireReply): void {
    const { commands, phase } = transaction;
    const code = reply.code ?? 0;
    const accepted = phase === 'data' ? code === 354 : code >= 200 && code < 300;
    if (code === 0 || code === 421) leave(transaction.refusal ?? describeReply(phase, reply));
    else if (!accepted && commands[transaction.answered] === reset) lose('the server refused RSET');
    else {
      if (!accepted) transaction.refusal ??= describeReply(phase, reply);
      transaction.answered++;
      goOn(transaction, phase === 'data' && accepted);
    }
  }

  /** `awaitsData`: the server took DATA; after a refusal it waits for a message that it must not get. */
  function goOn(transaction: Transaction, awaitsData: boolean): void {
    const { commands, answered, refusal } = transaction;
    const next = commands[answered];
    if (next !== undefined && (refusal === null || offer.pipelining)) {
      transaction.phase = next.phase;
      if (offer.pipelining) return;
      expectWithin(timeouts.commandMs);
      socket.write(next.line, 'utf8');
    } else if (refusal === null) writeBody(transaction);
    else if (awaitsData || (refusal.code ?? 0) < 400 || refusal.code === 503) leave(refusal);
    else {
      needsReset = true;
      settle(judgeReply(refusal, transaction.to));
    }
  }

  function writeBody(transaction: Transaction): void {
    transaction.phase = 'body';
    expectWithin(timeouts.bodyMs);
    socket.write(dotStuff(transaction.raw), onBodyWritten);
    onBodyWritten();
  }

  /** Whether all of the body has left is seen from the socket: at once when the kernel took it whole. */
  function onBodyWritten(): void {
    if (current?.phase !== 'body' || socket.destroyed || socket.writableLength > 0) return;
    current.phase = 'reply';
    expectWithin(timeouts.replyMs);
    socket.write(finalDot);
  }

  async function close(): Promise<void> {
    if (current !== null) lose('connection closed by this side');
    if (!open) return;
    open = false;
    clearInterval(timer);
    onEnd();
    const down = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const patience = setTimeout(() => socket.destroy(), closeMs);
    socket.end('QUIT\r\n');
    await down;
    clearTimeout(patience);
  }

  socket.on('data', (chunk: Buffer) => {
    for (const reply of reader.feed(chunk)) if (open) onReply(reply);
  });
  socket.on('end', () => lose('connection closed by the server'));
  socket.on('error', (error: NodeJS.ErrnoException) =>
    lose(`connection lost (${error.code ?? error.message})`),
  );
  socket.on('close', () => lose('connection lost'));
  socket.resume();

  return {
    isOpen: () => open,
    count: () => messages,
    close,
    async send(message) {
      messages++;
      const envelope = planEnvelope(message, offer);
      if (!envelope.ok) return { outcome: envelope.outcome, untouched: false };
      if (!open || !socket.writable) {
        discard();
        return { outcome: judgeSilence(noReply('mail', 'connection lost')), untouched: true };
      }
      const commands = needsReset ? [reset, ...envelope.commands] : envelope.commands;
      needsReset = false;
      return new Promise((resolve) => {
        current = {
          commands,
          answered: 0,
          phase: 'mail',
          to: message.to,
          raw: message.raw,
          refusal: null,
          resolve,
        };
        expectWithin(timeouts.commandMs);
        const first = offer.pipelining ? commands : commands.slice(0, 1);
        socket.write(first.map(({ line }) => line).join(''), 'utf8');
      });
    },
  };
}
