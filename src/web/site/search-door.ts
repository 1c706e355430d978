import type { Context } from 'hono';
import { type SearchRequest, searchArchive } from '../../archive/search.ts';
import { startStopwatch } from '../../store/stopwatch.ts';
import type { WebDependencies } from '../context.ts';
import { createBudget, type LimiterSettings } from '../shell/limiter.ts';
import { blockOf, ownNetworkOf } from '../shell/network.ts';

/** In milliseconds of searching. */
export type SearchBudget = LimiterSettings<'network' | 'block'>;

/**
 * Searches share the thread with all pages. One takes some milliseconds, so these are hundreds in a minute from one
 * network, and of the worst ones some thirty; all together have a third of the thread.
 */
const usual: SearchBudget = { windowMs: 60_000, each: { network: 3_000, block: 6_000 }, all: 20_000 };

type Outcome = Awaited<ReturnType<typeof searchArchive>>;

/** Where searches of visitors pass, by page or by feed: one at a time of each network. */
export interface SearchDoor {
  /** Null: too much was searched from there, or by everybody; Retry-After is set, and no cache keeps the answer. */
  search(c: Context, request: SearchRequest): Promise<Outcome | null>;
}

export function createSearchDoor({ store, config, searching = usual }: WebDependencies): SearchDoor {
  const budget = createBudget(searching);
  const turns = new Map<string, Promise<unknown>>();

  /** What many ask at once is known to cost something before the next begins. */
  async function inTurn<T>(network: string, run: () => Promise<T>): Promise<T> {
    const mine = (turns.get(network) ?? Promise.resolve()).then(run, run);
    turns.set(network, mine);
    try {
      return await mine;
    } finally {
      if (turns.get(network) === mine) turns.delete(network);
    }
  }

  return {
    search(c, request) {
      const network = ownNetworkOf(c, config.access?.trustedProxies);
      const marks = network === null ? {} : { network, block: blockOf(network) };
      return inTurn(network ?? 'unknown', async () => {
        const waitMs = await budget.wait(marks);
        if (waitMs !== null) {
          c.header('Retry-After', String(Math.max(1, Math.ceil(waitMs / 1000))));
          c.header('Cache-Control', 'no-store');
          return null;
        }
        const watch = startStopwatch();
        try {
          return await searchArchive(store.db, request, { watch });
        } finally {
          await budget.spend(marks, watch.spentMs);
        }
      });
    },
  };
}
