import { findHoldingWorkers, recoverWorker } from '../store/dead-workers.ts';
import type { Store } from '../store/store.ts';
import { isWorkerAlive } from '../store/worker-lock.ts';

/**
 * What becomes of a delivery of which nobody can know whether the server took it: `hold` leaves it uncertain, `resend`
 * sends it once more on its day.
 */
export type UncertainPolicy = 'hold' | 'resend';

export interface Recovery {
  /** Deliveries that go back to the queue: claimed by a process that died before it handed anything over. */
  unclaimed: number;
  /** Deliveries that a process was sending when it died. */
  uncertain: number;
  /** As these, but put back to be sent again, as the policy asks. */
  resent: number;
}

/** Clears up after processes that died. Does nothing to what a living process holds. */
export async function recoverDead(
  store: Pick<Store, 'db' | 'file'>,
  now: number,
  policy: UncertainPolicy = 'hold',
): Promise<Recovery> {
  const total: Recovery = { unclaimed: 0, uncertain: 0, resent: 0 };
  for (const worker of await findHoldingWorkers(store.db)) {
    if (isWorkerAlive(store.file, worker)) continue;
    const found = await recoverWorker(store.db, worker, now, policy);
    total.unclaimed += found.unclaimed;
    total.uncertain += found.uncertain;
    total.resent += found.resent;
  }
  return total;
}
