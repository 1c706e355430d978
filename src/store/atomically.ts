import type { Db } from './store.ts';

/** Runs the steps in one transaction, the caller's when there is one. */
export function atomically<T>(db: Db, steps: (db: Db) => Promise<T>): Promise<T> {
  return db.isTransaction ? steps(db) : db.transaction().execute(steps);
}
