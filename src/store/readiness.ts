import { statSync } from 'node:fs';
import { tryWriting } from './health.ts';
import { migrations } from './migrations.ts';
import type { Store } from './store.ts';

/** Writing is tried for real once in so long, however often somebody asks. */
const trialEveryMs = 30_000;

/**
 * A look at whether the database can be worked with: null, or what is wrong in words that anybody may read. Reads at
 * each call; tries to write (and takes it back) twice a minute at most, and waits for nobody who is writing.
 */
export function createReadinessLook(
  store: Store,
  monotonicMs: () => number = () => performance.now(),
): () => string | null {
  const opened = identify(store.file);
  let triedAt = Number.NEGATIVE_INFINITY;
  let refusal: string | null = null;
  return () => {
    if (identify(store.file) !== opened) return 'the database file was moved or replaced';
    try {
      store.raw.prepare('SELECT id FROM deliveries LIMIT 1').get();
      const version = store.raw.pragma('user_version', { simple: true });
      if (version !== migrations.length) return 'the tables are not of this version';
    } catch {
      return 'the database does not answer';
    }
    if (monotonicMs() - triedAt >= trialEveryMs && !store.raw.inTransaction) {
      triedAt = monotonicMs();
      refusal = findRefusal(store);
    }
    return refusal;
  };
}

/** Which file it is, whatever its name; null: there is none. */
function identify(file: string): string | null {
  if (file === ':memory:') return file;
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
}

function findRefusal(store: Store): string | null {
  const waitMs = store.raw.pragma('busy_timeout', { simple: true });
  store.raw.pragma('busy_timeout = 0');
  try {
    tryWriting(store);
    return null;
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    // Somebody is writing: then it can be written.
    if (code.startsWith('SQLITE_BUSY')) return null;
    if (code.startsWith('SQLITE_FULL')) return 'the database cannot grow: the disk is full';
    if (code.startsWith('SQLITE_READONLY')) return 'the database can be read and not written';
    return 'the database cannot be written';
  } finally {
    store.raw.pragma(`busy_timeout = ${waitMs}`);
  }
}
