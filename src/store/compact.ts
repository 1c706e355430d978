import { dirname } from 'node:path';
import { readFreeBytes } from './disk.ts';
import type { Store } from './store.ts';

export interface Compacted {
  /** Of the database file, its -wal left out. */
  bytes: number;
  /** Unused inside it: what comes next is written there. */
  freeBytes: number;
}

/** Nobody waits longer than this for another process's long look at the database (a backup); then it is left for the next time. */
const checkpointTimeoutMs = 200;

/**
 * Keeps the planner's statistics fresh and folds the -wal file into the database. What was forgotten leaves free pages
 * that are used again; the file is not made smaller by itself, since VACUUM (`vacuum`) holds up every writer
 * (https://sqlite.org/lang_vacuum.html, https://sqlite.org/wal.html).
 */
export async function compact(store: Store): Promise<Compacted> {
  const { raw } = store;
  // Inside `connection()` no transaction of this process is open.
  return await store.db.connection().execute(async () => {
    raw.pragma('optimize');
    const timeout = raw.pragma('busy_timeout', { simple: true });
    raw.pragma(`busy_timeout = ${checkpointTimeoutMs}`);
    try {
      raw.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      raw.pragma(`busy_timeout = ${timeout}`);
    }
    return measureFile(store);
  });
}

function measureFile({ raw }: Store): Compacted {
  const number = (name: string) => raw.pragma(name, { simple: true }) as number;
  const pageSize = number('page_size');
  return { bytes: number('page_count') * pageSize, freeBytes: number('freelist_count') * pageSize };
}

/** VACUUM was not done: why, and what to do. */
export class VacuumError extends Error {
  override name = 'VacuumError';
}

/**
 * Writes the whole database anew without its free pages; every writer waits meanwhile. Throws VacuumError when the
 * disk lacks room for that: a copy in the -wal file, and one where temporary files are.
 */
export async function vacuum(
  store: Store,
  freeBytes: (folder: string) => number = readFreeBytes,
): Promise<Compacted> {
  const before = measureFile(store);
  const needed = 2 * (before.bytes - before.freeBytes) + 50e6;
  const free = store.file === ':memory:' ? Number.POSITIVE_INFINITY : freeBytes(dirname(store.file));
  if (free < needed)
    throw new VacuumError(
      `There is no room to make ${store.file} smaller: ${megabytes(needed)} MB are needed beside it, ${megabytes(free)} are free.`,
    );
  await store.db.connection().execute(async () => {
    // Otherwise the copy would be made in memory.
    store.raw.pragma('temp_store = FILE');
    try {
      store.raw.exec('VACUUM');
    } finally {
      store.raw.pragma('temp_store = MEMORY');
    }
  });
  return await compact(store);
}

function megabytes(bytes: number): string {
  return Math.ceil(bytes / 1e6).toLocaleString('en');
}
