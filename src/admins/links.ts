import { findLink, removeLinks, replaceLink } from '../store/admin-links.ts';
import { type Admin, findAdmin } from '../store/admins.ts';
import { insertAuditEntries } from '../store/audit.ts';
import type { Db } from '../store/store.ts';
import { hashSecret, makeSecret } from './secrets.ts';

/** How long a one-time link works. */
export const linkLifeMs = 24 * 3_600_000;

/** A new one-time link by which an admin chooses a password or a passkey; those before stop working. `at`: epoch ms. */
export async function makeLink(
  db: Db,
  admin: Admin,
  publicUrl: string,
  at: number,
): Promise<{ url: string; expiresAt: number }> {
  const token = makeSecret();
  const expiresAt = at + linkLifeMs;
  await db.transaction().execute(async (trx) => {
    await replaceLink(trx, { tokenHash: hashSecret(token), adminId: admin.id, createdAt: at, expiresAt });
    await insertAuditEntries(trx, [
      { act: 'link', kind: 'admin', id: admin.id, at, before: null, after: { expiresAt } },
    ]);
  });
  return { url: `${publicUrl}/admin/join/${token}`, expiresAt };
}

/** Whose link it is; null: it was used, is over, or never was. Looking uses nothing up. */
export async function readLink(db: Db, token: string, now: number): Promise<Admin | null> {
  const adminId = await findLink(db, hashSecret(token), now);
  return adminId === null ? null : await findAdmin(db, adminId);
}

/** The link has served: it and any other of this admin are gone. */
export async function useUpLinks(db: Db, adminId: number): Promise<void> {
  await removeLinks(db, adminId);
}
