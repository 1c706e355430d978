import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { CopyError, copyDatabase } from './copy.ts';
import { syncFile, syncFolderOf } from './files.ts';

export interface BackupRequest {
  /** The database. */
  from: string;
  /** Where the backup goes. */
  to: string;
  secretKey: string;
  /** Copied beside the backup as FILE.key; null: the key is kept elsewhere (SECRET_KEY). */
  secretKeyFile: string | null;
  /** Replace what is there. */
  force: boolean;
  /** Epoch ms. */
  now: number;
  onProgress?: (done: number, total: number) => void;
}

export interface BackupReport {
  file: string;
  bytes: number;
  /** The copy of the secret key; null: not copied. */
  keyFile: string | null;
}

/** What a backup tells of itself, in its table `installation`. */
export const backupFacts = { madeAt: 'backed_up_at', keyCheck: 'backed_up_key' };

/** Tells whether two secret keys are the same without telling either. */
export function checkOfKey(secretKey: string): string {
  return createHmac('sha256', secretKey).update('paperboy backup').digest('hex').slice(0, 16);
}

/**
 * Makes a backup while others send. It appears under its name in one step, checked and on the disk, readable by its
 * owner alone; before that, and when something fails, what was there stays. Throws CopyError.
 */
export async function backUp(request: BackupRequest): Promise<BackupReport> {
  const { from, to, force, now, secretKeyFile } = request;
  const keyFile = `${to}.key`;
  // Left by somebody who looked into an older backup, they would be taken for parts of the new one.
  const remains = ['-wal', '-shm', '-journal'].map((end) => `${to}${end}`);
  for (const file of [to, ...remains, ...(secretKeyFile ? [keyFile] : [])]) {
    if (!existsSync(file)) continue;
    if ([from, `${from}-wal`, `${from}-shm`, secretKeyFile].some((own) => own && isSame(own, file)))
      throw new CopyError(`${file} belongs to the database itself; name another file.`);
    if (!force)
      throw new CopyError(`${file} is there already; name another file, or replace it with --force.`);
    if (!statSync(file).isFile()) throw new CopyError(`${file} is no file that could be replaced.`);
  }
  const draft = `${to}.partial-${process.pid}`;
  const keyDraft = `${keyFile}.partial-${process.pid}`;
  await copyDatabase(from, draft, request.onProgress);
  try {
    const raw = new BetterSqlite3(draft);
    try {
      const keep = raw.prepare('INSERT OR REPLACE INTO installation (name, value) VALUES (?, ?)');
      keep.run(backupFacts.madeAt, String(now));
      keep.run(backupFacts.keyCheck, checkOfKey(request.secretKey));
    } finally {
      raw.close();
    }
    syncFile(draft);
    if (secretKeyFile) {
      writeFileSync(keyDraft, readFileSync(secretKeyFile), { mode: 0o600, flag: 'wx', flush: true });
      renameSync(keyDraft, keyFile);
    }
    for (const file of remains) rmSync(file, { force: true });
    renameSync(draft, to);
    syncFolderOf(to);
  } finally {
    rmSync(draft, { force: true });
    rmSync(keyDraft, { force: true });
  }
  return { file: to, bytes: statSync(to).size, keyFile: secretKeyFile ? keyFile : null };
}

function isSame(one: string, other: string): boolean {
  return existsSync(one) && realpathSync(one) === realpathSync(other);
}
