import type BetterSqlite3 from 'better-sqlite3';

/** What the replaced database knew and the backup could not. */
export interface CarriedOver {
  /** Subscribers who left, paused or were erased since. */
  left: number;
  suppressions: number;
}

/**
 * Takes from the database that is replaced who is not to be mailed any more: restoring an older state must not mail
 * those who left since. Subscribers are the same when id and time of joining agree. `raw` holds the replaced
 * database; `draft` is the backup's copy, up to date. Nothing else is taken: which papers were sent since is not merged
 * (its rows would have to agree in everything with those of the backup); instead none of them is sent again.
 */
export function carryOver(raw: BetterSqlite3.Database, draft: string, now: number): CarriedOver {
  const tables = raw.prepare("SELECT name FROM main.sqlite_master WHERE type = 'table'").pluck().all();
  raw.prepare('ATTACH ? AS draft').run(draft);
  try {
    return raw
      .transaction(() => ({
        left: tables.includes('subscribers') ? carryLeft(raw, now) : 0,
        suppressions: tables.includes('suppressions') ? carrySuppressions(raw) : 0,
      }))
      .immediate();
  } finally {
    raw.exec('DETACH draft');
  }
}

function carryLeft(raw: BetterSqlite3.Database, now: number): number {
  const left = `FROM main.subscribers AS was
    WHERE was.id = draft.subscribers.id AND was.created_at = draft.subscribers.created_at
      AND was.status IN ('paused', 'unsubscribed', 'erased') AND was.updated_at >= draft.subscribers.updated_at`;
  const ids = raw
    .prepare(
      `UPDATE draft.subscribers
       SET (email, email_key, status, timezone, locale, next_due_at, updated_at) =
         (SELECT email, email_key, status, timezone, locale, NULL, updated_at ${left})
       WHERE status <> 'erased' AND EXISTS (SELECT 1 ${left} AND was.status <> draft.subscribers.status)
       RETURNING id, status`,
    )
    .all() as { id: number; status: string }[];
  const end = raw.prepare(
    'UPDATE draft.subscriptions SET ended_at = ?, ended_reason = ? WHERE subscriber_id = ? AND ended_at IS NULL',
  );
  for (const { id, status } of ids) if (status !== 'paused') end.run(now, status, id);
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
