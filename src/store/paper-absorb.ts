import { sql } from 'kysely';
import type { Paper, PaperKey } from '../papers/paper.ts';
import { chunksOf, toPaper } from './paper-rows.ts';
import type { Db } from './store.ts';

/** What was told under the key of a row that another has absorbed, and that other row's id. */
export interface AbsorbedPaper extends Paper {
  mergedInto: number;
}

export async function loadAbsorbed(db: Db, keys: readonly PaperKey[]): Promise<AbsorbedPaper[]> {
  const found: AbsorbedPaper[] = [];
  for (const some of chunksOf([...new Set(keys)])) {
    const rows = await db
      .selectFrom('papers')
      .selectAll()
      .where('key', 'in', some)
      .where('merged_into', 'is not', null)
      .execute();
    found.push(...rows.map((row) => ({ ...toPaper(row), mergedInto: row.merged_into as number })));
  }
  return found;
}

/** Whether a row has this key, an absorbed one included. */
export async function isKeyTaken(db: Db, key: PaperKey): Promise<boolean> {
  return (await db.selectFrom('papers').select('id').where('key', '=', key).executeTakeFirst()) !== undefined;
}

/**
 * Makes paper `id` a part of paper `into`, the same work; call it inside a transaction. Titles, sources, holds and feedback go
 * over, and series of signals that `into` lacks. The row stays, as what was shown under its key. Whoever was
 * sent either is not sent the other.
 */
export async function absorbPaper(
  db: Db,
  { id, into, at }: { id: number; into: number; at: number },
): Promise<void> {
  await moveHolds(db, id, into, at);
  await sql`
    INSERT INTO paper_titles (title_key, paper_id)
    SELECT title_key, ${into} FROM paper_titles WHERE paper_id = ${id}
    ON CONFLICT DO NOTHING`.execute(db);
  await db.deleteFrom('paper_titles').where('paper_id', '=', id).execute();
  await moveSignals(db, id, into);
  await moveFeedback(db, id, into);
  await sql`
    INSERT INTO paper_sources (paper_id, source, first_seen_at, last_seen_at)
    SELECT ${into}, source, first_seen_at, last_seen_at FROM paper_sources WHERE paper_id = ${id}
    ON CONFLICT (paper_id, source) DO UPDATE SET
      first_seen_at = min(paper_sources.first_seen_at, excluded.first_seen_at),
      last_seen_at = max(paper_sources.last_seen_at, excluded.last_seen_at)`.execute(db);
  await db.deleteFrom('paper_sources').where('paper_id', '=', id).execute();
  await sql`
    UPDATE papers SET
      first_seen_at = min(papers.first_seen_at, other.first_seen_at),
      last_seen_at = max(papers.last_seen_at, other.last_seen_at)
    FROM papers AS other WHERE papers.id = ${into} AND other.id = ${id}`.execute(db);
  await db.updateTable('papers').set({ merged_into: into }).where('id', '=', id).execute();
}

/** Two series of one source are not mixed: their steps would read as gains. */
async function moveSignals(db: Db, id: number, into: number): Promise<void> {
  await sql`
    UPDATE paper_signals SET paper_id = ${into}
    WHERE paper_id = ${id} AND (source, kind) NOT IN (
      SELECT source, kind FROM paper_signals WHERE paper_id = ${into})`.execute(db);
}

/** Who spoke of both has said the later of the two. */
async function moveFeedback(db: Db, id: number, into: number): Promise<void> {
  const both = sql`
    SELECT one.id, one.subscriber_id, one.paper_id, max(one.created_at) FROM feedback AS one
    WHERE one.paper_id IN (${id}, ${into}) GROUP BY one.subscriber_id`;
  await sql`
    DELETE FROM feedback
    WHERE paper_id IN (${id}, ${into}) AND id NOT IN (SELECT latest.id FROM (${both}) AS latest)`.execute(db);
  await db.updateTable('feedback').set({ paper_id: into }).where('paper_id', '=', id).execute();
}

/**
 * Subscribers are gone through, each by the unique index over their papers: there are far fewer of them than
 * papers they were sent, of which no index leads with the paper.
 */
async function moveHolds(db: Db, id: number, into: number, at: number): Promise<void> {
  // Of two in one subscriber's digests, one that is not handed over yet is taken out.
  const removed = (await removeHeldTwice(db, id, into)) + (await removeHeldTwice(db, into, id));
  if (removed > 0)
    await sql`
      UPDATE deliveries
      SET status = 'skipped', reason = 'nothing_new', ended_at = ${at}, next_attempt_at = NULL,
          detail = 'its papers turned out to be ones sent before'
      WHERE status = 'pending' AND NOT EXISTS (
        SELECT 1 FROM delivery_papers AS dp WHERE dp.delivery_id = deliveries.id)`.execute(db);
  const moving = sql`
      FROM subscribers AS s
      CROSS JOIN delivery_papers AS one
      JOIN deliveries AS d ON d.id = one.delivery_id
      WHERE one.subscriber_id = s.id AND one.paper_id = ${id} AND one.released_at IS NULL
        AND NOT EXISTS (
          SELECT 1 FROM delivery_papers AS own
          WHERE own.subscriber_id = s.id AND own.paper_id = ${into} AND own.released_at IS NULL)`;
  await sql`
    INSERT INTO shown_papers (delivery_id, position, paper_id)
    SELECT one.delivery_id, one.position, one.paper_id ${moving} AND d.status <> 'pending'
    ON CONFLICT DO NOTHING`.execute(db);
  await sql`
    UPDATE delivery_papers SET paper_id = ${into}
    WHERE (delivery_id, position) IN (SELECT one.delivery_id, one.position ${moving})`.execute(db);
}

/** Takes `dropped` out of pending deliveries of those who hold `kept` too; returns out of how many. */
async function removeHeldTwice(db: Db, dropped: number, kept: number): Promise<number> {
  const result = await sql`
    DELETE FROM delivery_papers WHERE (delivery_id, position) IN (
      SELECT one.delivery_id, one.position
      FROM subscribers AS s
      CROSS JOIN delivery_papers AS one
      JOIN delivery_papers AS other ON other.subscriber_id = s.id
      JOIN deliveries AS d ON d.id = one.delivery_id
      WHERE one.subscriber_id = s.id AND one.paper_id = ${dropped} AND one.released_at IS NULL
        AND other.paper_id = ${kept} AND other.released_at IS NULL
        AND d.status = 'pending')`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
