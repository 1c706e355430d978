import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { unguardFormula } from '../../mail/formula.ts';
import { chooseColumns } from '../../subscribers/csv-columns.ts';
import type { Fate, ImportReport, LineFate } from '../../subscribers/import.ts';
import { importSchema, uploadedSchema } from '../../web/api/subscriber-lists.ts';
import { CommandError } from '../command.ts';
import type { ImportGiven } from '../desk.ts';
import { bounded } from './bounded.ts';
import type { Client } from './client.ts';

/** How long it is until one asks again how far it is. */
const askAgainMs = { first: 100, most: 2_000 };

/**
 * Uploads a list, has it imported, and tells of each line by the report; also of those before the place where a list
 * breaks. Throws CommandError, and AddressListError for columns that cannot be chosen so.
 */
export async function importThere(
  client: Client,
  { input, columns: choice, newTopics, dryRun, onLine }: ImportGiven,
): Promise<ImportReport> {
  const list = await client.upload('/subscribers/imports', 'text/csv', bounded(input), uploadedSchema);
  const columns = chooseColumns(
    list.columns.map(({ name }) => name),
    choice,
  );
  const path = `/subscribers/imports/${list.id}`;
  const begun = await client.post(`${path}/run`, { dryRun, columns, newTopics }, importSchema);
  let now = begun;
  for (
    let waitMs = askAgainMs.first;
    now.state === 'running';
    waitMs = Math.min(waitMs * 1.5, askAgainMs.most)
  ) {
    await client.wait(waitMs);
    now = await client.get(`${path}/${begun.id}`, {}, importSchema);
  }
  await tellLines(client.download(`${path}/report.csv`, {}, 'text/csv'), onLine);
  if (now.result === null) throw new CommandError(now.message ?? 'The import failed.');
  const { dryRun: _, looked: __, ...report } = now.result;
  return report;
}

async function tellLines(report: AsyncIterable<Uint8Array>, onLine: (line: LineFate) => void): Promise<void> {
  await pipeline(report, parse({ columns: true }), async (rows: AsyncIterable<Record<string, string>>) => {
    for await (const { line, email, fate, message } of rows)
      onLine({
        line: Number(line),
        email: unguardFormula(email ?? '') || null,
        fate: fate as Fate,
        message: unguardFormula(message ?? '') || null,
      });
  });
}
