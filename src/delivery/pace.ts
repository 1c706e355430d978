import { setTimeout as sleepMs } from 'node:timers/promises';

/** Spaces attempts out to a rate. Real time, whatever the command's clock: it protects a real mail server. */
export interface Pace {
  /** Resolves when the next attempt may start. */
  wait(): Promise<void>;
}

export interface PaceOptions {
  monotonicMs?: () => number;
  sleep?: (ms: number) => Promise<unknown>;
}

/** `perSecond` 0 means no limit. Slots are handed out in order, evenly spaced; unused ones are not saved up. */
export function createPace(perSecond: number, options: PaceOptions = {}): Pace {
  if (perSecond <= 0) return { wait: () => Promise.resolve() };
  const { monotonicMs = () => performance.now(), sleep = sleepMs } = options;
  const gapMs = 1000 / perSecond;
  let nextSlot = monotonicMs();
  return {
    async wait() {
      const slot = Math.max(nextSlot, monotonicMs());
      nextSlot = slot + gapMs;
      const waitMs = slot - monotonicMs();
      if (waitMs > 0) await sleep(waitMs);
    },
  };
}
