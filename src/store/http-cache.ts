import type { Db } from './store.ts';

/** What lets a server answer "not modified" (RFC 9110, 8.8). */
export interface Validators {
  etag: string | null;
  lastModified: string | null;
}

/** Null: this address was never fetched whole. */
export async function findValidators(db: Db, url: string): Promise<Validators | null> {
  const row = await db.selectFrom('http_cache').selectAll().where('url', '=', url).executeTakeFirst();
  return row ? { etag: row.etag, lastModified: row.last_modified } : null;
}

/** Keeps the validators of an answer that was stored; `at` is epoch ms. */
export async function saveValidators(db: Db, url: string, validators: Validators, at: number): Promise<void> {
  const columns = { etag: validators.etag, last_modified: validators.lastModified, fetched_at: at };
  await db
    .insertInto('http_cache')
    .values({ url, ...columns })
    .onConflict((conflict) => conflict.column('url').doUpdateSet(columns))
    .execute();
}

/**
 * Takes the turn at a gate that all processes on this database share: one request at a time, and none before
 * the gate opens. Returns 0 when the turn was taken (until `leaseMs` from `now`, should this process die), or
 * how long to wait before asking again, ms. `now` is real time, epoch ms.
 */
export async function takeTurn(
  db: Db,
  gate: { name: string; holder: string; leaseMs: number; maxClosedMs: number },
  now: number,
): Promise<number> {
  // Farther ahead than anyone may close it: the machine's clock was set back since.
  const beyond = now + gate.maxClosedMs;
  const columns = { holder: gate.holder, held_until: now + gate.leaseMs, opens_at: now };
  const taken = await db
    .insertInto('http_gates')
    .values({ name: gate.name, ...columns })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet(columns)
        .where((is) => is.or([is('http_gates.opens_at', '<=', now), is('http_gates.opens_at', '>', beyond)]))
        .where((is) =>
          is.or([
            is('http_gates.holder', 'is', null),
            is('http_gates.held_until', '<=', now),
            is('http_gates.held_until', '>', beyond),
          ]),
        ),
    )
    .returning('name')
    .executeTakeFirst();
  if (taken) return 0;
  const row = await db
    .selectFrom('http_gates')
    .selectAll()
    .where('name', '=', gate.name)
    .executeTakeFirstOrThrow();
  if (row.holder !== null && row.held_until > now) return Math.min(row.held_until - now, 500);
  return Math.max(row.opens_at - now, 1);
}

/** Gives the turn back; the gate opens again at `opensAt`, epoch ms. Does nothing for who does not hold it. */
export async function endTurn(
  db: Db,
  gate: { name: string; holder: string },
  opensAt: number,
): Promise<void> {
  await db
    .updateTable('http_gates')
    .set({ holder: null, held_until: 0, opens_at: opensAt })
    .where('name', '=', gate.name)
    .where('holder', '=', gate.holder)
    .execute();
}
