import type { Clock } from '../clock.ts';
import { readWords } from '../mail/reply-words.ts';
import {
  closeDeadSendRuns,
  finishSendRun,
  listOpenSendRuns,
  saveSendRun,
  startSendRun,
} from '../store/send-runs.ts';
import type { Store } from '../store/store.ts';
import { isWorkerAlive } from '../store/worker-lock.ts';
import type { Recovery } from './recover.ts';
import type { SendCounts } from './run.ts';

/** What is kept of one call of `send`. */
export interface SendRecord {
  /** Null: it found nothing to do and leaves no row. */
  readonly id: number | null;
  /** Keeps how far it has come, now and then. */
  progress(counts: SendCounts): void;
  /** Closes the row. `stopped` null: the queue was empty. */
  finish(counts: SendCounts, stopped: { cause: string; message: string } | null): Promise<void>;
}

/** Real time between two notes of how far a run has come. */
const progressEveryMs = 2000;

/**
 * Opens the row of a run whose worker holds its lock, and closes those of runs that died. A scheduler looks at the queue
 * every minute: a run that finds it empty is not kept.
 */
export async function openSendRecord(
  { store, clock }: { store: Pick<Store, 'db' | 'file'>; clock: Clock },
  { worker, ready, recovered }: { worker: string; ready: number; recovered: Recovery },
): Promise<SendRecord> {
  const { db, file } = store;
  const open = await listOpenSendRuns(db);
  const dead = open.filter((run) => !isWorkerAlive(file, run.worker)).map((run) => run.id);
  await closeDeadSendRuns(db, dead, clock.now());
  const cleared = recovered.unclaimed + recovered.uncertain + recovered.resent;
  if (ready + cleared === 0) return { id: null, progress() {}, async finish() {} };
  const id = await startSendRun(db, { worker, at: clock.now(), ready, recovered });
  const startedAt = performance.now();
  let notedAt = startedAt;
  let noting: Promise<unknown> = Promise.resolve();
  return {
    id,
    progress(counts) {
      if (performance.now() - notedAt < progressEveryMs) return;
      notedAt = performance.now();
      // What is wrong with the database, the next record of an end says better.
      noting = saveSendRun(db, id, counts).catch(() => {});
    },
    async finish(counts, stopped) {
      await noting;
      await finishSendRun(db, id, {
        at: clock.now(),
        tookMs: performance.now() - startedAt,
        counts,
        // Replies like to quote addresses; who is erased is not looked for here.
        stopped: stopped && { ...stopped, message: readWords(stopped.message, null).named },
      });
    },
  };
}
