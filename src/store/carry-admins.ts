import type BetterSqlite3 from 'better-sqlite3';
import type { Db } from './store.ts';

/**
 * Takes from the database that is replaced (`main`) who may not come in any more: restoring an older state (`draft`)
 * must not open a door that was closed since. Admins and tokens are the same when id and time of making agree.
 */
export function carryClosedDoors(raw: BetterSqlite3.Database): void {
  raw.exec(`
UPDATE draft.api_tokens SET revoked_at = (SELECT was.revoked_at FROM main.api_tokens AS was
  WHERE was.id = draft.api_tokens.id AND was.token_hash = draft.api_tokens.token_hash)
WHERE revoked_at IS NULL;

UPDATE draft.admins SET (removed_at, password_hash) = (SELECT was.removed_at, NULL FROM main.admins AS was
  WHERE was.id = draft.admins.id AND was.created_at = draft.admins.created_at)
WHERE removed_at IS NULL AND EXISTS (SELECT 1 FROM main.admins AS was
  WHERE was.id = draft.admins.id AND was.created_at = draft.admins.created_at AND was.removed_at IS NOT NULL);

UPDATE draft.admins SET (password_hash, password_changed_at) = (SELECT was.password_hash, was.password_changed_at
  FROM main.admins AS was WHERE was.id = draft.admins.id)
WHERE removed_at IS NULL AND EXISTS (SELECT 1 FROM main.admins AS was
  WHERE was.id = draft.admins.id AND was.created_at = draft.admins.created_at AND was.removed_at IS NULL
    AND was.password_changed_at > coalesce(draft.admins.password_changed_at, 0));

DELETE FROM draft.passkeys WHERE NOT EXISTS (SELECT 1 FROM main.passkeys AS was
  WHERE was.credential_id = draft.passkeys.credential_id)
AND EXISTS (SELECT 1 FROM main.admins AS was JOIN draft.admins AS own ON own.id = was.id AND own.created_at = was.created_at
  WHERE own.id = draft.passkeys.admin_id);
DELETE FROM draft.passkeys WHERE admin_id IN (SELECT id FROM draft.admins WHERE removed_at IS NOT NULL);
`);
}

/** Signs everybody out and voids one-time links: which of them were ended since a backup, nobody may know. */
export async function endAllSessions(db: Db): Promise<void> {
  for (const table of ['admin_sessions', 'admin_links', 'passkey_challenges'] as const)
    await db.deleteFrom(table).execute();
}
