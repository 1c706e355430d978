import { createHash } from 'node:crypto';

const firstDelayMs = 5 * 60_000;
const longestDelayMs = 2 * 3_600_000;
/** How long before the end of its day a delivery is tried for the last time, whatever its delay. */
const lastTryMs = 10 * 60_000;

/**
 * How long to wait after the `attempts`th attempt (1 is the first): doubling from 5 minutes to 2 hours, give or
 * take a quarter. The jitter comes from the delivery itself, so that a run can be repeated and told.
 */
export function retryDelayMs(deliveryId: number, attempts: number): number {
  const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(20, attempts - 1));
  return jittered(delay, `${deliveryId}:${attempts}`);
}

/**
 * When a delivery that was tried `attempts` times is tried again; null when that would be too late. A delay that leads
 * past `expiresAt` ends in a last try shortly before, so long as it is no sooner than the shortest delay.
 */
export function nextTryAt(
  { id, expiresAt }: { id: number; expiresAt: number },
  attempts: number,
  now: number,
): number | null {
  const next = now + retryDelayMs(id, attempts);
  if (next < expiresAt) return next;
  const last = expiresAt - jittered(lastTryMs, `${id}:last`);
  return last >= now + firstDelayMs ? last : null;
}

/** `ms` give or take a quarter; the same for the same seed. */
export function jittered(ms: number, seed: string): number {
  const jitter = createHash('sha256').update(seed).digest().readUInt32BE(0) / 0xffffffff - 0.5;
  return Math.round(ms * (1 + jitter / 2));
}
