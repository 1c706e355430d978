import type { WebDependencies } from '../context.ts';

/**
 * Has what waits mailed, and waits for none of it: how long that takes would tell what becomes of it. What the server does
 * not take now the scheduler tries again.
 */
export function mailSoon(mailer: WebDependencies['signUps'], log: WebDependencies['log']): void {
  void Promise.resolve(mailer?.mail()).catch((error: unknown) =>
    log?.error({ err: error }, 'the letters that wait could not be mailed'),
  );
}
