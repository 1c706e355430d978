import { Hono } from 'hono';
import { createReadinessLook } from '../../store/readiness.ts';
import type { WebDependencies } from '../context.ts';

/** Whether the server is well, for whoever watches over it. */
export function healthPages({ store }: WebDependencies): Hono {
  const site = new Hono();
  const findProblem = createReadinessLook(store);

  // The process lives, whatever else is wrong: restarting it would not mend a database.
  site.get('/healthz', (c) => c.json({ status: 'ok' }, 200, { 'Cache-Control': 'no-store' }));

  site.get('/readyz', (c) => {
    const problem = findProblem();
    return c.json(problem ? { status: 'unavailable', problem } : { status: 'ok' }, problem ? 503 : 200, {
      'Cache-Control': 'no-store',
    });
  });
  return site;
}
