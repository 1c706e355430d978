import { PassThrough, Readable } from 'node:stream';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { type ColumnMap, checkColumns, csvFields } from '../../subscribers/csv-columns.ts';
import { AddressListError } from '../../subscribers/csv-lines.ts';
import { type ExportFormat, exportSubscribers } from '../../subscribers/export.ts';
import { readFilter } from '../../subscribers/filter.ts';
import { type Fate, fates } from '../../subscribers/import.ts';
import { createLongActs } from '../../subscribers/long-acts.ts';
import { importStaged, type StagedReport } from '../../subscribers/staged-import.ts';
import { listKeptMs, openStagedLists, peekList } from '../../subscribers/staged-lists.ts';
import { digestDefaultsOf } from '../defaults.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';
import { doneOnce } from './idempotency.ts';
import { actParams, findLongAct, longActDocument, longActSchema } from './long-act.ts';
import { ApiProblem, invalidFields } from './problem.ts';
import { actProblems, acts, body, idempotencyHeader, json, keyHeader, looks, problems } from './routes.ts';
import { count } from './schemas.ts';
import { filterShape } from './subscribers.ts';

const tag = 'Subscribers';
const types: Record<ExportFormat, string> = { csv: 'text/csv', jsonl: 'application/jsonl' };
const field = z.enum(csvFields).nullable();

const exportRoute = (format: ExportFormat) =>
  createRoute({
    ...looks(
      {
        tag,
        operationId: format === 'csv' ? 'exportCsv' : 'exportJsonl',
        summary: `Subscribers that a filter finds, as ${format === 'csv' ? 'the CSV that import reads' : 'one JSON object a line'}`,
        description: 'Streams, however many there are. By default the active ones.',
      },
      types[format],
    ),
    method: 'get',
    path: `/subscribers/export.${format}`,
    request: { query: z.strictObject(filterShape) },
    responses: {
      200: { description: 'All of them.', content: { [types[format]]: { schema: z.string() } } },
      ...problems(),
    },
  });

const listId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .openapi({ param: { name: 'list', in: 'path' } });

export const uploadedSchema = z.object({
  id: z.string(),
  columns: z.array(
    z.object({
      name: z.string(),
      field: field.openapi({ description: 'What it seems to be; null: it is not read.' }),
      examples: z.array(z.string()).openapi({ description: 'What stands in it in the first lines.' }),
    }),
  ),
});

const uploadRoute = createRoute({
  // The answer names addresses of the list: it stays no longer than the list does.
  ...acts(
    'subscribers',
    {
      tag,
      operationId: 'uploadList',
      summary: 'Upload a list of addresses to import',
      description:
        'Lists of listmonk and Mailchimp are understood. Nothing is imported yet: the answer says what its columns seem to be. A list is kept for two hours.',
    },
    doneOnce(listKeptMs),
  ),
  method: 'post',
  path: '/subscribers/imports',
  request: {
    headers: keyHeader('the two hours that the list is kept'),
    body: { required: true, content: { 'text/csv': { schema: z.string() } } },
  },
  responses: {
    201: json(uploadedSchema, 'The list is kept.', ['Location']),
    ...problems(...actProblems),
  },
});

const reportSchema = z.object({
  dryRun: z.boolean(),
  lines: count,
  ...(Object.fromEntries(fates.map((fate) => [fate, count])) as Record<Fate, typeof count>),
  ignoredColumns: z.array(z.string()),
  looked: z
    .array(
      z.object({
        line: count,
        email: z.string().nullable(),
        fate: z.enum(fates),
        message: z.string().nullable(),
      }),
    )
    .openapi({ description: 'Lines that are worth a look; all of them are in the report.' }),
});
export const importSchema = longActSchema(count, reportSchema).openapi('Import');

const runRoute = createRoute({
  ...acts('subscribers', {
    tag,
    operationId: 'runImport',
    summary: 'Import a list that was uploaded, or tell what would become of it',
    description: 'Who has unsubscribed and whose address is suppressed is never brought back by a list.',
  }),
  method: 'post',
  path: '/subscribers/imports/{list}/run',
  request: {
    params: z.object({ list: listId }),
    headers: idempotencyHeader,
    body: body(
      z.strictObject({
        dryRun: z.boolean().openapi({ description: 'Changes nothing.' }),
        columns: z
          .array(field)
          .max(1000)
          .optional()
          .openapi({ description: 'What each column is, in their order; as they seem when absent.' }),
        newTopics: z
          .array(z.string().max(60))
          .max(100)
          .optional()
          .openapi({ description: 'For those who are new and whose line names no topic.' }),
      }),
    ),
  },
  responses: { 202: json(importSchema, 'It is begun.', ['Location']), ...problems(404, ...actProblems) },
});

const askRoute = createRoute({
  ...looks({ tag, operationId: 'getImport', summary: 'How far an import is' }),
  method: 'get',
  path: '/subscribers/imports/{list}/{act}',
  request: { params: z.object({ list: listId, ...actParams.shape }) },
  responses: { 200: json(importSchema, 'So far.'), ...problems(404) },
});

