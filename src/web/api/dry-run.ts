import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { iso } from '../../clock.ts';
import { dryRunHorizonMs, tomorrowAt } from '../../delivery/dry-run.ts';
import type { DueCursor } from '../../store/plan-runs.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { makeCursor, readCursor } from './cursor.ts';
import { ApiProblem } from './problem.ts';
import { json, looks, problems } from './routes.ts';
import { count, date, id, instant, next, pageQuery } from './schemas.ts';

const tag = 'Runs';

const until = instant.optional().openapi({
  description: "Up to eight days ahead; tomorrow at eight, in the server's time zone, when absent.",
});

export const dryDigestSchema = z.object({
  subscriberId: id,
  email: z.string(),
  timezone: z.string(),
  editionDate: date,
  dueAt: instant,
  occasion: z.enum(['day', 'week', 'away', 'quiet', 'late']),
  skipped: z
    .object({ reason: z.string(), detail: z.string().nullable() })
    .nullable()
    .openapi({ description: 'Why there would be no mail; null: there would be one.' }),
  papers: z.array(z.object({ key: z.string(), title: z.string() })),
  more: count,
});

const pageRoute = createRoute({
  ...looks({
    tag,
    operationId: 'planDryRun',
    summary: 'Who would get what until an instant, first due first',
    description:
      'By what is known now: papers and votes that come until then change it. Nothing is planned by asking.',
  }),
  method: 'get',
  path: '/dry-run',
  request: { query: z.strictObject({ until, ...pageQuery(25, 100) }) },
  responses: {
    200: json(
      z.object({
        until: instant,
        digests: z.array(dryDigestSchema),
        next,
      }),
      'A page of them.',
    ),
    ...problems(),
  },
});

export const dryCountSchema = z.object({
  until: instant,
  finished: z.boolean(),
  summary: z
    .object({
      due: count.openapi({ description: 'Subscribers who come due until then.' }),
      done: count.openapi({ description: 'Of them were looked at so far.' }),
      digests: count,
      skipped: z.record(z.string(), count).openapi({ description: 'By reason.' }),
      papers: count,
      differentPapers: count,
      topPapers: z.array(z.object({ key: z.string(), title: z.string(), readers: count })),
    })
    .nullable()
    .openapi({ description: 'Null: it has just begun.' }),
});

const countRoute = createRoute({
  ...looks({
    tag,
    operationId: 'countDryRun',
    summary: 'The same for everybody, as numbers',
    description: 'Counting is begun when somebody asks; ask again until it is finished.',
  }),
  method: 'get',
  path: '/dry-run/count',
  request: { query: z.strictObject({ until }) },
  responses: {
    200: json(dryCountSchema, 'So far.'),
    ...problems(),
  },
});

/** Who would get what, without planning anything. */
export function dryRunRoutes({ clock, config, dryRuns }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const secret = config.secretKey;
  const api = new OpenAPIHono<ApiEnv>();

  function readUntil(text: string | undefined, now: number): number {
    if (text === undefined) return tomorrowAt(now, config.digest?.timezone ?? 'UTC');
    const asked = Date.parse(text);
    const wrong =
      asked < now
        ? 'That is past: the list of deliveries says what went out.'
        : asked > now + dryRunHorizonMs
          ? 'That is too far away: papers come every day. A week is the most.'
          : null;
    if (wrong !== null)
      throw new ApiProblem('parameters', wrong, { errors: [{ parameter: 'until', detail: wrong }] });
    return asked;
  }

  function orUnavailable<T>(answer: T | null | undefined): T {
    if (answer === null || answer === undefined)
      throw new ApiProblem('unavailable', 'It could not be worked out. The log says why.');
    return answer;
  }

  api.openapi(pageRoute, async (c) => {
    const now = clock.now();
    const { cursor, limit, until: text } = c.req.valid('query');
    const until = readUntil(text, now);
    const page = orUnavailable(
      await dryRuns?.page({ now, until }, { after: readPlace(readCursor(secret, 'dry-run', cursor)), limit }),
    );
    const digests = page.digests.map(({ dueAt, papers, ...one }) => ({
      ...one,
      dueAt: iso(dueAt),
      papers: papers.map(({ key, title }) => ({ key, title })),
    }));
    const last = page.next && `${page.next.dueAt}.${page.next.id}`;
    return c.json({ until: iso(until), digests, next: makeCursor(secret, 'dry-run', last) }, 200);
  });

  api.openapi(countRoute, (c) => {
    const now = clock.now();
    const until = readUntil(c.req.valid('query').until, now);
    const { summary, finished, failed } = orUnavailable(dryRuns?.count({ now, until }));
    if (failed !== null) throw new ApiProblem('unavailable', 'It could not be counted. The log says why.');
    return c.json({ until: iso(until), finished, summary }, 200);
  });
  return api;
}

function readPlace(place: string | number | undefined): DueCursor | null {
  const [dueAt, id] = String(place ?? '').split('.');
  return dueAt && id ? { dueAt: Number(dueAt), id: Number(id) } : null;
}
