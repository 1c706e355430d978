import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { DigestDefaults } from '../config.ts';
import type { HashAddress } from '../mail/address-hash.ts';
import { guardFormula } from '../mail/formula.ts';
import type { Db } from '../store/store.ts';
import { type ColumnMap, checkColumns } from './csv-columns.ts';
import { AddressListError } from './csv-lines.ts';
import { type ImportReport, importSubscribers, type LineFate } from './import.ts';
import type { StagedLists } from './staged-lists.ts';

/** What became of a list, with the lines that are worth a look; all of them are in the report. */
export interface StagedReport extends ImportReport {
  dryRun: boolean;
  looked: LineFate[];
}

export interface StagedRequest {
  db: Db;
  lists: StagedLists;
  id: string;
  defaults: DigestDefaults;
  hashAddress: HashAddress;
  at: number;
  columns: ColumnMap;
  newTopics: readonly string[];
  dryRun: boolean;
  /** How many lines are done. */
  onProgress?: (lines: number) => void;
}

/** How many lines are told of: such with something to say, and others. */
const told = { withMessage: 200, plain: 20 };

/**
 * Imports a list that was kept, or tells what would become of it, and writes what became of each line into its report.
 * Once it is imported the list is removed. Throws AddressListError.
 */
export async function importStaged(request: StagedRequest): Promise<StagedReport> {
  const { lists, id, dryRun, columns } = request;
  const input = lists.read(id);
  if (!input) throw new AddressListError('The list is not here any more; upload it again.', 1);
  const looked: LineFate[] = [];
  let plain = 0;
  let lines = 0;
  const output = lists.writeReport(id);
  const rows = stringify({
    header: true,
    columns: ['line', 'email', 'fate', 'message'],
    record_delimiter: 'unix',
  });
  rows.pipe(output);
  const written = finished(output);
  written.catch(() => {});
  try {
    const report = await importSubscribers({
      ...request,
      input: slowedBy(input, rows),
      choose: (names) => {
        const shown = JSON.stringify(names.join(',').slice(0, 80));
        if (columns.length !== names.length)
          throw new AddressListError(`The list has other columns than were shown: ${shown}.`, 1);
        return checkColumns(columns, shown);
      },
      onLine(fate) {
        rows.write([fate.line, guardFormula(fate.email ?? ''), fate.fate, guardFormula(fate.message ?? '')]);
        if (fate.message !== null ? looked.length - plain < told.withMessage : plain < told.plain) {
          if (fate.message === null) plain++;
          looked.push(fate);
        }
        if (++lines % 500 === 0) request.onProgress?.(lines);
      },
    });
    if (!dryRun) await lists.remove(id);
    return { ...report, dryRun, looked };
  } finally {
    rows.end();
    await written;
  }
}

/** Reads on only when the report has been written so far: it is as long as the list. */
async function* slowedBy(
  input: AsyncIterable<Uint8Array>,
  rows: { writableNeedDrain: boolean } & NodeJS.WritableStream,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of input) {
    if (rows.writableNeedDrain) await once(rows, 'drain');
    yield chunk;
  }
}