const reportRoute = createRoute({
  ...looks(
    { tag, operationId: 'getImportReport', summary: 'What became of each line of a list' },
    'text/csv',
  ),
  method: 'get',
  path: '/subscribers/imports/{list}/report.csv',
  request: { params: z.object({ list: listId }) },
  responses: {
    200: { description: 'Of its latest run.', content: { 'text/csv': { schema: z.string() } } },
    ...problems(404),
  },
});

/** Lists of addresses, in and out. */
export function subscriberListRoutes(dependencies: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { store, clock, config, hashAddress, log, underway } = dependencies;
  const { db } = store;
  const lists = openStagedLists(store.file);
  const running = createLongActs<number, StagedReport>((err) => {
    if (!(err instanceof AddressListError)) log?.error({ err }, 'an import ended');
  }, underway);
  const api = new OpenAPIHono<ApiEnv>();

  for (const format of ['csv', 'jsonl'] as const)
    api.openapi(exportRoute(format), async (c) => {
      const input = c.req.valid('query');
      const read = await readFilter(db, hashAddress, input);
      if (!read.ok)
        throw new ApiProblem('parameters', read.problems.map(({ message }) => message).join('\n'), {
          errors: read.problems.map((one) => ({ parameter: one.field, detail: one.message })),
        });
      const filter = Object.keys(input).length === 0 ? { status: 'active' as const } : read.filter;
      const headers = {
        'Content-Type': `${types[format]}; charset=utf-8`,
        'Content-Disposition': `attachment; filename="subscribers.${format}"`,
      };
      // Nobody would read what is begun.
      if (c.req.method === 'HEAD') return c.body('', 200, headers);
      const output = new PassThrough();
      exportSubscribers(db, output, filter, format).catch((err: unknown) => {
        // Whoever does not want the rest hangs up.
        if ((err as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE')
          log?.error({ err }, 'an export ended');
        output.destroy(err as Error);
      });
      return c.body(Readable.toWeb(output) as ReadableStream, 200, headers);
    });

  api.openapi(uploadRoute, async (c) => {
    if (!/^text\/csv\b/i.test(c.req.header('Content-Type') ?? ''))
      throw new ApiProblem('unsupported-media-type', 'Send the list with “Content-Type: text/csv”.');
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    if (bytes.length === 0) throw new ApiProblem('invalid', 'The list is empty.');
    const { names, columns, records } = await orProblem(peekList(Readable.from([bytes])));
    const id = await lists.keep(bytes);
    const told = names.map((name, index) => ({
      ...{ name, field: columns[index] ?? null },
      examples: records.map((record) => record[index] ?? ''),
    }));
    const Location = `${config.web.publicUrl}/api/v1/subscribers/imports/${id}`;
    return c.json({ id, columns: told }, 201, { Location });
  });

  async function orProblem<T>(read: Promise<T>): Promise<T> {
    try {
      return await read;
    } catch (error) {
      if (!(error instanceof AddressListError)) throw error;
      throw new ApiProblem('invalid', error.message);
    }
  }

  api.openapi(runRoute, async (c) => {
    const { list } = c.req.valid('param');
    const { dryRun, newTopics = [], ...given } = c.req.valid('json');
    const input = lists.read(list);
    if (!input) throw gone();
    const columns: ColumnMap = given.columns ?? (await orProblem(peekList(input))).columns;
    try {
      checkColumns(columns, 'as chosen here');
    } catch (error) {
      if (!(error instanceof AddressListError)) throw error;
      const message = 'Exactly one column has to be the address, and no two the same.';
      throw invalidFields([{ field: 'columns', message }]);
    }
    const at = clock.now();
    const step = { id: list, columns, newTopics, dryRun };
    const begun = running.start(dryRun ? 'What would become of it' : 'Importing the list', (onProgress) =>
      importStaged({ ...step, db, lists, defaults: digestDefaultsOf(config), hashAddress, at, onProgress }),
    );
    const Location = `${config.web.publicUrl}/api/v1/subscribers/imports/${list}/${begun.id}`;
    return c.json(longActDocument(begun, reportDocument), 202, { Location });
  });

  api.openapi(reportRoute, (c) => {
    const report = lists.readReport(c.req.valid('param').list);
    if (!report) throw gone();
    return c.body(Readable.toWeb(Readable.from(report)) as ReadableStream, 200, {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': 'attachment; filename="import-report.csv"',
    });
  });

  api.openapi(askRoute, (c) =>
    c.json(longActDocument(findLongAct(running, c.req.valid('param').act), reportDocument), 200),
  );
  return api;
}

const gone = () => new ApiProblem('not-found', 'The list is not here, or not any more; upload it again.');

function reportDocument(report: StagedReport): z.infer<typeof reportSchema> {
  const { dryRun, lines, ignoredColumns, looked, ...counts } = report;
  return { dryRun, lines, ...counts, ignoredColumns, looked };
}
