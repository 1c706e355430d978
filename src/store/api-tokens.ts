import type { Selectable } from 'kysely';
import type { ApiTokensTable } from './schema.ts';
import type { Db } from './store.ts';

/** What a program signs in with. Instants are epoch ms. */
export interface ApiToken {
  id: number;
  name: string;
  /** The first characters, to tell tokens apart by. */
  hint: string;
  scopes: string[];
  createdAt: number;
  /** To a few minutes; null: never. */
  lastUsedAt: number | null;
  /** Null: does not expire. */
  expiresAt: number | null;
  revokedAt: number | null;
}

export async function insertApiToken(
  db: Db,
  added: Pick<ApiToken, 'name' | 'hint' | 'scopes' | 'createdAt' | 'expiresAt'> & { tokenHash: string },
): Promise<ApiToken> {
  const row = await db
    .insertInto('api_tokens')
    .values({
      name: added.name,
      token_hash: added.tokenHash,
      hint: added.hint,
      scopes: added.scopes.join(','),
      created_at: added.createdAt,
      expires_at: added.expiresAt,
      last_used_at: null,
      revoked_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toToken(row);
}

/** Newest first, revoked and expired ones last; at most 500. */
export async function listApiTokens(db: Db): Promise<ApiToken[]> {
  const rows = await db
    .selectFrom('api_tokens')
    .selectAll()
    .orderBy((eb) => eb('revoked_at', 'is not', null))
    .orderBy('id', 'desc')
    .limit(500)
    .execute();
  return rows.map(toToken);
}

/** The id of the one that was made last; 0: none ever was. */
export async function findLatestTokenId(db: Db): Promise<number> {
  const row = await db
    .selectFrom('api_tokens')
    .select((eb) => eb.fn.max('id').as('id'))
    .executeTakeFirst();
  return row?.id ?? 0;
}

export async function findApiToken(db: Db, id: number): Promise<ApiToken | null> {
  const row = await db.selectFrom('api_tokens').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toToken(row) : null;
}

export async function findApiTokenByHash(db: Db, tokenHash: string): Promise<ApiToken | null> {
  const row = await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row ? toToken(row) : null;
}

export async function touchApiToken(db: Db, id: number, at: number): Promise<void> {
  await db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', id).execute();
}

export async function saveRevoked(db: Db, id: number, at: number): Promise<void> {
  await db.updateTable('api_tokens').set({ revoked_at: at }).where('id', '=', id).execute();
}

function toToken(row: Selectable<ApiTokensTable>): ApiToken {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes.split(','),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}
