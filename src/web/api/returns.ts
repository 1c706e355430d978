import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { nameSuppressions, suppressAddress } from '../../bounces/suppress.ts';
import { parseAddress } from '../../mail/addresses.ts';
import { type BounceFilter, listBounces } from '../../store/bounces.ts';
import { findDelivery } from '../../store/deliveries.ts';
import { liftSuppression, listSuppressions } from '../../store/suppressions.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { makeCursor, readIdCursor } from './cursor.ts';
import { withoutUndefined } from './defined.ts';
import { bounceSchema, deliverySchema } from './delivery-document.ts';
import { bounceDocument, bounceShownDocument, suppressionDocument } from './documents.ts';
import { ApiProblem, invalidFields } from './problem.ts';
import { actProblems, acts, body, idempotencyHeader, json, looks, problems } from './routes.ts';
import { date, id, idParams, idText, instant, line, next, pageQuery, yesNo } from './schemas.ts';

const tag = 'What came back';

const bouncesRoute = createRoute({
  ...looks({ tag, operationId: 'listBounces', summary: 'What came back, newest first' }),
  method: 'get',
  path: '/bounces',
  request: {
    query: z.strictObject({
      class: bounceSchema.shape.class.optional(),
      email: line(320).optional(),
      delivery: idText.optional(),
      ...pageQuery(),
    }),
  },
  responses: {
    200: json(z.object({ bounces: z.array(bounceSchema), next }), 'A page of them.'),
    ...problems(),
  },
});

export const bounceShownSchema = z
  .object({
    ...bounceSchema.shape,
    delivery: z
      .object({ editionDate: date, status: deliverySchema.shape.status })
      .nullable()
      .openapi({ description: 'What it is about; null: that is not known, or not any more.' }),
  })
  .openapi('BounceShown');

const bounceRoute = createRoute({
  ...looks({ tag, operationId: 'getBounce', summary: 'One thing that came back' }),
  method: 'get',
  path: '/bounces/{id}',
  request: { params: idParams },
  responses: { 200: json(bounceShownSchema, 'It.'), ...problems(404) },
});

export const suppressionSchema = z
  .object({
    id,
    email: z.string().nullable().openapi({ description: 'While a subscriber has it.' }),
    addressHash: z.string().openapi({ description: 'A keyed hash: addresses themselves are not kept.' }),
    reason: z.string(),
    origin: z.string(),
    note: z.string().nullable(),
    bounceId: id.nullable(),
    createdAt: instant,
    liftedAt: instant.nullable(),
    liftedNote: z.string().nullable(),
  })
  .openapi('Suppression');

const suppressionsRoute = createRoute({
  ...looks({
    tag,
    operationId: 'listSuppressions',
    summary: 'Addresses that must not be mailed, in the order they were suppressed',
  }),
  method: 'get',
  path: '/suppressions',
  request: {
    query: z.strictObject({
      email: line(320).optional(),
      reason: line(60).optional(),
      lifted: yesNo.default('no').openapi({ description: 'Those that were lifted, too.' }),
      ...pageQuery(50, 500),
    }),
  },
  responses: {
    200: json(z.object({ suppressions: z.array(suppressionSchema), next }), 'A page of them.'),
    ...problems(),
  },
});

const address = z.string().max(320).openapi({ example: 'ada@example.org' });

export const suppressedSchema = z.object({
  email: z.string(),
  added: z.boolean().openapi({ description: 'False: it was so already.' }),
});
export const liftedSchema = z.object({ email: z.string() });

const suppressRoute = createRoute({
  ...acts('subscribers', { tag, operationId: 'suppress', summary: 'Never mail an address, whoever asks' }),
  method: 'post',
  path: '/suppressions',
  request: {
    headers: idempotencyHeader,
    body: body(
      z.strictObject({ email: address, note: z.string().max(500).optional() }).openapi('NewSuppression'),
    ),
  },
  responses: {
    200: json(suppressedSchema, 'It is suppressed.'),
    ...problems(...actProblems),
  },
});

