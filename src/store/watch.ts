import { statSync } from 'node:fs';
import { sql } from 'kysely';
import type { DeliveryStatus, SourceStatesTable, SubscriberStatus, TalliesTable } from './schema.ts';
import type { Db, Store } from './store.ts';

/**
 * What is looked at again and again while the program runs. Each of these reads is answered from an index or from few
 * rows, however many deliveries there are. Instants are epoch ms; null: never, or nothing of the kind.
 */

export interface Tally {
  what: TalliesTable['what'];
  reason: string;
  /** Ever since. */
  total: number;
  /** In the last 24 hours, give or take the first one; less what was taken back. */
  lastDay: number;
}

/** How often what happened, by reason. */
export async function loadTallies(db: Db, now: number): Promise<Tally[]> {
  const { rows } = await sql<Tally>`
    SELECT what, reason, sum(count) AS total,
      coalesce(sum(count) FILTER (WHERE hour_at > ${now - dayMs} AND hour_at <= ${now}), 0)
      - coalesce((SELECT sum(count) FROM tally_undone AS u WHERE u.what = tallies.what AND u.reason = tallies.reason
          AND hour_at > ${now - dayMs} AND hour_at <= ${now}), 0) AS lastDay
    FROM tallies GROUP BY what, reason`.execute(db);
  return rows;
}

const dayMs = 24 * 3_600_000;

export interface QueueState {
  /** Whose digest is due and not planned yet, and since when the longest is. */
  due: number;
  oldestDueAt: number | null;
  /** Deliveries that could go now, and that wait for another try. */
  ready: number;
  later: number;
  /** Since when the longest of those that are ready is. */
  oldestReadyAt: number | null;
  claimed: number;
  sending: number;
  uncertain: number;
  /** When the delivery that was planned first of those that are not ended was due. */
  oldestOpenDueAt: number | null;
}

export async function loadQueue(db: Db, now: number): Promise<QueueState> {
  const counts = await sql<Omit<QueueState, 'claimed' | 'sending' | 'uncertain' | 'oldestOpenDueAt'>>`
    SELECT
      (SELECT count(*) FROM subscribers WHERE next_due_at <= ${now}) AS due,
      (SELECT min(next_due_at) FROM subscribers WHERE next_due_at <= ${now}) AS oldestDueAt,
      (SELECT count(*) FROM deliveries WHERE status = 'pending' AND next_attempt_at <= ${now}) AS ready,
      (SELECT count(*) FROM deliveries WHERE status = 'pending' AND next_attempt_at > ${now}) AS later,
      (SELECT min(next_attempt_at) FROM deliveries WHERE status = 'pending' AND next_attempt_at <= ${now}) AS oldestReadyAt`.execute(
    db,
  );
  // In the very words of the index `deliveries_open`, or SQLite reads the whole table.
  const open = await sql<{ status: DeliveryStatus; count: number; dueAt: number }>`
    SELECT o.status, o.count, d.due_at AS dueAt FROM (
      SELECT status, count(*) AS count, min(id) AS firstId FROM deliveries
      WHERE status IN ('pending', 'claimed', 'sending', 'uncertain') GROUP BY status) AS o
    JOIN deliveries AS d ON d.id = o.firstId`.execute(db);
  const countOf = (status: DeliveryStatus) => open.rows.find((row) => row.status === status)?.count ?? 0;
  const dues = open.rows.filter((row) => row.status !== 'uncertain').map((row) => row.dueAt);
  return {
    ...(counts.rows[0] as QueueState),
    claimed: countOf('claimed'),
    sending: countOf('sending'),
    uncertain: countOf('uncertain'),
    oldestOpenDueAt: dues.length === 0 ? null : Math.min(...dues),
  };
}

/** How many deliveries that were put off were due at or before `dueAt`. Reads each that waits. */
export async function countWaitingSince(db: Db, dueAt: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM deliveries
    WHERE status = 'pending' AND reason IS NOT NULL AND due_at <= ${dueAt}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** The delivery that waits longest and why, as the ledger says it; null: none waits. */
export async function findLongestWaiting(
  db: Db,
): Promise<{ id: number; reason: string | null; detail: string | null } | null> {
  const { rows } = await sql<{ id: number; reason: string | null; detail: string | null }>`
    SELECT id, reason, detail FROM deliveries WHERE id = (
      SELECT min(id) FROM deliveries
      WHERE status IN ('pending', 'claimed', 'sending', 'uncertain') AND status = 'pending')`.execute(db);
  return rows[0] ?? null;
}

export interface Lateness {
  /** The digest that was sent last: when, and how long after it was due. */
  latestAt: number;
  latestLateMs: number;
  /** The longest of the last 24 hours. */
  mostLateMs: number | null;
}

/** Null: none was sent yet. */
export async function loadLateness(db: Db, now: number): Promise<Lateness | null> {
  const { rows } = await sql<Lateness>`
    SELECT latest_at AS latestAt, latest_late_ms AS latestLateMs,
      (SELECT max(most_late_ms) FROM tallies
       WHERE what = 'sent' AND reason = '' AND hour_at > ${now - dayMs} AND hour_at <= ${now}) AS mostLateMs
    FROM tallies WHERE what = 'sent' AND reason = '' AND latest_late_ms IS NOT NULL
    ORDER BY hour_at DESC LIMIT 1`.execute(db);
  return rows[0] ?? null;
}

export async function countSubscribersByStatus(
  db: Db,
): Promise<{ status: SubscriberStatus; count: number }[]> {
  return await db
    .selectFrom('subscribers')
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .groupBy('status')
    .execute();
}

export async function countLiveSuppressions(db: Db): Promise<number> {
  const row = await db
    .selectFrom('suppressions')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('lifted_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

export interface SourceStanding {
  source: string;
  state: SourceStatesTable['state'];
  firstCheckedAt: number;
  checkedAt: number;
  lastNewAt: number | null;
  /** When it last answered to the end. */
  lastSuccessAt: number | null;
  detail: string | null;
}

/** Every source that was ever asked over the network, as it stood when it was asked last. */
export async function loadSourceStandings(db: Db): Promise<SourceStanding[]> {
  const { rows } = await sql<SourceStanding>`
    SELECT source, state, first_checked_at AS firstCheckedAt, checked_at AS checkedAt, last_new_at AS lastNewAt, detail,
      (SELECT finished_at FROM ingest_runs AS r
       WHERE r.source = s.source AND r.error IS NULL AND r.finished_at IS NOT NULL
       ORDER BY r.started_at DESC LIMIT 1) AS lastSuccessAt
    FROM source_states AS s WHERE category = '' ORDER BY source`.execute(db);
  return rows;
}

/** Bytes of the database file, of what waits in its -wal file, and of what is free within the file. */
export function readFileSizes({ raw, file }: Store): {
  fileBytes: number;
  walBytes: number;
  freeBytes: number;
} {
  const pageBytes = raw.pragma('page_size', { simple: true }) as number;
  const walBytes = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return {
    fileBytes: (raw.pragma('page_count', { simple: true }) as number) * pageBytes,
    walBytes,
    freeBytes: (raw.pragma('freelist_count', { simple: true }) as number) * pageBytes,
  };
}
