import type { HashAddress } from '../mail/address-hash.ts';
import type { Db } from '../store/store.ts';
import { findSuppressed, type Suppression } from '../store/suppressions.ts';

/** Why an address that was erased is suppressed: an old list must not bring it back. */
export const erasedReason = 'erased';

/** What stands against mailing an address; null: nothing. `emailKey` as in mail/addresses.ts. */
export async function findSuppression(
  db: Db,
  hashAddress: HashAddress,
  emailKey: string,
): Promise<Suppression | null> {
  const hash = hashAddress(emailKey);
  return (await findSuppressed(db, [hash])).get(hash) ?? null;
}

/** In words for an admin, `complaint since 2026-06-22`. */
export function describeSuppression({
  reason,
  createdAt,
}: Pick<Suppression, 'reason' | 'createdAt'>): string {
  return `${reason} since ${new Date(createdAt).toISOString().slice(0, 10)}`;
}
