import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { loadOverview, type Overview } from '../../admins/overview.ts';
import { tokenScopes } from '../../admins/tokens.ts';
import { checkTemplates } from '../../digest/check-templates.ts';
import { listTemplates, shippedTemplates } from '../../digest/template-files.ts';
import { listApiTokens } from '../../store/api-tokens.ts';
import { subscriberStatuses } from '../../store/schema.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { ApiProblem } from './problem.ts';
import { json, looks, problems } from './routes.ts';
import { count, date, id, instant, iso } from './schemas.ts';

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

const tokensRoute = createRoute({
  ...looks({ tag: 'Tokens', operationId: 'listTokens', summary: 'Tokens, without what is secret of them' }),
  method: 'get',
  path: '/tokens',
  responses: {
    200: json(
      z.object({
        tokens: z.array(
          z
            .object({
              id,
              name: z.string(),
              hint: z.string().openapi({ description: 'The first characters.' }),
              scopes: z.array(z.enum(tokenScopes)),
              createdAt: instant,
              lastUsedAt: instant.nullable(),
              expiresAt: instant.nullable(),
              revokedAt: instant.nullable(),
            })
            .openapi('Token'),
        ),
      }),
      'At most five hundred, newest first. Tokens are made and revoked by an admin, on the page or the command line.',
    ),
    ...problems(),
  },
});

const templateProblem = z.object({
  file: z.string(),
  line: id.nullable(),
  column: id.nullable(),
  message: z.string(),
});
const templateShape = {
  name: z.string(),
  isOwn: z.boolean().openapi({ description: 'Of TEMPLATES_DIR.' }),
  bytes: count,
};

const templatesRoute = createRoute({
  ...looks({
    tag: 'Mails',
    operationId: 'listTemplates',
    summary: 'What mails are made of, and what is wrong with it',
    description: 'Nothing is sent with templates that cannot be used.',
  }),
  method: 'get',
  path: '/templates',
  responses: {
    200: json(
      z.object({ templates: z.array(z.object(templateShape)), problems: z.array(templateProblem) }),
      'By name.',
    ),
    ...problems(),
  },
});

const templateRoute = createRoute({
  ...looks({ tag: 'Mails', operationId: 'getTemplate', summary: 'One template as it is used' }),
  method: 'get',
  path: '/templates/{name}',
  request: {
    params: z.object({
      name: z
        .string()
        .regex(/^[a-zA-Z0-9_-]+\.[a-z]+$/)
        .openapi({ param: { name: 'name', in: 'path' }, example: 'digest.mjml' }),
    }),
  },
  responses: {
    200: json(
      z
        .object({ ...templateShape, source: z.string(), problems: z.array(templateProblem) })
        .openapi('Template'),
      'Its source.',
    ),
    ...problems(404),
  },
});

/** How things stand, who may ask, and what mails are made of. */
export function houseRoutes({ store, clock, config }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const own = config.mail?.templatesDir ?? null;
  const folders = { shipped: shippedTemplates, own };
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

  api.openapi(tokensRoute, async (c) => {
    const tokens = (await listApiTokens(db)).map((one) => ({
      ...one,
      scopes: tokenScopes.filter((scope) => one.scopes.includes(scope)),
      createdAt: iso(one.createdAt),
      lastUsedAt: iso(one.lastUsedAt),
      expiresAt: iso(one.expiresAt),
      revokedAt: iso(one.revokedAt),
    }));
    return c.json({ tokens }, 200);
  });

  const findProblems = async () => (own === null ? [] : (await checkTemplates(folders)).problems);

  api.openapi(templatesRoute, async (c) => {
    const templates = (await listTemplates(folders)).map(({ name, isOwn, bytes }) => ({
      name,
      isOwn,
      bytes,
    }));
    return c.json({ templates, problems: await findProblems() }, 200);
  });

  api.openapi(templateRoute, async (c) => {
    const { name: asked } = c.req.valid('param');
    const found = (await listTemplates(folders)).find((one) => one.name === asked);
    if (!found) throw new ApiProblem('not-found', `There is no template ${asked}.`);
    const { name, isOwn, bytes, source, file } = found;
    const here = (await findProblems()).filter((problem) => problem.file === file);
    return c.json({ name, isOwn, bytes, source, problems: here }, 200);
  });
  return api;
}

function overviewDocument(overview: Overview): z.infer<typeof overviewSchema> {
  const { now, timezone, uncertain, days, subscribers } = overview;
  const { date, runs, due, open, ended, queue, next, lateness } = overview.today;
  const { ready, later, claimed, sending } = queue;
  return {
    ...{ now: iso(now), timezone, uncertain, days, subscribers },
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
