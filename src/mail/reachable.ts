import { setTimeout as sleep } from 'node:timers/promises';
import type { Transport } from './transport.ts';

/** Whether a message could be handed over now: a connection is open, or opens within `patienceMs`. Sends nothing. */
export async function isReachable(transport: Transport, patienceMs: number): Promise<boolean> {
  const giveUp = new AbortController();
  const reserved = transport.reserve().then(
    (reservation) => {
      // Also when nobody waits for it any more.
      if (reservation.ok) reservation.release();
      return reservation.ok;
    },
    () => false,
  );
  const late = sleep(patienceMs, false, { signal: giveUp.signal, ref: false }).catch(() => false);
  try {
    return await Promise.race([reserved, late]);
  } finally {
    giveUp.abort();
  }
}
