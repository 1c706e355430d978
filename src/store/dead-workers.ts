import { unclaim } from './ledger.ts';
import { type DeliveryStatus, isOpen } from './schema.ts';
import type { Db } from './store.ts';

/** Workers that hold deliveries, dead or alive. */
export async function findHoldingWorkers(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('deliveries')
    .select('claimed_by')
    .distinct()
    .where(isOpen)
    .where('status', 'in', ['claimed', 'sending'] satisfies DeliveryStatus[])
    .execute();
  return rows.flatMap((row) => (row.claimed_by === null ? [] : [row.claimed_by]));
}

const afterCrash = 'the process ended while the message was on its way; the server may have accepted it';

/**
 * Clears up after a worker that died: what it had only claimed goes back (nothing was handed over), what it
 * was sending may or may not have been accepted and becomes uncertain; with `resend` it goes back too, so long as its
 * day is not over and it never did before.
 */
export async function recoverWorker(
  db: Db,
  worker: string,
  now: number,
  uncertain: 'hold' | 'resend' = 'hold',
): Promise<{ unclaimed: number; uncertain: number; resent: number }> {
  return await db.transaction().execute(async (trx) => {
    const unclaimed = await unclaim(trx, worker);
    const sending = () =>
      trx
        .updateTable('deliveries')
        .where(isOpen)
        .where('status', '=', 'sending')
        .where('claimed_by', '=', worker);
    const resent =
      uncertain === 'hold'
        ? null
        : await sending()
            .set({
              status: 'pending',
              reason: 'resend',
              detail: `sent again: ${afterCrash}`,
              claimed_by: null,
              next_attempt_at: now,
              resent_at: now,
            })
            .where('resent_at', 'is', null)
            .where('expires_at', '>', now)
            .executeTakeFirst();
    const result = await sending()
      .set({
        status: 'uncertain',
        reason: 'crashed',
        detail: afterCrash,
        claimed_by: null,
        ended_at: now,
        next_attempt_at: null,
      })
      .executeTakeFirst();
    return {
      unclaimed,
      uncertain: Number(result.numUpdatedRows),
      resent: Number(resent?.numUpdatedRows ?? 0),
    };
  });
}
