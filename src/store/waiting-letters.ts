import type { Selectable } from 'kysely';
import type { WaitingLettersTable } from './schema.ts';
import type { Db } from './store.ts';

/** A letter about another address that is to be mailed. Instants are epoch ms. */
export interface WaitingLetter {
  id: number;
  kind: 'move' | 'moved';
  subscriberId: number;
  /** Of the address change that it confirms; null for `moved`. */
  changeId: number | null;
  email: string;
  /** Of the subscriber's links when they asked. */
  linkEpoch: number;
  createdAt: number;
  mailAt: number;
  /** How often it was tried. */
  attempts: number;
}

/** To be mailed as soon as somebody looks. */
export async function insertWaitingLetter(
  db: Db,
  letter: Omit<WaitingLetter, 'id' | 'mailAt' | 'attempts'>,
): Promise<void> {
  await db
    .insertInto('waiting_letters')
    .values({
      ...{ kind: letter.kind, subscriber_id: letter.subscriberId, change_id: letter.changeId },
      ...{ email: letter.email, link_epoch: letter.linkEpoch },
      ...{ created_at: letter.createdAt, mail_at: letter.createdAt },
    })
    .execute();
}

/** Those whose turn it is at `now`, the longest waiting first. */
export async function findWaitingLetters(db: Db, now: number, limit: number): Promise<WaitingLetter[]> {
  const rows = await db
    .selectFrom('waiting_letters')
    .selectAll()
    .where('mail_at', '<=', now)
    .orderBy('mail_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(toLetter);
}

/** Takes one on: whoever comes second gets false. Should this process die, another tries at `againAt`. */
export async function claimLetter(
  db: Db,
  { id, mailAt, attempts }: WaitingLetter,
  againAt: number,
): Promise<boolean> {
  const result = await db
    .updateTable('waiting_letters')
    .set({ mail_at: againAt, attempts: attempts + 1 })
    .where('id', '=', id)
    .where('mail_at', '=', mailAt)
    .where('attempts', '=', attempts)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Tries again at `at`. */
export async function putOffLetter(db: Db, id: number, at: number): Promise<void> {
  await db.updateTable('waiting_letters').set({ mail_at: at }).where('id', '=', id).execute();
}

/** It is out, or given up. */
export async function endLetter(db: Db, id: number): Promise<void> {
  await db.deleteFrom('waiting_letters').where('id', '=', id).execute();
}

function toLetter(row: Selectable<WaitingLettersTable>): WaitingLetter {
  return {
    id: row.id,
    kind: row.kind,
    subscriberId: row.subscriber_id,
    changeId: row.change_id,
    email: row.email,
    linkEpoch: row.link_epoch,
    createdAt: row.created_at,
    mailAt: row.mail_at,
    attempts: row.attempts,
  };
}
