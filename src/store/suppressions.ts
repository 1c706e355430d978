import { sql } from 'kysely';
import { atomically } from './atomically.ts';
import { audited, insertAuditEntries } from './audit.ts';
import { createStatement } from './statement.ts';
import type { Db } from './store.ts';

/** An address that must not be mailed, by its keyed hash (mail/address-hash.ts). Instants are epoch ms. */
export interface Suppression {
  id: number;
  addressHash: string;
  /** As in bounces/reasons.ts, or `manual`, `imported`. */
  reason: string;
  /** `smtp`, `mail`, `ses` …, `admin`, `import`. */
  origin: string;
  note: string | null;
  /** What led to it. */
  bounceId: number | null;
  createdAt: number;
  /** Null while it stands. */
  liftedAt: number | null;
  liftedNote: string | null;
}

export type NewSuppression = Pick<
  Suppression,
  'addressHash' | 'reason' | 'origin' | 'note' | 'bounceId' | 'createdAt'
>;

const columns = [
  'id',
  'address_hash as addressHash',
  'reason',
  'origin',
  'note',
  'bounce_id as bounceId',
  'created_at as createdAt',
  'lifted_at as liftedAt',
  'lifted_note as liftedNote',
] as const;

/** Which of some addresses (at most some thousands) must not be mailed now. */
export async function findSuppressed(
  db: Db,
  addressHashes: readonly string[],
): Promise<Map<string, Suppression>> {
  if (addressHashes.length === 0) return new Map();
  const rows = await findLive(db, { addressHashes });
  return new Map(rows.map((row) => [row.addressHash, row]));
}

const findLive = createStatement((db: Db, { addressHashes }: { addressHashes: readonly string[] }) =>
  db
    .selectFrom('suppressions')
    .select(columns)
    .where('address_hash', 'in', addressHashes)
    .where('lifted_at', 'is', null),
);

/**
 * Keeps new ones; an address that is suppressed already stays as it is, but a complaint or bounce takes the place of
 * `erased`, which an admin lifts by adding somebody again. Returns how many are new or took such a place.
 */
export async function insertSuppressions(db: Db, added: readonly NewSuppression[]): Promise<number> {
  if (added.length === 0) return 0;
  const rows = await db
    .insertInto('suppressions')
    .values(
      added.map((one) => ({
        address_hash: one.addressHash,
        reason: one.reason,
        origin: one.origin,
        note: one.note,
        bounce_id: one.bounceId,
        created_at: one.createdAt,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .column('address_hash')
        .where('lifted_at', 'is', null)
        .doUpdateSet((eb) => ({
          reason: eb.ref('excluded.reason'),
          origin: eb.ref('excluded.origin'),
          note: eb.ref('excluded.note'),
          bounce_id: eb.ref('excluded.bounce_id'),
        }))
        .where('suppressions.reason', '=', 'erased')
        .where('excluded.reason', '!=', 'erased'),
    )
    .returning(['id', 'reason', 'origin', 'note', 'created_at'])
    .execute();
  await insertAuditEntries(
    db,
    rows.map(({ id, created_at: at, ...after }) => ({
      ...{ act: 'suppress' as const, kind: 'suppression' as const, id, at },
      ...{ before: null, after },
    })),
  );
  return rows.length;
}

/** Lets an address be mailed again; what came back from it before counts no more. False: it was not suppressed. */
export function liftSuppression(db: Db, addressHash: string, note: string, at: number): Promise<boolean> {
  return atomically(db, async (trx) => {
    const live = (await findSuppressed(trx, [addressHash])).get(addressHash);
    if (!live) return false;
    await audited(trx, { act: 'lift', kind: 'suppression', id: live.id, at }, async () => {
      await trx
        .updateTable('suppressions')
        .set({ lifted_at: at, lifted_note: note })
        .where('id', '=', live.id)
        .execute();
    });
    return true;
  });
}

/** When each address was last let off: what came back before does not count any more. */
export async function findLiftedAt(db: Db, addressHash: string): Promise<number | null> {
  const row = await db
    .selectFrom('suppressions')
    .select((eb) => eb.fn.max('lifted_at').as('liftedAt'))
    .where('address_hash', '=', addressHash)
    .executeTakeFirst();
  return row?.liftedAt ?? null;
}

export interface SuppressionFilter {
  /** Those that were lifted too. */
  lifted?: boolean;
  addressHash?: string;
  reason?: string;
  id?: number;
  /** Only ids above this one: the next page. */
  afterId?: number;
  /** Backwards, from the one before this id on; null: from the newest. */
  beforeId?: number | null;
  limit: number;
}

/** In the order they were made, or with `beforeId` the newest first. */
export async function listSuppressions(db: Db, filter: SuppressionFilter): Promise<Suppression[]> {
  let query = db
    .selectFrom('suppressions')
    .select(columns)
    .orderBy('id', filter.beforeId === undefined ? 'asc' : 'desc')
    .limit(filter.limit);
  if (!filter.lifted) query = query.where('lifted_at', 'is', null);
  if (filter.addressHash !== undefined) query = query.where('address_hash', '=', filter.addressHash);
  if (filter.reason !== undefined) query = query.where('reason', '=', filter.reason);
  if (filter.id !== undefined) query = query.where('id', '=', filter.id);
  if (filter.afterId !== undefined) query = query.where('id', '>', filter.afterId);
  if (typeof filter.beforeId === 'number') query = query.where('id', '<', filter.beforeId);
  return await query.execute();
}

/** How many stand, by reason. */
export async function countSuppressions(db: Db): Promise<{ reason: string; count: number }[]> {
  return await db
    .selectFrom('suppressions')
    .select((eb) => ['reason', eb.fn.countAll<number>().as('count')])
    .where('lifted_at', 'is', null)
    .groupBy('reason')
    .orderBy(sql`count(*)`, 'desc')
    .execute();
}
