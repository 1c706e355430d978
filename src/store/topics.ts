import type { Selectable } from 'kysely';
import { checkTopicDefinition, type TopicDefinition, TopicError } from '../topics/definition.ts';
import type { Topic } from '../topics/topic.ts';
import { atomically } from './atomically.ts';
import { audited } from './audit.ts';
import type { AuditAct } from './audit-words.ts';
import type { TopicsTable } from './schema.ts';
import type { Db } from './store.ts';
import { forgetAlias, keepAlias } from './topic-aliases.ts';

/** A topic and how many subscriptions to it have not ended. */
export interface ListedTopic extends Topic {
  subscriptions: number;
}

/**
 * Topics by slug: those that are not archived, public and private, with their live subscriptions.
 * `archived` includes archived ones, `visibility` leaves out the others.
 */
export async function listTopics(
  db: Db,
  options: { archived?: boolean; visibility?: Topic['visibility'] } = {},
): Promise<ListedTopic[]> {
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
    .orderBy('topics.slug');
  if (!options.archived) query = query.where('archived_at', 'is', null);
  if (options.visibility) query = query.where('visibility', '=', options.visibility);
  return (await query.execute()).map((row) => ({ ...toTopic(row), subscriptions: row.subscriptions ?? 0 }));
}

/** The topics that anybody can follow, in the order of their names; who follows them is not counted. */
export async function listPublicTopics(db: Db): Promise<Topic[]> {
  const rows = await db
    .selectFrom('topics')
    .selectAll()
    .where('visibility', '=', 'public')
    .where('archived_at', 'is', null)
    .execute();
  // People see names; slugs have another order.
  return rows.map(toTopic).sort((a, b) => byName.compare(a.name, b.name));
}

const byName = new Intl.Collator('en');

/** The topic of that slug, archived or not; null when there is none. */
export async function findTopicBySlug(db: Db, slug: string): Promise<Topic | null> {
  const row = await db.selectFrom('topics').selectAll().where('slug', '=', slug).executeTakeFirst();
  return row ? toTopic(row) : null;
}

/** The public topics of these slugs (at most some hundred) that are not archived, by slug. */
export async function findPublicTopics(db: Db, slugs: readonly string[]): Promise<Topic[]> {
  if (slugs.length === 0) return [];
  const rows = await db
    .selectFrom('topics')
    .selectAll()
    .where('slug', 'in', slugs)
    .where('visibility', '=', 'public')
    .where('archived_at', 'is', null)
    .orderBy('slug')
    .execute();
  return rows.map(toTopic);
}

/** A subscriber's private topics in the order they were made; `archived`: also those that were removed. */
export async function listOwnedTopics(
  db: Db,
  ownerId: number,
  { archived }: { archived: boolean },
): Promise<Topic[]> {
  let query = db.selectFrom('topics').selectAll().where('owner_id', '=', ownerId).orderBy('id');
  if (!archived) query = query.where('archived_at', 'is', null);
  return (await query.execute()).map(toTopic);
}

/** How many subscriptions to each topic have not ended, by topic id; topics without one are absent. */
export async function countSubscriptions(db: Db): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom('subscriptions')
    .where('ended_at', 'is', null)
    .groupBy('topic_id')
    .select((eb) => ['topic_id', eb.fn.countAll<number>().as('count')])
    .execute();
  return new Map(rows.map((row) => [row.topic_id, row.count]));
}

/** What a new topic is; without `ownerId` it is public. */
export type NewTopic = Omit<TopicDefinition, 'description'> & {
  description?: string | null;
  ownerId?: number | null;
};

