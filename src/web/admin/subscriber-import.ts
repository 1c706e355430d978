import { Readable } from 'node:stream';
import { type Context, Hono } from 'hono';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { listPublicQueries } from '../../store/topic-list.ts';
import { type ColumnMap, checkColumns, csvFields } from '../../subscribers/csv-columns.ts';
import { AddressListError } from '../../subscribers/csv-lines.ts';
import { createLongActs, type LongAct } from '../../subscribers/long-acts.ts';
import { importStaged, type StagedReport } from '../../subscribers/staged-import.ts';
import { maxListBytes, openStagedLists, peekList } from '../../subscribers/staged-lists.ts';
import { digestDefaultsOf } from '../defaults.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { readTexts } from './form-values.ts';
import { chooseForm } from './import-columns.ts';
import { outcomeOf, uploadForm } from './import-words.ts';
import { adminPage, notice } from './layout.ts';

/** What is done with a list, and as what its columns are read. */
export interface ImportStep {
  id: string;
  columns: ColumnMap;
  newTopics: readonly string[];
  dryRun: boolean;
  report: StagedReport;
}
export type ImportAct = LongAct<number, ImportStep>;

/** A list of addresses in steps: upload it, say what its columns are, see what would become of each line, do it. */
export function subscriberImportPages({
  store,
  base,
  clock,
  config,
  log,
  underway,
}: AdminDependencies): Hono<AdminEnv> {
  const hashAddress = makeHashAddress(config.secretKey);
  const defaults = digestDefaultsOf(config);
  const lists = openStagedLists(store.file);
  const acts = createLongActs<number, ImportStep>((err) => {
    if (!(err instanceof AddressListError)) log?.error({ err }, 'an import ended');
  }, underway);
  const site = new Hono<AdminEnv>();
  const path = `${base}/admin/subscribers/-/import`;

  const page = (
    c: Context<AdminEnv>,
    content: Parameters<typeof adminPage>[2],
    status: 200 | 404 | 422 = 200,
  ) => c.html(adminPage(c, 'Import a list', content, { at: 'subscribers' }), status);
  const gone = (c: Context<AdminEnv>) =>
    page(c, [notice('The list is not here any more.', 'wrong'), uploadForm(path, c.var.formToken)], 404);

  site.get('/admin/subscribers/-/import', (c) => page(c, uploadForm(path, c.var.formToken)));

  site.post('/admin/subscribers/-/import', async (c) => {
    const body = await c.req.parseBody().catch(() => ({}) as Record<string, unknown>);
    const file = body.file;
    const bytes = file instanceof File ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array();
    const refuse = (message: string) =>
      page(c, [notice(message, 'wrong'), uploadForm(path, c.var.formToken)], 422);
    if (bytes.length === 0) return refuse('Choose a file that is not empty.');
    if (bytes.length > maxListBytes) return refuse('The file is too large.');
    try {
      await peekList(Readable.from([bytes]));
    } catch (error) {
      if (!(error instanceof AddressListError)) throw error;
      return refuse(error.message);
    }
    return c.redirect(`${path}/${await lists.keep(bytes)}`, 303);
  });

  /** With the columns as guessed, or as `chosen` where that cannot be. */
  async function choose(c: Context<AdminEnv>, id: string, chosen?: ColumnMap) {
    const list = lists.read(id);
    if (!list) return gone(c);
    const start = await peekList(list);
    const topics = await listPublicQueries(store.db);
    return page(
      c,
      [
        chosen ? notice('Exactly one column has to be the address, and no two the same.', 'wrong') : '',
        chooseForm(`${path}/${id}`, c.var.formToken, chosen ? { ...start, columns: chosen } : start, topics),
      ],
      chosen ? 422 : 200,
    );
  }

  site.get('/admin/subscribers/-/import/:id', (c) => choose(c, c.req.param('id')));

  site.post('/admin/subscribers/-/import/:id', async (c) => {
    const id = c.req.param('id');
    if (!lists.read(id)) return gone(c);
    const { all, one } = await readTexts(c);
    const columns = all('column').map((text) => csvFields.find((field) => field === text) ?? null);
    try {
      checkColumns(columns, 'as chosen here');
    } catch (error) {
      if (!(error instanceof AddressListError)) throw error;
      return choose(c, id, columns);
    }
    return begin(c, { id, columns, newTopics: one('topic') ? [one('topic')] : [], dryRun: true });
  });

  /** The second step: what was shown is done, as it was shown. */
  site.post('/admin/subscribers/-/import/:id/run', async (c) => {
    const { one } = await readTexts(c);
    const checked = acts.find(one('checked'))?.outcome;
    if (!checked?.ok || checked.result.id !== c.req.param('id') || !checked.result.dryRun) return gone(c);
    if (!lists.read(checked.result.id)) return gone(c);
    const { id, columns, newTopics } = checked.result;
    return begin(c, { id, columns, newTopics, dryRun: false });
  });

  function begin(c: Context<AdminEnv>, step: Omit<ImportStep, 'report'>) {
    const at = clock.now();
    const begun = acts.start(
      step.dryRun ? 'What would become of it' : 'Importing the list',
      async (onProgress) => ({
        ...step,
        report: await importStaged({ ...step, db: store.db, lists, defaults, hashAddress, at, onProgress }),
      }),
    );
    return c.redirect(`${path}/${step.id}/${begun.id}`, 303);
  }

  site.get('/admin/subscribers/-/import/:id/report.csv', (c) => {
    const report = lists.readReport(c.req.param('id'));
    if (!report) return gone(c);
    c.header('Content-Type', 'text/csv; charset=utf-8');
    c.header('Content-Disposition', 'attachment; filename="import-report.csv"');
    return c.body(Readable.toWeb(Readable.from(report)) as ReadableStream);
  });

  site.get('/admin/subscribers/-/import/:id/:act', (c) => {
    const act = acts.find(c.req.param('act'));
    if (!act) return gone(c);
    if (!act.outcome) c.header('Refresh', '2');
    return c.html(
      adminPage(c, act.title, outcomeOf(act, `${path}/${c.req.param('id')}`, c.var.formToken, base), {
        at: 'subscribers',
      }),
    );
  });
  return site;
}

/** What takes a file: more than any other form. */
export const isListUpload = (path: string) => path === '/admin/subscribers/-/import';
