import { sql } from 'kysely';
import type { Db } from './store.ts';

/** A request that a program may repeat, by the key that it gave it. Instants are epoch ms. */
export interface RequestKey {
  tokenId: number;
  key: string;
  /** A keyed hash of all that the request says. */
  fingerprint: string;
}

/** What a request was answered. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type BegunRequest =
  | { state: 'new' }
  /** The key was used before. `answer`: null: it is not known. */
  | { state: 'known'; fingerprint: string; answer: KeptAnswer | null };

/** Notes that a request begins, unless its key is known; keys that have expired are forgotten first. */
export async function beginRequest(
  db: Db,
  { tokenId, key, fingerprint }: RequestKey,
  { at, expiresAt }: { at: number; expiresAt: number },
): Promise<BegunRequest> {
  await pruneRequestKeys(db, at);
  const added = await db
    .insertInto('request_keys')
    .values({
      ...{ token_id: tokenId, key, fingerprint, began_at: at, expires_at: expiresAt },
      ...{ status: null, headers: null, body: null },
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if ((added.numInsertedOrUpdatedRows ?? 0n) > 0n) return { state: 'new' };
  const row = await db
    .selectFrom('request_keys')
    .selectAll()
    .where('token_id', '=', tokenId)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  const { status, headers, body } = row;
  const answer =
    status === null || headers === null || body === null
      ? null
      : { status, headers: JSON.parse(headers) as Record<string, string>, body };
  return { state: 'known', fingerprint: row.fingerprint, answer };
}

export async function keepAnswer(
  db: Db,
  { tokenId, key }: Omit<RequestKey, 'fingerprint'>,
  { status, headers, body }: KeptAnswer,
): Promise<void> {
  await db
    .updateTable('request_keys')
    .set({ status, headers: JSON.stringify(headers), body })
    .where('token_id', '=', tokenId)
    .where('key', '=', key)
    .execute();
}

/** The request came to nothing: its key can be used again. */
export async function forgetRequest(
  db: Db,
  { tokenId, key }: Omit<RequestKey, 'fingerprint'>,
): Promise<void> {
  await db.deleteFrom('request_keys').where('token_id', '=', tokenId).where('key', '=', key).execute();
}

export async function pruneRequestKeys(db: Db, now: number): Promise<void> {
  await db.deleteFrom('request_keys').where('expires_at', '<=', now).execute();
}

/** What was answered about a subscriber who is about to be erased says who they were. */
export async function forgetAnswersAbout(db: Db, subscriberId: number): Promise<void> {
  const row = await db
    .selectFrom('subscribers')
    .select('email')
    .where('id', '=', subscriberId)
    .executeTakeFirst();
  if (!row) return;
  const shown = JSON.stringify(row.email).slice(1, -1);
  // A list that was uploaded may have written it otherwise.
  await db.deleteFrom('request_keys').where(sql<boolean>`instr(lower(body), lower(${shown})) > 0`).execute();
}
