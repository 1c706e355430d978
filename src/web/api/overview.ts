import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { loadOverview, type Overview } from '../../admins/overview.ts';
import { iso } from '../../clock.ts';
import { subscriberStatuses } from '../../store/schema.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { json, looks, problems } from './routes.ts';
import { count, date, instant } from './schemas.ts';

const byReason = z.record(z.string(), count).openapi({ description: 'By reason.' });
const statuses = z.object(
  Object.fromEntries(subscriberStatuses.map((status) => [status, count])) as Record<
    (typeof subscriberStatuses)[number],
    typeof count
  >,
);

const overviewSchema = z
  .object({
    now: instant,
    timezone: z.string().openapi({ description: 'Whose days are told.' }),
    troubles: z
      .array(
        z.object({
          cause: z.string(),
          headline: z.string(),
          lines: z.array(z.string()).openapi({ description: 'What is known and what to do.' }),
          command: z.string().openapi({ description: 'Which command shows more.' }),
          since: instant.nullable(),
        }),
      )
      .openapi({ description: 'What is wrong, the longest standing first.' }),
    notices: z
      .array(
        z.object({
          about: z.enum(['failed', 'uncertain', 'source']),
          source: z.string().nullable(),
          headline: z.string(),
          lines: z.array(z.string()),
        }),
      )
      .openapi({ description: 'What went wrong today besides, however little.' }),
    uncertain: count.openapi({ description: 'Deliveries of which nobody knows whether they were taken.' }),
    today: z.object({
      date,
      runs: count,
      due: count,
      open: count.openapi({ description: 'Was due and has not ended.' }),
      ended: z.array(z.object({ status: z.string(), reason: z.string(), count })),
      queue: z.object({ due: count, ready: count, later: count, claimed: count, sending: count }),
      next: z.object({ at: instant, count }).nullable(),
      lateness: z
        .object({ latestAt: instant, latestLateMs: z.int(), mostLateMs: z.int().nullable() })
        .nullable(),
    }),
    days: z.array(
      z.object({
        date,
        ...{ due: count, sent: count, failed: count, uncertain: count, skipped: byReason },
        ...{ hard: count, soft: count, complaints: count },
        active: count.openapi({ description: 'Active subscribers at the end of the day.' }),
        ...{ came: count, went: count },
        opens: count.openapi({ description: 'Counted only where the operator wants it, as are clicks.' }),
        clicks: count,
      }),
    ),
    subscribers: statuses,
    sources: z.array(
      z.object({
        source: z.string(),
        state: z.enum(['fresh', 'waiting', 'late', 'failing']),
        detail: z.string().nullable(),
        lastSuccessAt: instant.nullable(),
        lastNewAt: instant.nullable(),
        lately: z
          .object({
            runs: count,
            failed: count,
            newPapers: count,
            lastError: z.string().nullable(),
            lastErrorAt: instant.nullable(),
          })
          .nullable(),
      }),
    ),
    topics: z.array(z.object({ slug: z.string(), name: z.string(), subscriptions: count })),
  })
  .openapi('Overview');

const overviewRoute = createRoute({
  ...looks({
    tag: 'Overview',
    operationId: 'getOverview',
    summary: 'Whether all is well, and what today came to',
  }),
  method: 'get',
  path: '/overview',
  request: {
    query: z.strictObject({
      days: z
        .string()
        .regex(/^[1-9]\d{0,2}$/, 'Expected a whole number from 1 to 366.')
        .transform(Number)
        .refine((days) => days <= 366, 'Expected a whole number from 1 to 366.')
        .default(30)
        .openapi({ type: 'integer', minimum: 1, maximum: 366, default: 30 }),
    }),
  },
  responses: { 200: json(overviewSchema, 'At a glance.'), ...problems() },
});

/** How things stand. */
export function overviewRoutes({ store, clock, config }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const api = new OpenAPIHono<ApiEnv>();
  api.openapi(overviewRoute, async (c) => {
    const overview = await loadOverview(store, {
      now: clock.now(),
      timezone: config.digest?.timezone ?? 'UTC',
      days: c.req.valid('query').days,
      sources: config.sources?.enabled ?? null,
    });
    return c.json(overviewDocument(overview), 200);
  });

  return api;
}

function overviewDocument(overview: Overview): z.infer<typeof overviewSchema> {
  const { now, timezone, uncertain, days, subscribers } = overview;
  const { date, runs, due, open, ended, queue, next, lateness } = overview.today;
  const { ready, later, claimed, sending } = queue;
  return {
    ...{ now: iso(now), timezone, uncertain, days, subscribers },
    notices: overview.notices.map(({ about, source, headline, lines }) => ({
      about,
      source,
      headline,
      lines,
    })),
    troubles: overview.troubles.map(({ cause, headline, lines, command, since }) => ({
      ...{ cause, headline, lines, command, since: iso(since) },
    })),
    today: {
      ...{ date, runs, due, open },
      ended: ended.map(({ status, reason, count }) => ({ status, reason, count })),
      queue: { due: queue.due, ready, later, claimed, sending },
      next: next && { at: iso(next.at), count: next.count },
      lateness: lateness && { ...lateness, latestAt: iso(lateness.latestAt) },
    },
    sources: overview.sources.map(({ source, state, detail, lastSuccessAt, lastNewAt, lately }) => ({
      ...{ source, state, detail, lastSuccessAt: iso(lastSuccessAt), lastNewAt: iso(lastNewAt) },
      lately: lately && {
        ...{
          runs: lately.runs,
          failed: lately.failed,
          newPapers: lately.newPapers,
          lastError: lately.lastError,
        },
        lastErrorAt: iso(lately.lastErrorAt),
      },
    })),
    topics: overview.topics.map(({ slug, name, subscriptions }) => ({ slug, name, subscriptions })),
  };
}
