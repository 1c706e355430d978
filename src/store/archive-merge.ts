import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from './store.ts';

const tables = ['archive_texts', 'archive_names'] as const;
/** Each transaction that adds papers adds a segment, and a query asks each of them for each of its words. */
const mostSegments = 8;
/** Under a megabyte: others wait for the write lock no longer than that takes. */
const pagesAtOnce = 200;

/**
 * Puts the segments of the full-text tables together when there are many (https://sqlite.org/fts5.html#the_merge_command):
 * with twenty of them, queries take three to ten times as long. About ten seconds for 100,000 papers, in short
 * transactions; safe to end at any moment. Returns how many tables it did.
 */
export async function mergeArchive(db: Db, signal?: AbortSignal): Promise<number> {
  let merged = 0;
  for (const table of tables) {
    if ((await countSegments(db, table)) <= mostSegments) continue;
    // Below zero: begins to merge all there are, however few.
    for (let pages = -pagesAtOnce; !signal?.aborted; pages = pagesAtOnce) {
      if (!(await mergeSome(db, table, pages))) break;
      await setImmediate();
    }
    merged++;
  }
  return merged;
}

/** Of one table, those that are being merged included. */
export async function countSegments(db: Db, table: (typeof tables)[number]): Promise<number> {
  const { rows } = await sql<{ segments: number }>`
    SELECT count(DISTINCT segid) AS segments FROM ${sql.table(`${table}_idx`)}`.execute(db);
  return rows[0]?.segments ?? 0;
}

/** Whether there was anything to do: fewer than two changes say that there was not. */
async function mergeSome(db: Db, table: (typeof tables)[number], pages: number): Promise<boolean> {
  return await db.transaction().execute(async (trx) => {
    const changes = async () =>
      (await sql<{ changes: number }>`SELECT total_changes() AS changes`.execute(trx)).rows[0]?.changes ?? 0;
    const before = await changes();
    await sql`INSERT INTO ${sql.table(table)} (${sql.ref(table)}, rank) VALUES ('merge', ${pages})`.execute(
      trx,
    );
    return (await changes()) - before >= 2;
  });
}
