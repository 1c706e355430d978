import type { Selectable } from 'kysely';
import type { PasskeyChallengesTable, PasskeysTable } from './schema.ts';
import type { Db } from './store.ts';

/** A passkey of an admin. Instants are epoch ms. */
export interface Passkey {
  id: number;
  /** base64url. */
  credentialId: string;
  adminId: number;
  publicKey: Uint8Array<ArrayBuffer>;
  /** How often its device says it has signed; 0 for ever with those that are synchronised. */
  counter: number;
  transports: string[];
  name: string;
  createdAt: number;
  lastUsedAt: number | null;
}

export async function insertPasskey(db: Db, added: Omit<Passkey, 'id' | 'lastUsedAt'>): Promise<number> {
  const row = await db
    .insertInto('passkeys')
    .values({
      credential_id: added.credentialId,
      admin_id: added.adminId,
      public_key: Buffer.from(added.publicKey),
      counter: added.counter,
      transports: JSON.stringify(added.transports),
      name: added.name,
      created_at: added.createdAt,
      last_used_at: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

export async function listPasskeys(db: Db, adminId: number): Promise<Passkey[]> {
  const rows = await db
    .selectFrom('passkeys')
    .selectAll()
    .where('admin_id', '=', adminId)
    .orderBy('id')
    .limit(200)
    .execute();
  return rows.map(toPasskey);
}

export async function findPasskey(db: Db, credentialId: string): Promise<Passkey | null> {
  const row = await db
    .selectFrom('passkeys')
    .selectAll()
    .where('credential_id', '=', credentialId)
    .executeTakeFirst();
  return row ? toPasskey(row) : null;
}

export async function savePasskeyUse(db: Db, id: number, counter: number, at: number): Promise<void> {
  await db.updateTable('passkeys').set({ counter, last_used_at: at }).where('id', '=', id).execute();
}

/** False: this admin has no such passkey. */
export async function removePasskeyRow(db: Db, adminId: number, id: number): Promise<boolean> {
  const result = await db
    .deleteFrom('passkeys')
    .where('admin_id', '=', adminId)
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export type Challenge = Pick<Selectable<PasskeyChallengesTable>, 'challenge' | 'purpose'> & {
  /** Null: whoever signs in. */
  adminId: number | null;
  expiresAt: number;
};

/** More are not kept: whoever asks for challenges all day long fills no disk. */
const maxChallenges = 1000;

/** Keeps a challenge; those that are over go, and the oldest when there are too many. */
export async function insertChallenge(db: Db, added: Challenge, now: number): Promise<void> {
  await db.deleteFrom('passkey_challenges').where('expires_at', '<=', now).execute();
  await db
    .deleteFrom('passkey_challenges')
    .where('challenge', 'in', (eb) =>
      eb
        .selectFrom('passkey_challenges')
        .select('challenge')
        .orderBy('expires_at', 'desc')
        .limit(1_000_000)
        .offset(maxChallenges - 1),
    )
    .execute();
  await db
    .insertInto('passkey_challenges')
    .values({
      challenge: added.challenge,
      purpose: added.purpose,
      admin_id: added.adminId,
      expires_at: added.expiresAt,
    })
    .execute();
}

/** Takes a challenge away, so that it is answered once; null: there is none that still stands. */
export async function takeChallenge(db: Db, challenge: string, now: number): Promise<Challenge | null> {
  const row = await db
    .deleteFrom('passkey_challenges')
    .where('challenge', '=', challenge)
    .returningAll()
    .executeTakeFirst();
  if (!row || row.expires_at <= now) return null;
  return {
    challenge: row.challenge,
    purpose: row.purpose,
    adminId: row.admin_id,
    expiresAt: row.expires_at,
  };
}

function toPasskey(row: Selectable<PasskeysTable>): Passkey {
  return {
    id: row.id,
    credentialId: row.credential_id,
    adminId: row.admin_id,
    publicKey: new Uint8Array(row.public_key),
    counter: row.counter,
    transports: JSON.parse(row.transports) as string[],
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}
