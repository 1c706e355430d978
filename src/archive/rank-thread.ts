import { parentPort, workerData } from 'node:worker_threads';
import { mergeArchive } from '../store/archive-merge.ts';
import { openScratch } from '../store/scratch.ts';
import { openStore } from '../store/store.ts';
import { rankArchive } from './rank.ts';
import type { RankOrder } from './rank-apart.ts';

/** What the thread of rank-apart.ts runs: its own connection, one run, one answer. Searches are kept quick by the way. */
const { file, now, windowMs } = workerData as RankOrder;
const store = openStore(file);
const handle = openScratch();
try {
  const report = await rankArchive({ db: store.db, handle, now, windowMs });
  await mergeArchive(store.db);
  parentPort?.postMessage(report);
} finally {
  handle.close();
  await store.close();
}
