import {
  type AdminSession,
  findSession,
  insertSession,
  removeSessions,
  touchSession,
} from '../store/admin-sessions.ts';
import { type Admin, findAdmin } from '../store/admins.ts';
import { insertAuditEntries } from '../store/audit.ts';
import type { Db } from '../store/store.ts';
import { hashSecret, makeSecret } from './secrets.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** A session ends when it was not used for so long, and in any case so long after signing in. */
export const sessionLife = { idleMs: 3 * dayMs, wholeMs: 30 * dayMs };

/** Looking at pages writes no more often than that. */
const touchMs = 5 * minuteMs;

export interface OpenedSession {
  /** For the cookie; of it only the hash is kept. */
  token: string;
  session: AdminSession;
}

/** Opens a session with a token nobody has seen before, whatever the browser brought. `device`: see device.ts. */
export async function openSession(
  db: Db,
  { adminId, device, at }: { adminId: number; device: string; at: number },
): Promise<OpenedSession> {
  const token = makeSecret();
  const session = await insertSession(db, {
    tokenHash: hashSecret(token),
    adminId,
    createdAt: at,
    lastUsedAt: at,
    expiresAt: at + sessionLife.wholeMs,
    device,
  });
  return { token, session };
}

export interface SignedIn {
  admin: Admin;
  session: AdminSession;
}

/** Whose session a token opens at `now`; null: nobody's, or it is over. Notes the use. */
export async function readSession(db: Db, token: string, now: number): Promise<SignedIn | null> {
  const session = await findSession(db, hashSecret(token));
  if (!session || isOver(session, now)) return null;
  const admin = await findAdmin(db, session.adminId);
  if (!admin) return null;
  if (now - session.lastUsedAt < touchMs) return { admin, session };
  await touchSession(db, session.id, now);
  return { admin, session: { ...session, lastUsedAt: now } };
}

export function isOver(session: AdminSession, now: number): boolean {
  return now >= session.expiresAt || now - session.lastUsedAt >= sessionLife.idleMs;
}

/** Ends one session of an admin, all, or all but one. Returns how many ended. */
export async function endSessions(
  db: Db,
  adminId: number,
  which: { id?: number; exceptId?: number },
  at: number,
): Promise<number> {
  const ended = await removeSessions(db, adminId, which);
  if (ended > 0)
    await insertAuditEntries(db, [
      { act: 'sign_out', kind: 'admin', id: adminId, at, before: { sessions: ended }, after: null },
    ]);
  return ended;
}
