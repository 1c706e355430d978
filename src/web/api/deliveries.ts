import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import {
  type ActResult,
  releaseDelivery,
  resolutions,
  resolveDelivery,
  retryDelivery,
} from '../../delivery/acts.ts';
import { actOnMany, type ManyAct, searchFor } from '../../delivery/acts-on-many.ts';
import { readDeliverySearch, type SearchTexts } from '../../delivery/read-search.ts';
import { listBounces } from '../../store/bounces.ts';
import { listDeliveries } from '../../store/deliveries.ts';
import { countFound, findDeliveryIds } from '../../store/delivery-search.ts';
import { deliveryReasons, deliveryStatuses } from '../../store/schema.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { makeCursor, readIdCursor } from './cursor.ts';
import { bounceSchema, deliverySchema } from './delivery-document.ts';
import { bounceDocument, deliveryDocument } from './documents.ts';
import { ApiProblem } from './problem.ts';
import { actProblems, acts, body, idempotencyHeader, json, looks, noBody, problems } from './routes.ts';
import { count, date, id, idParams, idText, line, next, pageQuery } from './schemas.ts';

const tag = 'Deliveries';

const searchShape = {
  reason: z.enum(deliveryReasons).optional(),
  date: date.optional().openapi({ description: 'The edition date.' }),
  topic: line(60).optional().openapi({ description: 'With papers that count for this topic.' }),
  email: line(320).optional().openapi({ description: "A subscriber's address, or id." }),
};

const listRoute = createRoute({
  ...looks({ tag, operationId: 'listDeliveries', summary: 'Deliveries, newest first' }),
  method: 'get',
  path: '/deliveries',
  request: {
    query: z.strictObject({
      status: z.enum(deliveryStatuses).optional(),
      ...searchShape,
      run: idText.optional().openapi({ description: 'Of this plan run.' }),
      ...pageQuery(),
    }),
  },
  responses: {
    200: json(z.object({ deliveries: z.array(deliverySchema), next }), 'A page of them.'),
    ...problems(),
  },
});

export const deliveryLookSchema = z.object({ delivery: deliverySchema, returned: z.array(bounceSchema) });

const getRoute = createRoute({
  ...looks({ tag, operationId: 'getDelivery', summary: 'One delivery, with what came back about it' }),
  method: 'get',
  path: '/deliveries/{id}',
  request: { params: idParams },
  responses: {
    200: json(deliveryLookSchema, 'The delivery.'),
    ...problems(404),
  },
});

export const retriedSchema = z.object({
  delivery: deliverySchema,
  papers: count,
  dropped: count.openapi({ description: 'Papers that were left out.' }),
});

const retryRoute = createRoute({
  ...acts('send', {
    tag,
    operationId: 'retryDelivery',
    summary: 'Put a failed delivery back into the queue while its day lasts',
    description: 'Papers that its reader was sent in another digest since are left out.',
  }),
  method: 'post',
  path: '/deliveries/{id}/retry',
  request: { params: idParams, headers: idempotencyHeader, body: noBody },
  responses: {
    200: json(retriedSchema, 'It waits for the next run.'),
    ...problems(404, ...actProblems),
  },
});

const asShape = z.enum(resolutions).openapi({
  description:
    '`sent`: it arrived. `pending`: it did not, send it again, within a day. `failed`: give it up; its papers compete again.',
});

const resolveRoute = createRoute({
  ...acts('send', {
    tag,
    operationId: 'resolveDelivery',
    summary: 'Say what became of an uncertain delivery',
    description: "Look for its Message-ID in the mail server's log first.",
  }),
  method: 'post',
  path: '/deliveries/{id}/resolve',
  request: { params: idParams, headers: idempotencyHeader, body: body(z.strictObject({ as: asShape })) },
  responses: { 200: json(deliverySchema, 'As it is now.'), ...problems(404, ...actProblems) },
});

export const releasedSchema = z.object({ delivery: deliverySchema, papers: count });

const releaseRoute = createRoute({
  ...acts('send', {
    tag,
    operationId: 'releaseDelivery',
    summary: 'Let the papers of a delivery whose mail came back compete again',
  }),
  method: 'post',
  path: '/deliveries/{id}/release',
  request: { params: idParams, headers: idempotencyHeader, body: noBody },
  responses: {
    200: json(releasedSchema, 'It holds its papers no more.'),
    ...problems(404, ...actProblems),
  },
});

export const manySchema = z.object({
  count: count.nullable().openapi({ description: 'How many there are, counted up to ten thousand.' }),
  done: count,
  refused: count,
  refusals: z.array(z.object({ id, message: z.string() })).openapi({ description: 'The first twenty.' }),
  nextUpTo: count.nullable().openapi({ description: 'Null: there are no more.' }),
});

