import { actingAs } from '../store/acting.ts';
import { removeSessions } from '../store/admin-sessions.ts';
import type { Admin } from '../store/admins.ts';
import type { Db } from '../store/store.ts';
import { saveNewHash } from './change-password.ts';
import { readLink, useUpLinks } from './links.ts';
import { finishRegistration, type RelyingParty } from './passkeys.ts';
import { judgePassword } from './passwords.ts';
import type { OpenedSession } from './sessions.ts';
import { letIn, type SignInDeps, type SignInResult, type Visitor } from './sign-in.ts';

/**
 * Chooses a password by a one-time link, which is used up by it, and signs in; whoever was signed in in that name is
 * not any more. `at`: epoch ms.
 */
export async function choosePasswordByLink(
  { db, passwords }: SignInDeps,
  token: string,
  wanted: string,
  visitor: Visitor,
  at: number,
): Promise<SignInResult | { ok: false; reason: 'password'; message: string }> {
  const admin = await readLink(db, token, at);
  if (!admin) return { ok: false, reason: 'wrong' };
  const problem = judgePassword(wanted, admin.email);
  if (problem !== null) return { ok: false, reason: 'password', message: problem };
  const hash = await passwords.hash(wanted);
  return await actingAs({ kind: 'admin', id: admin.id }, async () => {
    // Of two that come at once, one finds the link used up.
    const isFirst = await db.transaction().execute(async (trx) => {
      if (!(await readLink(trx, token, at))) return false;
      await saveNewHash(trx, admin, hash, null, at);
      await useUpLinks(trx, admin.id);
      return true;
    });
    if (!isFirst) return { ok: false, reason: 'wrong' };
    return { ok: true, admin, ...(await letIn(db, admin, visitor, 'link', at)) };
  });
}

/** The same with a passkey that the browser made. */
export async function choosePasskeyByLink(
  db: Db,
  party: RelyingParty,
  token: string,
  response: unknown,
  visitor: Visitor,
  at: number,
): Promise<({ ok: true; admin: Admin } & OpenedSession) | { ok: false; message: string }> {
  const admin = await readLink(db, token, at);
  if (!admin) return { ok: false, message: 'This link does not work any more.' };
  return await actingAs({ kind: 'admin', id: admin.id }, async () => {
    const name = visitor.device;
    const made = await finishRegistration(db, party, admin, { response, name }, at);
    if (!made.ok) return made;
    await useUpLinks(db, admin.id);
    await removeSessions(db, admin.id);
    return { ok: true, admin, ...(await letIn(db, admin, visitor, 'link', at)) };
  });
}
