import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createUnderway } from '../subscribers/long-acts.ts';
import type { WebDependencies } from './context.ts';
import { createWeb } from './web.ts';

export interface RunningWeb {
  /** The one it got when PORT is 0. */
  readonly port: number;
  /**
   * Ends politely: lets imports and changes for many end the step they are in, answers what was asked, then hangs up;
   * after five seconds without waiting.
   */
  close(): Promise<void>;
}

/** The pages cannot be served: what is wrong with HOST and PORT. */
export class WebError extends Error {
  override name = 'WebError';
}

const drainMs = 5_000;

/** Serves the pages at HOST and PORT. Throws WebError when it cannot listen there. */
export async function startWeb(dependencies: WebDependencies): Promise<RunningWeb> {
  const { host, port } = dependencies.config.web;
  const underway = createUnderway();
  const server = createAdaptorServer({ fetch: createWeb({ ...dependencies, underway }).fetch });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why =
      code === 'EADDRINUSE'
        ? 'something else listens there already; set PORT to another'
        : code === 'EACCES'
          ? 'this user may not; set PORT to 1024 or above'
          : message;
    throw new WebError(`The pages cannot be served at ${host}:${port}: ${why}.`, { cause });
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      await underway.stop();
      await new Promise<void>((resolve) => {
        const hangUp = setTimeout(() => {
          if ('closeAllConnections' in server) server.closeAllConnections();
        }, drainMs);
        server.close(() => {
          clearTimeout(hangUp);
          resolve();
        });
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      });
    },
  };
}
