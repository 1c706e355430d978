import type { Db } from './store.ts';

/** Notes that a subscriber has moved away from an address, and has come to another; by keyed hashes (mail/address-hash.ts). */
export async function noteMove(
  db: Db,
  { subscriberId, from, to, at }: { subscriberId: number; from: string; to: string; at: number },
): Promise<void> {
  await forgetFormerAddress(db, to);
  const row = { address_hash: from, subscriber_id: subscriberId, left_at: at };
  await db
    .insertInto('former_addresses')
    .values(row)
    .onConflict((conflict) => conflict.column('address_hash').doUpdateSet(row))
    .execute();
}

/** Somebody has the address now. */
export async function forgetFormerAddress(db: Db, addressHash: string): Promise<void> {
  await db.deleteFrom('former_addresses').where('address_hash', '=', addressHash).execute();
}

/** Which of some addresses (at most some thousands) subscribers have moved away from. */
export async function findFormerAddresses(db: Db, addressHashes: readonly string[]): Promise<Set<string>> {
  if (addressHashes.length === 0) return new Set();
  const rows = await db
    .selectFrom('former_addresses')
    .select('address_hash')
    .where('address_hash', 'in', addressHashes)
    .execute();
  return new Set(rows.map((row) => row.address_hash));
}
