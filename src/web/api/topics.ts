import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { iso } from '../../clock.ts';
import { atomically } from '../../store/atomically.ts';
import { listAliases } from '../../store/topic-aliases.ts';
import { countReopenable } from '../../store/topic-archive.ts';
import { countTopicSubscribers, listPublicQueries, listTopicPage } from '../../store/topic-list.ts';
import { addTopic, editTopic, findByOldSlug } from '../../store/topics.ts';
import { topicLimits } from '../../topics/definition.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { makeCursor, readCursor } from './cursor.ts';
import { withoutUndefined } from './defined.ts';
import { topicDocument } from './documents.ts';
import { ifMatchHeader, requireMatch } from './etag.ts';
import { ApiProblem } from './problem.ts';
import { actProblems, acts, body, edits, idempotencyHeader, json, looks, problems } from './routes.ts';
import { count, instant, line, next, orNull, pageQuery } from './schemas.ts';

import { etagOfTopic, findTopic, orProblem, slugParams, topicSchema, topicShape } from './topic-document.ts';

const tag = 'Topics';

const figuresSchema = z
  .object({
    week: count.openapi({ description: 'Matching papers that came out within seven days.' }),
    matched: count.openapi({ description: 'All recent papers that match.' }),
    lastAt: instant.nullable().openapi({ description: 'When the newest of them came out.' }),
  })
  .openapi('TopicFigures');
const lookedAtSchema = z
  .object({
    ...topicShape,
    aliases: z.array(z.string()).openapi({ description: 'Slugs that mean it besides its own.' }),
    mergedInto: z
      .string()
      .nullable()
      .openapi({ description: 'The topic that an archived one was merged into.' }),
    reopenable: count.openapi({
      description: 'How many would get it again if it were brought back with `reopen`.',
    }),
    figures: orNull(figuresSchema),
  })
  .openapi('TopicWithFigures');

const fields = {
  slug: z.string().min(1).max(topicLimits.slug).openapi({ example: 'llm-efficiency' }),
  name: z.string().min(1).max(topicLimits.name).openapi({ example: 'Efficient language models' }),
  query: z.string().min(1).max(10_000).openapi({ example: 'ti:(quantization OR pruning) AND LLM' }),
  description: z.string().max(topicLimits.description).nullable(),
};
const newTopic = z
  .strictObject({ ...fields, description: fields.description.optional() })
  .openapi('NewTopic');
const topicChange = z
  .strictObject(fields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'Name at least one field to change.')
  .openapi('TopicChange', { minProperties: 1 });

const listRoute = createRoute({
  ...looks({ tag, operationId: 'listTopics', summary: 'Topics by slug' }),
  method: 'get',
  path: '/topics',
  request: {
    query: z.strictObject({
      state: z.enum(['live', 'quiet', 'archived', 'any']).default('live').openapi({
        description: '`quiet`: live ones that nothing matched within seven days.',
      }),
      visibility: z.enum(['public', 'private', 'any']).default('public'),
      search: line(200).optional().openapi({ description: 'Part of the slug, the name or the query.' }),
      ...pageQuery(),
    }),
  },
  responses: {
    200: json(z.object({ topics: z.array(topicSchema), next }), 'A page of them.'),
    ...problems(),
  },
});

const getRoute = createRoute({
  ...looks({ tag, operationId: 'getTopic', summary: 'One topic with what it matches' }),
  method: 'get',
  path: '/topics/{slug}',
  request: { params: slugParams },
  responses: { 200: json(lookedAtSchema, 'The topic.', ['ETag']), ...problems(404) },
});

const overlapRoute = createRoute({
  ...looks({
    tag,
    operationId: 'listOverlaps',
    summary: 'Other topics that match the same papers, the most alike first',
  }),
  method: 'get',
  path: '/topics/{slug}/overlaps',
  request: { params: slugParams },
  responses: {
    200: json(
      z.object({
        overlaps: z.array(
          z.object({
            slug: z.string(),
            name: z.string(),
            common: count.openapi({ description: 'Papers that both match.' }),
            ofOwn: z.number().min(0).max(1).openapi({ description: "Their share of this topic's matches." }),
            ofOther: z.number().min(0).max(1).openapi({ description: "Their share of the other's." }),
          }),
        ),
      }),
      'At most twenty.',
    ),
    ...problems(404),
  },
});

