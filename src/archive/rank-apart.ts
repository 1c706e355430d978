import { Worker } from 'node:worker_threads';
import type { RankReport } from './rank.ts';

export interface RankOrder {
  /** The database file. */
  file: string;
  /** Epoch ms. */
  now: number;
  windowMs: number;
}

/** As cli.ts begins: hooks are each thread's own, and without them Node would parse each file twice and warn of it. */
const entry = `
const { enableCompileCache, registerHooks } = process.getBuiltinModule('node:module');
enableCompileCache();
registerHooks({
  load: (url, context, nextLoad) =>
    nextLoad(url, url.endsWith('.ts') ? { ...context, format: 'module-typescript' } : context),
});
import(${JSON.stringify(new URL('./rank-thread.ts', import.meta.url).href)});
`;

/**
 * `rankArchive` in a thread of its own: ranking thousands of papers takes seconds, in which nobody who asks for a page
 * should wait. Its memory is given back when it ends. Null: `signal` stopped it. Rejects with what it threw.
 */
export async function rankApart(order: RankOrder, signal?: AbortSignal): Promise<RankReport | null> {
  if (signal?.aborted) return null;
  const worker = new Worker(entry, { eval: true, workerData: order });
  // What it has not committed is rolled back; what it has stands.
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<RankReport | null>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) =>
        signal?.aborted
          ? resolve(null)
          : reject(new Error(`the ranking thread ended with ${code} and no answer`)),
      );
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
