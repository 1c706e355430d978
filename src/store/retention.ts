import { sql } from 'kysely';
import { raiseFloors } from './floors.ts';
import type { Db, Store } from './store.ts';

/**
 * What forgets. Each call is one short transaction over a bounded number of rows and can be the last one: what it did
 * stays, the next one goes on.
 */

/** Highest paper id; 0: no papers. */
export async function findLastPaperId(db: Db): Promise<number> {
  const row = await db
    .selectFrom('papers')
    .select((eb) => eb.fn.max('id').as('id'))
    .executeTakeFirst();
  return row?.id ?? 0;
}

/**
 * Forgets observations before `before` (epoch ms) of papers `fromId` to `toId`. Of each series (a paper, a source, a
 * kind) the first one and the last one before then stay: the first tells since when people vote, the last still
 * stands until the next. So a trend score at any time more than two days after `before` is what it was. Returns how
 * many went.
 */
export async function pruneSignals(
  db: Db,
  { fromId, toId, before }: { fromId: number; toId: number; before: number },
): Promise<number> {
  const result = await sql`
    DELETE FROM paper_signals
    WHERE paper_id BETWEEN ${fromId} AND ${toId} AND observed_at < ${before}
      AND EXISTS (
        SELECT 1 FROM paper_signals AS other
        WHERE other.paper_id = paper_signals.paper_id AND other.source = paper_signals.source
          AND other.kind = paper_signals.kind AND other.observed_at < paper_signals.observed_at)
      AND EXISTS (
        SELECT 1 FROM paper_signals AS other
        WHERE other.paper_id = paper_signals.paper_id AND other.source = paper_signals.source
          AND other.kind = paper_signals.kind AND other.observed_at > paper_signals.observed_at
          AND other.observed_at < ${before})`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Plan runs at an instant before `before`, by id, from after `afterId` on. */
export async function findOldPlanRuns(
  db: Db,
  before: number,
  afterId: number,
  limit: number,
): Promise<number[]> {
  const rows = await db
    .selectFrom('plan_runs')
    .select('id')
    .where('at', '<', before)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

export interface PrunedDeliveries {
  pruned: number;
  /** Ended, but one of their papers is so recent that it may be sent to somebody now. */
  kept: number;
  /** Looked at up to this delivery; null: there are no more in this plan run. */
  lastId: number | null;
}

/**
 * Forgets ended deliveries of a plan run with their papers, and raises the floors over them in the same transaction.
 * Those stay that are not ended or uncertain; that hold a paper first seen or announced since `recentSince` (epoch
 * ms: before any digest window begins), for a plan under way may have it among its candidates; and the delivery with
 * the highest id, for ids must not be given twice: return paths of old mails hold them.
 */
export async function pruneDeliveries(
  db: Db,
  {
    planRunId,
    afterId,
    limit,
    recentSince,
  }: { planRunId: number; afterId: number; limit: number; recentSince: number },
): Promise<PrunedDeliveries> {
  return await db.transaction().execute(async (trx) => {
    const ended = await trx
      .selectFrom('deliveries')
      .select(['id', 'edition_date'])
      .where('plan_run_id', '=', planRunId)
      .where('id', '>', afterId)
      .where('id', '<', (eb) => eb.selectFrom('deliveries').select((last) => last.fn.max('id').as('id')))
      .where('status', 'in', ['sent', 'failed', 'skipped'])
      .orderBy('id')
      .limit(limit)
      .execute();
    const lastId = ended.length < limit ? null : (ended.at(-1)?.id ?? null);
    if (ended.length === 0) return { pruned: 0, kept: 0, lastId };
    const held = await trx
      .selectFrom('delivery_papers as dp')
      .innerJoin('papers as p', 'p.id', 'dp.paper_id')
      .select(['dp.delivery_id', 'p.first_seen_at', 'p.announced_at'])
      .where(
        'dp.delivery_id',
        'in',
        ended.map((one) => one.id),
      )
      .where('dp.released_at', 'is', null)
      .execute();
    const recent = new Set(
      held
        .filter((one) => Math.max(one.first_seen_at, one.announced_at ?? one.first_seen_at) >= recentSince)
        .map((one) => one.delivery_id),
    );
    const going = ended.filter((one) => !recent.has(one.id));
    const ids = going.map((one) => one.id);
    if (ids.length > 0) {
      const seen = held.filter((one) => !recent.has(one.delivery_id)).map((one) => one.first_seen_at);
      await raiseFloors(trx, {
        editionsForgottenUntil:
          going
            .map((one) => one.edition_date)
            .sort()
            .at(-1) ?? '',
        ...(seen.length > 0 ? { papersForgottenUntil: Math.max(...seen) } : {}),
      });
      await trx.deleteFrom('shown_papers').where('delivery_id', 'in', ids).execute();
      await trx.deleteFrom('delivery_papers').where('delivery_id', 'in', ids).execute();
      await trx.deleteFrom('deliveries').where('id', 'in', ids).execute();
    }
    return { pruned: ids.length, kept: recent.size, lastId };
  });
}

/**
 * Forgets notes of a plan run that has no deliveries left, at most `limit`; then the run itself, unless it is the
 * latest. Returns whether there is more to do.
 */
export async function prunePlanRun(
  { db, raw }: Store,
  planRunId: number,
  limit: number,
): Promise<{ more: boolean; gone: boolean }> {
  const has = raw.prepare('SELECT EXISTS (SELECT 1 FROM deliveries WHERE plan_run_id = ?)').pluck();
  const removeNotes = raw.prepare(
    'DELETE FROM paper_notes WHERE id IN (SELECT id FROM paper_notes WHERE plan_run_id = ? LIMIT ?)',
  );
  const removeRun = raw.prepare(
    'DELETE FROM plan_runs WHERE id = ? AND id < (SELECT max(id) FROM plan_runs)',
  );
  // Notes are named only by deliveries of their own run. SQLite would look through all delivery_papers for each note,
  // as no index leads with it; one for this alone would cost every plan more than it saves here. The connection is
  // ours and nothing else runs until the check is on again.
  return await db.connection().execute(async () => {
    raw.pragma('foreign_keys = OFF');
    try {
      return raw
        .transaction(() => {
          if (has.get(planRunId) === 1) return { more: false, gone: false };
          if (removeNotes.run(planRunId, limit).changes === limit) return { more: true, gone: false };
          return { more: false, gone: removeRun.run(planRunId).changes === 1 };
        })
        .immediate();
    } finally {
      raw.pragma('foreign_keys = ON');
    }
  });
}

/** Forgets what came back before `before`, at most `limit` rows, but for what a suppression rests on. */
export async function pruneBounces(db: Db, before: number, limit: number): Promise<number> {
  const result = await sql`
    DELETE FROM bounces WHERE id IN (
      SELECT b.id FROM bounces AS b
      WHERE b.recorded_at < ${before} AND NOT EXISTS (SELECT 1 FROM suppressions AS s WHERE s.bounce_id = b.id)
      LIMIT ${limit})`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Forgets ingest runs begun before `before`, at most `limit`, but for the latest of each source. */
export async function pruneIngestRuns(db: Db, before: number, limit: number): Promise<number> {
  const result = await sql`
    DELETE FROM ingest_runs WHERE id IN (
      SELECT id FROM ingest_runs
      WHERE started_at < ${before} AND id NOT IN (SELECT max(id) FROM ingest_runs GROUP BY source)
      LIMIT ${limit})`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Forgets send runs begun before `before`, at most `limit`, but for the latest: ids are not given twice. */
export async function pruneSendRuns(db: Db, before: number, limit: number): Promise<number> {
  const result = await sql`
    DELETE FROM send_runs WHERE id IN (
      SELECT id FROM send_runs
      WHERE started_at < ${before} AND finished_at IS NOT NULL AND id < (SELECT max(id) FROM send_runs)
      ORDER BY id LIMIT ${limit})`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Forgets lines that runs wrote to the log before `before`, at most `limit`. */
export async function pruneRunLogs(db: Db, before: number, limit: number): Promise<number> {
  const result = await sql`
    DELETE FROM run_logs WHERE (kind, run_id, line) IN (
      SELECT kind, run_id, line FROM run_logs WHERE at < ${before} LIMIT ${limit})`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Forgets what addresses fetched before `before` were answered with: they are fetched whole next time. */
export async function pruneHttpCache(db: Db, before: number): Promise<number> {
  const result = await db.deleteFrom('http_cache').where('fetched_at', '<', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
