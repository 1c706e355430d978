import type { Db } from './store.ts';

/** Slugs that mean a topic besides its own, see the table. */

/** The slugs that a topic had before, and those of topics that were merged into it. */
export async function listAliases(db: Db, topicId: number): Promise<string[]> {
  const rows = await db
    .selectFrom('topic_aliases')
    .select('slug')
    .where('topic_id', '=', topicId)
    .orderBy('slug')
    .execute();
  return rows.map(({ slug }) => slug);
}

/** From now on the slug means this topic, whatever it meant. */
export async function keepAlias(db: Db, slug: string, topicId: number, at: number): Promise<void> {
  await db
    .insertInto('topic_aliases')
    .values({ slug, topic_id: topicId, created_at: at })
    .onConflict((conflict) => conflict.column('slug').doUpdateSet({ topic_id: topicId, created_at: at }))
    .execute();
}

export async function forgetAlias(db: Db, slug: string): Promise<void> {
  await db.deleteFrom('topic_aliases').where('slug', '=', slug).execute();
}

/** What meant the one topic means the other now. */
export async function moveAliases(db: Db, fromTopicId: number, toTopicId: number): Promise<void> {
  await db
    .updateTable('topic_aliases')
    .set({ topic_id: toTopicId })
    .where('topic_id', '=', fromTopicId)
    .execute();
}
