import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { explainSqliteFailure } from './sqlite-failure.ts';
import { StoreError } from './store.ts';

/**
 * A worker is alive as long as it holds an exclusive lock on a small SQLite file of its own. The operating
 * system drops the lock when the process ends, however it ends, so no heartbeat and no clock is needed to
 * tell a crashed worker from a slow one (https://sqlite.org/lockingv3.html).
 */
export interface WorkerLock {
  readonly worker: string;
  release(): void;
}

function lockFile(databaseFile: string, worker: string): string {
  return join(`${databaseFile}.workers`, `${worker}.lock`);
}

function open(file: string): BetterSqlite3.Database {
  return new BetterSqlite3(file, { timeout: 0 });
}

/** Without a lock others would take this worker for dead while it sends. */
function lockError(folder: string, cause: unknown): StoreError {
  const failure = explainSqliteFailure(cause, folder);
  return new StoreError(
    failure
      ? `${failure.wrong} ${failure.remedy}`
      : `The folder ${folder}, where each sending process keeps a lock, cannot be written (${(cause as Error).message}). Let this user write to it and to the folder of the database, and see that the disk is not full or mounted read-only.`,
    { cause },
  );
}

/** Takes the lock of a worker that is just starting. Throws StoreError when the folder cannot be written. */
export function lockWorker(databaseFile: string, worker: string): WorkerLock {
  const folder = `${databaseFile}.workers`;
  const file = lockFile(databaseFile, worker);
  let database: BetterSqlite3.Database | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    database = open(file);
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    throw lockError(folder, cause);
  }
  return {
    worker,
    release() {
      rmSync(file, { force: true });
      database.close();
    },
  };
}

/** True while the worker's process lives. Removes the file of a dead one. */
export function isWorkerAlive(databaseFile: string, worker: string): boolean {
  const file = lockFile(databaseFile, worker);
  if (!readWorkers(databaseFile).includes(worker)) return false;
  const database = open(file);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return true;
    throw error;
  } finally {
    database.close();
  }
  rmSync(file, { force: true });
  return false;
}

/** Workers whose processes live. Removes nothing: one of them may be just starting. */
export function findLivingWorkers(databaseFile: string): string[] {
  return readWorkers(databaseFile).filter((worker) => {
    const database = open(lockFile(databaseFile, worker));
    try {
      database.exec('BEGIN; SELECT 1 FROM sqlite_master');
      return false;
    } catch (error) {
      if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return true;
      throw error;
    } finally {
      database.close();
    }
  });
}

/** Workers that have a lock file, alive or not. */
export function readWorkers(databaseFile: string): string[] {
  try {
    return readdirSync(`${databaseFile}.workers`)
      .filter((name) => name.endsWith('.lock'))
      .map((name) => name.slice(0, -'.lock'.length));
  } catch {
    return [];
  }
}
