import type { Selectable } from 'kysely';
import type { SignUpMail, SignUpsTable } from './schema.ts';
import type { Db } from './store.ts';

/** Somebody who asked for mail. Instants are epoch ms. */
export interface SignUp {
  id: number;
  email: string;
  emailKey: string;
  /** JSON of subscribers/wishes.ts `Wishes`; `{}` once it is not needed any more. */
  wishes: string;
  createdAt: number;
  expiresAt: number;
  /** When a mail is tried next; null: there is none to send any more. */
  mailAt: number | null;
  /** How often it was tried. */
  attempts: number;
  /** What became of it; null: nothing yet. */
  mail: SignUpMail | null;
  mailedAt: number | null;
  linkHash: string | null;
  confirmedAt: number | null;
  /** Whom it made a subscriber. */
  subscriberId: number | null;
}

export type NewSignUp = Pick<
  SignUp,
  'email' | 'emailKey' | 'wishes' | 'createdAt' | 'expiresAt' | 'mailAt' | 'mail'
>;

/** Returns its id. */
export async function insertSignUp(db: Db, signUp: NewSignUp): Promise<number> {
  const row = await db
    .insertInto('sign_ups')
    .values({
      email: signUp.email,
      email_key: signUp.emailKey,
      wishes: signUp.wishes,
      created_at: signUp.createdAt,
      expires_at: signUp.expiresAt,
      mail_at: signUp.mailAt,
      mail: signUp.mail,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Forgets the oldest that nobody confirmed, so that `most` of them stay. */
export async function forgetOldestSignUps(db: Db, most: number): Promise<void> {
  await db
    .deleteFrom('sign_ups')
    .where('confirmed_at', 'is', null)
    .where('id', '<=', (open) =>
      open
        .selectFrom('sign_ups')
        .select('id')
        .where('confirmed_at', 'is', null)
        .orderBy('id', 'desc')
        .limit(1)
        .offset(most),
    )
    .execute();
}

/** How many mails were asked for at this address since an instant, those left out because of the cap not counted. */
export async function countMailsAsked(db: Db, emailKey: string, since: number): Promise<number> {
  const row = await db
    .selectFrom('sign_ups')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('email_key', '=', emailKey)
    .where('created_at', '>', since)
    .where((is) => is.or([is('mail', 'is', null), is('mail', '!=', 'capped')]))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Those whose mail is to be tried at `now`, the longest waiting first. */
export async function findWaitingSignUps(db: Db, now: number, limit: number): Promise<SignUp[]> {
  const rows = await db
    .selectFrom('sign_ups')
    .selectAll()
    .where('mail_at', 'is not', null)
    .where('mail_at', '<=', now)
    .orderBy('mail_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(toSignUp);
}

/**
 * Takes a waiting one on: whoever comes second gets false. The link's hash stands before the mail goes out; should
 * this process die meanwhile, another tries at `againAt`, with another link.
 */
export async function claimSignUp(
  db: Db,
  signUp: Pick<SignUp, 'id' | 'mailAt' | 'attempts'>,
  { linkHash, againAt }: { linkHash: string; againAt: number },
): Promise<boolean> {
  const result = await db
    .updateTable('sign_ups')
    .set({ link_hash: linkHash, mail_at: againAt, attempts: signUp.attempts + 1 })
    .where('id', '=', signUp.id)
    .where('mail_at', '=', signUp.mailAt)
    .where('attempts', '=', signUp.attempts)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Tries again at `at`. */
export async function putOffSignUp(db: Db, id: number, at: number): Promise<void> {
  await db.updateTable('sign_ups').set({ mail_at: at }).where('id', '=', id).execute();
}

/** There is nothing more to mail. Only a link to confirm needs what was asked for any longer. */
export async function settleSignUp(db: Db, id: number, mail: SignUpMail, at: number): Promise<void> {
  const isOut = mail === 'confirm' || mail === 'known';
  await db
    .updateTable('sign_ups')
    .set({ mail, mail_at: null, mailed_at: isOut ? at : null })
    .$if(mail !== 'confirm', (query) => query.set({ wishes: '{}', link_hash: null }))
    .where('id', '=', id)
    .execute();
}

/** By what was mailed, expired or not; null: no such link was made, or its row is gone. */
export async function findSignUpByLink(db: Db, linkHash: string): Promise<SignUp | null> {
  const row = await db
    .selectFrom('sign_ups')
    .selectAll()
    .where('link_hash', '=', linkHash)
    .executeTakeFirst();
  return row ? toSignUp(row) : null;
}

/** Makes it a subscriber's, and keeps that they wanted it. Call it in the transaction that adds them. */
export async function markConfirmed(
  db: Db,
  signUp: Pick<SignUp, 'id' | 'createdAt' | 'linkHash'>,
  subscriberId: number,
  at: number,
): Promise<void> {
  await db
    .updateTable('sign_ups')
    .set({ confirmed_at: at, subscriber_id: subscriberId, wishes: '{}', mail_at: null })
    .where('id', '=', signUp.id)
    .execute();
  await db
    .insertInto('consents')
    .values({
      subscriber_id: subscriberId,
      asked_at: signUp.createdAt,
      given_at: at,
      link_hash: signUp.linkHash ?? '',
    })
    .execute();
}

export interface Consent {
  /** When it was asked for on the page, and when confirmed by the link. */
  askedAt: number;
  givenAt: number;
  /** SHA-256 of the link's token. */
  linkHash: string;
}

/** What a subscriber confirmed, the latest first. */
export async function listConsents(db: Db, subscriberId: number, limit = 100): Promise<Consent[]> {
  return await db
    .selectFrom('consents')
    .select(['asked_at as askedAt', 'given_at as givenAt', 'link_hash as linkHash'])
    .where('subscriber_id', '=', subscriberId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** Those that are not confirmed and did not expire, the latest first; `beforeId`: the next page. */
export async function listOpenSignUps(
  db: Db,
  { now, beforeId, limit }: { now: number; beforeId?: number; limit: number },
): Promise<SignUp[]> {
  let query = db
    .selectFrom('sign_ups')
    .selectAll()
    .where('confirmed_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('id', 'desc')
    .limit(limit);
  if (beforeId !== undefined) query = query.where('id', '<', beforeId);
  return (await query.execute()).map(toSignUp);
}

/** Whether a mail about signing up went to an address lately: before the row is forgotten. */
export async function wasSignUpMailed(db: Db, emailKey: string): Promise<boolean> {
  const row = await db
    .selectFrom('sign_ups')
    .select('id')
    .where('email_key', '=', emailKey)
    .where('mailed_at', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Forgets all that was asked for at an address, and what made them a subscriber at another that they had before. */
export async function deleteSignUpsOf(
  db: Db,
  { subscriberId, emailKey }: { subscriberId: number; emailKey: string },
): Promise<void> {
  await db
    .deleteFrom('sign_ups')
    .where((is) => is.or([is('email_key', '=', emailKey), is('subscriber_id', '=', subscriberId)]))
    .execute();
}

/** Forgets some (at most `limit`) that expired before an instant; how many. */
export async function pruneSignUps(db: Db, before: number, limit: number): Promise<number> {
  const result = await db
    .deleteFrom('sign_ups')
    .where('id', 'in', (old) =>
      old.selectFrom('sign_ups').select('id').where('expires_at', '<', before).limit(limit),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

function toSignUp(row: Selectable<SignUpsTable>): SignUp {
  return {
    id: row.id,
    email: row.email,
    emailKey: row.email_key,
    wishes: row.wishes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    mailAt: row.mail_at,
    attempts: row.attempts,
    mail: row.mail,
    mailedAt: row.mailed_at,
    linkHash: row.link_hash,
    confirmedAt: row.confirmed_at,
    subscriberId: row.subscriber_id,
  };
}
