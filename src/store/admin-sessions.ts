import type { Selectable } from 'kysely';
import type { AdminSessionsTable } from './schema.ts';
import type { Db } from './store.ts';

/** A browser in which an admin is signed in. Instants are epoch ms. */
export interface AdminSession {
  id: number;
  tokenHash: string;
  adminId: number;
  createdAt: number;
  /** To a few minutes. */
  lastUsedAt: number;
  expiresAt: number;
  /** Coarse: `Firefox on Linux`. */
  device: string;
}

/** Keeps a new session; those that are over go. */
export async function insertSession(db: Db, session: Omit<AdminSession, 'id'>): Promise<AdminSession> {
  await db.deleteFrom('admin_sessions').where('expires_at', '<=', session.createdAt).execute();
  const row = await db
    .insertInto('admin_sessions')
    .values({
      token_hash: session.tokenHash,
      admin_id: session.adminId,
      created_at: session.createdAt,
      last_used_at: session.lastUsedAt,
      expires_at: session.expiresAt,
      device: session.device,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toSession(row);
}

export async function findSession(db: Db, tokenHash: string): Promise<AdminSession | null> {
  const row = await db
    .selectFrom('admin_sessions')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row ? toSession(row) : null;
}

export async function touchSession(db: Db, id: number, at: number): Promise<void> {
  await db.updateTable('admin_sessions').set({ last_used_at: at }).where('id', '=', id).execute();
}

/** An admin's, the one that was used last first. */
export async function listSessions(db: Db, adminId: number): Promise<AdminSession[]> {
  const rows = await db
    .selectFrom('admin_sessions')
    .selectAll()
    .where('admin_id', '=', adminId)
    .orderBy('last_used_at', 'desc')
    .orderBy('id', 'desc')
    .limit(200)
    .execute();
  return rows.map(toSession);
}

/** Ends sessions of one admin: one of them, all, or all but one. Returns how many. */
export async function removeSessions(
  db: Db,
  adminId: number,
  which: { id?: number; exceptId?: number } = {},
): Promise<number> {
  let query = db.deleteFrom('admin_sessions').where('admin_id', '=', adminId);
  if (which.id !== undefined) query = query.where('id', '=', which.id);
  if (which.exceptId !== undefined) query = query.where('id', '!=', which.exceptId);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}

function toSession(row: Selectable<AdminSessionsTable>): AdminSession {
  return {
    id: row.id,
    tokenHash: row.token_hash,
    adminId: row.admin_id,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    device: row.device,
  };
}
