import type { Selectable } from 'kysely';
import type { IngestRunsTable } from './schema.ts';
import type { Db } from './store.ts';

export type IngestRunRow = Selectable<IngestRunsTable>;

/** What a run brought. */
export interface IngestOutcome {
  status: 'ok' | 'partial' | 'failed';
  records: number;
  newPapers: number;
  changedPapers: number;
  newSignals: number;
  rejected: number;
  error: string | null;
  /** The first of the bad records. */
  problems: readonly { where: string; message: string }[];
}

const keptProblems = 50;

/**
 * Opens a run's row and returns its id. A run of the same source that never ended (its process was killed)
 * is closed as failed.
 */
export async function startIngestRun(db: Db, source: string, at: number): Promise<number> {
  await db
    .updateTable('ingest_runs')
    .set({ status: 'failed', finished_at: at, error: 'It was interrupted.' })
    .where('source', '=', source)
    .where('status', '=', 'running')
    .execute();
  const row = await db
    .insertInto('ingest_runs')
    .values({
      source,
      started_at: at,
      finished_at: null,
      status: 'running',
      records: 0,
      new_papers: 0,
      changed_papers: 0,
      new_signals: 0,
      rejected: 0,
      error: null,
      problems: '[]',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

export async function finishIngestRun(
  db: Db,
  id: number,
  outcome: IngestOutcome,
  { at, tookMs }: { at: number; tookMs: number },
): Promise<void> {
  await db
    .updateTable('ingest_runs')
    .set({
      finished_at: at,
      took_ms: Math.round(tookMs),
      status: outcome.status,
      records: outcome.records,
      new_papers: outcome.newPapers,
      changed_papers: outcome.changedPapers,
      new_signals: outcome.newSignals,
      rejected: outcome.rejected,
      error: outcome.error,
      problems: JSON.stringify(outcome.problems.slice(0, keptProblems)),
    })
    .where('id', '=', id)
    .execute();
}

/** Runs, the latest first. */
export async function listIngestRuns(
  db: Db,
  filter: { limit: number; source?: string },
): Promise<IngestRunRow[]> {
  const query = db.selectFrom('ingest_runs').selectAll().orderBy('id', 'desc').limit(filter.limit);
  return (filter.source === undefined ? query : query.where('source', '=', filter.source)).execute();
}

/** The id of the ingest run that ended last; null: none has. */
export async function findLastIngest(db: Db): Promise<number | null> {
  const row = await db
    .selectFrom('ingest_runs')
    .select('id')
    .where('finished_at', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}
