import { parseAddress } from '../mail/addresses.ts';
import { type Admin, findAdminByKey, findSettingAdmin, insertAdmin } from '../store/admins.ts';
import { audited } from '../store/audit.ts';
import type { Db } from '../store/store.ts';
import { removeAdmin } from './admins.ts';
import { keepPassword } from './change-password.ts';
import type { Passwords } from './passwords.ts';

/** What that admin is called where ADMIN_EMAIL is not set, or is another admin's. */
const plainName = 'admin';

/**
 * Makes the admin that ADMIN_PASSWORD stands for, gives it another password when that has changed, and removes it when
 * it is not set any more; either ends its sessions. Done once before the first page is shown. `at`: epoch ms.
 */
export async function keepSettingAdmin(
  { db, passwords }: { db: Db; passwords: Passwords },
  setting: { readonly password: string | null; readonly email: string | null },
  at: number,
): Promise<void> {
  const known = await findSettingAdmin(db);
  if (setting.password === null) {
    if (known) await removeAdmin(db, known.id, at);
    return;
  }
  if (known && (await passwords.verify(setting.password, known.passwordHash))) return;
  const admin = known ?? (await addSettingAdmin(db, setting.email, at));
  await keepPassword(db, passwords, admin, setting.password, null, at);
}

function addSettingAdmin(db: Db, address: string | null, at: number): Promise<Admin> {
  return audited(db, { act: 'add', kind: 'admin', id: ({ id }: Admin) => id, at }, async (trx) => {
    const parsed = address === null ? null : parseAddress(address);
    const isFree = parsed?.ok && (await findAdminByKey(trx, parsed.address.key)) === null;
    const { email, key } = parsed?.ok && isFree ? parsed.address : { email: plainName, key: plainName };
    return await insertAdmin(trx, {
      email,
      emailKey: key,
      name: null,
      fromSetting: true,
      createdAt: at,
    });
  });
}
