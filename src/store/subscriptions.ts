import type { Db } from './store.ts';

/** Why a subscription ended. `topic_removed` and `merged` are the topics' doing (store/topics.ts, topic-merge.ts). */
export type EndedReason = 'unsubscribed' | 'preferences' | 'admin' | 'import' | 'erased';

/** A topic as a subscriber's tie to it needs it. */
export interface SubscribedTopic {
  id: number;
  slug: string;
  name: string;
  visibility: 'public' | 'private';
}

/**
 * The topics of these slugs that are open to this subscriber: public ones and their own; not archived. By the slug as
 * asked, which may be an old one of the topic (topic-aliases.ts).
 */
export async function findOpenTopics(
  db: Db,
  slugs: readonly string[],
  subscriberId: number | null = null,
): Promise<Map<string, SubscribedTopic & { query: string }>> {
  const open = new Map<string, SubscribedTopic & { query: string }>();
  if (slugs.length === 0) return open;
  const openTopics = db
    .selectFrom('topics')
    .select(['topics.id', 'topics.slug', 'topics.name', 'topics.visibility', 'topics.query'])
    .where('topics.archived_at', 'is', null)
    .where((eb) => eb.or([eb('visibility', '=', 'public'), eb('owner_id', '=', subscriberId ?? -1)]));
  for (const topic of await openTopics.where('topics.slug', 'in', slugs).execute())
    open.set(topic.slug, topic);
  const others = slugs.filter((slug) => !open.has(slug));
  if (others.length === 0) return open;
  const renamed = await openTopics
    .innerJoin('topic_aliases', 'topic_aliases.topic_id', 'topics.id')
    .select('topic_aliases.slug as alias')
    .where('topic_aliases.slug', 'in', others)
    .execute();
  for (const { alias, ...topic } of renamed) open.set(alias, topic);
  return open;
}

/** All topics open to this subscriber, by name. */
export async function listOpenTopics(
  db: Db,
  subscriberId: number,
): Promise<(SubscribedTopic & { description: string | null })[]> {
  return await db
    .selectFrom('topics')
    .select(['id', 'slug', 'name', 'visibility', 'description'])
    .where('archived_at', 'is', null)
    .where((eb) => eb.or([eb('visibility', '=', 'public'), eb('owner_id', '=', subscriberId)]))
    .orderBy('visibility')
    .orderBy('name', (name) => name.collate('nocase'))
    .execute();
}

/** Live subscriptions to topics that are not archived, by subscriber; of one page of subscribers. */
export async function findSubscribedTopics(
  db: Db,
  subscriberIds: readonly number[],
): Promise<Map<number, SubscribedTopic[]>> {
  const topics = new Map<number, SubscribedTopic[]>(subscriberIds.map((id) => [id, []]));
  if (subscriberIds.length === 0) return topics;
  const rows = await db
    .selectFrom('subscriptions')
    .innerJoin('topics', 'topics.id', 'subscriptions.topic_id')
    .select([
      'subscriptions.subscriber_id as subscriberId',
      'topics.id as id',
      'topics.slug as slug',
      'topics.name as name',
      'topics.visibility as visibility',
    ])
    .where('subscriptions.subscriber_id', 'in', subscriberIds)
    .where('subscriptions.ended_at', 'is', null)
    .where('topics.archived_at', 'is', null)
    .orderBy('topics.slug')
    .execute();
  for (const { subscriberId, ...topic } of rows) topics.get(subscriberId)?.push(topic);
  return topics;
}

/** A subscription as history; instants are epoch ms, null: it has not ended. */
export interface PastSubscription {
  topic: SubscribedTopic;
  createdAt: number;
  endedAt: number | null;
  endedReason: string | null;
}

/** All that a subscriber ever had, the latest first. */
export async function listSubscriptions(
  db: Db,
  subscriberId: number,
  limit: number,
): Promise<PastSubscription[]> {
  const rows = await db
    .selectFrom('subscriptions as s')
    .innerJoin('topics as t', 't.id', 's.topic_id')
    .select(['t.id', 't.slug', 't.name', 't.visibility', 's.created_at', 's.ended_at', 's.ended_reason'])
    .where('s.subscriber_id', '=', subscriberId)
    .orderBy('s.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ created_at: createdAt, ended_at: endedAt, ended_reason: endedReason, ...topic }) => ({
    ...{ topic, createdAt, endedAt, endedReason },
  }));
}

/** Begins subscriptions (at most some thousands at once); a pair that is live already stays as it is. */
export async function startSubscriptions(
  db: Db,
  pairs: readonly { subscriberId: number; topicId: number }[],
  at: number,
): Promise<void> {
  if (pairs.length === 0) return;
  await db
    .insertInto('subscriptions')
    .values(
      pairs.map(({ subscriberId, topicId }) => ({
        subscriber_id: subscriberId,
        topic_id: topicId,
        created_at: at,
        ended_at: null,
        ended_reason: null,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['subscriber_id', 'topic_id']).where('ended_at', 'is', null).doNothing(),
    )
    .execute();
}

/** Ends a subscriber's live subscriptions to these topics, or to all; none is deleted. */
export async function endSubscriptions(
  db: Db,
  subscriberId: number,
  topicIds: readonly number[] | 'all',
  reason: EndedReason,
  at: number,
): Promise<void> {
  let query = db
    .updateTable('subscriptions')
    .set({ ended_at: at, ended_reason: reason })
    .where('subscriber_id', '=', subscriberId)
    .where('ended_at', 'is', null);
  if (topicIds !== 'all') query = query.where('topic_id', 'in', topicIds);
  await query.execute();
}

/** The topics, not archived since or merged into these, whose subscriptions the latest unsubscribing ended; none when it had none to end. */
export async function findTopicsLeft(db: Db, subscriberId: number): Promise<number[]> {
  const latest = await db
    .selectFrom('subscriptions')
    .select((eb) => eb.fn.max('ended_at').as('leftAt'))
    .where('subscriber_id', '=', subscriberId)
    .where('ended_reason', '=', 'unsubscribed')
    .executeTakeFirst();
  const leftAt = latest?.leftAt ?? null;
  if (leftAt === null) return [];
  const rows = await db
    .selectFrom('subscriptions')
    .innerJoin('topics as left', 'left.id', 'subscriptions.topic_id')
    // What was merged since lives on in the other.
    .leftJoin('topic_aliases', (join) =>
      join.onRef('topic_aliases.slug', '=', 'left.slug').on('left.archived_at', 'is not', null),
    )
    .leftJoin('topics', (join) =>
      join
        .on('topics.id', '=', (eb) => eb.fn.coalesce('topic_aliases.topic_id', 'left.id'))
        .on('topics.archived_at', 'is', null),
    )
    .select([
      'topics.id as id',
      'subscriptions.created_at as createdAt',
      'ended_at as endedAt',
      'ended_reason',
    ])
    .where('subscriber_id', '=', subscriberId)
    .execute();
  const left = rows.filter((row) => row.ended_reason === 'unsubscribed' && row.endedAt === leftAt);
  // What began since shows that they came back, and what they gave up then is not what they left last.
  const cameBack = rows.some((row) => row.createdAt >= leftAt && !left.includes(row));
  return cameBack ? [] : [...new Set(left.flatMap((row) => row.id ?? []))];
}
