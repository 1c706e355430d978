import type BetterSqlite3 from 'better-sqlite3';
import { carryClosedDoors } from './carry-admins.ts';

/** What the replaced database knew and the backup could not. */
export interface CarriedOver {
  /** Subscribers who left, paused or were erased since, also those who joined since. */
  left: number;
  /** Subscribers with another address since. */
  moved: number;
  suppressions: number;
  /** Ids of those among `left` who were erased: what else is known of them in the backup has to go. */
  erased: number[];
}

/**
 * Takes from the database that is replaced who is not to be mailed any more: restoring an older state must not mail
 * those who left since, nor anybody at an address that they left. Subscribers are the same when id and time of joining
 * agree. `raw` holds the replaced database; `draft` is the backup's copy, up to date. Nothing else is taken: which
 * papers were sent since is not merged (its rows would have to agree in everything with those of the backup); instead
 * none of them is sent again.
 */
export function carryOver(raw: BetterSqlite3.Database, draft: string, now: number): CarriedOver {
  const tables = raw.prepare("SELECT name FROM main.sqlite_master WHERE type = 'table'").pluck().all();
  raw.prepare('ATTACH ? AS draft').run(draft);
  try {
    return raw
      .transaction(() => {
        const suppressions = tables.includes('suppressions') ? carrySuppressions(raw) : 0;
        if (tables.includes('admins')) carryClosedDoors(raw);
        if (!tables.includes('subscribers')) return { left: 0, moved: 0, suppressions, erased: [] };
        const moved = carryAddresses(raw, now);
        carryLinks(raw);
        const rows = carryLeft(raw, now);
        carryEndsOfPauses(raw);
        const erased = rows.filter(({ status }) => status === 'erased').map(({ id }) => id);
        return { left: rows.length + carryStrangers(raw), moved, suppressions, erased };
      })
      .immediate();
  } finally {
    raw.exec('DETACH draft');
  }
}

/** The row of `main` about the subscriber of `draft.subscribers`, unless it is the older of the two. */
const same = `FROM main.subscribers AS was
  WHERE was.id = draft.subscribers.id AND was.created_at = draft.subscribers.created_at
    AND was.updated_at >= draft.subscribers.updated_at AND draft.subscribers.status <> 'erased'`;

/** Who has another address since is not mailed at the old one. */
function carryAddresses(raw: BetterSqlite3.Database, now: number): number {
  const moved = `${same} AND was.status <> 'erased' AND was.email_key <> draft.subscribers.email_key`;
  // One address can become free only by another's moving on: so until nothing moves.
  const move = raw.prepare(
    `UPDATE OR IGNORE draft.subscribers
     SET (email, email_key, address_since) = (SELECT was.email, was.email_key, CAST(? AS INTEGER) ${moved})
     WHERE EXISTS (SELECT 1 ${moved})`,
  );
  let count = 0;
  for (let some = 0; ; count += some) {
    some = move.run(now).changes;
    if (some === 0) return count;
  }
}

/** A pause begun since ends when it was to end. */
function carryEndsOfPauses(raw: BetterSqlite3.Database): void {
  const known = "SELECT 1 FROM pragma_table_info('subscribers', 'main') WHERE name = 'resume_at'";
  if (raw.prepare(known).pluck().get() !== 1) return;
  raw.exec(`
    UPDATE draft.subscribers SET (resume_date, resume_at) = (
      SELECT iif(was.status = 'paused', was.resume_date, NULL), iif(was.status = 'paused', was.resume_at, NULL) ${same})
    WHERE EXISTS (SELECT 1 ${same}) AND draft.subscribers.status = 'paused'`);
}

/** Links that were switched off since stay so, and so does what is known of addresses that were left. */
function carryLinks(raw: BetterSqlite3.Database): void {
  // An older program may have made the replaced database.
  const has = (sql: string) => raw.prepare(sql).pluck().get() === 1;
  if (has("SELECT 1 FROM pragma_table_info('subscribers', 'main') WHERE name = 'link_epoch'"))
    raw.exec(`
      UPDATE draft.subscribers SET link_epoch = was.link_epoch FROM main.subscribers AS was
      WHERE was.id = draft.subscribers.id AND was.created_at = draft.subscribers.created_at
        AND was.link_epoch > draft.subscribers.link_epoch`);
  if (has("SELECT 1 FROM main.sqlite_master WHERE name = 'former_addresses'"))
    raw.exec(`
      INSERT OR IGNORE INTO draft.former_addresses
      SELECT was.* FROM main.former_addresses AS was
      JOIN draft.subscribers AS own ON own.id = was.subscriber_id`);
}

function carryLeft(raw: BetterSqlite3.Database, now: number): { id: number; status: string }[] {
  const left = `${same} AND was.status IN ('paused', 'unsubscribed', 'erased') AND was.status <> draft.subscribers.status`;
  const rows = raw
    .prepare(
      `UPDATE draft.subscribers
       SET (status, next_due_at, updated_at) = (SELECT was.status, NULL, was.updated_at ${left})
       WHERE EXISTS (SELECT 1 ${left})
       RETURNING id, status`,
    )
    .all() as { id: number; status: string }[];
  const end = raw.prepare(
    'UPDATE draft.subscriptions SET ended_at = ?, ended_reason = ? WHERE subscriber_id = ? AND ended_at IS NULL',
  );
  for (const { id, status } of rows) if (status !== 'paused') end.run(now, status, id);
  return rows;
}

/** Who joined and left since: without their row an old list would bring them back. */
function carryStrangers(raw: BetterSqlite3.Database): number {
  const columns =
    'id, email, email_key, status, timezone, digest_time, days, max_papers, locale, created_at, updated_at';
  const ids = raw
    .prepare(
      `INSERT INTO draft.subscribers (${columns})
       SELECT ${columns} FROM main.subscribers AS was
       WHERE status IN ('paused', 'unsubscribed') AND NOT EXISTS (
         SELECT 1 FROM draft.subscribers AS own WHERE own.id = was.id OR own.email_key = was.email_key)
       RETURNING id`,
    )
    .pluck()
    .all() as number[];
  const theirs = raw.prepare(
    `INSERT INTO draft.subscriptions (subscriber_id, topic_id, created_at, ended_at, ended_reason)
     SELECT was.subscriber_id, was.topic_id, was.created_at, was.ended_at, was.ended_reason
     FROM main.subscriptions AS was JOIN main.topics AS t ON t.id = was.topic_id
     JOIN draft.topics AS own ON own.id = t.id AND own.slug = t.slug
     WHERE was.subscriber_id = ?`,
  );
  for (const id of ids) theirs.run(id);
  return ids.length;
}

function carrySuppressions(raw: BetterSqlite3.Database): number {
  return raw
    .prepare(
      `INSERT INTO draft.suppressions (address_hash, reason, origin, note, created_at)
       SELECT address_hash, reason, origin, note, created_at FROM main.suppressions AS was
       WHERE lifted_at IS NULL AND NOT EXISTS (
         SELECT 1 FROM draft.suppressions AS own
         WHERE own.address_hash = was.address_hash AND own.lifted_at IS NULL)`,
    )
    .run().changes;
}
