import { openConnection, type SmtpTimeouts } from './smtp-open.ts';
import { noReply } from './smtp-reply.ts';
import { createSession, type Session } from './smtp-session.ts';
import { describeServer, type SmtpServer } from './smtp-url.ts';
import type { Outcome, Reply, Reservation, Transport } from './transport.ts';

export interface SmtpOptions extends SmtpServer {
  /** At most this many at once; default 10. */
  connections?: number;
  /** After so many messages a connection is replaced; default 500. */
  maxMessages?: number;
  timeouts?: Partial<SmtpTimeouts>;
  /** Unused for so long, a connection is closed; default 60 s. */
  idleMs?: number;
}

const defaultTimeouts: SmtpTimeouts = {
  connectMs: 30_000,
  greetingMs: 60_000,
  commandMs: 120_000,
  bodyMs: 180_000,
  replyMs: 600_000,
};
/** How long to keep to fewer connections after the server refused one. */
const narrowedMs = 60_000;

type Leased = { ok: true; session: Session } | { ok: false; outcome: Outcome };

/**
 * The SMTP transport: a pool of logged-in connections, each kept for many messages. Nothing is ever resent by
 * itself but a message of which nothing was sent yet, because its pooled connection had been closed by the server.
 */
export function createSmtpTransport(options: SmtpOptions): Transport {
  const connections = Math.max(1, options.connections ?? 10);
  const maxMessages = options.maxMessages ?? 500;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const sessions = new Set<Session>();
  const idle: Session[] = [];
  const waiting: (() => void)[] = [];
  let opening = 0;
  let limit = connections;
  let narrowedAt = 0;
  let closed = false;

  const wakeOne = () => waiting.shift()?.();

  async function open(): Promise<Leased> {
    opening++;
    const opened = await openConnection(options, timeouts);
    opening--;
    if (!opened.ok) return opened;
    const session = createSession(opened.socket, opened.offer, timeouts, options.idleMs ?? 60_000, () => {
      sessions.delete(session);
      const at = idle.indexOf(session);
      if (at >= 0) idle.splice(at, 1);
      wakeOne();
    });
    sessions.add(session);
    return { ok: true, session };
  }

  async function lease(fresh: boolean): Promise<Leased> {
    for (;;) {
      if (closed)
        return {
          ok: false,
          outcome: { kind: 'retry', reply: noReply('connect', 'the transport is closed') },
        };
      if (fresh && sessions.size + opening >= limit) idle.pop()?.close();
      const pooled = fresh ? undefined : idle.pop();
      if (pooled !== undefined) return { ok: true, session: pooled };
      if (limit < connections && performance.now() - narrowedAt > narrowedMs) widen();
      if (sessions.size + opening >= limit) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        continue;
      }
      const opened = await open();
      if (opened.ok) return opened;
      const others = sessions.size + opening;
      if (opened.outcome.kind !== 'retry' || others === 0) {
        if (others === 0) limit = connections;
        wakeOne();
        return opened;
      }
      // the server has enough of us: make do with the connections there are
      limit = Math.max(1, Math.min(limit, others));
      narrowedAt = performance.now();
    }
  }

  function widen(): void {
    limit = Math.min(connections, limit * 2);
    narrowedAt = performance.now();
  }

  function release(session: Session): void {
    if (!session.isOpen()) return;
    if (closed || session.count() >= maxMessages) {
      session.close();
    } else {
      idle.push(session);
      wakeOne();
    }
  }

  async function reserve(): Promise<Reservation> {
    const leased = await lease(false);
    if (!leased.ok) return leased;
    return {
      ok: true,
      release: () => release(leased.session),
      async send(message) {
        let { session } = leased;
        for (;;) {
          const reused = session.count() > 0;
          const { outcome, untouched } = await session.send(message);
          release(session);
          if (!(untouched && reused)) return outcome;
          const again = await lease(true);
          if (!again.ok) return again.outcome;
          session = again.session;
        }
      },
    };
  }

  return {
    description: `${describeServer(options)} (${connections} connection${connections === 1 ? '' : 's'})`,
    concurrency: connections,

    async verify(): Promise<Reply | null> {
      const opened = await openConnection(options, timeouts);
      if (!opened.ok) return opened.outcome.reply;
      await createSession(opened.socket, opened.offer, timeouts, 1000, () => {}).close();
      return null;
    },

    reserve,

    async send(message) {
      const reserved = await reserve();
      return reserved.ok ? await reserved.send(message) : reserved.outcome;
    },

    async close() {
      closed = true;
      for (const wake of waiting.splice(0)) wake();
      await Promise.all([...sessions].map((session) => session.close()));
    },
  };
}
