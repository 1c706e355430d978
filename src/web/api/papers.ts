import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { type ListedPaper, readTrending } from '../../archive/lists.ts';
import { findPaperByName, lookAtPaper } from '../../archive/paper.ts';
import { searchArchive, searchSorts } from '../../archive/search.ts';
import { lookAtTopic } from '../../archive/topic.ts';
import { iso } from '../../clock.ts';
import { byTrend } from '../../delivery/candidate-set.ts';
import { spans } from '../../store/trending.ts';
import { formatQueryError } from '../../topics/query.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { makeCursor, readCursor } from './cursor.ts';
import { candidateDocument, paperDocument, signalDocument, trendDocument } from './documents.ts';
import { candidateSchema, listedSchema, paperSchema, paperShownSchema } from './paper-document.ts';
import { ApiProblem } from './problem.ts';
import { json, looks, problems } from './routes.ts';
import { count, date, instant, next, pageQuery } from './schemas.ts';

const tag = 'Papers';

const candidatesRoute = createRoute({
  ...looks({
    tag,
    operationId: 'listCandidates',
    summary: 'Papers that can be sent now, by trend, best first',
    description: 'As they were up to ten minutes ago.',
  }),
  method: 'get',
  path: '/papers/candidates',
  request: {
    query: z.strictObject({
      key: z.string().min(1).max(300).optional().openapi({ description: 'Only this paper.' }),
      ...pageQuery(30, 200),
    }),
  },
  responses: {
    200: json(z.object({ candidates: z.array(candidateSchema), next }), 'A page of them.'),
    ...problems(),
  },
});

const trendingRoute = createRoute({
  ...looks({ tag, operationId: 'listTrending', summary: 'What trended over a day, a week or a month' }),
  method: 'get',
  path: '/papers/trending',
  request: {
    query: z.strictObject({
      span: z.enum(spans).default('day'),
      until: date.optional().openapi({ description: 'The day (UTC) that it ended with; today when absent.' }),
    }),
  },
  responses: {
    200: json(
      z.object({
        span: z.enum(spans),
        date: date.nullable().openapi({ description: 'The day it ended with; null: nothing is kept.' }),
        madeAt: instant.nullable(),
        papers: z.array(listedSchema),
      }),
      'The best first.',
    ),
    ...problems(),
  },
});

const topicRoute = createRoute({
  ...looks({ tag, operationId: 'listPapersOfTopic', summary: 'The best papers of a topic now' }),
  method: 'get',
  path: '/topics/{slug}/papers',
  request: {
    params: z.object({
      slug: z
        .string()
        .max(60)
        .openapi({ param: { name: 'slug', in: 'path' } }),
    }),
  },
  responses: {
    200: json(
      z.object({
        madeAt: instant
          .nullable()
          .openapi({ description: 'Null: not ranked yet, they are the newest that match.' }),
        papers: z.array(listedSchema),
      }),
      'The best first.',
    ),
    ...problems(404),
  },
});

const searchRoute = createRoute({
  ...looks({ tag, operationId: 'searchPapers', summary: 'Search all papers, in the language of the topics' }),
  method: 'get',
  path: '/papers',
  request: {
    query: z.strictObject({
      query: z
        .string()
        .min(1)
        .max(2000)
        .default('*')
        .openapi({ example: 'ti:lora OR "low-rank adaptation"' }),
      sort: z.enum(searchSorts).default('date'),
      ...pageQuery(20, 100),
    }),
  },
  responses: {
    200: json(
      z.object({
        papers: z.array(paperSchema),
        count: count.openapi({ description: 'How many match, counted up to a thousand.' }),
        isCapped: z.boolean().openapi({ description: 'There are more than that, or may be.' }),
        advice: z.array(z.string()).openapi({
          description: 'What is probably not meant, and whether the search was cut as it takes long.',
        }),
        next,
      }),
      'A page of them.',
    ),
    ...problems(),
  },
});

