/** Where every stage gets its "now". Epoch milliseconds. Tests and `--at` inject a fixed one. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still at `at` (epoch ms): the clock of a command run with `--at`. */
export function fixedClock(at: number): Clock {
  return { now: () => at };
}

/** Epoch ms as an ISO 8601 instant in UTC. */
export function iso(ms: number): string;
export function iso(ms: number | null): string | null;
export function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
