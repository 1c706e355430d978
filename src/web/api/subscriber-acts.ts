import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import {
  pauseUntil,
  resubscribeSubscriber,
  resumeSubscriber,
  type StatusResult,
  switchOffLinks,
  unsubscribeSubscriber,
} from '../../subscribers/status.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { ApiProblem, invalidFields } from './problem.ts';
import { actProblems, acts, body, idempotencyHeader, json, noBody, problems } from './routes.ts';
import { date, idParams } from './schemas.ts';
import { findWhole, subscriberSchema } from './subscriber-document.ts';

const tag = 'Subscribers';

const answers = {
  200: json(
    z.object({
      changed: z.boolean().openapi({ description: 'False: they were so already.' }),
      subscriber: subscriberSchema,
    }),
    'As they are now.',
    ['ETag'],
  ),
  ...problems(404, ...actProblems),
};

const pauseRoute = createRoute({
  ...acts('subscribers', {
    tag,
    operationId: 'pauseSubscriber',
    summary: 'Pause a subscriber, until a date or until they resume',
    description: 'Who has unsubscribed stays so.',
  }),
  method: 'post',
  path: '/subscribers/{id}/pause',
  request: {
    params: idParams,
    headers: idempotencyHeader,
    body: {
      ...body(
        z.strictObject({
          until: date
            .nullable()
            .optional()
            .openapi({ description: 'The local date, within a year, from which on mail comes again.' }),
        }),
      ),
      required: false,
    },
  },
  responses: answers,
});

const plain = (act: string, operationId: string, summary: string) =>
  createRoute({
    ...acts('subscribers', { tag, operationId, summary, description: 'Doing it again changes nothing.' }),
    method: 'post',
    path: `/subscribers/{id}/${act}`,
    request: { params: idParams, headers: idempotencyHeader, body: noBody },
    responses: answers,
  });

const plainActs = [
  [plain('resume', 'resumeSubscriber', 'Let a paused subscriber have mail again'), resumeSubscriber],
  [
    plain('unsubscribe', 'unsubscribeSubscriber', 'Unsubscribe somebody from everything'),
    unsubscribeSubscriber,
  ],
  [
    plain(
      'resubscribe',
      'resubscribeSubscriber',
      'Bring back who has unsubscribed, with the topics they left then',
    ),
    resubscribeSubscriber,
  ],
  [
    plain(
      'revoke-links',
      'revokeLinks',
      'Make links in mails sent until now open nothing any more but leaving',
    ),
    switchOffLinks,
  ],
] as const;

/** What is done to one subscriber besides editing. Each takes effect at once, on mail that is planned, too. */
export function subscriberActRoutes({ store, clock }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const api = new OpenAPIHono<ApiEnv>();

  async function tell(id: number, result: StatusResult | { ok: false; reason: 'date' }) {
    if (result.ok) {
      const { document, etag } = await findWhole(db, id);
      return { answer: { changed: result.changed, subscriber: document }, etag };
    }
    if (result.reason === 'unknown') throw new ApiProblem('not-found', `There is no subscriber ${id}.`);
    if (result.reason === 'erased') throw new ApiProblem('conflict', 'This subscriber was erased.');
    throw invalidFields([
      { field: 'until', message: 'Expected a date after today, where they live, and within a year.' },
    ]);
  }

  api.openapi(pauseRoute, async (c) => {
    const { id } = c.req.valid('param');
    const { until = null } = c.req.valid('json');
    const { answer, etag } = await tell(id, await pauseUntil(db, id, until, clock.now()));
    return c.json(answer, 200, { ETag: etag });
  });

  for (const [route, change] of plainActs)
    api.openapi(route, async (c) => {
      const { id } = c.req.valid('param');
      const { answer, etag } = await tell(id, await change(db, id, clock.now()));
      return c.json(answer, 200, { ETag: etag });
    });
  return api;
}
