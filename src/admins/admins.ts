import { parseAddress } from '../mail/addresses.ts';
import { type Admin, findAdmin, findAdminByKey, insertAdmin, removeAdminRow } from '../store/admins.ts';
import { audited } from '../store/audit.ts';
import type { Db } from '../store/store.ts';

export type AdminResult = { ok: true; admin: Admin } | { ok: false; message: string };

/** Adds an admin, who signs in once a one-time link (links.ts) was followed. `at`: epoch ms. */
export function addAdmin(
  db: Db,
  given: { email: string; name?: string | undefined },
  at: number,
): Promise<AdminResult> {
  const id = (result: AdminResult) => (result.ok ? result.admin.id : null);
  return audited(db, { act: 'add', kind: 'admin', id, at }, async (trx): Promise<AdminResult> => {
    const parsed = parseAddress(given.email);
    if (!parsed.ok) return parsed;
    const { email, key } = parsed.address;
    if (await findAdminByKey(trx, key))
      return {
        ok: false,
        message: `${email} is an admin already. A new link to sign in: admins link ${email}`,
      };
    const name = given.name?.trim().slice(0, 100) || null;
    return {
      ok: true,
      admin: await insertAdmin(trx, { email, emailKey: key, name, fromSetting: false, createdAt: at }),
    };
  });
}

/** Ends what an admin may do, at once: sessions, passkeys, links. Throws when there is none. */
export function removeAdmin(db: Db, id: number, at: number): Promise<Admin> {
  return audited(db, { act: 'remove', kind: 'admin', id, at }, async (trx) => {
    const admin = await findAdmin(trx, id);
    if (!admin) throw new RangeError(`no admin ${id}`);
    await removeAdminRow(trx, id, at);
    return admin;
  });
}

/** The admin of an address as typed, or of the name `admin` where ADMIN_PASSWORD made one. */
export async function findAdminByName(db: Db, typed: string): Promise<Admin | null> {
  const parsed = parseAddress(typed);
  return await findAdminByKey(db, parsed.ok ? parsed.address.key : typed.trim().toLowerCase());
}
