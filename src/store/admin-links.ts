import type { Db } from './store.ts';

/** Keeps a new link of an admin in place of those before. Links that are over go. Epoch ms. */
export async function replaceLink(
  db: Db,
  link: { tokenHash: string; adminId: number; createdAt: number; expiresAt: number },
): Promise<void> {
  await db
    .deleteFrom('admin_links')
    .where((eb) => eb.or([eb('admin_id', '=', link.adminId), eb('expires_at', '<=', link.createdAt)]))
    .execute();
  await db
    .insertInto('admin_links')
    .values({
      token_hash: link.tokenHash,
      admin_id: link.adminId,
      created_at: link.createdAt,
      expires_at: link.expiresAt,
    })
    .execute();
}

/** Whose link it is; null: there is none that still works. */
export async function findLink(db: Db, tokenHash: string, now: number): Promise<number | null> {
  const row = await db
    .selectFrom('admin_links')
    .select('admin_id')
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row?.admin_id ?? null;
}

export async function removeLinks(db: Db, adminId: number): Promise<void> {
  await db.deleteFrom('admin_links').where('admin_id', '=', adminId).execute();
}
