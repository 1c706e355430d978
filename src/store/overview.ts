import { sql } from 'kysely';
import type { SubscriberStatus, TalliesTable } from './schema.ts';
import type { Db } from './store.ts';

/**
 * What the overview shows, read from counts that triggers keep: each of these takes some ms, however many deliveries
 * and subscribers there are. Instants are epoch ms, dates `YYYY-MM-DD` in the time zone that `days` was made for.
 */

/** How an instant becomes a local date: until each of these instants, this many ms are added to UTC. */
export type DayOffsets = readonly { until: number; offsetMs: number }[];

/**
 * Whole days since 1970-01-01 of local time: grouping by numbers takes a third of the time that dates take. The offsets
 * are written out, as what is bound is a floating-point number and days would have fractions.
 */
const localDay = (at: string, offsets: DayOffsets) =>
  sql<number>`(${sql.ref(at)} + CASE ${sql.join(
    offsets.map(
      ({ until, offsetMs }) => sql`WHEN ${sql.ref(at)} < ${sql.lit(until)} THEN ${sql.lit(offsetMs)}`,
    ),
    sql` `,
  )} END) / 86400000`;

function dateOf<Row extends { day: number }>({ day, ...rest }: Row) {
  return { ...rest, date: new Date(day * 86_400_000).toISOString().slice(0, 10) };
}

export interface DayCount {
  date: string;
  what: TalliesTable['what'];
  reason: string;
  count: number;
}

/** What happened on each day from `since` on: digests that came due or ended, bounces; by reason. What was taken back does not count. */
export async function countByDay(db: Db, since: number, offsets: DayOffsets): Promise<DayCount[]> {
  const { rows } = await sql<Omit<DayCount, 'date'> & { day: number }>`
    SELECT what, reason, ${localDay('hour_at', offsets)} AS day, sum(count) AS count
    FROM (SELECT what, reason, hour_at, count FROM tallies
      UNION ALL SELECT what, reason, hour_at, -count FROM tally_undone)
    WHERE hour_at >= ${since} GROUP BY 1, 2, 3 HAVING sum(count) > 0`.execute(db);
  return rows.map(dateOf);
}

/** How many came to a status and went from it. */
export interface Moves {
  status: SubscriberStatus;
  came: number;
  went: number;
}

/** Of each day from `since` on. */
export async function countMovesByDay(
  db: Db,
  since: number,
  offsets: DayOffsets,
): Promise<(Moves & { date: string })[]> {
  const { rows } = await sql<Moves & { day: number }>`
    SELECT status, ${localDay('hour_at', offsets)} AS day, sum(came) AS came, sum(went) AS went
    FROM subscriber_tallies WHERE hour_at >= ${since} GROUP BY 1, 2`.execute(db);
  return rows.map(dateOf);
}

/** Of all time before `until`. */
export async function countMovesBefore(db: Db, until: number): Promise<Moves[]> {
  const { rows } = await sql<Moves>`
    SELECT status, sum(came) AS came, sum(went) AS went
    FROM subscriber_tallies WHERE hour_at < ${until} GROUP BY 1`.execute(db);
  return rows;
}

/** What became of the digests that came due in plans for an instant from `since` on. */
export interface PlanAccount {
  runs: number;
  /** The first and the last of them by id; null: there was none. */
  firstRunId: number | null;
  lastRunId: number | null;
  due: number;
  ended: { status: 'sent' | 'failed' | 'uncertain' | 'skipped'; reason: string; count: number }[];
}

export async function loadPlanAccount(db: Db, since: number): Promise<PlanAccount> {
  const plans = await db
    .selectFrom('plan_runs')
    .select((eb) => [
      eb.fn.countAll<number>().as('runs'),
      eb.fn.min<number | null>('id').as('firstRunId'),
      eb.fn.max<number | null>('id').as('lastRunId'),
      eb.fn.sum<number | null>('due').as('due'),
    ])
    .where('at', '>=', since)
    .executeTakeFirstOrThrow();
  const { rows } = await sql<PlanAccount['ended'][number]>`
    SELECT status, reason, sum(count) AS count FROM plan_ends
    WHERE plan_run_id IN (SELECT id FROM plan_runs WHERE at >= ${since}) AND count > 0
    GROUP BY 1, 2 ORDER BY 3 DESC`.execute(db);
  return { ...plans, due: plans.due ?? 0, ended: rows };
}

/** When the next digests are due after `now`, and how many at that instant; null: nobody's. */
export async function findNextDue(db: Db, now: number): Promise<{ at: number; count: number } | null> {
  const { rows } = await sql<{ at: number; count: number }>`
    SELECT next_due_at AS at, count(*) AS count FROM subscribers
    WHERE next_due_at = (SELECT min(next_due_at) FROM subscribers WHERE next_due_at > ${now})
    GROUP BY next_due_at`.execute(db);
  return rows[0] ?? null;
}

export interface FollowedTopic {
  id: number;
  slug: string;
  name: string;
  subscriptions: number;
}

/** Public topics with the most live subscriptions. */
export async function findMostFollowed(db: Db, limit: number): Promise<FollowedTopic[]> {
  const { rows } = await sql<FollowedTopic>`
    SELECT t.id, t.slug, t.name, s.subscriptions FROM (
      SELECT topic_id, count(*) AS subscriptions FROM subscriptions WHERE ended_at IS NULL GROUP BY topic_id) AS s
    JOIN topics AS t ON t.id = s.topic_id
    WHERE t.visibility = 'public' AND t.archived_at IS NULL
    ORDER BY s.subscriptions DESC, t.slug LIMIT ${limit}`.execute(db);
  return rows;
}

export interface SourceRuns {
  source: string;
  runs: number;
  /** Of those, how many failed or broke off. */
  failed: number;
  newPapers: number;
  lastError: string | null;
  lastErrorAt: number | null;
}

/** What the runs of each source since an instant came to. */
export async function countSourceRuns(db: Db, since: number): Promise<SourceRuns[]> {
  const { rows } = await sql<SourceRuns>`
    SELECT source, count(*) AS runs, count(*) FILTER (WHERE error IS NOT NULL) AS failed, sum(new_papers) AS newPapers,
      max(started_at) FILTER (WHERE error IS NOT NULL) AS lastErrorAt,
      (SELECT error FROM ingest_runs AS e WHERE e.source = r.source AND e.error IS NOT NULL AND e.started_at >= ${since}
       ORDER BY e.started_at DESC LIMIT 1) AS lastError
    FROM ingest_runs AS r WHERE started_at >= ${since} GROUP BY source`.execute(db);
  return rows;
}
