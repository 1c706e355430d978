import { PassThrough, Readable } from 'node:stream';
import { Hono } from 'hono';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { type ExportFormat, exportSubscribers } from '../../subscribers/export.ts';
import { readFilter } from '../../subscribers/filter.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { filterInputOf } from './subscriber-filter.ts';

const types: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl; charset=utf-8',
};

/** Whom a list shows, as a file that streams. */
export function subscriberExportPages({ store, config, log }: AdminDependencies): Hono<AdminEnv> {
  const hashAddress = makeHashAddress(config.secretKey);
  const site = new Hono<AdminEnv>();
  for (const format of Object.keys(types) as ExportFormat[])
    site.get(`/admin/subscribers/-/export.${format}`, async (c) => {
      const read = await readFilter(
        store.db,
        hashAddress,
        filterInputOf((name) => c.req.query(name)),
      );
      if (!read.ok) return c.text(read.problems.map(({ message }) => message).join('\n'), 422);
      const output = new PassThrough();
      exportSubscribers(store.db, output, read.filter, format).catch((err: unknown) => {
        // Whoever does not want the rest hangs up.
        if ((err as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE')
          log?.error({ err }, 'an export ended');
        output.destroy(err as Error);
      });
      c.header('Content-Type', types[format]);
      c.header('Content-Disposition', `attachment; filename="subscribers.${format}"`);
      return c.body(Readable.toWeb(output) as ReadableStream);
    });
  return site;
}
