import { type RawBuilder, sql } from 'kysely';
import type { Db } from './store.ts';

/** What trended over a day, seven days or thirty. */
export const spans = ['day', 'week', 'month'] as const;
export type Span = (typeof spans)[number];

/** A paper in its place on a list; `note` is JSON of archive/note.ts. */
export interface ListedRow {
  paperId: number;
  note: string;
}

/** A list as it was made. */
export interface ListedRows {
  /** `YYYY-MM-DD`, UTC. */
  date: string;
  /** Epoch ms. */
  madeAt: number;
  rows: ListedRow[];
}

/** Keeps what trended over the span that ends with a date, in place of what was kept of it before. */
export async function saveTrending(
  db: Db,
  { span, date, madeAt }: { span: Span; date: string; madeAt: number },
  papers: readonly ListedRow[],
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('trending_papers').where('span', '=', span).where('trend_date', '=', date).execute();
    if (papers.length === 0) return;
    await trx
      .insertInto('trending_papers')
      .values(
        papers.map(({ paperId, note }, index) => ({
          span,
          trend_date: date,
          position: index + 1,
          paper_id: paperId,
          note,
          made_at: madeAt,
        })),
      )
      .execute();
  });
}

/** The latest list of a span whose date is `until` or earlier; null: there is none. */
export async function findTrending(db: Db, span: Span, until: string): Promise<ListedRows | null> {
  const { rows } = await sql<Row & { date: string }>`
    SELECT listed.trend_date AS date, listed.made_at, listed.note, ${survivor} AS paper_id
    FROM trending_papers AS listed JOIN papers ON papers.id = listed.paper_id
    WHERE listed.span = ${span} AND listed.trend_date = (
      SELECT max(trend_date) FROM trending_papers WHERE span = ${span} AND trend_date <= ${until})
    ORDER BY listed.position`.execute(db);
  const [first] = rows;
  return first ? { date: first.date, madeAt: first.made_at, rows: rows.map(toListedRow) } : null;
}

/** Dates of which is kept what trended, the latest first. */
export async function listTrendingDates(
  db: Db,
  { before, limit }: { before?: string | null; limit: number },
): Promise<string[]> {
  let query = db
    .selectFrom('trending_papers')
    .select('trend_date')
    .distinct()
    .where('span', '=', 'day')
    .orderBy('trend_date', 'desc')
    .limit(limit);
  if (before) query = query.where('trend_date', '<', before);
  return (await query.execute()).map((row) => row.trend_date);
}

/** The date of the day list that comes next after one; null: it is the latest. */
export async function findNextTrendingDate(db: Db, after: string): Promise<string | null> {
  const row = await db
    .selectFrom('trending_papers')
    .select((eb) => eb.fn.min('trend_date').as('date'))
    .where('span', '=', 'day')
    .where('trend_date', '>', after)
    .executeTakeFirst();
  return row?.date ?? null;
}

/** Keeps a topic's best papers in place of those before. */
export async function saveTopicPapers(
  db: Db,
  { topicId, query, madeAt }: { topicId: number; query: string; madeAt: number },
  papers: readonly ListedRow[],
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('topic_papers').where('topic_id', '=', topicId).execute();
    if (papers.length === 0) return;
    await trx
      .insertInto('topic_papers')
      .values(
        papers.map(({ paperId, note }, index) => ({
          topic_id: topicId,
          position: index + 1,
          paper_id: paperId,
          note,
          query,
          made_at: madeAt,
        })),
      )
      .execute();
  });
}

/** What was kept of a topic that still asks the same; null: nothing. */
export async function findTopicPapers(
  db: Db,
  { id, query }: { id: number; query: string },
): Promise<Omit<ListedRows, 'date'> | null> {
  const { rows } = await sql<Row>`
    SELECT listed.made_at, listed.note, ${survivor} AS paper_id
    FROM topic_papers AS listed JOIN papers ON papers.id = listed.paper_id
    WHERE listed.topic_id = ${id} AND listed.query = ${query}
    ORDER BY listed.position`.execute(db);
  const [first] = rows;
  return first ? { madeAt: first.made_at, rows: rows.map(toListedRow) } : null;
}

interface Row {
  paper_id: number;
  note: string;
  made_at: number;
}

const survivor: RawBuilder<unknown> = sql`coalesce(papers.merged_into, papers.id)`;

function toListedRow({ paper_id, note }: Row): ListedRow {
  return { paperId: paper_id, note };
}

/**
 * Papers that may be shown and of which votes or stars were observed from `since` on, those with the most first. A guess
 * at who gained most, good enough to choose whom to look at.
 */
export async function findPapersWithSignals(
  db: Db,
  { since, until, limit }: { since: number; until: number; limit: number },
): Promise<number[]> {
  const { rows } = await sql<{ paper_id: number }>`
    SELECT paper_id FROM (
      SELECT paper_id,
        max(CASE WHEN kind IN ('upvotes', 'comments') THEN value ELSE 0 END) AS votes,
        max(CASE WHEN kind = 'github_stars' THEN value END) - min(CASE WHEN kind = 'github_stars' THEN value END) AS stars
      FROM paper_signals WHERE observed_at BETWEEN ${since} AND ${until} GROUP BY paper_id)
    JOIN papers ON papers.id = paper_id
    WHERE papers.merged_into IS NULL AND papers.withdrawn_at IS NULL AND papers.first_seen_at <= ${until}
    ORDER BY votes + coalesce(stars, 0) / 4 DESC, paper_id DESC LIMIT ${limit}`.execute(db);
  return rows.map((row) => row.paper_id);
}