const manyRoute = createRoute({
  ...acts('send', {
    tag,
    operationId: 'actOnDeliveries',
    summary: 'Resolve all uncertain deliveries that a search finds, or retry all failed ones',
    description:
      'Without `upTo` nothing is changed, and the answer says how many there are and what `upTo` to send. With it, up to 500 are done, newest first; `nextUpTo` is what to send next.',
  }),
  method: 'post',
  path: '/deliveries/many',
  request: {
    headers: idempotencyHeader,
    body: body(
      z
        .strictObject({
          act: z.enum(['resolve', 'retry']),
          as: asShape.optional(),
          search: z.strictObject({ ...searchShape, run: id.optional() }).default({}),
          upTo: id
            .optional()
            .openapi({ description: 'The highest id that was counted: newer ones are left alone.' }),
        })
        .refine(
          ({ act, as }) => (act === 'resolve') === (as !== undefined),
          'To resolve, and only then, say as what.',
        )
        .openapi('ManyDeliveries', {
          example: { act: 'resolve', as: 'sent', search: { date: '2026-06-22' } },
        }),
    ),
  },
  responses: {
    200: json(manySchema, 'What was counted, or done.'),
    ...problems(...actProblems),
  },
});

const countedAtMost = 10_000;
const doneAtOnce = 500;

/** What was sent to whom, and what was not and why. */
export function deliveryRoutes({ store, clock, config, hashAddress }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const secret = config.secretKey;
  const deps = () => ({ db, now: clock.now(), hashAddress });
  const api = new OpenAPIHono<ApiEnv>();

  async function readSearch(
    texts: SearchTexts,
    place: (field: string) => { pointer: string } | { parameter: string },
  ) {
    const { search, problems } = await readDeliverySearch(db, texts);
    if (problems.length === 0) return search;
    const errors = problems.map(({ field, message }) => ({ ...place(field), detail: message }));
    const kind = 'pointer' in place('') ? 'invalid' : 'parameters';
    throw new ApiProblem(kind, problems.map(({ message }) => message).join('\n'), { errors });
  }

  async function documentOf(deliveryId: number) {
    const [entry] = await listDeliveries(db, { id: deliveryId, limit: 1 });
    if (!entry) throw new ApiProblem('not-found', `There is no delivery ${deliveryId}.`);
    return deliveryDocument(entry);
  }

  function orProblem<Done>(result: ActResult<Done>): Done {
    if (result.ok) return result;
    throw new ApiProblem(result.reason === 'unknown' ? 'not-found' : 'conflict', result.message);
  }

  api.openapi(listRoute, async (c) => {
    const { cursor, limit, run, ...texts } = c.req.valid('query');
    const search = await readSearch({ ...texts, run: run?.toString() }, (parameter) => ({ parameter }));
    const beforeId = readIdCursor(secret, 'deliveries', cursor);
    const page = { limit: limit + 1, ...(beforeId === undefined ? {} : { beforeId }) };
    const ids = await findDeliveryIds(db, search, page);
    const shown = ids.slice(0, limit);
    const entries = await listDeliveries(db, { ids: shown, limit: shown.length });
    const last = ids.length > limit ? (shown.at(-1) ?? null) : null;
    return c.json(
      { deliveries: entries.map(deliveryDocument), next: makeCursor(secret, 'deliveries', last) },
      200,
    );
  });

  api.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param');
    const delivery = await documentOf(id);
    const returned = await listBounces(db, { deliveryId: id, limit: 20 });
    return c.json({ delivery, returned: returned.map(bounceDocument) }, 200);
  });

  api.openapi(retryRoute, async (c) => {
    const { id } = c.req.valid('param');
    const { papers, dropped } = orProblem(await retryDelivery(deps(), id));
    return c.json({ delivery: await documentOf(id), papers, dropped }, 200);
  });

  api.openapi(resolveRoute, async (c) => {
    const { id } = c.req.valid('param');
    orProblem(await resolveDelivery(deps(), id, c.req.valid('json').as));
    return c.json(await documentOf(id), 200);
  });

  api.openapi(releaseRoute, async (c) => {
    const { id } = c.req.valid('param');
    const { papers } = orProblem(await releaseDelivery(deps(), id));
    return c.json({ delivery: await documentOf(id), papers }, 200);
  });
  api.openapi(manyRoute, async (c) => {
    const { act, as, search: texts, upTo } = c.req.valid('json');
    const many: ManyAct = act === 'retry' ? { act } : { act, as: as ?? 'sent' };
    const search = await readSearch({ ...texts, run: texts.run?.toString() }, (field) => ({
      pointer: `#/search/${field}`,
    }));
    if (upTo === undefined) {
      const { count, lastId } = await countFound(db, searchFor(search, many), countedAtMost);
      return c.json({ count, done: 0, refused: 0, refusals: [], nextUpTo: lastId }, 200);
    }
    const report = await actOnMany(deps(), { search, many, upToId: upTo, atMost: doneAtOnce });
    const { done, refused, refusals, nextUpToId } = report;
    return c.json({ count: null, done, refused, refusals, nextUpTo: nextUpToId }, 200);
  });

  return api;
}
