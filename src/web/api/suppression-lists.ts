import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import {
  exportSuppressions,
  importSuppressions,
  SuppressionListError,
} from '../../bounces/suppression-list.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { ApiProblem } from './problem.ts';
import { actProblems, acts, idempotencyHeader, json, looks, problems } from './routes.ts';
import { count } from './schemas.ts';

const tag = 'What came back';
const csv = { 'text/csv': { schema: z.string() } };

const exportRoute = createRoute({
  ...looks(
    {
      tag,
      operationId: 'exportSuppressions',
      summary: 'Suppressions that stand, as the CSV that import reads',
      description: 'Streams. An address is named while a subscriber has it; the others are keyed hashes.',
    },
    'text/csv',
  ),
  method: 'get',
  path: '/suppressions/export.csv',
  responses: { 200: { description: 'All of them.', content: csv }, ...problems() },
});

export const suppressionImportSchema = z
  .object({
    lines: count,
    added: count,
    unchanged: count.openapi({ description: 'Suppressed before.' }),
    invalid: z
      .array(z.object({ line: count, message: z.string() }))
      .openapi({ description: 'Lines without a usable address; the first thousand.' }),
  })
  .openapi('SuppressionImport');

const importRoute = createRoute({
  ...acts('subscribers', {
    tag,
    operationId: 'importSuppressions',
    summary: 'Suppress the addresses of a list',
    description:
      'A CSV with a header: email, or address_hash of an export made with the same secret key; reason, created_at and note may be missing. What is suppressed already stays as it is: the same list can be sent again.',
  }),
  method: 'post',
  path: '/suppressions/import',
  request: { headers: idempotencyHeader, body: { required: true, content: csv } },
  responses: { 200: json(suppressionImportSchema, 'They are suppressed.'), ...problems(...actProblems) },
});

/** Suppressions, in and out. */
export function suppressionListRoutes({
  store,
  clock,
  hashAddress,
  log,
}: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { db } = store;
  const api = new OpenAPIHono<ApiEnv>();

  api.openapi(exportRoute, (c) => {
    const headers = {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': 'attachment; filename="suppressions.csv"',
    };
    if (c.req.method === 'HEAD') return c.body('', 200, headers);
    const bytes = new TextEncoder();
    const pieces = (async function* () {
      try {
        for await (const piece of exportSuppressions(db, hashAddress)) yield bytes.encode(piece);
      } catch (err) {
        log?.error({ err }, 'an export ended');
        throw err;
      }
    })();
    return c.body(ReadableStream.from(pieces) as ReadableStream, 200, headers);
  });

  api.openapi(importRoute, async (c) => {
    if (!/^text\/csv\b/i.test(c.req.header('Content-Type') ?? ''))
      throw new ApiProblem('unsupported-media-type', 'Send the list with “Content-Type: text/csv”.');
    // All of it before the first line counts: what breaks off on its way suppresses nobody.
    const list = new Uint8Array(await c.req.arrayBuffer());
    try {
      const input = (async function* () {
        yield list;
      })();
      return c.json(await importSuppressions({ db, hashAddress, input, at: clock.now() }), 200);
    } catch (error) {
      if (error instanceof SuppressionListError) throw new ApiProblem('invalid', error.message);
      throw error;
    }
  });
  return api;
}
