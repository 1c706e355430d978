import BetterSqlite3 from 'better-sqlite3';

/** An empty database in memory, for what works on tables of its own. The caller closes it. */
export function openScratch(): BetterSqlite3.Database {
  return new BetterSqlite3(':memory:');
}
