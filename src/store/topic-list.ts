import type { Topic } from '../topics/topic.ts';
import type { Db } from './store.ts';
import { type ListedTopic, toTopic } from './topics.ts';

export interface TopicFilter {
  /** Null: whether it is or not. */
  archived: boolean | null;
  /** Public ones when absent; null: any. */
  visibility?: Topic['visibility'] | null;
  /** Part of the slug, the name or the query, in any case. */
  search?: string;
  /** Only slugs after this one: the next page. */
  afterSlug?: string;
  /** Only these. */
  slugs?: readonly string[];
  limit: number;
}

/** A page of topics by slug, public ones unless others are asked for, with their live subscriptions. */
export async function listTopicPage(
  db: Db,
  filter: TopicFilter,
): Promise<{ topics: ListedTopic[]; nextAfter: string | null }> {
  let query = db
    .selectFrom('topics')
    .selectAll('topics')
    .select((eb) =>
      eb
        .selectFrom('subscriptions')
        .whereRef('subscriptions.topic_id', '=', 'topics.id')
        .where('subscriptions.ended_at', 'is', null)
        .select((count) => count.fn.countAll<number>().as('count'))
        .as('subscriptions'),
    )
    .orderBy('slug')
    .limit(filter.limit + 1);
  const { search, afterSlug, slugs, archived, visibility = 'public' } = filter;
  if (visibility !== null) query = query.where('visibility', '=', visibility);
  if (archived !== null) query = query.where('archived_at', archived ? 'is not' : 'is', null);
  if (slugs) query = query.where('slug', 'in', slugs);
  if (afterSlug) query = query.where('slug', '>', afterSlug);
  if (search)
    query = query.where((eb) =>
      eb.or(
        (['slug', 'name', 'query'] as const).map((column) =>
          eb(
            eb.fn<number>('instr', [eb.fn<string>('lower', [column]), eb.val(search.toLowerCase())]),
            '>',
            0,
          ),
        ),
      ),
    );
  const rows = await query.execute();
  const topics = rows
    .slice(0, filter.limit)
    .map((row) => ({ ...toTopic(row), subscriptions: row.subscriptions ?? 0 }));
  return { topics, nextAfter: rows.length > filter.limit ? (topics.at(-1)?.slug ?? null) : null };
}

/** What all public topics that are not archived ask for, by slug; at most some thousands. */
export async function listPublicQueries(db: Db): Promise<Pick<Topic, 'id' | 'slug' | 'name' | 'query'>[]> {
  return await db
    .selectFrom('topics')
    .select(['id', 'slug', 'name', 'query'])
    .where('visibility', '=', 'public')
    .where('archived_at', 'is', null)
    .orderBy('slug')
    .limit(5_000)
    .execute();
}

/** How many subscribers get a topic. */
export async function countTopicSubscribers(db: Db, topicId: number): Promise<number> {
  const row = await db
    .selectFrom('subscriptions')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('topic_id', '=', topicId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return row?.count ?? 0;
}
