import { atomically } from './atomically.ts';
import { insertAuditEntries } from './audit.ts';
import type { Db } from './store.ts';

/**
 * Makes active again whose pause is over at `at`, at most `limit`; their next digest is the one that their pause ends
 * with. Each is brought back once, whoever calls and however often. Returns how many.
 */
export function endPauses(db: Db, at: number, limit: number): Promise<number> {
  return atomically(db, async (trx) => {
    const over = await trx
      .selectFrom('subscribers')
      .select(['id', 'resume_date', 'resume_at'])
      .where('resume_at', 'is not', null)
      .where('resume_at', '<=', at)
      .where('status', '=', 'paused')
      .orderBy('resume_at')
      .orderBy('id')
      .limit(limit)
      .execute();
    for (const { id, resume_at } of over)
      await trx
        .updateTable('subscribers')
        .set({
          ...{ status: 'active', next_due_at: resume_at, updated_at: at },
          ...{ resume_date: null, resume_at: null },
        })
        .where('id', '=', id)
        .where('status', '=', 'paused')
        .execute();
    await insertAuditEntries(
      trx,
      over.map(({ id, resume_date }) => ({
        ...{ act: 'resume', kind: 'subscriber', id, at },
        before: { status: 'paused', resumeDate: resume_date },
        after: { status: 'active', resumeDate: null },
      })),
    );
    return over.length;
  });
}
