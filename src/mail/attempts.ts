import type { Outcome, Transport } from './transport.ts';

/** How handing over one message went: the time from the first byte of its envelope to its outcome. */
export interface Attempt {
  outcome: Outcome['kind'];
  durationMs: number;
}

export type AttemptListener = (attempt: Attempt) => void;

/** The same transport; `listener` is told of every message that was handed to an open connection. */
export function tellAttempts(transport: Transport, listener: AttemptListener): Transport {
  const reserve: Transport['reserve'] = async () => {
    const reserved = await transport.reserve();
    if (!reserved.ok) return reserved;
    return {
      ...reserved,
      async send(message) {
        const startedAt = performance.now();
        const outcome = await reserved.send(message);
        listener({ outcome: outcome.kind, durationMs: performance.now() - startedAt });
        return outcome;
      },
    };
  };
  return {
    ...transport,
    reserve,
    async send(message) {
      const reserved = await reserve();
      return reserved.ok ? await reserved.send(message) : reserved.outcome;
    },
  };
}
