import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { iso } from '../../clock.ts';
import { explainDay } from '../../delivery/why.ts';
import { localDateAt, weekdays } from '../../digest/schedule.ts';
import { subscriberStatuses } from '../../store/schema.ts';
import { loadStory } from '../../subscribers/story.ts';
import { auditSchema } from './audit.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { makeCursor, readIdCursor } from './cursor.ts';
import { bounceSchema, deliverySchema } from './delivery-document.ts';
import { auditDocument, bounceDocument, deliveryDocument, whyDocument } from './documents.ts';
import { json, looks, problems } from './routes.ts';
import { date, idParams, instant, next, orNull, pageQuery } from './schemas.ts';
import { findWhole } from './subscriber-document.ts';

const tag = 'Subscribers';

export const storySchema = z
  .object({
    deliveries: z.array(deliverySchema),
    next: next.openapi({ description: 'The cursor of older deliveries; null: there are none.' }),
    bounces: z.array(bounceSchema),
    subscriptions: z.array(
      z.object({
        topic: z.string(),
        name: z.string(),
        visibility: z.enum(['public', 'private']),
        since: instant,
        endedAt: instant.nullable(),
        endedReason: z.string().nullable(),
      }),
    ),
    states: z.array(
      z.object({
        since: instant,
        status: z.enum(subscriberStatuses),
        timezone: z.string(),
        time: z.string(),
        days: z.array(z.enum(weekdays)),
      }),
    ),
    consents: z.array(
      z.object({
        askedAt: instant,
        givenAt: instant,
        linkHash: z.string().openapi({ description: 'Of the link in the mail that they followed.' }),
      }),
    ),
    feedback: z.array(
      z.object({ at: instant, verdict: z.enum(['more', 'less']), paper: z.string(), title: z.string() }),
    ),
    changes: z.array(auditSchema),
  })
  .openapi('Story');

const storyRoute = createRoute({
  ...looks({
    tag,
    operationId: 'getStory',
    summary: 'What happened with a subscriber',
    description: 'Twenty deliveries, and the latest thirty of everything else.',
  }),
  method: 'get',
  path: '/subscribers/{id}/story',
  request: { params: idParams, query: z.strictObject({ cursor: pageQuery().cursor }) },
  responses: { 200: json(storySchema, 'Each part newest first.'), ...problems(404) },
});

export const whySchema = z
  .object({
    email: z.string(),
    date,
    outcome: z.enum(['sent', 'failed', 'uncertain', 'skipped', 'waiting', 'none']),
    reason: z.string().nullable(),
    sentence: z.string().openapi({ description: 'One or two sentences.' }),
    dueAt: instant.nullable(),
    delivery: orNull(deliverySchema),
    returned: z.array(bounceSchema).openapi({ description: 'What came back of it.' }),
  })
  .openapi('Why');

const whyRoute = createRoute({
  ...looks({
    tag,
    operationId: 'explainDay',
    summary: 'Why a subscriber did or did not get a digest on a day',
  }),
  method: 'get',
  path: '/subscribers/{id}/why',
  request: {
    params: idParams,
    query: z.strictObject({
      date: date.optional().openapi({ description: 'A local date of theirs; today when absent.' }),
    }),
  },
  responses: { 200: json(whySchema, 'What became of it, and why.'), ...problems(404) },
});

/** What is known of one subscriber, and why they got what they got. */
export function subscriberStoryRoutes({ store, clock, config }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const secret = config.secretKey;
  const api = new OpenAPIHono<ApiEnv>();

  api.openapi(storyRoute, async (c) => {
    const { subscriber } = await findWhole(db, c.req.valid('param').id);
    const list = `story ${subscriber.id}`;
    const beforeDelivery = readIdCursor(secret, list, c.req.valid('query').cursor);
    const story = await loadStory(db, subscriber, { beforeDelivery });
    const document: z.infer<typeof storySchema> = {
      deliveries: story.deliveries.map(deliveryDocument),
      next: makeCursor(secret, list, story.nextBefore),
      bounces: story.bounces.map(bounceDocument),
      subscriptions: story.subscriptions.map(({ topic, createdAt, endedAt, endedReason }) => ({
        ...{ topic: topic.slug, name: topic.name, visibility: topic.visibility },
        ...{ since: iso(createdAt), endedAt: iso(endedAt), endedReason },
      })),
      states: story.events.map(({ at, status, timezone, digestTime: time, days }) => ({
        ...{ since: iso(at), status, timezone, time, days: [...days] },
      })),
      consents: story.consents.map(({ askedAt, givenAt, linkHash }) => ({
        ...{ askedAt: iso(askedAt), givenAt: iso(givenAt), linkHash },
      })),
      feedback: story.feedback.map(({ createdAt, verdict, key, title }) => ({
        ...{ at: iso(createdAt), verdict, paper: key, title },
      })),
      changes: story.changes.map(auditDocument),
    };
    return c.json(document, 200);
  });

  api.openapi(whyRoute, async (c) => {
    const { subscriber } = await findWhole(db, c.req.valid('param').id);
    const now = clock.now();
    const asked = c.req.valid('query').date ?? localDateAt(now, subscriber.timezone);
    const why = await explainDay(db, subscriber, asked, now);
    return c.json(whyDocument(subscriber.email, why), 200);
  });
  return api;
}
