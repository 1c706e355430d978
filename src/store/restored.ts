import { isOpen } from './schema.ts';
import type { Db } from './store.ts';

/** Deliveries that a backup found on their way: whether they were sent since, nobody knows. Returns how many. */
export async function holdUnderWay(db: Db, now: number): Promise<number> {
  const result = await db
    .updateTable('deliveries')
    .set({
      status: 'uncertain',
      reason: 'restored',
      detail: 'on its way when the backup was made that was restored; it may have been sent since',
      claimed_by: null,
      ended_at: now,
      next_attempt_at: null,
    })
    .where(isOpen)
    .where('status', 'in', ['pending', 'claimed', 'sending'])
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}
