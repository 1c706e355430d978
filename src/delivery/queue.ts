import type { Clock } from '../clock.ts';
import type { OutgoingMessage, Transport } from '../mail/transport.ts';
import { type ClaimedDelivery, claimDeliveries } from '../store/ledger.ts';
import type { Store } from '../store/store.ts';

/** A claimed delivery that can be turned into a message. `build` is null when none of its papers is left. */
export interface ReadyDelivery {
  delivery: ClaimedDelivery;
  /** Ids of papers it was planned with and does not show any more; released when it ends. */
  withdrawn?: readonly number[];
  build: (() => OutgoingMessage) | null;
}

export interface QueueDeps {
  store: Pick<Store, 'db'>;
  clock: Clock;
  transport: Pick<Transport, 'concurrency'>;
  /** Reads what a page of claimed deliveries holds; building is left to the connection that sends it. */
  ready: (deliveries: ClaimedDelivery[]) => Promise<ReadyDelivery[]>;
  /** At most so many deliveries are claimed. */
  limit?: number;
}

/** What one worker has claimed and not yet begun. */
export interface Queue {
  take(): Promise<ReadyDelivery | null>;
  /** Claimed and not yet taken. */
  held(): number;
  close(): void;
}

/** Claims a page at a time, a few for each connection, so that little is held by one process. */
export function createQueue(deps: QueueDeps, worker: string): Queue {
  const pageSize = Math.max(20, Math.min(200, deps.transport.concurrency * 4));
  let left = deps.limit ?? Number.MAX_SAFE_INTEGER;
  let page: ReadyDelivery[] = [];
  let position = 0;
  let filling: Promise<void> | null = null;
  let closed = false;

  async function fill(): Promise<void> {
    const now = deps.clock.now();
    const claimed = await claimDeliveries(deps.store.db, worker, now, Math.min(pageSize, left));
    if (claimed.length === 0) closed = true;
    left -= claimed.length;
    page = claimed.length === 0 ? [] : await deps.ready(claimed);
    position = 0;
  }

  return {
    async take() {
      for (;;) {
        if (closed) return null;
        const next = page[position];
        if (next) {
          position++;
          return next;
        }
        if (left <= 0) return null;
        filling ??= fill().finally(() => {
          filling = null;
        });
        await filling;
      }
    },
    held: () => page.length - position,
    close() {
      closed = true;
    },
  };
}
