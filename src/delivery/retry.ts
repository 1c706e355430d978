import { createHash } from 'node:crypto';

const firstDelayMs = 5 * 60_000;
const longestDelayMs = 2 * 3_600_000;

/**
 * How long to wait after the `attempts`th attempt (1 is the first): doubling from 5 minutes to 2 hours, give or
 * take a quarter. The jitter comes from the delivery itself, so that a run can be repeated and told.
 */
export function retryDelayMs(deliveryId: number, attempts: number): number {
  const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(20, attempts - 1));
  const hash = createHash('sha256').update(`${deliveryId}:${attempts}`).digest();
  const jitter = hash.readUInt32BE(0) / 0xffffffff - 0.5;
  return Math.round(delay * (1 + jitter / 2));
}
