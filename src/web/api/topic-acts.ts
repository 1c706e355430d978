import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { atomically } from '../../store/atomically.ts';
import type { Db } from '../../store/store.ts';
import { removeTopic, restoreTopic } from '../../store/topic-archive.ts';
import { countTopicSubscribers } from '../../store/topic-list.ts';
import { mergeTopics } from '../../store/topic-merge.ts';
import type { Topic } from '../../topics/topic.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { topicDocument } from './documents.ts';
import { ApiProblem } from './problem.ts';
import { actProblems, acts, body, idempotencyHeader, json, problems } from './routes.ts';
import { count } from './schemas.ts';
import {
  archivedSchema,
  etagOfTopic,
  findTopic,
  mergedSchema,
  orProblem,
  restoredSchema,
  slugParams,
} from './topic-document.ts';

const tag = 'Topics';

const expected = count.optional().openapi({
  description: 'How many subscribers it is thought to be for; with another number nothing is done.',
});

const archiveRoute = createRoute({
  ...acts('topics', {
    tag,
    operationId: 'archiveTopic',
    summary: 'Archive a topic',
    description:
      'Its subscriptions end; nothing is deleted, and bringing it back can begin them again. Doing it again changes nothing.',
  }),
  method: 'post',
  path: '/topics/{slug}/archive',
  request: {
    params: slugParams,
    headers: idempotencyHeader,
    body: { ...body(z.strictObject({ expected })), required: false },
  },
  responses: {
    200: json(archivedSchema, 'With what ended.', ['ETag']),
    ...problems(404, ...actProblems),
  },
});

const restoreRoute = createRoute({
  ...acts('topics', {
    tag,
    operationId: 'restoreTopic',
    summary: 'Bring an archived topic back',
    description:
      'Without the subscriptions it had, unless `reopen` asks for them. That can be asked for later, too: a topic that is not archived is only given back to who lost it.',
  }),
  method: 'post',
  path: '/topics/{slug}/restore',
  request: {
    params: slugParams,
    headers: idempotencyHeader,
    body: {
      ...body(
        z.strictObject({
          reopen: z.boolean().default(false).openapi({
            description:
              'Those whose subscriptions ended when it was archived get it again: who is active or paused, and has not had it again since.',
          }),
        }),
      ),
      required: false,
    },
  },
  responses: { 200: json(restoredSchema, 'As it is now.', ['ETag']), ...problems(404, ...actProblems) },
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
        expected,
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
    const { expected } = c.req.valid('json') ?? {};
    const { topic, ...ending } = await atomically(db, async (trx) => {
      const was = await findTopic(trx, c.req.valid('param').slug);
      await requireExpected(trx, was, expected);
      return await orProblem(removeTopic(trx, was.slug, clock.now()));
    });
    return c.json({ topic: topicDocument(topic, 0), ...ending }, 200, { ETag: etagOfTopic(topic) });
  });

  api.openapi(restoreRoute, async (c) => {
    const { reopen = false } = c.req.valid('json') ?? {};
    const { slug } = await findTopic(db, c.req.valid('param').slug);
    const { topic, ...rest } = await orProblem(restoreTopic(db, slug, { reopen }, clock.now()));
    const subscriptions = await countTopicSubscribers(db, topic.id);
    return c.json({ ...topicDocument(topic, subscriptions), ...rest }, 200, { ETag: etagOfTopic(topic) });
  });

  api.openapi(mergeRoute, async (c) => {
    const { into, expected } = c.req.valid('json');
    const merged = await atomically(db, async (trx) => {
      const topic = await findTopic(trx, c.req.valid('param').slug);
      await requireExpected(trx, topic, expected);
      const done = await mergeTopics(trx, topic.slug, into, clock.now());
      if (!done.ok) throw new ApiProblem('conflict', done.message);
      return done;
    });
    const { from, moved, had } = merged;
    return c.json({ from: from.slug, into: merged.into.slug, moved, had }, 200);
  });
  return api;
}

/** Throws ApiProblem when the topic is for another number of subscribers. */
async function requireExpected(db: Db, { id }: Topic, expected: number | undefined): Promise<void> {
  if (expected === undefined) return;
  const subscribers = await countTopicSubscribers(db, id);
  if (expected === subscribers) return;
  throw new ApiProblem(
    'conflict',
    `It is for ${subscribers} subscribers now, not for ${expected}. Nothing was changed.`,
  );
}
