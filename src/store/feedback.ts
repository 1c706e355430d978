import { sql } from 'kysely';
import type { Db } from './store.ts';

/** More or less of a paper's kind. */
export type Verdict = 'more' | 'less';

/** What a subscriber said of a paper; `createdAt` epoch ms: when they said it last. */
export interface Feedback {
  id: number;
  subscriberId: number;
  paperId: number;
  verdict: Verdict;
  createdAt: number;
}

const columns = [
  'id',
  'subscriber_id as subscriberId',
  'paper_id as paperId',
  'verdict',
  'created_at as createdAt',
] as const;

/** What the subscriber says of this paper; null: nothing, or it was taken back. */
export async function findFeedback(db: Db, subscriberId: number, paperId: number): Promise<Feedback | null> {
  const row = await db
    .selectFrom('feedback')
    .select(columns)
    .where('subscriber_id', '=', subscriberId)
    .where('paper_id', '=', paperId)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** Keeps what a subscriber says of a paper from now on, whatever they said of it before. */
export async function saveFeedback(
  db: Db,
  given: Omit<Feedback, 'id'> & { deliveryId: number | null },
): Promise<void> {
  const said = { verdict: given.verdict, delivery_id: given.deliveryId, created_at: given.createdAt };
  await db
    .insertInto('feedback')
    .values({ ...said, subscriber_id: given.subscriberId, paper_id: given.paperId, removed_at: null })
    .onConflict((conflict) =>
      conflict.columns(['subscriber_id', 'paper_id']).doUpdateSet({ ...said, removed_at: null }),
    )
    .execute();
}

/** Takes back what was said of this paper, or of all papers. Returns how many choices counted no more from now on. */
export async function endFeedback(
  db: Db,
  subscriberId: number,
  paperId: number | 'all',
  at: number,
): Promise<number> {
  let query = db
    .updateTable('feedback')
    .set({ removed_at: at })
    .where('subscriber_id', '=', subscriberId)
    .where('removed_at', 'is', null);
  if (paperId !== 'all') query = query.where('paper_id', '=', paperId);
  return Number((await query.executeTakeFirst()).numUpdatedRows);
}

/** With the title of its paper. */
export type ListedFeedback = Feedback & { key: string; title: string };

/** What counts of one subscriber's choices, by the order they were first made in, newest first. */
export async function listFeedback(
  db: Db,
  subscriberId: number,
  { beforeId, limit }: { beforeId?: number | undefined; limit: number },
): Promise<ListedFeedback[]> {
  let query = db
    .selectFrom('feedback as f')
    .innerJoin('papers as p', 'p.id', 'f.paper_id')
    .select([
      'f.id',
      'f.subscriber_id as subscriberId',
      'f.paper_id as paperId',
      'f.verdict',
      'f.created_at as createdAt',
      'p.key',
      'p.title',
    ])
    .where('f.subscriber_id', '=', subscriberId)
    .where('f.removed_at', 'is', null)
    .orderBy('f.id', 'desc')
    .limit(limit);
  if (beforeId !== undefined) query = query.where('f.id', '<', beforeId);
  return await query.execute();
}

/** How many choices of a subscriber count. */
export async function countFeedback(db: Db, subscriberId: number): Promise<number> {
  const row = await db
    .selectFrom('feedback')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('subscriber_id', '=', subscriberId)
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

/**
 * The latest choices of one page of subscribers: of each at most `each` of either verdict, the latest first. Those
 * without any are absent.
 */
export async function findLatestFeedback(
  db: Db,
  subscriberIds: readonly number[],
  each: number,
): Promise<Map<number, Feedback[]>> {
  if (subscriberIds.length === 0) return new Map();
  const ranked = db
    .selectFrom('feedback')
    .select(columns)
    .select(
      sql<number>`row_number() OVER (PARTITION BY subscriber_id, verdict ORDER BY created_at DESC, id DESC)`.as(
        'rank',
      ),
    )
    .where('subscriber_id', 'in', subscriberIds)
    .where('removed_at', 'is', null);
  const rows = await db
    .selectFrom(ranked.as('latest'))
    .select(['id', 'subscriberId', 'paperId', 'verdict', 'createdAt'])
    .where('rank', '<=', each)
    .orderBy('subscriberId')
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return Map.groupBy(rows, (one) => one.subscriberId);
}
