import type { LinkKind } from '../digest/view.ts';
import type { Db } from './store.ts';

/**
 * How often the links and the picture in the digests of a date were followed and loaded, where the operator has it
 * counted. No row tells of a subscriber, and none can: the links are the same for everybody.
 */

export async function countClick(
  db: Db,
  { editionDate, paperId, link }: { editionDate: string; paperId: number; link: LinkKind },
): Promise<void> {
  await db
    .insertInto('edition_clicks')
    .values({ edition_date: editionDate, paper_id: paperId, link, clicks: 1 })
    .onConflict((conflict) => conflict.doUpdateSet((eb) => ({ clicks: eb('edition_clicks.clicks', '+', 1) })))
    .execute();
}

export async function countOpen(db: Db, editionDate: string): Promise<void> {
  await db
    .insertInto('edition_opens')
    .values({ edition_date: editionDate, opens: 1 })
    .onConflict((conflict) => conflict.doUpdateSet((eb) => ({ opens: eb('edition_opens.opens', '+', 1) })))
    .execute();
}

export interface EditionCounts {
  opens: number;
  clicks: number;
}

/** By edition date, from `since` (`YYYY-MM-DD`) on; dates without any are left out. */
export async function loadEditionCounts(db: Db, since: string): Promise<Map<string, EditionCounts>> {
  const clicks = await db
    .selectFrom('edition_clicks')
    .select((eb) => ['edition_date', eb.fn.sum<number>('clicks').as('clicks')])
    .where('edition_date', '>=', since)
    .groupBy('edition_date')
    .execute();
  const opens = await db.selectFrom('edition_opens').selectAll().where('edition_date', '>=', since).execute();
  const counts = new Map<string, EditionCounts>();
  const of = (date: string) => counts.get(date) ?? { opens: 0, clicks: 0 };
  for (const row of clicks) counts.set(row.edition_date, { ...of(row.edition_date), clicks: row.clicks });
  for (const row of opens) counts.set(row.edition_date, { ...of(row.edition_date), opens: row.opens });
  return counts;
}

export interface ClickedPaper {
  key: string;
  title: string;
  clicks: number;
}

/** The papers most clicked in editions from `since` on. */
export async function findMostClicked(db: Db, since: string, limit: number): Promise<ClickedPaper[]> {
  return await db
    .selectFrom('edition_clicks as c')
    .innerJoin('papers as p', 'p.id', 'c.paper_id')
    .select((eb) => ['p.key', 'p.title', eb.fn.sum<number>('c.clicks').as('clicks')])
    .where('c.edition_date', '>=', since)
    .groupBy('c.paper_id')
    .orderBy('clicks', 'desc')
    .orderBy('p.key')
    .limit(limit)
    .execute();
}

/** Forgets what was counted of editions before `before` (`YYYY-MM-DD`). */
export async function pruneEditionCounts(db: Db, before: string): Promise<number> {
  const clicks = await db.deleteFrom('edition_clicks').where('edition_date', '<', before).executeTakeFirst();
  const opens = await db.deleteFrom('edition_opens').where('edition_date', '<', before).executeTakeFirst();
  return Number(clicks.numDeletedRows + opens.numDeletedRows);
}
