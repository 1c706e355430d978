import type { RunKind, RunLogsTable } from './schema.ts';
import type { Db } from './store.ts';

/** A line that a run wrote to the log. */
export interface RunLogLine {
  /** Which line of the run it is, from 1. */
  line: number;
  /** Epoch ms. */
  at: number;
  level: RunLogsTable['level'];
  message: string;
  /** What stood beside the message. */
  facts: Record<string, unknown>;
}

/** Of a run so many lines are kept from its beginning, and so many from its end: what began it and what it came to. */
export const keptLines = { first: 50, last: 150 };

/** Whether a line of a run that has written `total` so far is kept. */
export function isKept(line: number, total: number): boolean {
  return line <= keptLines.first || line > total - keptLines.last;
}

/** Adds lines to those of a run, of which `total` were written so far, and drops those that are in between now. */
export async function addRunLogLines(
  db: Db,
  { kind, runId, total }: { kind: RunKind; runId: number; total: number },
  lines: readonly RunLogLine[],
): Promise<void> {
  if (lines.length === 0) return;
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('run_logs')
      .values(lines.map((one) => ({ ...one, kind, run_id: runId, facts: JSON.stringify(one.facts) })))
      .execute();
    await trx
      .deleteFrom('run_logs')
      .where('kind', '=', kind)
      .where('run_id', '=', runId)
      .where('line', '>', keptLines.first)
      .where('line', '<=', total - keptLines.last)
      .execute();
  });
}

/** The lines that are kept of a run, in order. */
export async function listRunLogLines(db: Db, kind: RunKind, runId: number): Promise<RunLogLine[]> {
  const rows = await db
    .selectFrom('run_logs')
    .select(['line', 'at', 'level', 'message', 'facts'])
    .where('kind', '=', kind)
    .where('run_id', '=', runId)
    .orderBy('line')
    .execute();
  return rows.map((row) => ({ ...row, facts: JSON.parse(row.facts) as Record<string, unknown> }));
}
