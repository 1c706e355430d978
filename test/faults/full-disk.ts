/**
 * Preloaded into the program: its database may grow by no more than `PAPERBOY_MORE_PAGES`, where no small file
 * system can be mounted. SQLite then answers as it does when the disk is full.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';

const Database = createRequire(join(import.meta.dirname, '../../src/store/x.ts'))(
  'better-sqlite3',
) as typeof BetterSqlite3;
const { pragma } = Database.prototype;
Database.prototype.pragma = function (this: BetterSqlite3.Database, source, options) {
  const result = pragma.call(this, source, options);
  if (source === 'foreign_keys = ON') {
    const pages = pragma.call(this, 'page_count', { simple: true }) as number;
    pragma.call(this, `max_page_count = ${pages + Number(process.env.PAPERBOY_MORE_PAGES)}`);
  }
  return result;
};
