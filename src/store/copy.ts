import { closeSync, openSync, rmSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { findDamage } from './health.ts';
import { migrations } from './migrations.ts';
import { explainSqliteFailure } from './sqlite-failure.ts';
import { isOurs } from './store.ts';

/** A database file that cannot be used as one of ours; the message says which, why and what to do. */
export class CopyError extends Error {
  override name = 'CopyError';
}

/** Pages between two turns of the event loop: 8 MB. */
const pagesAtOnce = 2000;

/**
 * Copies a database, also one that others write to, as it is at one instant, into the new file `to` (0600), and checks
 * the copy: whole, ours, and not newer than this program. What goes on meanwhile waits for nothing. The copy is one
 * file without -wal. Throws CopyError and leaves no copy behind. Returns its version.
 */
export async function copyDatabase(
  from: string,
  to: string,
  onProgress?: (done: number, total: number) => void,
): Promise<number> {
  try {
    closeSync(openSync(to, 'wx', 0o600));
    const source = new BetterSqlite3(from, { readonly: true, fileMustExist: true, timeout: 30_000 });
    try {
      // One long look: otherwise each write of another process would make SQLite begin the copy anew.
      source.exec('BEGIN');
      source.pragma('user_version');
      source.prepare('SELECT count(*) FROM sqlite_master').get();
      await source.backup(to, {
        progress({ totalPages, remainingPages }) {
          onProgress?.(totalPages - remainingPages, totalPages);
          return pagesAtOnce;
        },
      });
    } finally {
      source.close();
    }
    return checkCopy(to, from);
  } catch (error) {
    for (const file of [to, `${to}-wal`, `${to}-shm`, `${to}-journal`]) rmSync(file, { force: true });
    if (error instanceof CopyError) throw error;
    if (typeof (error as NodeJS.ErrnoException).syscall === 'string')
      throw new CopyError(`${to} cannot be written: ${(error as Error).message}.`, { cause: error });
    const failure = explainSqliteFailure(error, from);
    if (!failure) throw error;
    throw new CopyError(`${failure.wrong} ${failure.remedy}`, { cause: error });
  }
}

function checkCopy(copy: string, from: string): number {
  const raw = new BetterSqlite3(copy);
  try {
    raw.pragma('journal_mode = DELETE');
    const version = raw.pragma('user_version', { simple: true }) as number;
    if (version === 0 || !isOurs(raw)) throw new CopyError(`${from} is not a Paperboy database.`);
    if (version > migrations.length)
      throw new CopyError(
        `${from} is of version ${version}, newer than this Paperboy (${migrations.length}). Update Paperboy.`,
      );
    const damage = findDamage(raw);
    if (damage) throw new CopyError(`${from} is damaged: ${damage}.`);
    return version;
  } finally {
    raw.close();
  }
}
