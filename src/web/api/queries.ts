import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { TopicQueryError } from '../../topics/query.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { ApiProblem } from './problem.ts';
import { json, looks, problems } from './routes.ts';
import { count, date, upTo } from './schemas.ts';

const share = z.number().min(0).max(1);

export const testedSchema = z
  .object({
    query: z.string(),
    understood: z.string().openapi({ description: 'How it is read, in the one spelling.' }),
    advice: z.array(z.string()).openapi({ description: 'What is probably not meant.' }),
    candidates: count.openapi({ description: 'All recent papers.' }),
    matched: count,
    days: z.array(
      z.object({
        date,
        candidates: count,
        matched: count,
        papers: z.array(
          z.object({
            key: z.string(),
            title: z.string(),
            relevance: share,
            percentile: share.openapi({ description: 'Trend among its field.' }),
            rising: z.boolean(),
            terms: z.array(z.string()).openapi({ description: 'Words of the query that were found.' }),
          }),
        ),
      }),
    ),
  })
  .openapi('TestedQuery');

const testRoute = createRoute({
  ...looks({
    tag: 'Topics',
    operationId: 'testQuery',
    summary: 'What a query would have matched in the last days, and why',
  }),
  method: 'get',
  path: '/queries/test',
  request: {
    query: z.strictObject({
      query: z.string().min(1).max(10_000).openapi({ example: 'ti:lora OR "low-rank adaptation"' }),
      days: upTo(7, 90, 'How many days back.'),
      limit: upTo(5, 1_000, 'How many papers of each day.'),
    }),
  },
  responses: { 200: json(testedSchema, 'Day by day, the latest first.'), ...problems() },
});

/** Queries that are no topic yet. */
export function queryRoutes({ topicLooks }: ApiDependencies): OpenAPIHono<ApiEnv> {
  const api = new OpenAPIHono<ApiEnv>();
  api.openapi(testRoute, async (c) => {
    const { query, days, limit } = c.req.valid('query');
    const looks = await topicLooks?.look();
    if (!looks) throw new ApiProblem('unavailable', 'What queries match is not known here.');
    try {
      return c.json(looks.test(query, { days, limit }), 200);
    } catch (error) {
      if (!(error instanceof TopicQueryError)) throw error;
      throw new ApiProblem('parameters', error.message, {
        errors: [{ parameter: 'query', detail: error.message }],
      });
    }
  });
  return api;
}
