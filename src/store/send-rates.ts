import { sql } from 'kysely';
import type { Db } from './store.ts';

export interface SlotRequest {
  name: string;
  /** The real clock, epoch ms. */
  now: number;
  /** How long the reservation lasts. */
  spanMs: number;
  /** A slot that passed so shortly ago may still be used. */
  lateMs: number;
  /** A slot further ahead than this was not reserved by this clock: it has been set back since. */
  aheadMs: number;
}

/**
 * Reserves the next `spanMs` for one process, all processes on the database together; returns when they begin, epoch ms.
 * One write, whatever the number of messages in it. What passed unused is not saved up.
 */
export async function reserveSlots(db: Db, request: SlotRequest): Promise<number> {
  const { name, now, spanMs, lateMs, aheadMs } = request;
  const { next_slot_at } = await db
    .insertInto('send_rates')
    .values({ name, next_slot_at: now + spanMs })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({
        next_slot_at: sql<number>`${spanMs} + CASE
          WHEN send_rates.next_slot_at BETWEEN ${now - lateMs} AND ${now + aheadMs} THEN send_rates.next_slot_at
          ELSE ${now} END`,
      }),
    )
    .returning('next_slot_at')
    .executeTakeFirstOrThrow();
  return next_slot_at - spanMs;
}
