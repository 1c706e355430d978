import type { Db } from './store.ts';

/** An address that waits to be confirmed. Instants are epoch ms. */
export interface AddressChange {
  id: number;
  tokenHash: string;
  subscriberId: number;
  /** Of the subscriber's links when they asked. */
  linkEpoch: number;
  email: string;
  emailKey: string;
  createdAt: number;
  expiresAt: number;
}

/** Keeps one, and forgets those that are over at its `createdAt`; its id. */
export async function insertAddressChange(db: Db, change: Omit<AddressChange, 'id'>): Promise<number> {
  await db.deleteFrom('address_changes').where('expires_at', '<=', change.createdAt).execute();
  const row = await db
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
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Another link: the one before it, which was not mailed, opens nothing. */
export async function renewAddressChange(db: Db, id: number, tokenHash: string): Promise<void> {
  await db.updateTable('address_changes').set({ token_hash: tokenHash }).where('id', '=', id).execute();
}

export async function findAddressChange(
  db: Db,
  by: { tokenHash: string } | { id: number },
): Promise<AddressChange | null> {
  const row = await db
    .selectFrom('address_changes')
    .selectAll()
    .where((is) => ('id' in by ? is('id', '=', by.id) : is('token_hash', '=', by.tokenHash)))
    .executeTakeFirst();
  if (!row) return null;
  return {
    id: row.id,
    tokenHash: row.token_hash,
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
