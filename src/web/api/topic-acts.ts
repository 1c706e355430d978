import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { atomically } from '../../store/atomically.ts';
import { countTopicSubscribers } from '../../store/topic-list.ts';
import { mergeTopics } from '../../store/topic-merge.ts';
import { editTopic, removeTopic } from '../../store/topics.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { topicDocument } from './documents.ts';
import { ApiProblem } from './problem.ts';
import { actProblems, acts, body, idempotencyHeader, json, noBody, problems } from './routes.ts';
import { count } from './schemas.ts';
import {
  archivedSchema,
  etagOfTopic,
  findTopic,
  mergedSchema,
  orProblem,
  slugParams,
  topicSchema,
} from './topic-document.ts';

const tag = 'Topics';

const archiveRoute = createRoute({
  ...acts('topics', {
    tag,
    operationId: 'archiveTopic',
    summary: 'Archive a topic',
    description: 'Its subscriptions end; nothing is deleted. Doing it again changes nothing.',
  }),
  method: 'post',
  path: '/topics/{slug}/archive',
  request: { params: slugParams, headers: idempotencyHeader, body: noBody },
  responses: {
    200: json(archivedSchema, 'With how many subscriptions ended.', ['ETag']),
    ...problems(404, ...actProblems),
  },
});

const restoreRoute = createRoute({
  ...acts('topics', {
    tag,
    operationId: 'restoreTopic',
    summary: 'Bring an archived topic back',
    description: 'Without the subscriptions it had.',
  }),
  method: 'post',
  path: '/topics/{slug}/restore',
  request: { params: slugParams, headers: idempotencyHeader, body: noBody },
  responses: { 200: json(topicSchema, 'As it is now.', ['ETag']), ...problems(404, ...actProblems) },
});

const mergeRoute = createRoute({
  ...acts('topics', {
    tag,
    operationId: 'mergeTopic',
    summary: 'Put a topic into another',
    description:
      'Whoever gets the one gets the other instead, once. The one is archived, and its slug means the other from then on.',
  }),
  method: 'post',
  path: '/topics/{slug}/merge',
  request: {
    params: slugParams,
    headers: idempotencyHeader,
    body: body(
      z.strictObject({
        into: slugParams.shape.slug,
        expected: count.optional().openapi({
          description: 'How many subscribers it is thought to be for; with another number nothing is done.',
        }),
      }),
    ),
  },
  responses: {
    200: json(mergedSchema, 'It was done.'),
    ...problems(404, ...actProblems),
  },
});

/** What is done to a topic besides editing. */
export function topicActRoutes({ store, clock }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const api = new OpenAPIHono<ApiEnv>();

  api.openapi(archiveRoute, async (c) => {
    const { slug } = await findTopic(db, c.req.valid('param').slug);
    const { topic, ended } = await orProblem(removeTopic(db, slug, clock.now()));
    return c.json({ topic: topicDocument(topic, 0), ended }, 200, { ETag: etagOfTopic(topic) });
  });

  api.openapi(restoreRoute, async (c) => {
    const { slug } = await findTopic(db, c.req.valid('param').slug);
    const topic = await orProblem(editTopic(db, slug, { archived: false }, clock.now()));
    return c.json(topicDocument(topic, await countTopicSubscribers(db, topic.id)), 200, {
      ETag: etagOfTopic(topic),
    });
  });

  api.openapi(mergeRoute, async (c) => {
    const { into, expected } = c.req.valid('json');
    const merged = await atomically(db, async (trx) => {
      const topic = await findTopic(trx, c.req.valid('param').slug);
      const subscribers = await countTopicSubscribers(trx, topic.id);
      if (expected !== undefined && expected !== subscribers)
        throw new ApiProblem(
          'conflict',
          `It is for ${subscribers} subscribers now, not for ${expected}. Nothing was changed.`,
        );
      const done = await mergeTopics(trx, topic.slug, into, clock.now());
      if (!done.ok) throw new ApiProblem('conflict', done.message);
      return done;
    });
    const { from, moved, had } = merged;
    return c.json({ from: from.slug, into: merged.into.slug, moved, had }, 200);
  });
  return api;
}
