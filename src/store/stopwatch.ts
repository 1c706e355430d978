import type { Db } from './store.ts';

/** Adds up how long one request had the connection for itself: what others did meanwhile is not counted. */
export interface Stopwatch {
  readonly spentMs: number;
  /** Asks the database, when its turn has come, and counts how long that took. Not for what waits for anything else. */
  time<T>(db: Db, ask: (own: Db) => Promise<T>): Promise<T>;
}

/** Asking keeps the thread to itself; after so long, others get their turn. */
const restAfterMs = 10;

/** Who waits for a turn. They go on one by one, who has had least first, and whatever else has come in is done between. */
const waiting: { spentMs: number; goOn: () => void }[] = [];

function rest(spentMs: number): Promise<void> {
  return new Promise((goOn) => {
    waiting.push({ spentMs, goOn });
    if (waiting.length === 1) setImmediate(letOneGoOn);
  });
}

function letOneGoOn(): void {
  const least = waiting.reduce((one, other) => (other.spentMs < one.spentMs ? other : one));
  waiting.splice(waiting.indexOf(least), 1);
  if (waiting.length > 0) setImmediate(letOneGoOn);
  least.goOn();
}

/** Begins at 0. `now`: a clock, ms. */
export function startStopwatch(now: () => number = () => performance.now()): Stopwatch {
  let spentMs = 0;
  let restedAt = Number.NEGATIVE_INFINITY;
  return {
    get spentMs() {
      return spentMs;
    },
    async time(db, ask) {
      if (spentMs - restedAt >= restAfterMs) {
        restedAt = spentMs;
        await rest(spentMs);
      }
      // With a connection of its own: waiting for somebody's transaction is no part of it.
      return await db.connection().execute(async (own) => {
        const from = now();
        try {
          return await ask(own);
        } finally {
          spentMs += now() - from;
        }
      });
    },
  };
}
