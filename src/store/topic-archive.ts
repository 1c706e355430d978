import type { Topic } from '../topics/topic.ts';
import type { Db } from './store.ts';
import { changeTopic, editTopic, toTopic } from './topics.ts';

/** So many subscriptions end with a topic, and so many subscribers have no topic at all then. */
export interface Ending {
  ended: number;
  withoutTopic: number;
}

/** What archiving the topic would end now. */
export async function countEnding(db: Db, topicId: number): Promise<Ending> {
  return await db
    .selectFrom('subscriptions as s')
    .where('s.topic_id', '=', topicId)
    .where('s.ended_at', 'is', null)
    .select((eb) => [
      eb.fn.countAll<number>().as('ended'),
      eb.fn
        .countAll<number>()
        .filterWhere(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('subscriptions as other')
                .select('other.id')
                .whereRef('other.subscriber_id', '=', 's.subscriber_id')
                .where('other.topic_id', '!=', topicId)
                .where('other.ended_at', 'is', null),
            ),
          ),
        )
        .as('withoutTopic'),
    ])
    .executeTakeFirstOrThrow();
}

/**
 * Archives a topic and ends its subscriptions (`topic_removed`) at the same instant; nothing is deleted, and doing it
 * again changes nothing. `at`: epoch ms. Throws TopicError when there is none.
 */
export function removeTopic(db: Db, slug: string, at: number): Promise<{ topic: Topic } & Ending> {
  return changeTopic(db, slug, 'archive', at, async (trx, topic) => {
    if (topic.archivedAt !== null) return { topic, ended: 0, withoutTopic: 0 };
    const ending = await countEnding(trx, topic.id);
    await trx
      .updateTable('subscriptions')
      .set({ ended_at: at, ended_reason: 'topic_removed' })
      .where('topic_id', '=', topic.id)
      .where('ended_at', 'is', null)
      .execute();
    const row = await trx
      .updateTable('topics')
      .set({ archived_at: at, updated_at: at })
      .where('id', '=', topic.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return { topic: toTopic(row), ...ending };
  });
}

/** A topic that is in use again. */
export interface RestoredTopic {
  topic: Topic;
  /** So many got it back. */
  reopened: number;
  /** So many could have it back, and have not. */
  reopenable: number;
}

/**
 * Brings a topic back; one that was merged into another is on its own again. `reopen`: those whose subscriptions ended
 * when it was archived get it again, also when it was brought back without them before. Who left or was erased since,
 * and who had it again since, is left alone. `at`: epoch ms. Throws TopicError when there is none.
 */
export function restoreTopic(
  db: Db,
  slug: string,
  { reopen }: { reopen: boolean },
  at: number,
): Promise<RestoredTopic> {
  return changeTopic(db, slug, 'restore', at, async (trx, was) => {
    const endedAt = await findEnding(trx, was);
    const topic = await editTopic(trx, slug, { archived: false }, at);
    if (endedAt === null) return { topic, reopened: 0, reopenable: 0 };
    if (!reopen) return { topic, reopened: 0, reopenable: await countEnded(trx, topic.id, endedAt) };
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('subscriptions')
      .columns(['subscriber_id', 'topic_id', 'created_at'])
      .expression((eb) =>
        endedOf(trx, topic.id, endedAt).select([
          's.subscriber_id',
          's.topic_id',
          eb.val(at).as('created_at'),
        ]),
      )
      .executeTakeFirst();
    return { topic, reopened: Number(numInsertedOrUpdatedRows ?? 0n), reopenable: 0 };
  });
}

/** How many would get the topic again if it were brought back with `reopen` now. */
export async function countReopenable(db: Db, topic: Topic): Promise<number> {
  const endedAt = await findEnding(db, topic);
  return endedAt === null ? 0 : await countEnded(db, topic.id, endedAt);
}

/** When its subscriptions ended with it the last time; null: none ever did. */
async function findEnding(db: Db, { id, archivedAt }: Topic): Promise<number | null> {
  if (archivedAt !== null) return archivedAt;
  const row = await db
    .selectFrom('subscriptions')
    .select((eb) => eb.fn.max('ended_at').as('at'))
    .where('topic_id', '=', id)
    .where('ended_reason', '=', 'topic_removed')
    .executeTakeFirst();
  return row?.at ?? null;
}

async function countEnded(db: Db, topicId: number, endedAt: number): Promise<number> {
  const { count } = await endedOf(db, topicId, endedAt)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** The subscriptions that ended with the topic at that instant and that nothing followed on. */
function endedOf(db: Db, topicId: number, endedAt: number) {
  return db
    .selectFrom('subscriptions as s')
    .innerJoin('subscribers', 'subscribers.id', 's.subscriber_id')
    .where('s.topic_id', '=', topicId)
    .where('s.ended_at', '=', endedAt)
    .where('s.ended_reason', '=', 'topic_removed')
    .where('subscribers.status', 'in', ['active', 'paused'])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('subscriptions as later')
            .select('later.id')
            .whereRef('later.subscriber_id', '=', 's.subscriber_id')
            .whereRef('later.topic_id', '=', 's.topic_id')
            .whereRef('later.id', '>', 's.id'),
        ),
      ),
    );
}
