import { sql } from 'kysely';
import type { Db } from './store.ts';

/** A recipient domain that slows us. Instants are epoch ms, of the clock that deliveries are tried by. */
export interface SlowDomain {
  /** Punycode. */
  domain: string;
  /** At most so many messages at once go to it. */
  connections: number;
  /** None goes to it before. */
  pausedUntil: number;
  /** How often in a row it has slowed us. */
  setbacks: number;
  /** What its server said last. */
  reply: string;
  updatedAt: number;
}

const columns = [
  'domain',
  'connections',
  'paused_until as pausedUntil',
  'setbacks',
  'reply',
  'updated_at as updatedAt',
] as const;

/** Those changed after `since`, by name. */
export async function loadSlowDomains(db: Db, since: number): Promise<SlowDomain[]> {
  return await db
    .selectFrom('slow_domains')
    .select(columns)
    .where('updated_at', '>', since)
    .orderBy('domain')
    .execute();
}

/**
 * Changes what is kept of a domain, whichever process did so last: `change` is given the row as it stands (null: none)
 * and returns what it is to be (null: none). Returns that.
 */
export async function changeSlowDomain(
  db: Db,
  domain: string,
  change: (known: SlowDomain | null) => SlowDomain | null,
): Promise<SlowDomain | null> {
  return await db.transaction().execute(async (trx) => {
    const known = await trx
      .selectFrom('slow_domains')
      .select(columns)
      .where('domain', '=', domain)
      .executeTakeFirst();
    const changed = change(known ?? null);
    if (changed === null) await trx.deleteFrom('slow_domains').where('domain', '=', domain).execute();
    else if (changed !== known) {
      const row = {
        connections: changed.connections,
        paused_until: changed.pausedUntil,
        setbacks: changed.setbacks,
        reply: changed.reply,
        updated_at: changed.updatedAt,
      };
      await trx
        .insertInto('slow_domains')
        .values({ domain, ...row })
        .onConflict((conflict) => conflict.column('domain').doUpdateSet(row))
        .execute();
    }
    return changed;
  });
}

/** Forgets domains unchanged since `before`. */
export async function forgetSlowDomains(db: Db, before: number): Promise<void> {
  await db.deleteFrom('slow_domains').where('updated_at', '<=', before).execute();
}

/** Whose domain a delivery is for; `email_key` has one @ (mail/addresses.ts). */
export const domainOfDelivery = sql<string>`(
  SELECT substr(email_key, instr(email_key, '@') + 1) FROM subscribers WHERE id = deliveries.subscriber_id)`;

/**
 * Moves on all deliveries to a paused domain: those that are ready and those that `worker` claimed and has not begun.
 * None counts as tried. Nothing is moved past its end: there it fails as expired, and so does what has expired already.
 * Returns how many `worker` gave back.
 */
export async function deferDomain(
  db: Db,
  pause: { worker: string; domain: string; now: number; until: number; detail: string },
): Promise<number> {
  const { worker, domain, now, until, detail } = pause;
  const moved = {
    reason: 'slow_domain' as const,
    detail,
    next_attempt_at: sql<number>`min(${until}, expires_at)`,
  };
  return await db.transaction().execute(async (trx) => {
    const given = await trx
      .updateTable('deliveries')
      .set({ status: 'pending', claimed_by: null, claimed_at: null, ...moved })
      .where('status', '=', 'claimed')
      .where('claimed_by', '=', worker)
      .where('expires_at', '>', now)
      .where(domainOfDelivery, '=', domain)
      .executeTakeFirst();
    await trx
      .updateTable('deliveries')
      .set(moved)
      .where('status', '=', 'pending')
      .where('next_attempt_at', '<=', now)
      .where('expires_at', '>', now)
      .where(domainOfDelivery, '=', domain)
      .execute();
    return Number(given.numUpdatedRows);
  });
}

/** An admin's word that a domain takes mail again: what waited for it is ready at `now`. Null: it was not slow. */
export async function releaseDomain(db: Db, domain: string, now: number): Promise<{ ready: number } | null> {
  return await db.transaction().execute(async (trx) => {
    const gone = await trx.deleteFrom('slow_domains').where('domain', '=', domain).executeTakeFirst();
    const result = await trx
      .updateTable('deliveries')
      .set({ next_attempt_at: now })
      .where('status', '=', 'pending')
      .where('reason', '=', 'slow_domain')
      .where('next_attempt_at', '>', now)
      .where(domainOfDelivery, '=', domain)
      .executeTakeFirst();
    const ready = Number(result.numUpdatedRows);
    return gone.numDeletedRows === 0n && ready === 0 ? null : { ready };
  });
}

/** How many deliveries wait for each domain. */
export async function countDeferred(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('deliveries')
    .select((eb) => [domainOfDelivery.as('domain'), eb.fn.countAll<number>().as('count')])
    .where('status', '=', 'pending')
    .where('reason', '=', 'slow_domain')
    .groupBy(domainOfDelivery)
    .execute();
  return new Map(rows.map((row) => [row.domain, row.count]));
}
