import type { Db } from './store.ts';

/** An address that waits to be confirmed. Instants are epoch ms. */
export interface AddressChange {
  tokenHash: string;
  subscriberId: number;
  /** Of the subscriber's links when they asked. */
  linkEpoch: number;
  email: string;
  emailKey: string;
  createdAt: number;
  expiresAt: number;
}

/** Keeps one, and forgets those that are over at its `createdAt`. */
export async function insertAddressChange(db: Db, change: AddressChange): Promise<void> {
  await db.deleteFrom('address_changes').where('expires_at', '<=', change.createdAt).execute();
  await db
    .insertInto('address_changes')
    .values({
      token_hash: change.tokenHash,
      subscriber_id: change.subscriberId,
      link_epoch: change.linkEpoch,
      email: change.email,
      email_key: change.emailKey,
      created_at: change.createdAt,
      expires_at: change.expiresAt,
    })
    .execute();
}

export async function findAddressChange(db: Db, tokenHash: string): Promise<AddressChange | null> {
  const row = await db
    .selectFrom('address_changes')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  if (!row) return null;
  return {
    tokenHash,
    subscriberId: row.subscriber_id,
    linkEpoch: row.link_epoch,
    email: row.email,
    emailKey: row.email_key,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** How many were asked for since an instant by this subscriber, or for this address by anybody. */
export async function countAddressChanges(
  db: Db,
  { subscriberId, emailKey, since }: { subscriberId: number; emailKey: string; since: number },
): Promise<number> {
  const row = await db
    .selectFrom('address_changes')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('created_at', '>', since)
    .where((is) => is.or([is('subscriber_id', '=', subscriberId), is('email_key', '=', emailKey)]))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Ends all that a subscriber asked for. */
export async function endAddressChanges(db: Db, subscriberId: number): Promise<void> {
  await db.deleteFrom('address_changes').where('subscriber_id', '=', subscriberId).execute();
}
