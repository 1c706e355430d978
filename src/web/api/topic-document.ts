import { z } from '@hono/zod-openapi';
import type { Db } from '../../store/store.ts';
import { findByOldSlug, findTopicBySlug } from '../../store/topics.ts';
import { TopicError, topicLimits } from '../../topics/definition.ts';
import type { Topic } from '../../topics/topic.ts';
import { etagOf } from './etag.ts';
import { ApiProblem, invalidFields } from './problem.ts';
import { count, id, instant } from './schemas.ts';

export const topicShape = {
  id,
  slug: z.string().openapi({ example: 'llm-efficiency' }),
  name: z.string(),
  query: z.string().openapi({ description: 'As typed; `*` matches everything.' }),
  description: z.string().nullable(),
  visibility: z.enum(['public', 'private']),
  ownerId: id.nullable().openapi({ description: 'The subscriber whose own topic it is.' }),
  archivedAt: instant.nullable(),
  subscriptions: count.openapi({ description: 'How many subscribers get it.' }),
};
export const topicSchema = z.object(topicShape).openapi('Topic');
export const archivedSchema = z.object({
  topic: topicSchema,
  ended: count.openapi({ description: 'Subscriptions that ended.' }),
  withoutTopic: count.openapi({ description: 'Subscribers who have no topic at all now.' }),
});
export const restoredSchema = z
  .object({
    ...topicShape,
    reopened: count.openapi({ description: 'Subscribers who got it again.' }),
    reopenable: count.openapi({
      description: 'Subscribers whose subscriptions ended when it was archived, and stay ended.',
    }),
  })
  .openapi('RestoredTopic');
export const mergedSchema = z.object({
  from: z.string(),
  into: z.string(),
  moved: count.openapi({ description: 'Subscribers who get the other now.' }),
  had: count.openapi({ description: 'Subscribers who had both.' }),
});

export const slugParams = z.object({
  slug: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    .max(topicLimits.slug)
    .openapi({ param: { name: 'slug', in: 'path' }, example: 'llm-efficiency' }),
});

/** By its slug; one that was renamed since is told by its name now. Throws ApiProblem. */
export async function findTopic(db: Db, slug: string): Promise<Topic> {
  const topic = await findTopicBySlug(db, slug);
  if (topic) return topic;
  const renamed = await findByOldSlug(db, slug);
  throw new ApiProblem(
    'not-found',
    renamed ? `The topic “${slug}” is called “${renamed.slug}” now.` : `There is no topic “${slug}”.`,
  );
}

export function etagOfTopic({ id, slug, name, query, description, archivedAt }: Topic): string {
  return etagOf([id, slug, name, query, description, archivedAt]);
}

/** What stands against a topic, field by field. */
export async function orProblem<T>(act: Promise<T>): Promise<T> {
  try {
    return await act;
  } catch (error) {
    if (!(error instanceof TopicError)) throw error;
    throw error.problems.length > 0
      ? invalidFields(error.problems)
      : new ApiProblem('conflict', error.message);
  }
}
