import { type Selectable, sql } from 'kysely';
import type { AlertsTable } from './schema.ts';
import type { Db } from './store.ts';

export type AlertRow = Selectable<AlertsTable>;

/** For so long nobody is mailed about the same cause again. */
const quietMs = 24 * 3_600_000;

/** Those that stand, or all that ever stood; longest standing first. */
export async function listAlerts(db: Db, filter: { standing: boolean }): Promise<AlertRow[]> {
  const query = db.selectFrom('alerts').selectAll().orderBy('raised_at').orderBy('cause');
  return await (filter.standing ? query.where('ended_at', 'is', null) : query).execute();
}

/**
 * Notes that something is wrong; one that stands already gets the new words. When it was last mailed is kept, so
 * that what comes and goes is not mailed each time. Returns whether it did not stand before.
 */
export async function raiseAlert(db: Db, cause: string, message: string, now: number): Promise<boolean> {
  const standing = await db
    .updateTable('alerts')
    .set({ message })
    .where('cause', '=', cause)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (standing.numUpdatedRows > 0n) return false;
  const raised = await db
    .insertInto('alerts')
    .values({ cause, message, raised_at: now, mailed_at: null, ended_at: null })
    .onConflict((conflict) =>
      conflict
        .column('cause')
        .doUpdateSet({ message, raised_at: now, ended_at: null })
        .where('alerts.ended_at', 'is not', null),
    )
    .executeTakeFirst();
  return (raised.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Notes that it is well again. Returns whether it stood. */
export async function endAlert(db: Db, cause: string, now: number): Promise<boolean> {
  const result = await db
    .updateTable('alerts')
    .set({ ended_at: now })
    .where('cause', '=', cause)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** A row that was taken for one mail, and when it was mailed before. */
export interface TakenAlert extends AlertRow {
  mailedBefore: number | null;
}

/**
 * Takes what is to be mailed: `causes` of those that stand, and whose end is not told yet; none of which was mailed
 * in the last 24 hours. The mark is made before the mail goes out, by compare-and-set: of several processes one gets
 * it. An end that is younger than that is told along when there is a mail anyway.
 */
export async function takeAlerts(db: Db, causes: readonly string[], now: number): Promise<TakenAlert[]> {
  const rows = await listAlerts(db, { standing: false });
  // A mark of the future is one of a clock that was wrong.
  const quiet = ({ mailed_at: at }: AlertRow) => at !== null && at > now - quietMs && at <= now + quietMs;
  const taken: TakenAlert[] = [];
  const take = async (row: AlertRow) => {
    const { mailed_at: before } = row;
    const marked = await db
      .updateTable('alerts')
      .set({ mailed_at: now })
      .where('cause', '=', row.cause)
      .where(sql<boolean>`mailed_at IS ${before}`)
      .executeTakeFirst();
    if (marked.numUpdatedRows === 1n) taken.push({ ...row, mailed_at: now, mailedBefore: before });
  };
  for (const row of rows)
    if (row.ended_at === null && causes.includes(row.cause) && !quiet(row)) await take(row);
  const isTold = taken.length > 0;
  for (const row of rows) if (isEndUntold(row) && (isTold || !quiet(row))) await take(row);
  return taken;
}

/** It ended since it was mailed; telling that makes the mark younger than the end. */
function isEndUntold(row: AlertRow): boolean {
  return row.ended_at !== null && row.mailed_at !== null && row.mailed_at < row.ended_at;
}

/** The mail certainly did not go out: whoever tries next may take them again. */
export async function giveBackAlerts(db: Db, taken: readonly TakenAlert[]): Promise<void> {
  for (const { cause, mailed_at, mailedBefore } of taken)
    await db
      .updateTable('alerts')
      .set({ mailed_at: mailedBefore })
      .where('cause', '=', cause)
      .where('mailed_at', '=', mailed_at)
      .execute();
}
