import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { iso } from '../../clock.ts';
import { parseAddress } from '../../mail/addresses.ts';
import { atomically } from '../../store/atomically.ts';
import {
  countUpTo,
  findSubscriberByKey,
  isCostly,
  listNewestSubscribers,
  listSubscribers,
  type Subscriber,
} from '../../store/subscribers.ts';
import { findSubscribedTopics } from '../../store/subscriptions.ts';
import { type FilterInput, readFilter } from '../../subscribers/filter.ts';
import { eraseSubscriber } from '../../subscribers/status.ts';
import { addSubscriber, editSubscriber } from '../../subscribers/subscribers.ts';
import { findSuppression } from '../../subscribers/suppressed.ts';
import { digestDefaultsOf } from '../defaults.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { makeCursor, readIdCursor } from './cursor.ts';
import { subscriberDocument } from './documents.ts';
import { ifMatchHeader, requireMatch } from './etag.ts';
import { ApiProblem, invalidFields } from './problem.ts';
import { actProblems, acts, body, edits, idempotencyHeader, json, looks, problems } from './routes.ts';
import { count, date, id, idParams, instant, line, next, pageQuery, yesNo } from './schemas.ts';
import {
  dayList,
  etagOfSubscriber,
  findWhole,
  subscriberSchema,
  subscriberShape,
  timeText,
} from './subscriber-document.ts';

const tag = 'Subscribers';

/** Whom a list is about; the same for a list, a count, an export and a change for many. */
export const filterShape = {
  status: subscriberShape.status.optional(),
  search: line(254).optional().openapi({ description: 'Part of the address.' }),
  topic: line(60).optional().openapi({ description: 'With this topic, by its slug.' }),
  timezone: line(64).optional(),
  suppressed: yesNo.optional().openapi({ description: 'Whether their address must not be mailed.' }),
  joinedSince: date.optional(),
  joinedBefore: date.optional(),
  digestSince: date.optional().openapi({ description: 'Were sent a digest of this date or a later one.' }),
  noDigestSince: date.optional().openapi({ description: 'Were not.' }),
} satisfies Record<keyof FilterInput, z.ZodType>;

const settings = {
  timezone: z.string().max(64).optional().openapi({ example: 'Europe/Berlin' }),
  time: timeText.optional(),
  days: dayList.optional(),
  maxPapers: subscriberShape.maxPapers.optional(),
  locale: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'Expected a tag such as en, de or pt-BR.')
    .max(40)
    .optional(),
  quietMail: z.boolean().optional(),
};
const slugs = z.array(z.string().max(60)).max(1000);
const newSubscriber = z
  .strictObject({
    email: z.string().max(320).openapi({ example: 'ada@example.org' }),
    ...settings,
    topics: slugs.optional().openapi({ example: ['llm-efficiency'] }),
  })
  .openapi('NewSubscriber');