const addRoute = createRoute({
  ...acts('topics', { tag, operationId: 'addTopic', summary: 'Add a public topic' }),
  method: 'post',
  path: '/topics',
  request: { headers: idempotencyHeader, body: body(newTopic) },
  responses: { 201: json(topicSchema, 'It was added.', ['ETag', 'Location']), ...problems(...actProblems) },
});

const editRoute = createRoute({
  ...edits('topics', {
    tag,
    operationId: 'editTopic',
    summary: 'Change a topic; what is absent stays',
    description: 'Another slug renames it: the old one goes on meaning it in links and address lists.',
  }),
  method: 'patch',
  path: '/topics/{slug}',
  request: { params: slugParams, headers: ifMatchHeader, body: body(topicChange) },
  responses: { 200: json(topicSchema, 'As it is now.', ['ETag']), ...problems(404, 412, 413, 415, 422, 428) },
});

/** The named queries that people subscribe to. */
export function topicRoutes({ store, clock, config, topicLooks }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const secret = config.secretKey;
  const api = new OpenAPIHono<ApiEnv>();

  api.openapi(listRoute, async (c) => {
    const { state, visibility, search, cursor, limit } = c.req.valid('query');
    const after = readCursor(secret, 'topics', cursor);
    const quiet = state === 'quiet' ? await findQuiet() : null;
    const page = await listTopicPage(db, {
      archived: state === 'any' ? null : state === 'archived',
      visibility: visibility === 'any' ? null : visibility,
      limit,
      ...(search ? { search } : {}),
      ...(typeof after === 'string' ? { afterSlug: after } : {}),
      ...(quiet ? { slugs: quiet } : {}),
    });
    const topics = page.topics.map(({ subscriptions, ...topic }) => topicDocument(topic, subscriptions));
    return c.json({ topics, next: makeCursor(secret, 'topics', page.nextAfter) }, 200);
  });

  async function findQuiet(): Promise<string[]> {
    const looks = await topicLooks?.look();
    if (!looks) throw new ApiProblem('unavailable', 'What topics match is not known here.');
    const all = await listPublicQueries(db);
    return all.filter(({ query }) => looks.figuresOf(query).week === 0).map(({ slug }) => slug);
  }

  api.openapi(getRoute, async (c) => {
    const topic = await findTopic(db, c.req.valid('param').slug);
    const figures = (await topicLooks?.look())?.figuresOf(topic.query);
    const into = topic.archivedAt === null ? null : await findByOldSlug(db, topic.slug);
    const document = {
      ...topicDocument(topic, await countTopicSubscribers(db, topic.id)),
      aliases: await listAliases(db, topic.id),
      mergedInto: into?.slug ?? null,
      reopenable: await countReopenable(db, topic),
      figures: figures ? { ...figures, lastAt: iso(figures.lastAt) } : null,
    };
    return c.json(document, 200, { ETag: etagOfTopic(topic) });
  });

  api.openapi(overlapRoute, async (c) => {
    const topic = await findTopic(db, c.req.valid('param').slug);
    const looks = await topicLooks?.look();
    if (!looks) throw new ApiProblem('unavailable', 'What topics match is not known here.');
    const others = (await listPublicQueries(db)).filter(({ id }) => id !== topic.id);
    const overlaps = looks
      .overlapsOf(topic.query, others, 20)
      .map(({ other: { slug, name }, ...shares }) => ({ slug, name, ...shares }));
    return c.json({ overlaps }, 200);
  });

  api.openapi(addRoute, async (c) => {
    const { description = null, ...given } = c.req.valid('json');
    const topic = await orProblem(addTopic(db, { ...given, description }, clock.now()));
    return c.json(topicDocument(topic, 0), 201, {
      ETag: etagOfTopic(topic),
      Location: `${config.web.publicUrl}/api/v1/topics/${topic.slug}`,
    });
  });

  api.openapi(editRoute, async (c) => {
    const given = c.req.valid('json');
    const { topic, subscriptions } = await atomically(db, async (trx) => {
      const was = await findTopic(trx, c.req.valid('param').slug);
      requireMatch(c.req.valid('header')['if-match'], etagOfTopic(was));
      const topic = await orProblem(editTopic(trx, was.slug, withoutUndefined(given), clock.now()));
      return { topic, subscriptions: await countTopicSubscribers(trx, topic.id) };
    });
    return c.json(topicDocument(topic, subscriptions), 200, { ETag: etagOfTopic(topic) });
  });

  return api;
}