const liftRoute = createRoute({
  ...acts('subscribers', {
    tag,
    operationId: 'liftSuppression',
    summary: 'Let an address be mailed again',
    description: 'What came back from it before counts no more.',
  }),
  method: 'post',
  path: '/suppressions/lift',
  request: {
    headers: idempotencyHeader,
    body: body(
      z
        .strictObject({ email: address, note: line(500).openapi({ description: 'Why: it is kept.' }) })
        .openapi('Lifting'),
    ),
  },
  responses: {
    200: json(liftedSchema, 'It may be mailed.'),
    ...problems(404, ...actProblems),
  },
});

/** What came back, and who must not be mailed for it or otherwise. */
export function returnRoutes({ store, clock, config, hashAddress }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const secret = config.secretKey;
  const api = new OpenAPIHono<ApiEnv>();

  function readAddress(text: string) {
    const parsed = parseAddress(text);
    if (parsed.ok) return { ...parsed.address, hash: hashAddress(parsed.address.key) };
    return { message: parsed.message };
  }
  function orParameter(text: string | undefined) {
    if (text === undefined) return undefined;
    const read = readAddress(text);
    if (!('message' in read)) return read;
    throw new ApiProblem('parameters', read.message, {
      errors: [{ parameter: 'email', detail: read.message }],
    });
  }
  function orField(text: string) {
    const read = readAddress(text);
    if (!('message' in read)) return read;
    throw invalidFields([{ field: 'email', message: read.message }]);
  }

  api.openapi(bouncesRoute, async (c) => {
    const { class: kind, email, delivery, cursor, limit } = c.req.valid('query');
    const filter: BounceFilter = {
      limit: limit + 1,
      ...withoutUndefined({
        ...{ class: kind, emailKey: orParameter(email)?.key, deliveryId: delivery },
        beforeId: readIdCursor(secret, 'bounces', cursor),
      }),
    };
    const found = await listBounces(db, filter);
    const bounces = found.slice(0, limit);
    const last = found.length > limit ? (bounces.at(-1)?.id ?? null) : null;
    return c.json({ bounces: bounces.map(bounceDocument), next: makeCursor(secret, 'bounces', last) }, 200);
  });

  api.openapi(bounceRoute, async (c) => {
    const { id } = c.req.valid('param');
    const [entry] = await listBounces(db, { id, limit: 1 });
    if (!entry) throw new ApiProblem('not-found', `Nothing with the id ${id} came back.`);
    const about = entry.deliveryId === null ? null : await findDelivery(db, entry.deliveryId);
    return c.json(bounceShownDocument(entry, about), 200);
  });

  api.openapi(suppressionsRoute, async (c) => {
    const { email, reason, lifted, cursor, limit } = c.req.valid('query');
    const found = await listSuppressions(db, {
      limit: limit + 1,
      lifted: lifted === 'yes',
      ...withoutUndefined({
        ...{ addressHash: orParameter(email)?.hash, reason },
        afterId: readIdCursor(secret, 'suppressions', cursor),
      }),
    });
    const named = await nameSuppressions(db, hashAddress, found.slice(0, limit));
    const last = found.length > limit ? (named.at(-1)?.id ?? null) : null;
    const suppressions = named.map(suppressionDocument);
    return c.json({ suppressions, next: makeCursor(secret, 'suppressions', last) }, 200);
  });

  api.openapi(suppressRoute, async (c) => {
    const { email: given, note = null } = c.req.valid('json');
    const { email, hash } = orField(given);
    return c.json({ email, added: await suppressAddress(db, hash, note, clock.now()) }, 200);
  });

  api.openapi(liftRoute, async (c) => {
    const { email: given, note } = c.req.valid('json');
    const { email, hash } = orField(given);
    if (!(await liftSuppression(db, hash, note, clock.now())))
      throw new ApiProblem('not-found', `${email} is not suppressed.`);
    return c.json({ email }, 200);
  });
  return api;
}
