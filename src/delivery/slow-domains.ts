import {
  changeSlowDomain,
  forgetSlowDomains,
  loadSlowDomains,
  type SlowDomain,
} from '../store/slow-domains.ts';
import type { Db } from '../store/store.ts';
import { jittered } from './retry.ts';

/** What is known of recipient domains that slow us, shared with the other processes through the database. */
export interface SlowDomains {
  /** Reads again what other processes found, when the last time was a while ago. */
  refresh(): Promise<void>;
  /** At most so many messages at once to a domain; Infinity: it is not slow. */
  connections(domain: string): number;
  /** What is known of a domain to which nothing goes now; null: it takes mail. */
  pause(domain: string): SlowDomain | null;
  paused(): SlowDomain[];
  /** It asked us to slow down: fewer connections, and a pause. */
  slowed(domain: string, reply: string): Promise<SlowDomain>;
  /** It took a message. Null when there is nothing to write. */
  accepted(domain: string): Promise<void> | null;
}

const firstPauseMs = 60_000;
const longestPauseMs = 3_600_000;
/** Without setbacks for so long, one is forgotten, for want of messages that could prove it. */
const setbackLastsMs = 3_600_000;
/** A domain that was not heard of for so long is as any other. */
export const knownForMs = 48 * 3_600_000;
/** So many messages must be taken for one more connection and one setback less. */
const acceptedToRecover = 10;
/** What others write is read so often, real time. */
const freshMs = 1000;

/** `connections`: how many there are for all domains together. */
export function createSlowDomains(db: Db, now: () => number, connections: number): SlowDomains {
  let known = new Map<string, SlowDomain>();
  let readAt = Number.NEGATIVE_INFINITY;
  const accepted = new Map<string, number>();

  function keep(domain: string, row: SlowDomain | null): void {
    if (row) known.set(domain, row);
    else known.delete(domain);
  }

  return {
    async refresh() {
      if (performance.now() - readAt < freshMs) return;
      readAt = performance.now();
      const rows = await loadSlowDomains(db, now() - knownForMs);
      known = new Map(rows.map((row) => [row.domain, row]));
    },
    connections: (domain) => known.get(domain)?.connections ?? Number.POSITIVE_INFINITY,
    pause(domain) {
      const row = known.get(domain);
      return row && isPaused(row, now()) ? row : null;
    },
    paused: () => [...known.values()].filter((row) => isPaused(row, now())),
    async slowed(domain, reply) {
      accepted.delete(domain);
      await forgetSlowDomains(db, now() - knownForMs);
      const row = await changeSlowDomain(db, domain, (before) =>
        slowDown(before, { domain, reply, now: now(), connections }),
      );
      keep(domain, row);
      return row as SlowDomain;
    },
    accepted(domain) {
      if (known.size === 0 || !known.has(domain)) return null;
      const count = (accepted.get(domain) ?? 0) + 1;
      accepted.set(domain, count % acceptedToRecover);
      if (count < acceptedToRecover) return null;
      return changeSlowDomain(db, domain, (before) => before && speedUp(before, now(), connections)).then(
        (row) => keep(domain, row),
      );
    },
  };
}

/** A pause that a clock which ran ahead has left is none. */
export function isPaused({ pausedUntil }: SlowDomain, now: number): boolean {
  return pausedUntil > now && pausedUntil <= now + 2 * longestPauseMs;
}

/**
 * Half the connections, and a pause that doubles from a minute to an hour with each setback. Replies to messages that
 * were on their way when the pause began say nothing new.
 */
export function slowDown(
  before: SlowDomain | null,
  { domain, reply, now, connections }: { domain: string; reply: string; now: number; connections: number },
): SlowDomain {
  if (before && isPaused(before, now)) return { ...before, reply };
  const quietMs = before ? Math.max(0, now - before.pausedUntil) : 0;
  const setbacks = 1 + Math.max(0, (before?.setbacks ?? 0) - Math.floor(quietMs / setbackLastsMs));
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(20, setbacks - 1));
  return {
    domain,
    connections: Math.max(1, Math.floor(Math.min(before?.connections ?? connections, connections) / 2)),
    pausedUntil: now + jittered(pauseMs, `${domain}:${setbacks}`),
    setbacks,
    reply,
    updatedAt: now,
  };
}

/** One more connection, one setback less; null when nothing is left of either. Not while it is paused: old news. */
export function speedUp(before: SlowDomain, now: number, connections: number): SlowDomain | null {
  if (isPaused(before, now)) return before;
  const after = {
    ...before,
    connections: before.connections + 1,
    setbacks: Math.max(0, before.setbacks - 1),
  };
  return after.connections >= connections && after.setbacks === 0 ? null : { ...after, updatedAt: now };
}
