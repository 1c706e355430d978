import { setTimeout as sleepMs } from 'node:timers/promises';
import { reserveSlots } from '../store/send-rates.ts';
import type { Db } from '../store/store.ts';

/** Spaces attempts out to a rate. Real time, whatever the command's clock: it protects a real mail server. */
export interface Pace {
  /** Resolves when the next attempt may start, or at once when `signal` is aborted. */
  wait(signal?: AbortSignal): Promise<void>;
}

/** How many messages; null: as many as it goes. */
export interface Rates {
  perSecond: number | null;
  perMinute: number | null;
}

export interface PaceOptions {
  /** The real clock, epoch ms. */
  now?: () => number;
  monotonicMs?: () => number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<unknown>;
}

/** So much is reserved in one write: few writes, and little is lost when a process ends before it used it. */
const reservedMs = 250;
/** Timers come late; a slot that passed so shortly ago is still used, or the rate would not be reached. */
const lateMs = 50;
/** Other processes wait for their turn before this one, each with a reservation of its own. */
const processesAtMost = 20;

export const unpaced: Pace = { wait: () => Promise.resolve() };

/**
 * A pace that all processes on one database keep together, over restarts too: slots are evenly spaced, as the stricter
 * of the two rates asks, so no second and no minute sees more than its share. Unused slots are not saved up.
 */
export function createPace(db: Db, rates: Rates, options: PaceOptions = {}): Pace {
  const gaps = [
    ...(rates.perSecond === null ? [] : [1000 / rates.perSecond]),
    ...(rates.perMinute === null ? [] : [60_000 / rates.perMinute]),
  ];
  if (gaps.length === 0) return unpaced;
  const gapMs = Math.max(...gaps);
  const { now = Date.now, monotonicMs = () => performance.now(), sleep = sleepSoundly } = options;
  const batch = Math.max(1, Math.floor(reservedMs / gapMs));
  const spanMs = batch * gapMs;
  /** The slots that are reserved and not used: when the next one is, by the monotonic clock. */
  let nextAt = 0;
  let left = 0;
  let turn = Promise.resolve();

  /** The time of the next slot. Whatever becomes of the real clock later, it was reserved by how it stands now. */
  async function nextSlot(): Promise<number> {
    while (left > 0 && nextAt < monotonicMs() - lateMs) skip();
    if (left === 0) {
      const at = now();
      const aheadMs = processesAtMost * Math.max(spanMs, reservedMs);
      const first = await reserveSlots(db, { name: 'mail', now: at, spanMs, lateMs, aheadMs });
      nextAt = monotonicMs() + (first - now());
      left = batch;
    }
    const slot = nextAt;
    skip();
    return slot;
  }

  function skip(): void {
    nextAt += gapMs;
    left--;
  }

  return {
    wait(signal) {
      // One after the other: nobody reserves ahead while another still sleeps until a slot before it.
      const waited = turn.then(async () => {
        if (signal?.aborted) return;
        const waitMs = (await nextSlot()) - monotonicMs();
        if (waitMs > 0) await sleep(waitMs, signal);
      });
      turn = waited.catch(() => {});
      return waited;
    },
  };
}

/** Node's timers end at once when asked for more than 24 days. */
async function sleepSoundly(ms: number, signal?: AbortSignal): Promise<void> {
  await sleepMs(Math.min(ms, 2 ** 31 - 1), undefined, { ...(signal ? { signal } : {}) }).catch((error) => {
    if (!signal?.aborted) throw error;
  });
}
