import { AsyncLocalStorage } from 'node:async_hooks';

/** Who does what is being done: an admin, a program with an API token, a subscriber by a link, the command line, or nobody. */
export type Actor =
  | { kind: 'admin' | 'token' | 'subscriber'; id: number }
  | { kind: 'cli' | 'system'; id?: undefined };

const acting = new AsyncLocalStorage<Actor>();

/**
 * Runs the steps on somebody's behalf. It is said once, where a request or a command comes in; whatever is changed on
 * the way is written down under that name (audit.ts), and no use case can forget to pass it on.
 */
export function actingAs<T>(actor: Actor, steps: () => T): T {
  return acting.run(actor, steps);
}

/** `system` where nobody was named: the scheduler, a bounce, a relay's webhook. */
export function currentActor(): Actor {
  return acting.getStore() ?? { kind: 'system' };
}
