import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { iso } from '../../clock.ts';
import { countDeliveries } from '../../store/deliveries.ts';
import { findRun, listRuns } from '../../store/run-history.ts';
import { listRunLogLines } from '../../store/run-logs.ts';
import { deliveryStatuses, type RunKind, runKinds } from '../../store/schema.ts';
import { loadSourceStates } from '../../store/source-states.ts';
import { loadSourceStandings } from '../../store/watch.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { makeCursor, readIdCursor } from './cursor.ts';
import { withoutUndefined } from './defined.ts';
import { runDocument } from './documents.ts';
import { ApiProblem } from './problem.ts';
import { json, looks, problems } from './routes.ts';
import { count, id, idParams, instant, line, next, pageQuery } from './schemas.ts';

const tag = 'Runs';

const common = {
  id,
  startedAt: instant,
  finishedAt: instant.nullable(),
  tookMs: count.nullable(),
  state: z.enum(['running', 'ended', 'interrupted']),
};
const byReason = z.record(z.string(), count);
const ingestSchema = z
  .object({
    ...common,
    kind: z.literal('ingest'),
    source: z.string(),
    status: z.enum(['running', 'ok', 'partial', 'failed']),
    ...{ records: count, newPapers: count, changedPapers: count, newSignals: count, rejected: count },
    error: z.string().nullable(),
    problems: z.array(z.object({ where: z.string(), message: z.string() })),
  })
  .openapi('IngestRun');
const planSchema = z
  .object({
    ...common,
    kind: z.literal('plan'),
    at: instant,
    due: count,
    planned: count,
    skipped: byReason.openapi({ description: 'By reason.' }),
  })
  .openapi('PlanRun');
const sendSchema = z
  .object({
    ...common,
    kind: z.literal('send'),
    ...{ ready: count, sent: count, retry: count, failed: count, uncertain: count, skipped: count },
    recovered: z.object({ unclaimed: count, uncertain: count, resent: count }),
    stopped: z.object({ cause: z.string(), message: z.string() }).nullable(),
  })
  .openapi('SendRun');
export const runSchema = z.union([ingestSchema, planSchema, sendSchema]).openapi('Run');

export const runLogSchema = z.object({
  lines: z.array(
    z.object({
      line: id,
      at: instant,
      level: z.string(),
      message: z.string(),
      facts: z.record(z.string(), z.unknown()).openapi({ type: 'object', additionalProperties: true }),
    }),
  ),
});

export const runLookSchema = z.object({
  run: runSchema,
  deliveries: z
    .array(z.object({ status: z.enum(deliveryStatuses), reason: z.string().nullable(), count }))
    .openapi({ description: 'Of a plan run: how its deliveries stand now.' }),
});

const kind = z.enum(runKinds);
const kindParams = z.object({ kind: kind.openapi({ param: { name: 'kind', in: 'path' } }) });
const runParams = z.object({ ...kindParams.shape, ...idParams.shape });

const listRoute = createRoute({
  ...looks({ tag, operationId: 'listRuns', summary: 'Runs of one kind, newest first' }),
  method: 'get',
  path: '/runs/{kind}',
  request: {
    params: kindParams,
    query: z.strictObject({
      source: line(60).optional().openapi({ description: 'Of this source; of ingest runs alone.' }),
      ...pageQuery(),
    }),
  },
  responses: { 200: json(z.object({ runs: z.array(runSchema), next }), 'A page of them.'), ...problems(404) },
});

const getRoute = createRoute({
  ...looks({ tag, operationId: 'getRun', summary: 'One run' }),
  method: 'get',
  path: '/runs/{kind}/{id}',
  request: { params: runParams },
  responses: {
    200: json(runLookSchema, 'The run.'),
    ...problems(404),
  },
});

const logRoute = createRoute({
  ...looks({
    tag,
    operationId: 'getRunLog',
    summary: 'What a run wrote to the log',
    description: 'Its first fifty lines and its last hundred and fifty; forgotten after thirty days.',
  }),
  method: 'get',
  path: '/runs/{kind}/{id}/log',
  request: { params: runParams },
  responses: {
    200: json(runLogSchema, 'In order; where numbers are missing, lines were left out.'),
    ...problems(404),
  },
});

const standing = { state: z.enum(['fresh', 'waiting', 'late', 'failing']), detail: z.string().nullable() };

const sourcesRoute = createRoute({
  ...looks({ tag, operationId: 'listSources', summary: 'How each source stands' }),
  method: 'get',
  path: '/sources',
  responses: {
    200: json(
      z.object({
        sources: z.array(
          z.object({
            source: z.string(),
            ...standing,
            checkedAt: instant,
            lastSuccessAt: instant.nullable().openapi({ description: 'When it last answered to the end.' }),
            lastNewAt: instant.nullable().openapi({ description: 'When new papers came.' }),
            categories: z.array(z.object({ category: z.string(), ...standing })),
          }),
        ),
      }),
      'Those that were ever asked over the network.',
    ),
    ...problems(),
  },
});

/** What ran, what each run came to, and how the sources stand. */
export function runRoutes({ store, config }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const secret = config.secretKey;
  const api = new OpenAPIHono<ApiEnv>();

  api.openapi(listRoute, async (c) => {
    const { kind } = c.req.valid('param');
    const { source, cursor, limit } = c.req.valid('query');
    if (source !== undefined && kind !== 'ingest') {
      const detail = `Only ingest runs are of a source, not ${kind} runs.`;
      throw new ApiProblem('parameters', detail, { errors: [{ parameter: 'source', detail }] });
    }
    const list = `runs ${kind}`;
    const found = await listRuns(store, kind, {
      limit: limit + 1,
      ...withoutUndefined({
        source,
        beforeId: readIdCursor(secret, list, cursor),
      }),
    });
    const runs = found.slice(0, limit);
    const last = found.length > limit ? (runs.at(-1)?.id ?? null) : null;
    return c.json({ runs: runs.map(runDocument), next: makeCursor(secret, list, last) }, 200);
  });

  async function findOrFail(kind: RunKind, id: number) {
    const run = await findRun(store, kind, id);
    if (!run) throw new ApiProblem('not-found', `There is no ${kind} run ${id}.`);
    return run;
  }

  api.openapi(getRoute, async (c) => {
    const { kind, id } = c.req.valid('param');
    const run = await findOrFail(kind, id);
    const deliveries =
      kind === 'plan' ? await countDeliveries(db, { planRuns: { from: id, until: id } }) : [];
    return c.json({ run: runDocument(run), deliveries }, 200);
  });

  api.openapi(logRoute, async (c) => {
    const { kind, id } = c.req.valid('param');
    await findOrFail(kind, id);
    const lines = (await listRunLogLines(db, kind, id)).map((one) => ({ ...one, at: iso(one.at) }));
    return c.json({ lines }, 200);
  });

  api.openapi(sourcesRoute, async (c) => {
    const states = (await loadSourceStates(db)).filter(({ category }) => category !== '');
    const sources = (await loadSourceStandings(db)).map(
      ({ source, state, detail, checkedAt, lastSuccessAt, lastNewAt }) => ({
        ...{ source, state, detail },
        checkedAt: iso(checkedAt),
        lastSuccessAt: iso(lastSuccessAt),
        lastNewAt: iso(lastNewAt),
        categories: states
          .filter((one) => one.source === source)
          .map(({ category, state, detail }) => ({ category, state, detail })),
      }),
    );
    return c.json({ sources }, 200);
  });
  return api;
}
