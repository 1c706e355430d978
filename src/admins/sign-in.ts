import { actingAs } from '../store/acting.ts';
import { type Admin, savePasswordHash } from '../store/admins.ts';
import { insertAuditEntries } from '../store/audit.ts';
import type { Db } from '../store/store.ts';
import { findAdminByName } from './admins.ts';
import type { SignInLimits } from './limits.ts';
import type { Passwords } from './passwords.ts';
import { type OpenedSession, openSession } from './sessions.ts';

export interface SignInDeps {
  db: Db;
  passwords: Passwords;
  limits: SignInLimits;
}

/** Where somebody comes from, and with what. */
export interface Visitor {
  /** For the limits: an address, or the network it is in; null: it cannot be told from everybody else's. */
  network: string | null;
  /** As device.ts says it. */
  device: string;
}

export type SignInResult =
  | ({ ok: true; admin: Admin } & OpenedSession)
  /** `wrong` says no more: not whether there is such an admin. */
  | { ok: false; reason: 'wrong' }
  | { ok: false; reason: 'too_often'; waitMs: number };

/**
 * Signs in by address and password. Who is unknown, who has no password and who typed a wrong one are answered alike
 * and in the same time. `at`: epoch ms.
 */
export async function signInWithPassword(
  { db, passwords, limits }: SignInDeps,
  given: { name: string; password: string },
  visitor: Visitor,
  at: number,
): Promise<SignInResult> {
  const waitMs = await limits.take(visitor.network, given.name);
  if (waitMs !== null) return { ok: false, reason: 'too_often', waitMs };
  const admin = await findAdminByName(db, given.name);
  // A crowd from many networks shall not keep an admin waiting for minutes.
  if (passwords.isBusy()) return { ok: false, reason: 'too_often', waitMs: 10_000 };
  const isRight = await passwords.verify(given.password, admin?.passwordHash ?? null);
  if (!admin || !isRight) return { ok: false, reason: 'wrong' };
  await limits.giveBack(visitor.network, given.name);
  if (admin.passwordHash !== null && passwords.isOutdated(admin.passwordHash))
    await savePasswordHash(db, admin.id, await passwords.hash(given.password), null);
  return { ok: true, admin, ...(await letIn(db, admin, visitor, 'password', at)) };
}

/** Opens a session for somebody who has shown who they are, and writes it down. */
export async function letIn(
  db: Db,
  admin: Admin,
  { device }: Visitor,
  by: 'password' | 'passkey' | 'link',
  at: number,
): Promise<OpenedSession> {
  return await db.transaction().execute(async (trx) => {
    const opened = await openSession(trx, { adminId: admin.id, device, at });
    await actingAs({ kind: 'admin', id: admin.id }, () =>
      insertAuditEntries(trx, [
        { act: 'sign_in', kind: 'admin', id: admin.id, at, before: null, after: { by, device } },
      ]),
    );
    return opened;
  });
}