const subscriberChange = z
  .strictObject({
    email: z.string().max(320).optional(),
    status: z.enum(['active', 'paused', 'unsubscribed']).optional(),
    ...settings,
    topics: slugs.optional().openapi({ description: 'Exactly these from now on.' }),
    addTopics: slugs.optional(),
    removeTopics: slugs.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'Name at least one field to change.')
  .openapi('SubscriberChange', { minProperties: 1 });

const suppressionShape = z
  .object({ reason: z.string(), note: z.string().nullable(), since: instant })
  .nullable()
  .openapi({ description: 'Why nothing is mailed to their address; null: it may be.' });

export const wholeSubscriberSchema = z
  .object({ ...subscriberShape, suppressed: suppressionShape })
  .openapi('SubscriberInFull');
export const erasedSchema = z.object({ id, status: z.literal('erased') });

const listRoute = createRoute({
  ...looks({
    tag,
    operationId: 'listSubscribers',
    summary: 'Subscribers that a filter finds',
    description:
      'Where digests have to be looked at (`digestSince`, `noDigestSince`) a page may hold fewer than asked for and still have a next one.',
  }),
  method: 'get',
  path: '/subscribers',
  request: {
    query: z.strictObject({
      ...filterShape,
      email: line(320).optional().openapi({ description: 'Exactly this address.' }),
      order: z.enum(['newest', 'oldest']).default('newest'),
      ...pageQuery(50, 500),
    }),
  },
  responses: {
    200: json(z.object({ subscribers: z.array(subscriberSchema), next }), 'A page of them.'),
    ...problems(),
  },
});

const countRoute = createRoute({
  ...looks({ tag, operationId: 'countSubscribers', summary: 'How many a filter finds, the erased left out' }),
  method: 'get',
  path: '/subscribers/count',
  request: { query: z.strictObject(filterShape) },
  responses: {
    200: json(
      z.object({
        count: count.nullable().openapi({ description: 'Null: counting would take too long.' }),
        isCapped: z.boolean().openapi({ description: 'There are more than were counted.' }),
      }),
      'Counted up to ten thousand.',
    ),
    ...problems(),
  },
});

const getRoute = createRoute({
  ...looks({ tag, operationId: 'getSubscriber', summary: 'One subscriber' }),
  method: 'get',
  path: '/subscribers/{id}',
  request: { params: idParams },
  responses: {
    200: json(wholeSubscriberSchema, 'The subscriber.', ['ETag']),
    ...problems(404),
  },
});

const addRoute = createRoute({
  ...acts('subscribers', {
    tag,
    operationId: 'addSubscriber',
    summary: 'Add a subscriber, active at once',
    description: 'What is not given is as the settings of the server say.',
  }),
  method: 'post',
  path: '/subscribers',
  request: { headers: idempotencyHeader, body: body(newSubscriber) },
  responses: {
    201: json(subscriberSchema, 'They were added.', ['ETag', 'Location']),
    ...problems(...actProblems),
  },
});

const editRoute = createRoute({
  ...edits('subscribers', {
    tag,
    operationId: 'editSubscriber',
    summary: 'Change a subscriber; what is absent stays',
  }),
  method: 'patch',
  path: '/subscribers/{id}',
  request: { params: idParams, headers: ifMatchHeader, body: body(subscriberChange) },
  responses: {
    200: json(subscriberSchema, 'As they are now.', ['ETag']),
    ...problems(404, 412, 413, 415, 422, 428),
  },
});

const eraseRoute = createRoute({
  ...edits('subscribers', {
    tag,
    operationId: 'eraseSubscriber',
    summary: 'Erase a subscriber',
    description:
      'The address, where they live and the words of their own topics are forgotten for good. The ledger keeps its counts, and a keyed hash keeps old lists from bringing the address back.',
  }),
  method: 'delete',
  path: '/subscribers/{id}',
  request: { params: idParams, headers: ifMatchHeader },
  responses: {
    200: json(erasedSchema, 'They are erased.'),
    ...problems(404, 412, 413, 428),
  },
});

const countedUpTo = 10_000;

/** Who gets mail, when and about what. */
export function subscriberRoutes({
  store,
  clock,
  config,
  hashAddress,
}: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const secret = config.secretKey;
  const api = new OpenAPIHono<ApiEnv>();

  api.openapi(listRoute, async (c) => {
    const { email, order, cursor, limit, ...input } = c.req.valid('query');
    const place = readIdCursor(secret, `subscribers ${order}`, cursor);
    const filter = await readFilterOrFail(input);
    const known = email === undefined ? null : await findByAddress(email);
    const page = { ...filter, ...(known === null ? {} : { ids: known.map((one) => one.id) }), limit };
    const { subscribers, last } =
      known?.length === 0 ? { subscribers: [], last: null } : await listIn(order, page, place);
    const topics = await findSubscribedTopics(
      db,
      subscribers.map((one) => one.id),
    );
    const documents = subscribers.map((one) => subscriberDocument(one, topics.get(one.id) ?? []));
    return c.json({ subscribers: documents, next: makeCursor(secret, `subscribers ${order}`, last) }, 200);
  });

  async function listIn(
    order: 'newest' | 'oldest',
    page: Parameters<typeof listNewestSubscribers>[1],
    place: number | undefined,
  ): Promise<{ subscribers: Subscriber[]; last: number | null }> {
    if (order === 'oldest') {
      const { subscribers, nextAfter } = await listSubscribers(db, { ...page, afterId: place ?? 0 });
      return { subscribers, last: nextAfter };
    }
    const { subscribers, nextBefore } = await listNewestSubscribers(db, {
      ...page,
      ...(place === undefined ? {} : { beforeId: place }),
    });
    return { subscribers, last: nextBefore };
  }

  async function findByAddress(email: string): Promise<Subscriber[]> {
    const parsed = parseAddress(email);
    const found = parsed.ok ? await findSubscriberByKey(db, parsed.address.key) : null;
    return found ? [found] : [];
  }

  async function readFilterOrFail(input: FilterInput) {
    const read = await readFilter(db, hashAddress, input);
    if (read.ok) return read.filter;
    throw new ApiProblem('parameters', read.problems.map(({ message }) => message).join('\n'), {
      errors: read.problems.map(({ field, message }) => ({ parameter: field, detail: message })),
    });
  }

  api.openapi(countRoute, async (c) => {
    const filter = await readFilterOrFail(c.req.valid('query'));
    if (isCostly(filter)) return c.json({ count: null, isCapped: false }, 200);
    const found = await countUpTo(db, filter, countedUpTo + 1);
    return c.json({ count: Math.min(found, countedUpTo), isCapped: found > countedUpTo }, 200);
  });

  api.openapi(getRoute, async (c) => {
    const { subscriber, document, etag } = await findWhole(db, c.req.valid('param').id);
    const found =
      subscriber.status === 'erased' ? null : await findSuppression(db, hashAddress, subscriber.emailKey);
    const suppressed = found && { reason: found.reason, note: found.note, since: iso(found.createdAt) };
    return c.json({ ...document, suppressed }, 200, { ETag: etag });
  });

  api.openapi(addRoute, async (c) => {
    const added = await addSubscriber(
      db,
      textsOf(c.req.valid('json')),
      digestDefaultsOf(config),
      clock.now(),
      hashAddress,
    );
    if (!added.ok) throw invalidFields(added.problems);
    const document = subscriberDocument(added.subscriber, added.topics);
    return c.json(document, 201, {
      ETag: etagOfSubscriber(document),
      Location: `${config.web.publicUrl}/api/v1/subscribers/${document.id}`,
    });
  });

  api.openapi(editRoute, async (c) => {
    const change = textsOf(c.req.valid('json'));
    const edited = await atomically(db, async (trx) => {
      const { subscriber, etag } = await findWhole(trx, c.req.valid('param').id);
      requireMatch(c.req.valid('header')['if-match'], etag);
      return await editSubscriber(trx, subscriber.id, change, clock.now(), 'admin', hashAddress);
    });
    if (!edited.ok) throw invalidFields(edited.problems);
    const document = subscriberDocument(edited.subscriber, edited.topics);
    return c.json(document, 200, { ETag: etagOfSubscriber(document) });
  });

  api.openapi(eraseRoute, async (c) => {
    const { id } = c.req.valid('param');
    await atomically(db, async (trx) => {
      const { etag } = await findWhole(trx, id);
      requireMatch(c.req.valid('header')['if-match'], etag);
      await eraseSubscriber(trx, id, clock.now(), hashAddress);
    });
    return c.json({ id, status: 'erased' as const }, 200);
  });
  return api;
}

/** As the forms say it. */
function textsOf<T extends { quietMail?: boolean | undefined }>({ quietMail, ...given }: T) {
  return { ...given, quietMail: quietMail === undefined ? undefined : quietMail ? 'yes' : 'no' };
}
