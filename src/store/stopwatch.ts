import { setImmediate } from 'node:timers/promises';
import type { Db } from './store.ts';

/** Adds up how long one request had the connection for itself: what others did meanwhile is not counted. */
export interface Stopwatch {
  readonly spentMs: number;
  /** Asks the database and counts how long that took. Not for what waits for anything else. */
  time<T>(db: Db, ask: (own: Db) => Promise<T>): Promise<T>;
}

/** Asking keeps the thread to itself; after so long, others get their turn. */
const restAfterMs = 10;

export function startStopwatch(now: () => number = () => performance.now()): Stopwatch {
  let spentMs = 0;
  let restedAt = 0;
  return {
    get spentMs() {
      return spentMs;
    },
    async time(db, ask) {
      // With a connection of its own: waiting for somebody's transaction is no part of it.
      const answer = await db.connection().execute(async (own) => {
        const from = now();
        try {
          return await ask(own);
        } finally {
          spentMs += now() - from;
        }
      });
      if (spentMs - restedAt >= restAfterMs) {
        restedAt = spentMs;
        await setImmediate();
      }
      return answer;
    },
  };
}
