import { removeSessions } from '../store/admin-sessions.ts';
import { type Admin, savePasswordHash } from '../store/admins.ts';
import { audited } from '../store/audit.ts';
import type { Db } from '../store/store.ts';
import { judgePassword, type Passwords } from './passwords.ts';
import type { SignInDeps } from './sign-in.ts';

export type PasswordResult = { ok: true } | { ok: false; message: string };

/**
 * Gives an admin another password; whoever else is signed in in their name is not any more. `current` is asked for
 * where there is one. `sessionId`: the session that goes on. `at`: epoch ms.
 */
export async function changePassword(
  { db, passwords, limits }: SignInDeps,
  admin: Admin,
  given: { current: string; wanted: string },
  { sessionId, network }: { sessionId: number; network: string | null },
  at: number,
): Promise<PasswordResult> {
  if (admin.fromSetting)
    return { ok: false, message: 'This password is set by ADMIN_PASSWORD; change it there and restart.' };
  if (admin.passwordHash !== null) {
    if ((await limits.take(network, admin.email)) !== null)
      return { ok: false, message: 'Too many tries. Please wait a quarter of an hour.' };
    if (!(await passwords.verify(given.current, admin.passwordHash)))
      return { ok: false, message: 'The current password is not right.' };
    await limits.giveBack(network, admin.email);
  }
  const problem = judgePassword(given.wanted, admin.email);
  if (problem !== null) return { ok: false, message: problem };
  await keepPassword(db, passwords, admin, given.wanted, sessionId, at);
  return { ok: true };
}

/** Hashes and keeps a password that was judged good. `exceptSessionId` null: every session ends. */
export async function keepPassword(
  db: Db,
  passwords: Passwords,
  admin: Admin,
  wanted: string,
  exceptSessionId: number | null,
  at: number,
): Promise<void> {
  await saveNewHash(db, admin, await passwords.hash(wanted), exceptSessionId, at);
}

/** In place of the old one; sessions end. */
export async function saveNewHash(
  db: Db,
  { id }: Admin,
  hash: string,
  exceptSessionId: number | null,
  at: number,
): Promise<void> {
  await audited(db, { act: 'password', kind: 'admin', id, at }, async (trx) => {
    await savePasswordHash(trx, id, hash, at);
    await removeSessions(trx, id, exceptSessionId === null ? {} : { exceptId: exceptSessionId });
  });
}