/** Keeps a new topic. `at`: epoch ms. Throws TopicError for a bad definition or a slug already taken. */
export function addTopic(db: Db, given: NewTopic, at: number): Promise<Topic> {
  return audited(db, { act: 'add', kind: 'topic', id: ({ id }) => id, at }, async (trx) => {
    const definition = checkTopicDefinition({ ...given, description: given.description ?? null });
    await refuseTakenSlug(trx, definition.slug, null);
    const ownerId = given.ownerId ?? null;
    const row = await trx
      .insertInto('topics')
      .values({
        ...definition,
        visibility: ownerId === null ? 'public' : 'private',
        owner_id: ownerId,
        created_at: at,
        updated_at: at,
        archived_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toTopic(row);
  });
}

/** Throws TopicError when a slug is, or was, that of another topic than this one. */
async function refuseTakenSlug(db: Db, slug: string, topicId: number | null): Promise<void> {
  const tell = (message: string) => new TopicError([{ field: 'slug', message }]);
  const other = await findTopicBySlug(db, slug);
  if (other && other.id !== topicId)
    throw tell(
      other.archivedAt === null
        ? `There is a topic “${slug}” already. Edit it, or choose another slug.`
        : `There was a topic “${slug}”; it is archived. Edit it to bring it back, or choose another slug.`,
    );
  const renamed = await findByOldSlug(db, slug);
  if (renamed && renamed.id !== topicId)
    throw tell(
      `“${slug}” is what the topic “${renamed.slug}” was called before, and links still name it so. Choose another slug.`,
    );
}

/** What to change; what is absent stays. */
export interface TopicChange {
  /** The old one goes on meaning this topic, in links and address lists. */
  slug?: string;
  name?: string;
  query?: string;
  description?: string | null;
  /** Brings it back, without its subscriptions (topic-archive.ts has more). */
  archived?: false;
}

/**
 * Changes a topic. One that was merged into another is on its own again when it is brought back. `at`: epoch ms. Throws
 * TopicError when there is none or the change is bad.
 */
export function editTopic(db: Db, slug: string, change: TopicChange, at: number): Promise<Topic> {
  const renames = change.slug !== undefined && change.slug !== slug;
  const act = change.archived === false ? 'restore' : renames ? 'rename' : 'edit';
  return changeTopic(db, slug, act, at, async (trx, topic) => {
    const { name, description, query, ...checked } = checkTopicDefinition({
      slug: change.slug ?? topic.slug,
      name: change.name ?? topic.name,
      description: change.description === undefined ? topic.description : change.description,
      query: change.query ?? topic.query,
    });
    const archivedAt = change.archived === false ? null : topic.archivedAt;
    if (checked.slug !== topic.slug) {
      await refuseTakenSlug(trx, checked.slug, topic.id);
      await forgetAlias(trx, checked.slug);
      await keepAlias(trx, topic.slug, topic.id, at);
    }
    if (archivedAt === null) await forgetAlias(trx, checked.slug);
    const row = await trx
      .updateTable('topics')
      .set({
        slug: checked.slug,
        name,
        description,
        query,
        updated_at: at,
        archived_at: archivedAt,
      })
      .where('id', '=', topic.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return toTopic(row);
  });
}

/**
 * Adds the public topics whose slug is not known, nor was before. One that is there is left alone, whatever an admin made
 * of it, archived ones included. `at`: epoch ms. Gives the slugs added. Throws TopicError.
 */
export function seedTopics(db: Db, definitions: readonly TopicDefinition[], at: number): Promise<string[]> {
  return atomically(db, async (trx) => {
    const added: string[] = [];
    for (const definition of definitions) {
      if (await findTopicBySlug(trx, definition.slug)) continue;
      if (await findByOldSlug(trx, definition.slug)) continue;
      await addTopic(trx, definition, at);
      added.push(definition.slug);
    }
    return added;
  });
}

/** The topic that had this slug before, or into which the one that has it was merged; null: there is none. */
export async function findByOldSlug(db: Db, slug: string): Promise<Topic | null> {
  const row = await db
    .selectFrom('topics')
    .innerJoin('topic_aliases', 'topic_aliases.topic_id', 'topics.id')
    .selectAll('topics')
    .where('topic_aliases.slug', '=', slug)
    .executeTakeFirst();
  return row ? toTopic(row) : null;
}

async function requireTopic(db: Db, slug: string): Promise<Topic> {
  const topic = await findTopicBySlug(db, slug);
  if (topic) return topic;
  const renamed = await findByOldSlug(db, slug);
  throw new TopicError(
    renamed
      ? `The topic “${slug}” is called “${renamed.slug}” now.`
      : `There is no topic “${slug.slice(0, 80)}”.`,
  );
}

/** Finds the topic and changes it in one transaction, and writes down who did. Throws TopicError when there is none. */
export function changeTopic<T>(
  db: Db,
  slug: string,
  act: AuditAct,
  at: number,
  steps: (db: Db, topic: Topic) => Promise<T>,
): Promise<T> {
  return atomically(db, async (trx) => {
    const topic = await requireTopic(trx, slug);
    return await audited(trx, { act, kind: 'topic', id: topic.id, at }, () => steps(trx, topic));
  });
}

export function toTopic(row: Selectable<TopicsTable>): Topic {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    query: row.query,
    description: row.description,
    visibility: row.visibility,
    ownerId: row.owner_id,
    archivedAt: row.archived_at,
  };
}
