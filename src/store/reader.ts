import BetterSqlite3 from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { Database } from './schema.ts';
import type { Db } from './store.ts';

/** A connection that only reads, for a thread of its own. */
export interface Reader {
  readonly db: Db;
  close(): Promise<void>;
}

/** Opens the file of a store that is open elsewhere: its tables are there and up to date. */
export function openReader(file: string): Reader {
  const database = new BetterSqlite3(file, { readonly: true, fileMustExist: true, timeout: 30_000 });
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database }) });
  return {
    db,
    async close() {
      await db.destroy();
      database.close();
    },
  };
}

/** An empty database in memory, for indexes. */
export function openScratch(): BetterSqlite3.Database {
  return new BetterSqlite3(':memory:');
}
