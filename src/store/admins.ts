import type { Selectable } from 'kysely';
import type { AdminsTable } from './schema.ts';
import type { Db } from './store.ts';

/** Who may change things by the pages. Instants are epoch ms. */
export interface Admin {
  id: number;
  email: string;
  emailKey: string;
  name: string | null;
  /** Null: signs in by passkey, or not yet. */
  passwordHash: string | null;
  passwordChangedAt: number | null;
  /** Made by ADMIN_PASSWORD and gone with it. */
  fromSetting: boolean;
  createdAt: number;
}

export interface ListedAdmin extends Admin {
  passkeys: number;
  sessions: number;
  /** To a few minutes; null: has no session that stands. */
  lastUsedAt: number | null;
}

/** Those who were not removed, by address. An installation has a handful. */
export async function listAdmins(db: Db, now: number): Promise<ListedAdmin[]> {
  const rows = await db
    .selectFrom('admins')
    .selectAll('admins')
    .select((eb) => [
      eb
        .selectFrom('passkeys')
        .whereRef('passkeys.admin_id', '=', 'admins.id')
        .select((count) => count.fn.countAll<number>().as('count'))
        .as('passkeys'),
      eb
        .selectFrom('admin_sessions')
        .whereRef('admin_sessions.admin_id', '=', 'admins.id')
        .where('admin_sessions.expires_at', '>', now)
        .select((count) => count.fn.countAll<number>().as('count'))
        .as('sessions'),
      eb
        .selectFrom('admin_sessions')
        .whereRef('admin_sessions.admin_id', '=', 'admins.id')
        .select((last) => last.fn.max('admin_sessions.last_used_at').as('last'))
        .as('last'),
    ])
    .where('removed_at', 'is', null)
    .orderBy('email_key')
    .execute();
  return rows.map((row) => ({
    ...toAdmin(row),
    passkeys: row.passkeys ?? 0,
    sessions: row.sessions ?? 0,
    lastUsedAt: row.last,
  }));
}

/** Null: there is none, or it was removed. */
export async function findAdmin(db: Db, id: number): Promise<Admin | null> {
  const row = await live(db).where('id', '=', id).executeTakeFirst();
  return row ? toAdmin(row) : null;
}

export async function findAdminByKey(db: Db, emailKey: string): Promise<Admin | null> {
  const row = await live(db).where('email_key', '=', emailKey).executeTakeFirst();
  return row ? toAdmin(row) : null;
}

/** The one that ADMIN_PASSWORD made; null: there is none. */
export async function findSettingAdmin(db: Db): Promise<Admin | null> {
  const row = await live(db).where('from_setting', '=', 1).executeTakeFirst();
  return row ? toAdmin(row) : null;
}

export async function hasAdmins(db: Db): Promise<boolean> {
  return (await live(db).limit(1).executeTakeFirst()) !== undefined;
}

export async function insertAdmin(
  db: Db,
  added: Pick<Admin, 'email' | 'emailKey' | 'name' | 'fromSetting' | 'createdAt'>,
): Promise<Admin> {
  const row = await db
    .insertInto('admins')
    .values({
      email: added.email,
      email_key: added.emailKey,
      name: added.name,
      from_setting: added.fromSetting ? 1 : 0,
      created_at: added.createdAt,
      password_hash: null,
      password_changed_at: null,
      removed_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toAdmin(row);
}

/** `changedAt` null: it is the same password, hashed anew. */
export async function savePasswordHash(
  db: Db,
  id: number,
  hash: string,
  changedAt: number | null,
): Promise<void> {
  await db
    .updateTable('admins')
    .set({ password_hash: hash, ...(changedAt === null ? {} : { password_changed_at: changedAt }) })
    .where('id', '=', id)
    .execute();
}

/** The row stays, for the names in the audit log; all that opens a door goes. */
export async function removeAdminRow(db: Db, id: number, at: number): Promise<void> {
  for (const table of ['admin_links', 'admin_sessions', 'passkeys', 'passkey_challenges'] as const)
    await db.deleteFrom(table).where('admin_id', '=', id).execute();
  await db.updateTable('admins').set({ password_hash: null, removed_at: at }).where('id', '=', id).execute();
}

function live(db: Db) {
  return db.selectFrom('admins').selectAll().where('removed_at', 'is', null);
}

function toAdmin(row: Selectable<AdminsTable>): Admin {
  return {
    id: row.id,
    email: row.email,
    emailKey: row.email_key,
    name: row.name,
    passwordHash: row.password_hash,
    passwordChangedAt: row.password_changed_at,
    fromSetting: row.from_setting === 1,
    createdAt: row.created_at,
  };
}
