import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ColumnMap, guessColumns } from './csv-columns.ts';
import { readCsvLines } from './csv-lines.ts';

/** The largest address list that is taken through the pages; some 200,000 lines. */
export const maxListBytes = 20 * 1024 * 1024;

/** Address lists that were uploaded and wait for somebody's yes. They hold addresses: nobody else may read them. */
export interface StagedLists {
  /** Keeps a list; gives its id, which nobody can guess. */
  keep(list: Uint8Array): Promise<string>;
  /** Its bytes, streamed; null: there is no such list any more. */
  read(id: string): AsyncIterable<Uint8Array> | null;
  /** Where what became of each line is written and read. */
  writeReport(id: string): NodeJS.WritableStream;
  readReport(id: string): AsyncIterable<Uint8Array> | null;
  remove(id: string): Promise<void>;
}

/** How long a list waits. */
export const listKeptMs = 2 * 3_600_000;
const keptLists = 5;

/** Beside the database, or among temporary files where that is in memory; old ones go when a new one comes. */
export function openStagedLists(databaseFile: string): StagedLists {
  const folder =
    databaseFile === ':memory:'
      ? join(tmpdir(), `paperboy-imports-${randomBytes(6).toString('hex')}`)
      : join(dirname(databaseFile), 'imports');
  const path = (id: string, kind: 'csv' | 'report') => {
    if (!/^[0-9a-f]{32}$/.test(id)) throw new RangeError('no id of a list');
    return join(folder, `${id}.${kind}`);
  };
  const read = (id: string, kind: 'csv' | 'report') => {
    const file = /^[0-9a-f]{32}$/.test(id) ? path(id, kind) : null;
    return file !== null && existsSync(file) ? createReadStream(file) : null;
  };
  return {
    async keep(list) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeOld(folder);
      const id = randomBytes(16).toString('hex');
      const file = await open(path(id, 'csv'), 'wx', 0o600);
      try {
        await file.writeFile(list);
      } finally {
        await file.close();
      }
      return id;
    },
    read: (id) => read(id, 'csv'),
    writeReport: (id) => createWriteStream(path(id, 'report'), { mode: 0o600 }),
    readReport: (id) => read(id, 'report'),
    async remove(id) {
      await rm(path(id, 'csv'), { force: true });
    },
  };
}

/** Removes lists and reports that nobody came back to; they hold addresses. The same happens whenever a new one is kept. */
export async function forgetStagedLists(databaseFile: string): Promise<void> {
  const folder = join(dirname(databaseFile), 'imports');
  if (databaseFile !== ':memory:' && existsSync(folder)) await removeOld(folder);
}

async function removeOld(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{32}\.(csv|report)$/.test(name));
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      return { file, changedAt: (await stat(file).catch(() => null))?.mtimeMs ?? 0 };
    }),
  );
  files.sort((one, other) => other.changedAt - one.changedAt);
  // The wall clock is the files' own.
  const old = files.filter(
    ({ changedAt }, index) => index >= 2 * keptLists || Date.now() - changedAt > listKeptMs,
  );
  for (const { file } of old) await rm(file, { force: true });
}

/** A list's first line, what its columns probably mean, and its first records as they stand there. */
export interface ListStart {
  names: readonly string[];
  columns: ColumnMap;
  records: (readonly string[])[];
}

/** Throws AddressListError where it is no list. */
export async function peekList(input: AsyncIterable<Uint8Array>, records = 5): Promise<ListStart> {
  const start: ListStart = { names: [], columns: [], records: [] };
  const header = ({ names }: { names: readonly string[] }) => {
    start.names = names;
    start.columns = guessColumns(names);
  };
  // Any header will do: what its columns mean is about to be asked.
  for await (const line of readCsvLines(input, header, (names) => names.map(() => null))) {
    start.records.push(line.record);
    if (start.records.length >= records) break;
  }
  return start;
}
