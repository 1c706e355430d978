import {
  chownSync,
  existsSync,
  linkSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { endAllSessions } from './carry-admins.ts';
import { type CarriedOver, carryOver } from './carry-over.ts';
import { copyDatabase } from './copy.ts';
import { syncFile, syncFolderOf } from './files.ts';
import { raiseFloors } from './floors.ts';
import { findDamage } from './health.ts';
import { isOurs, openStore, type Store } from './store.ts';
import { eraseSubscriberRow } from './subscribers.ts';
import { findLivingWorkers } from './worker-lock.ts';

/** The backup was not restored; the database is what it was. */
export class RestoreError extends Error {
  override name = 'RestoreError';
}

export interface RestoreRequest<Settled> {
  /** The backup. */
  file: string;
  /** The database that it becomes; it need not be there. */
  databaseFile: string;
  /** Works on the checked copy, brought up to date, before it takes its place. Throws: nothing is restored. */
  settle: (store: Store, replaced: ReplacedState) => Promise<Settled>;
  /** Epoch ms; names the replaced database. */
  now: number;
  onProgress?: (done: number, total: number) => void;
}

/** What is at the database's place: nothing, one that can be read, or what is left of one and why it cannot be. */
export type ReplacedState = 'absent' | 'readable' | { damaged: string };

export interface RestoreResult<Settled> {
  settled: Settled;
  /** Where the replaced database lies now; null: there was none. */
  keptAs: string | null;
  replaced: ReplacedState;
  /** What was taken from the replaced database; null: it could not be read. */
  carried: CarriedOver | null;
}

/**
 * Puts a backup in the database's place. Nobody else may have the database open; nobody can open it until the end. The
 * replaced one is kept aside. Ended at any moment it leaves the one or the other whole, and can be run again. Throws
 * RestoreError and CopyError.
 */
export async function restoreDatabase<Settled>(
  request: RestoreRequest<Settled>,
): Promise<RestoreResult<Settled>> {
  const { file, now } = request;
  if (!existsSync(file)) throw new RestoreError(`There is no file ${file}.`);
  const target = existsSync(request.databaseFile) ? realpathSync(request.databaseFile) : request.databaseFile;
  if (realpathSync(file) === target) throw new RestoreError(`${file} is the database itself.`);
  const held = hold(target);
  const draft = `${target}.restoring-${process.pid}`;
  try {
    removeDrafts(target);
    await copyDatabase(file, draft, request.onProgress);
    const store = openStore(draft);
    let carried: CarriedOver | null = null;
    let settled: Settled;
    try {
      carried = held.raw && held.state === 'readable' ? carryOver(held.raw, draft, now) : null;
      await endAllSessions(store.db);
      for (const id of carried?.erased ?? []) await eraseSubscriberRow(store.db, id, now);
      // More than ten rows a second, all the time, there never were.
      await raiseFloors(store.db, { idsGivenUntil: Math.floor(now / 100) });
      settled = await request.settle(store, held.state);
    } finally {
      await store.close();
    }
    const keptAs = swap(draft, target, freeName(`${target}.before-restore-${stampOf(now)}`));
    return { settled, keptAs, replaced: held.state, carried };
  } finally {
    held.raw?.close();
    for (const rest of ['', '-wal', '-shm', '-journal']) rmSync(`${draft}${rest}`, { force: true });
  }
}

interface Held {
  /** Holds the lock that keeps everybody out; null: there is nothing to hold. */
  raw: BetterSqlite3.Database | null;
  state: ReplacedState;
}

/** How long a command that is just ending is waited for. */
const patienceMs = 500;

/**
 * Whoever has the database open holds a lock on the file, also while doing nothing; only one can hold it exclusively
 * (https://sqlite.org/pragma.html#pragma_locking_mode). A damaged file cannot be locked so: there, running programs
 * are known by the locks beside it.
 */
function hold(target: string): Held {
  if (findLivingWorkers(target).length > 0) throw inUse(target);
  if (!existsSync(target)) return { raw: null, state: 'absent' };
  let raw: BetterSqlite3.Database | null = null;
  try {
    raw = new BetterSqlite3(target, { fileMustExist: true, timeout: patienceMs });
    raw.pragma('main.locking_mode = EXCLUSIVE');
    raw.exec('BEGIN EXCLUSIVE; COMMIT');
    raw.pragma('wal_checkpoint(TRUNCATE)');
    if (!isOurs(raw)) throw new RestoreError(`${target} is the database of another program.`);
    const damage = findDamage(raw);
    return { raw, state: damage === null ? 'readable' : { damaged: damage } };
  } catch (error) {
    raw?.close();
    if (error instanceof RestoreError) throw error;
    const { code = '', message } = error as { code?: string; message: string };
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) throw inUse(target, error);
    if (/^SQLITE_(NOTADB|CORRUPT|IOERR)/.test(code)) return { raw: null, state: { damaged: message } };
    throw error;
  }
}

function inUse(target: string, cause?: unknown): RestoreError {
  return new RestoreError(
    `${target} is in use by another process. Stop \`paperboy serve\` and every other Paperboy first.`,
    { cause },
  );
}

/** Returns the name under which the replaced database is kept. */
function swap(draft: string, target: string, aside: string): string | null {
  const replaced = statSync(target, { throwIfNoEntry: false });
  const owner = replaced ?? statSync(dirname(target));
  try {
    // Restored by root, it is still the service's.
    chownSync(draft, owner.uid, owner.gid);
  } catch {
    // Only root may give files away.
  }
  syncFile(draft);
  // What is in the -wal of a whole database was folded into it; that of a damaged one may save something.
  rmSync(`${target}-shm`, { force: true });
  if (existsSync(`${target}-wal`)) renameSync(`${target}-wal`, `${aside}-wal`);
  if (replaced) {
    try {
      // One more name for it, so that there is a database at any moment.
      linkSync(target, aside);
    } catch {
      renameSync(target, aside);
    }
  }
  renameSync(draft, target);
  syncFolderOf(target);
  if (replaced && statSync(`${aside}-wal`, { throwIfNoEntry: false })?.size === 0) rmSync(`${aside}-wal`);
  return replaced ? aside : null;
}

/** What a restore that was killed has left. */
function removeDrafts(target: string): void {
  for (const name of readdirSync(dirname(target)))
    if (name.startsWith(`${basename(target)}.restoring-`)) rmSync(join(dirname(target), name));
}

function freeName(name: string): string {
  let free = name;
  for (let n = 2; existsSync(free); n++) free = `${name}-${n}`;
  return free;
}

/** `20260701T081500Z`. */
function stampOf(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
}
