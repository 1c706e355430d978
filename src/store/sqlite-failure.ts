import { dirname } from 'node:path';
import { readFreeBytes } from './disk.ts';

/**
 * What stands behind SQLite's result codes (https://sqlite.org/rescode.html), by how they begin: what is wrong with
 * the file, and what to do.
 */
const failures: [code: string, wrong: string, remedy: string][] = [
  [
    'SQLITE_BUSY',
    'is in use: another process has held it for writing all the time we waited',
    'Let the other one finish (a backup, an import, another Paperboy), or end it.',
  ],
  ['SQLITE_LOCKED', 'is in use by another part of this process', 'Try again.'],
  [
    'SQLITE_FULL',
    'cannot grow: the disk is full',
    'Make room on the disk that it lies on; beside it also its -wal file needs some.',
  ],
  [
    'SQLITE_READONLY_DBMOVED',
    'was moved or replaced while it was in use',
    'Stop every Paperboy and put it back where DATABASE_URL says.',
  ],
  [
    'SQLITE_READONLY',
    'cannot be written, only read',
    'Let this user write to it, to its -wal and -shm files and to its folder, and see that the disk is not mounted read-only.',
  ],
  [
    'SQLITE_IOERR',
    'could not be read or written: the disk failed',
    'See the system log, free space and quotas; a network share is no place for it. Then check it with `paperboy doctor`.',
  ],
  [
    'SQLITE_CORRUPT',
    'is damaged',
    'Stop Paperboy and restore a backup: `paperboy restore FILE` keeps this file and its -wal aside, of which `sqlite3 FILE .recover` may save what is newer.',
  ],
  [
    'SQLITE_NOTADB',
    'is no SQLite database',
    'See that DATABASE_URL names the right file; if this was one, restore a backup: `paperboy restore FILE`.',
  ],
  [
    'SQLITE_CANTOPEN',
    'cannot be opened',
    'See that its folder is there and that this user may read and write it and its -wal and -shm files.',
  ],
];

/** Less than SQLite needs for its -shm and -wal files to work at all. */
const fullBytes = 1e6;

export interface SqliteFailure {
  /** Which file, what is wrong, and SQLite's own words. One line. */
  wrong: string;
  remedy: string;
}

/**
 * Explains an error that has to do with the database file and not with the program, also when it is another's
 * `cause`; null: it is none. `file` null: not known.
 */
export function explainSqliteFailure(
  error: unknown,
  file: string | null,
  freeBytes: (folder: string) => number = readFreeBytes,
): SqliteFailure | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown };
    if (at.name !== 'SqliteError' || typeof code !== 'string') continue;
    // Where there is no room, some parts of SQLite say so and others speak of a disk that failed.
    const meant = code.startsWith('SQLITE_IOERR') && isFull(file, freeBytes) ? 'SQLITE_FULL' : code;
    const known = failures.find(([start]) => meant === start || meant.startsWith(`${start}_`));
    if (!known) return null;
    const [, wrong, remedy] = known;
    const named = file === null ? 'The database' : `The database ${file}`;
    return { wrong: `${named} ${wrong} (${code}: ${at.message}).`, remedy };
  }
  return null;
}

function isFull(file: string | null, freeBytes: (folder: string) => number): boolean {
  try {
    return file !== null && freeBytes(dirname(file)) < fullBytes;
  } catch {
    return false;
  }
}
