import type { Selectable } from 'kysely';
import type { SendRunsTable } from './schema.ts';
import type { Db } from './store.ts';

export type SendRunRow = Selectable<SendRunsTable>;

/** How a run stands, or how it ended. */
export type SendRunCounts = Pick<SendRunRow, 'sent' | 'retry' | 'failed' | 'uncertain' | 'skipped'>;

/** Opens a run's row and returns its id. `recovered`: what processes that died before had left. */
export async function startSendRun(
  db: Db,
  run: {
    worker: string;
    at: number;
    ready: number;
    recovered: { unclaimed: number; uncertain: number; resent: number };
  },
): Promise<number> {
  const row = await db
    .insertInto('send_runs')
    .values({
      worker: run.worker,
      started_at: run.at,
      finished_at: null,
      took_ms: null,
      ready: run.ready,
      recovered_unclaimed: run.recovered.unclaimed,
      recovered_uncertain: run.recovered.uncertain,
      recovered_resent: run.recovered.resent,
      stopped: null,
      stopped_message: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Keeps how far a run that is under way has come. */
export async function saveSendRun(db: Db, id: number, counts: SendRunCounts): Promise<void> {
  const { sent, retry, failed, uncertain, skipped } = counts;
  await db
    .updateTable('send_runs')
    .set({ sent, retry, failed, uncertain, skipped })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute();
}

/** Closes a run's row. `stopped` null: the queue was empty. */
export async function finishSendRun(
  db: Db,
  id: number,
  ended: {
    at: number;
    tookMs: number;
    counts: SendRunCounts;
    stopped: { cause: string; message: string } | null;
  },
): Promise<void> {
  await saveSendRun(db, id, ended.counts);
  await db
    .updateTable('send_runs')
    .set({
      finished_at: ended.at,
      took_ms: Math.round(ended.tookMs),
      stopped: ended.stopped?.cause ?? null,
      stopped_message: ended.stopped?.message ?? null,
    })
    .where('id', '=', id)
    .execute();
}

/** Runs whose row was never closed: they are under way, or their process died. */
export async function listOpenSendRuns(db: Db): Promise<{ id: number; worker: string }[]> {
  return await db.selectFrom('send_runs').select(['id', 'worker']).where('finished_at', 'is', null).execute();
}

/** Closes the rows of runs whose processes died. */
export async function closeDeadSendRuns(db: Db, ids: readonly number[], at: number): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('send_runs')
    .set({
      finished_at: at,
      stopped: 'crashed',
      stopped_message: 'the process ended before the run did',
    })
    .where('id', 'in', ids)
    .where('finished_at', 'is', null)
    .execute();
}
