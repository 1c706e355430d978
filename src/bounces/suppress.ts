import type { HashAddress } from '../mail/address-hash.ts';
import type { Db } from '../store/store.ts';
import { findEmailsByHash, hashAddresses } from '../store/subscriber-hashes.ts';
import { insertSuppressions, listSuppressions, type Suppression } from '../store/suppressions.ts';
import { reasons } from './reading/reasons.ts';

/** Why an address can be suppressed besides what comes back from it. */
export const ownReasons = ['manual', 'imported', 'erased'] as const;

/** A suppression with its address, where a subscriber still has it. */
export interface NamedSuppression extends Suppression {
  email: string | null;
}

export function isSuppressionReason(text: string): boolean {
  return (ownReasons as readonly string[]).includes(text) || Object.hasOwn(reasons, text);
}

/** Suppresses an address by an admin's word. False: it was so already. */
export async function suppressAddress(
  db: Db,
  addressHash: string,
  note: string | null,
  at: number,
): Promise<boolean> {
  const added = { addressHash, reason: 'manual', origin: 'admin', note, bounceId: null, createdAt: at };
  return (await insertSuppressions(db, [added])) > 0;
}

/** All that stand (or were lifted too), a page at a time, in the order they were made. */
export async function* eachSuppressionPage(
  db: Db,
  filter: { lifted?: boolean; reason?: string },
  pageSize = 500,
): AsyncGenerator<Suppression[]> {
  let afterId = 0;
  for (;;) {
    const page = await listSuppressions(db, { ...filter, afterId, limit: pageSize });
    if (page.length > 0) yield page;
    if (page.length < pageSize) return;
    afterId = page.at(-1)?.id ?? afterId;
  }
}

/** Puts the addresses to suppressions whose subscriber is still there. */
export async function nameSuppressions(
  db: Db,
  hashAddress: HashAddress,
  suppressions: readonly Suppression[],
): Promise<NamedSuppression[]> {
  if (suppressions.length === 0) return [];
  await hashAddresses(db, hashAddress);
  const emails = await findEmailsByHash(
    db,
    suppressions.map((one) => one.addressHash),
  );
  return suppressions.map((one) => ({ ...one, email: emails.get(one.addressHash) ?? null }));
}
