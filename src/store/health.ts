import { sql } from 'kysely';
import { isOpen } from './schema.ts';
import type { Store } from './store.ts';

/** What the tables tell about how things go. Instants are epoch ms, null: never. */
export interface Health {
  papers: number;
  publicTopics: number;
  active: number;
  /** Active subscribers without a live topic: they get nothing. */
  withoutTopics: number;
  /** The digest that is waiting longest to be planned. */
  oldestDueAt: number | null;
  uncertain: number;
  /** Ready to be sent and waiting for it, the oldest one's instant. */
  oldestReadyAt: number | null;
  lastPlanAt: number | null;
  lastIngestAt: number | null;
}

export async function loadHealth({ db }: Store): Promise<Health> {
  const row = await sql<Health>`
    SELECT
      (SELECT count(*) FROM papers WHERE merged_into IS NULL) AS papers,
      (SELECT count(*) FROM topics WHERE visibility = 'public' AND archived_at IS NULL) AS publicTopics,
      (SELECT count(*) FROM subscribers WHERE next_due_at IS NOT NULL) AS active,
      (SELECT count(*) FROM subscribers AS s WHERE next_due_at IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM subscriptions AS n JOIN topics AS t ON t.id = n.topic_id
         WHERE n.subscriber_id = s.id AND n.ended_at IS NULL AND t.archived_at IS NULL)) AS withoutTopics,
      (SELECT min(next_due_at) FROM subscribers WHERE next_due_at IS NOT NULL) AS oldestDueAt,
      (SELECT count(*) FROM deliveries
        WHERE ${isOpen} AND status = 'uncertain') AS uncertain,
      (SELECT min(next_attempt_at) FROM deliveries WHERE status = 'pending') AS oldestReadyAt,
      (SELECT max(at) FROM plan_runs) AS lastPlanAt,
      (SELECT max(started_at) FROM ingest_runs) AS lastIngestAt`.execute(db);
  const [health] = row.rows;
  if (!health) throw new Error('the tables gave no answer');
  return health;
}

/**
 * What is wrong with the file, as SQLite says; null: nothing. Reads all of it, indexes and references
 * too: two or three seconds for 100 MB, minutes for tens of gigabytes. Others may write meanwhile.
 */
export function findCorruption({ raw }: Store): string | null {
  return findDamage(raw);
}

/** As `findCorruption`, of any connection. */
export function findDamage(raw: Store['raw']): string | null {
  const [first] = raw.pragma('integrity_check(1)') as { integrity_check: string }[];
  if (first?.integrity_check !== 'ok') return first?.integrity_check ?? 'no answer';
  const [orphan] = raw.pragma('foreign_key_check') as {
    table: string;
    rowid: number | null;
    parent: string;
  }[];
  return orphan ? `a row of ${orphan.table} names one of ${orphan.parent} that is not there` : null;
}

/** More than SQLite keeps to itself with `cache_size = 10`, and little on any disk. */
const trialBytes = 256 * 1024;

/**
 * Writes for real and takes it back: with a small cache the pages leave for the -wal file before the transaction
 * ends. Throws what SQLite says when the file cannot be written or has no room.
 */
export function tryWriting({ raw }: Store): void {
  const cacheSize = raw.pragma('cache_size', { simple: true });
  raw.pragma('cache_size = 10');
  try {
    raw.exec('BEGIN IMMEDIATE');
    raw.exec('CREATE TABLE paperboy_trial (bytes BLOB)');
    raw.exec(`INSERT INTO paperboy_trial VALUES (zeroblob(${trialBytes}))`);
  } finally {
    // A full disk has ended the transaction already.
    if (raw.inTransaction) raw.exec('ROLLBACK');
    raw.pragma(`cache_size = ${cacheSize}`);
  }
}
