import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { atomically } from './atomically.ts';
import type { Db } from './store.ts';

/** Some 30 ms; so long a page may wait. */
const atOnce = 400;

/**
 * Computes the hashes of addresses that have none: of those who joined or moved since it was called last. Whoever asks
 * who is suppressed calls it before; it is some 80 µs an address, once, in slices between which others are served.
 */
export async function hashAddresses(
  db: Db,
  hashAddress: (emailKey: string) => string,
  signal?: AbortSignal,
): Promise<void> {
  while (!signal?.aborted) {
    const rows = await findUnhashed(db);
    if (rows.length === 0) return;
    await atomically(db, async (trx) => {
      const hashes = JSON.stringify(rows.map((row) => ({ ...row, hash: hashAddress(row.email_key) })));
      // An address that changed meanwhile waits for the next turn.
      await sql`
        UPDATE subscribers SET address_hash = given.value ->> 'hash' FROM json_each(${hashes}) AS given
        WHERE subscribers.id = given.value ->> 'id' AND subscribers.email_key = given.value ->> 'email_key'`.execute(
        trx,
      );
    });
    if (rows.length < atOnce) return;
    await setImmediate();
  }
}

async function findUnhashed(db: Db): Promise<{ id: number; email_key: string }[]> {
  // In the very words of the index: https://sqlite.org/partialindex.html
  return await db
    .selectFrom('subscribers')
    .select(['id', 'email_key'])
    .where(sql<boolean>`address_hash IS NULL AND status <> 'erased'`)
    .orderBy('id')
    .limit(atOnce)
    .execute();
}

/** The addresses that have these hashes, by hash; `hashAddresses` is to be called before. */
export async function findEmailsByHash(db: Db, hashes: readonly string[]): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('subscribers')
    .select(['address_hash', 'email'])
    .where('address_hash', 'in', sql<string>`(SELECT value FROM json_each(${JSON.stringify(hashes)}))`)
    .execute();
  return new Map(
    rows.flatMap(({ address_hash, email }) => (address_hash === null ? [] : [[address_hash, email]])),
  );
}

/** Another key makes other hashes. */
export async function forgetHashes(db: Db): Promise<void> {
  await db
    .updateTable('subscribers')
    .set({ address_hash: null })
    .where('address_hash', 'is not', null)
    .execute();
}
