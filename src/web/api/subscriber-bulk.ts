import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { SubscriberFilter } from '../../store/subscribers.ts';
import {
  type BulkCounts,
  type BulkResult,
  bulkActs,
  changeMany,
  countChosen,
  readBulkChange,
  sayBulkChange,
} from '../../subscribers/bulk.ts';
import { readFilter } from '../../subscribers/filter.ts';
import { createLongActs, type LongAct } from '../../subscribers/long-acts.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { actParams, findLongAct, longActDocument, longActSchema } from './long-act.ts';
import { ApiProblem, invalidFields } from './problem.ts';
import { actProblems, acts, body, idempotencyHeader, json, looks, problems } from './routes.ts';
import { count, id } from './schemas.ts';
import { dayList, timeText } from './subscriber-document.ts';
import { filterShape } from './subscribers.ts';

const tag = 'Subscribers';

const countsSchema = z.object({
  changed: count,
  unchanged: count.openapi({ description: 'Were so already.' }),
  refused: count.openapi({ description: 'Could not be, such as topics for who has unsubscribed.' }),
});
const bulkSchema = longActSchema(countsSchema, countsSchema).openapi('BulkChange');

const bulkRoute = createRoute({
  ...acts('subscribers', {
    tag,
    operationId: 'changeMany',
    summary: 'Make one change for many',
    description:
      'Without `expected` nothing is changed, and the answer says for how many it would be. With that number it is begun, if it is still so; the answer says where to ask how far it is.',
  }),
  method: 'post',
  path: '/subscribers/bulk',
  request: {
    headers: idempotencyHeader,
    body: body(
      z
        .strictObject({
          ids: z.array(id).min(1).max(1000).optional().openapi({ description: 'Only these.' }),
          filter: z.strictObject(filterShape).optional().openapi({ description: 'All that it finds.' }),
          act: z.enum(bulkActs),
          topic: z
            .string()
            .max(60)
            .optional()
            .openapi({ description: 'For `add_topic` and `remove_topic`.' }),
          time: timeText.optional().openapi({ description: 'For `schedule`, as are the next two.' }),
          days: dayList.optional(),
          timezone: z.string().max(64).optional(),
          expected: count.optional(),
        })
        .refine(
          ({ ids, filter }) => (ids === undefined) !== (filter === undefined),
          'Name either ids or a filter; an empty filter means everybody.',
        )
        .openapi('NewBulkChange', {
          example: { filter: { status: 'active' }, act: 'add_topic', topic: 'llm-efficiency' },
        }),
    ),
  },
  responses: {
    200: json(z.object({ title: z.string(), count }), 'What it would be, and for how many.'),
    202: json(bulkSchema, 'It is begun.', ['Location']),
    ...problems(...actProblems),
  },
});

const askRoute = createRoute({
  ...looks({ tag, operationId: 'getBulkChange', summary: 'How far a change for many is' }),
  method: 'get',
  path: '/subscribers/bulk/{act}',
  request: { params: actParams },
  responses: { 200: json(bulkSchema, 'So far.'), ...problems(404) },
});

/** One change for many: counted first, then done while one asks how far it is. */
export function subscriberBulkRoutes(dependencies: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { store, clock, config, hashAddress, log, underway } = dependencies;
  const { db } = store;
  const running = createLongActs<BulkCounts, BulkResult>(
    (err) => log?.error({ err }, 'a change for many ended'),
    underway,
  );
  const api = new OpenAPIHono<ApiEnv>();

  api.openapi(bulkRoute, async (c) => {
    const { ids, filter: input = {}, act, topic, time, days, timezone, expected } = c.req.valid('json');
    const read = await readFilter(db, hashAddress, input);
    if (!read.ok)
      throw invalidFields(read.problems.map(({ field, message }) => ({ field: `filter/${field}`, message })));
    const change = await readBulkChange(db, { act, topic, time, days, timezone });
    if (!change.ok) throw new ApiProblem('invalid', change.message);
    const filter: SubscriberFilter = ids ? { ids } : read.filter;
    const found = await countChosen(db, filter);
    const title = `${sayBulkChange(change.change)} ${found} ${found === 1 ? 'subscriber' : 'subscribers'}`;
    if (expected === undefined) return c.json({ title, count: found }, 200);
    if (expected !== found)
      throw new ApiProblem('conflict', `It is for ${found} now, not for ${expected}. Nothing was changed.`);
    const at = clock.now();
    const begun = running.start(title, (onProgress) =>
      changeMany({ db, filter, change: change.change, expected: found, at, onProgress }),
    );
    const Location = `${config.web.publicUrl}/api/v1/subscribers/bulk/${begun.id}`;
    return c.json(documentOf(begun), 202, { Location });
  });

  api.openapi(askRoute, (c) => c.json(documentOf(findLongAct(running, c.req.valid('param').act)), 200));
  return api;
}

function documentOf(act: LongAct<BulkCounts, BulkResult>): z.infer<typeof bulkSchema> {
  const { outcome } = act;
  if (outcome?.ok && !outcome.result.ok) {
    const message = `It was for ${outcome.result.count} when it began. Nothing was changed.`;
    return longActDocument({ ...act, outcome: { ok: false, message } }, () => null);
  }
  return longActDocument(act, (result) => {
    const { changed, unchanged, refused } = result as BulkResult & { ok: true };
    return { changed, unchanged, refused };
  });
}
