import { saveFact } from './installation.ts';
import type { Db } from './store.ts';

/**
 * What must not be sent any more because the rows that would forbid it are gone. The floors only rise, whatever the
 * clock, the window or the retention settings say later; kept in `installation`.
 */
export interface Floors {
  /**
   * Deliveries with papers first seen until then were forgotten: no such paper is ever a candidate again. First seen
   * never moves later, and a paper that absorbs another takes the earlier of the two. Epoch ms.
   */
  papersForgottenUntil: number;
  /** Editions until then were forgotten, `YYYY-MM-DD`; '': none. */
  editionsForgottenUntil: string;
  /**
   * A backup was restored then: what was known or had come out by then may have been sent between the backup and the
   * restore, which nobody knows any more. Epoch ms.
   */
  papersRestoredUntil: number;
  /**
   * Ids of subscribers and deliveries until then may stand in links and return paths of mails that are out, whose rows
   * a restore has lost: they are not given again.
   */
  idsGivenUntil: number;
}

/** Below all dates: nothing was forgotten, nothing restored. */
const nothing = -8.64e15;

const names: Record<keyof Floors, string> = {
  papersForgottenUntil: 'papers_forgotten_until',
  editionsForgottenUntil: 'editions_forgotten_until',
  papersRestoredUntil: 'papers_restored_until',
  idsGivenUntil: 'ids_given_until',
};

export async function readFloors(db: Db): Promise<Floors> {
  const rows = await db
    .selectFrom('installation')
    .selectAll()
    .where('name', 'in', Object.values(names))
    .execute();
  const value = (floor: keyof Floors) => rows.find((row) => row.name === names[floor])?.value;
  return {
    papersForgottenUntil: Number(value('papersForgottenUntil') ?? nothing),
    editionsForgottenUntil: value('editionsForgottenUntil') ?? '',
    papersRestoredUntil: Number(value('papersRestoredUntil') ?? nothing),
    idsGivenUntil: Number(value('idsGivenUntil') ?? nothing),
  };
}

/** Raises some floors; a lower value changes nothing. Call it inside the transaction that removes the rows. */
export async function raiseFloors(db: Db, raised: Partial<Floors>): Promise<void> {
  const now = await readFloors(db);
  for (const floor of Object.keys(raised) as (keyof Floors)[]) {
    const value = raised[floor];
    if (value === undefined || value <= now[floor]) continue;
    await saveFact(db, names[floor], String(value));
  }
}

/** The id of the next row where it has to be above what the database would give; null: the database gives it. */
export async function findNextId(db: Db, table: 'subscribers' | 'deliveries'): Promise<number | null> {
  const { idsGivenUntil } = await readFloors(db);
  if (idsGivenUntil < 0) return null;
  const row = await db
    .selectFrom(table)
    .select((eb) => eb.fn.max<number | null>('id').as('last'))
    .executeTakeFirstOrThrow();
  return (row.last ?? 0) > idsGivenUntil ? null : idsGivenUntil + 1;
}
