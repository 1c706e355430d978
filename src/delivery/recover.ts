import { findHoldingWorkers, recoverWorker } from '../store/ledger.ts';
import type { Store } from '../store/store.ts';
import { isWorkerAlive } from '../store/worker-lock.ts';

export interface Recovery {
  /** Deliveries that go back to the queue: claimed by a process that died before it handed anything over. */
  unclaimed: number;
  /** Deliveries that a process was sending when it died. */
  uncertain: number;
}

/** Clears up after processes that died. Does nothing to what a living process holds. */
export async function recoverDead(store: Pick<Store, 'db' | 'file'>, now: number): Promise<Recovery> {
  const total: Recovery = { unclaimed: 0, uncertain: 0 };
  for (const worker of await findHoldingWorkers(store.db)) {
    if (isWorkerAlive(store.file, worker)) continue;
    const found = await recoverWorker(store.db, worker, now);
    total.unclaimed += found.unclaimed;
    total.uncertain += found.uncertain;
  }
  return total;
}