const getRoute = createRoute({
  ...looks({
    tag,
    operationId: 'getPaper',
    summary: 'One paper with its signals over time and the parts of its trend score',
    description:
      'By its key, an arXiv id or a DOI. A key that another paper took over is answered with the paper that holds the work now. One that was withdrawn says so.',
  }),
  method: 'get',
  path: '/papers/{key}',
  request: {
    params: z.object({
      key: z
        .string()
        .min(1)
        .max(300)
        .openapi({ param: { name: 'key', in: 'path' }, example: 'arxiv:2606.01234' }),
    }),
  },
  responses: {
    200: json(paperShownSchema, 'The paper.'),
    ...problems(404),
  },
});

/** The papers, as the public pages show them. */
export function paperRoutes({ store, clock, config, topicLooks }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const secret = config.secretKey;
  const api = new OpenAPIHono<ApiEnv>();

  api.openapi(candidatesRoute, async (c) => {
    const { key, cursor, limit } = c.req.valid('query');
    const looks = await topicLooks?.look();
    if (!looks) throw new ApiProblem('unavailable', 'Which papers can be sent is not known here.');
    const [score = Number.POSITIVE_INFINITY, id = 0] = String(readCursor(secret, 'candidates', cursor) ?? '')
      .split(' ', 2)
      .filter((part) => part !== '')
      .map(Number);
    const place = { trend: { score }, paper: { id } };
    const found = looks
      .ranked()
      .filter((one) => (key === undefined || one.paper.key === key) && byTrend(one, place) > 0);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const after = last ? `${last.trend.score} ${last.paper.id}` : null;
    return c.json(
      { candidates: page.map(candidateDocument), next: makeCursor(secret, 'candidates', after) },
      200,
    );
  });

  api.openapi(trendingRoute, async (c) => {
    const { span, until = iso(clock.now()).slice(0, 10) } = c.req.valid('query');
    const found = await readTrending(db, span, until);
    const papers = (found?.papers ?? []).map(listedDocument);
    return c.json({ span, date: found?.date ?? null, madeAt: iso(found?.madeAt ?? null), papers }, 200);
  });

  api.openapi(topicRoute, async (c) => {
    const { slug } = c.req.valid('param');
    const look = await lookAtTopic(db, slug);
    if (!look) throw new ApiProblem('not-found', `There is no topic “${slug}”.`);
    return c.json({ madeAt: iso(look.madeAt), papers: look.papers.map(listedDocument) }, 200);
  });

  api.openapi(searchRoute, async (c) => {
    const { query, sort, cursor, limit } = c.req.valid('query');
    const place = readCursor(secret, `papers ${sort}`, cursor);
    const found = await searchArchive(db, {
      query,
      sort,
      after: typeof place === 'string' ? place : null,
      limit,
    });
    if (!found.ok) {
      const detail = formatQueryError(query, found.error);
      throw new ApiProblem('parameters', detail, { errors: [{ parameter: 'query', detail }] });
    }
    const { papers, count, isCapped, advice } = found;
    return c.json(
      {
        ...{ papers: papers.map(paperDocument), count, isCapped, advice },
        next: makeCursor(secret, `papers ${sort}`, found.next),
      },
      200,
    );
  });

  api.openapi(getRoute, async (c) => {
    const { key } = c.req.valid('param');
    const now = clock.now();
    const named = await findPaperByName(db, key);
    const found = named && (await lookAtPaper(db, named.key, now));
    if (!found || !('look' in found)) throw new ApiProblem('not-found', `There is no paper ${key}.`);
    const { paper, signals, trend, related } = found.look;
    return c.json(
      {
        paper: paperDocument(paper),
        signals: signals.map(signalDocument),
        trend: trendDocument(trend),
        related: related.map(({ key, title }) => ({ key, title })),
      },
      200,
    );
  });
  return api;
}

function listedDocument({ paper, note }: ListedPaper): z.infer<typeof listedSchema> {
  const { score, rising, changes, votesByDay, terms } = note;
  return { paper: paperDocument(paper), score, rising, changes, votesByDay, terms };
}
