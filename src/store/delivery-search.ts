import { type RawBuilder, sql } from 'kysely';
import { type DeliveryReason, type DeliveryStatus, isOpen, isUnsent } from './schema.ts';
import type { Db } from './store.ts';

/** What deliveries are looked for by; all that is named must fit. */
export interface DeliverySearch {
  status?: DeliveryStatus;
  reason?: DeliveryReason;
  /** `YYYY-MM-DD`. */
  editionDate?: string;
  /** With a paper that counts for this topic. */
  topicId?: number;
  subscriberId?: number;
  /** Of these plan runs, the first and the last by id. */
  planRuns?: { from: number; until: number };
}

export interface SearchPage {
  /** Only ids below this one: the next page. */
  beforeId?: number;
  limit: number;
}

/**
 * Ids of deliveries that fit, newest first. Quick among millions of rows: each filter that leaves few of them leads by an
 * index of its own, and the rest is looked at row by row; a date or a plan run is a span of ids, for ids rise with time.
 */
export async function findDeliveryIds(db: Db, search: DeliverySearch, page: SearchPage): Promise<number[]> {
  const span = await findSpan(db, search);
  if (span === null) return [];
  const lead = await chooseLead(db, search, page.limit);
  const until = Math.min(span.until, (page.beforeId ?? Number.MAX_SAFE_INTEGER) - 1);
  const conditions = [sql`deliveries.id BETWEEN ${span.from} AND ${until}`, ...conditionsOf(search, lead)];
  // In this order, for CROSS JOIN keeps it: first the readers, then what they were sent.
  const from =
    lead === 'readers'
      ? sql`(SELECT DISTINCT subscriber_id FROM subscriptions WHERE topic_id = ${search.topicId}) AS reader
          CROSS JOIN deliveries`
      : sql`deliveries`;
  const { rows } = await sql<{ id: number }>`
    SELECT deliveries.id FROM ${from} WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY deliveries.id DESC LIMIT ${page.limit}`.execute(db);
  return rows.map((row) => row.id);
}

/** How many deliveries fit, and the highest of their ids; nobody counts beyond `atMost`. */
export async function countFound(
  db: Db,
  search: DeliverySearch,
  atMost: number,
): Promise<{ count: number; lastId: number | null }> {
  const ids = await findDeliveryIds(db, search, { limit: atMost });
  return { count: ids.length, lastId: ids[0] ?? null };
}

/** By which filter the rows are found. */
type Lead = 'subscriber' | 'readers' | 'open' | 'reason' | 'unsent' | 'edition' | 'run' | 'all';

async function chooseLead(db: Db, search: DeliverySearch, limit: number): Promise<Lead> {
  const { status, reason, topicId, subscriberId, editionDate, planRuns } = search;
  if (subscriberId !== undefined) return 'subscriber';
  if (topicId !== undefined && (await hasFewReaders(db, topicId, limit))) return 'readers';
  if (status === 'skipped' && topicId !== undefined) return 'reason';
  if (status === 'failed' || status === 'skipped') return reason === undefined ? 'unsent' : 'reason';
  if (status !== undefined && status !== 'sent') return 'open';
  if (reason !== undefined) return 'reason';
  if (editionDate !== undefined) return 'edition';
  return planRuns?.from === planRuns?.until && planRuns !== undefined ? 'run' : 'all';
}

/**
 * Whether it is less to look through all deliveries of a topic's readers than through everybody's until enough are found:
 * the two meet where the readers' share is the square root of `limit` over all deliveries.
 */
async function hasFewReaders(db: Db, topicId: number, limit: number): Promise<boolean> {
  const { rows } = await sql<{ subscribers: number; deliveries: number; readers: number }>`
    SELECT (SELECT max(id) FROM subscribers) AS subscribers, (SELECT max(id) FROM deliveries) AS deliveries,
      (SELECT count(DISTINCT subscriber_id) FROM subscriptions WHERE topic_id = ${topicId}) AS readers`.execute(
    db,
  );
  const { subscribers = 0, deliveries = 0, readers = 0 } = rows[0] ?? {};
  return readers <= Math.max(20, (subscribers ?? 0) * Math.sqrt(limit / Math.max(1, deliveries ?? 0)));
}

