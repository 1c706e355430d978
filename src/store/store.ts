import { chmodSync, closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';
import { addArchiveFunctions } from './archive-tables.ts';
import { migrations } from './migrations.ts';
import type { Database } from './schema.ts';
import { explainSqliteFailure } from './sqlite-failure.ts';

/** A connection or an open transaction: what every function of this folder takes first. */
export type Db = Kysely<Database>;

/** The open database. `raw` is the same SQLite connection, for pragmas and prepared statements. */
export interface Store {
  readonly db: Db;
  readonly raw: BetterSqlite3.Database;
  /** `:memory:`, or the file itself, whatever links led to it: locks of workers lie beside it. */
  readonly file: string;
  close(): Promise<void>;
}

/** The database cannot be used: the message says which file, what is wrong and what to do. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/**
 * Writers take the lock when the transaction begins: a deferred transaction that reads first and
 * writes later can fail with SQLITE_BUSY at once when another process wrote in between, whatever the
 * busy timeout (https://sqlite.org/lang_transaction.html).
 */
class ImmediateDriver extends SqliteDriver {
  readonly #raw: BetterSqlite3.Database;
  /** Which file this is a connection to. */
  readonly #opened: string | null;
  constructor(database: SqliteDatabase, raw: BetterSqlite3.Database) {
    super({ database });
    this.#raw = raw;
    this.#opened = raw.memory ? null : identityOf(raw.name);
  }
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // What would be written to a file that has no name any more, nobody would find: each message is sent within
    // two transactions, so none is sent that the database in its place does not know of.
    if (this.#opened !== null && identityOf(this.#raw.name) !== this.#opened)
      throw new StoreError(
        `The database ${this.#raw.name} was moved or replaced while it was in use; what is there now was not touched. Stop every Paperboy, put the right file where DATABASE_URL says, with its -wal, and start again.`,
      );
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
  /**
   * A full disk or a failing one has ended the transaction already (https://sqlite.org/lang_transaction.html);
   * rolling back once more would fail and hide what was wrong.
   */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#raw.inTransaction) await super.rollbackTransaction(connection);
  }
}

class ImmediateDialect extends SqliteDialect {
  readonly #raw: BetterSqlite3.Database;
  readonly #database: SqliteDatabase;
  constructor(raw: BetterSqlite3.Database) {
    const database = keepStatements(raw);
    super({ database });
    this.#raw = raw;
    this.#database = database;
  }
  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#database, this.#raw);
  }
}

/** Statements kept ready, and up to which length of SQL: the short ones recur, a page of rows does not. */
const keptStatements = { count: 200, sqlLength: 8000 };

/** Kysely prepares a statement each time it runs it; a fifth of the time of sending went there. */
function keepStatements(raw: BetterSqlite3.Database): SqliteDatabase {
  const kept = new Map<string, BetterSqlite3.Statement>();
  return {
    close: () => raw.close(),
    prepare(sql) {
      const known = kept.get(sql);
      if (known && !known.busy) return known;
      const statement = raw.prepare(sql);
      if (sql.length <= keptStatements.sqlLength) {
        if (kept.size >= keptStatements.count) kept.delete(kept.keys().next().value as string);
        kept.set(sql, statement);
      }
      return statement;
    },
  };
}

/**
 * Opens the SQLite file (made, with its folder, when absent; mode 0600, it holds addresses) and brings
 * its tables up to date. Throws StoreError.
 */
export function openStore(path: string): Store {
  let raw: BetterSqlite3.Database | undefined;
  let file = path;
  try {
    if (path !== ':memory:') {
      mkdirSync(dirname(path), { recursive: true });
      if (!existsSync(path)) {
        closeSync(openSync(path, 'a', 0o600));
        chmodSync(path, 0o600);
      }
      file = realpathSync(path);
    }
    const opened = identityOf(file);
    // SQLite would take it for new and throw the -wal away.
    if (sizeOf(file) === 0 && sizeOf(`${file}-wal`) > 0)
      throw new StoreError(
        `The database ${file} is empty although its -wal is not: it was cut off. Stop Paperboy and restore a backup: \`paperboy restore FILE\`.`,
      );
    raw = new BetterSqlite3(file, { timeout: 30_000 });
    if (!isOurs(raw))
      throw new StoreError(
        `${file} is the database of another program; nothing in it was changed. See that DATABASE_URL names the right file.`,
      );
    if (identityOf(file) !== opened)
      throw new StoreError(`${file} was replaced while it was being opened. Try again.`);
    setUp(raw);
  } catch (cause) {
    raw?.close();
    throw cause instanceof StoreError ? cause : storeError(file, 'cannot be opened', cause);
  }
  try {
    migrate(raw, file);
  } catch (cause) {
    raw.close();
    throw cause instanceof StoreError ? cause : storeError(file, 'cannot be brought up to date', cause);
  }
  return storeOver(raw, file);
}

/**
 * A database in memory that begins as a copy of another: `image` is what `raw.serialize()` gave of one in memory that
 * was up to date. A tenth of the time that making the tables takes.
 */
export function openImage(image: Buffer): Store {
  const raw = new BetterSqlite3(image);
  setUp(raw);
  return storeOver(raw, ':memory:');
}

function setUp(raw: BetterSqlite3.Database): void {
  raw.pragma('journal_mode = WAL');
  raw.pragma('synchronous = FULL');
  raw.pragma('foreign_keys = ON');
  raw.pragma('temp_store = MEMORY');
  raw.pragma('cache_size = -65536');
  // After a long look by somebody (a backup) the -wal file does not stay as long as it grew.
  raw.pragma('journal_size_limit = 67108864');
  addArchiveFunctions(raw);
}

function storeOver(raw: BetterSqlite3.Database, file: string): Store {
  const db = new Kysely<Database>({ dialect: new ImmediateDialect(raw) });
  return {
    db,
    raw,
    file,
    async close() {
      await db.destroy();
      // Kysely closes only what it has used.
      raw.close();
    },
  };
}

function storeError(file: string, wrong: string, cause: unknown): StoreError {
  const failure = explainSqliteFailure(cause, file);
  const message = failure
    ? `${failure.wrong} ${failure.remedy}`
    : `The database ${file} ${wrong}: ${(cause as Error).message}.`;
  return new StoreError(message, { cause });
}

/** Which file a name leads to; null: none, or one in memory. */
function identityOf(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** An empty database can become ours; one of a version has to have our tables. */
export function isOurs(raw: BetterSqlite3.Database): boolean {
  // One look: another process may be making the tables.
  return raw.transaction(() => {
    const version = raw.pragma('user_version', { simple: true });
    const tables = raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
    return version === 0
      ? tables.length === 0
      : ['subscribers', 'deliveries'].every((name) => tables.includes(name));
  })();
}

/** Applies what is missing, each migration in one transaction with its number. Returns the version. */
function migrate(raw: BetterSqlite3.Database, file: string): number {
  const version = () => raw.pragma('user_version', { simple: true }) as number;
  if (version() > migrations.length)
    throw new StoreError(
      `The database ${file} is of version ${version()}, newer than this Paperboy (${migrations.length}). Update Paperboy.`,
    );
  while (version() < migrations.length) {
    // Two processes may start at once: the version is read again under the write lock.
    raw
      .transaction(() => {
        const next = version();
        const migration = migrations[next];
        if (!migration) return;
        raw.exec(migration.sql);
        raw.pragma(`user_version = ${next + 1}`);
      })
      .immediate();
  }
  return version();
}