/** The last look's: what was skipped by the plan has no papers, and is most of what was skipped. */
const skippedWithPapers = [
  'pending',
  'paused',
  'unsubscribed',
  'erased',
  'address_changed',
  'suppressed',
  'withdrawn',
];

/**
 * What a row has to fulfil. A column that does not lead is written so that no index of it is taken
 * (https://sqlite.org/optoverview.html); the partial indexes that lead are named by the words they were made with.
 */
function conditionsOf(search: DeliverySearch, lead: Lead): RawBuilder<unknown>[] {
  const { status, reason, topicId, subscriberId, editionDate, planRuns } = search;
  const conditions: RawBuilder<unknown>[] = [];
  if (lead === 'readers') conditions.push(sql`deliveries.subscriber_id = reader.subscriber_id`);
  if (subscriberId !== undefined) conditions.push(sql`deliveries.subscriber_id = ${subscriberId}`);
  if (lead === 'open') conditions.push(isOpen);
  if (lead === 'unsent') conditions.push(isUnsent);
  if (status !== undefined) conditions.push(sql`deliveries.status = ${status}`);
  if (reason !== undefined)
    conditions.push(
      lead === 'reason' ? sql`deliveries.reason = ${reason}` : sql`deliveries.reason || '' = ${reason}`,
    );
  else if (lead === 'reason') conditions.push(sql`deliveries.reason IN (${sql.join(skippedWithPapers)})`);
  if (editionDate !== undefined)
    conditions.push(
      lead === 'edition' || lead === 'subscriber' || lead === 'readers'
        ? sql`deliveries.edition_date = ${editionDate}`
        : sql`deliveries.edition_date || '' = ${editionDate}`,
    );
  if (planRuns !== undefined)
    conditions.push(
      lead === 'run'
        ? sql`deliveries.plan_run_id = ${planRuns.from}`
        : sql`deliveries.plan_run_id + 0 BETWEEN ${planRuns.from} AND ${planRuns.until}`,
    );
  if (topicId !== undefined)
    conditions.push(sql`EXISTS (
      SELECT 1 FROM delivery_papers AS dp WHERE dp.delivery_id = deliveries.id AND dp.topic_id = ${topicId})`);
  return conditions;
}

/** Between which ids the deliveries of a date and of plan runs are; null: there are none. */
async function findSpan(
  db: Db,
  { editionDate, planRuns }: DeliverySearch,
): Promise<{ from: number; until: number } | null> {
  const { rows } = await sql<{ from: number | null; until: number | null }>`
    SELECT max(a) AS "from", min(z) AS "until" FROM (
      SELECT 0 AS a, ${Number.MAX_SAFE_INTEGER} AS z
      ${editionDate === undefined ? sql`` : spanWhere(sql`edition_date = ${editionDate}`)}
      ${planRuns === undefined ? sql`` : spanOfRuns(planRuns)})`.execute(db);
  const { from, until } = rows[0] ?? {};
  return from == null || until == null || from > until ? null : { from, until };
}

/** From the first of the one run to the last of the other, as runs come one after another. */
function spanOfRuns({ from, until }: { from: number; until: number }): RawBuilder<unknown> {
  const run = (which: 'min' | 'max') =>
    sql`(SELECT ${sql.raw(which)}(plan_run_id) FROM deliveries WHERE plan_run_id BETWEEN ${from} AND ${until})`;
  return sql`UNION ALL SELECT
    coalesce((SELECT min(id) FROM deliveries WHERE plan_run_id = ${run('min')}), ${Number.MAX_SAFE_INTEGER}),
    coalesce((SELECT max(id) FROM deliveries WHERE plan_run_id = ${run('max')}), -1)`;
}

/** Two look-ups in an index: SQLite finds a least or a highest id by it, but not both at once. */
function spanWhere(condition: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`UNION ALL SELECT
    coalesce((SELECT min(id) FROM deliveries WHERE ${condition}), ${Number.MAX_SAFE_INTEGER}),
    coalesce((SELECT max(id) FROM deliveries WHERE ${condition}), -1)`;
}
