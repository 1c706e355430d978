import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Database } from '../../src/store/schema.ts';
import type { Db } from '../../src/store/store.ts';

/** Thrown wherever a dead process would have gone on. */
export class Died extends Error {
  override name = 'Died';
}

/** One process of several on a database: it can die between any two statements, and does nothing from then on. */
export interface Mortal {
  readonly db: Db;
  readonly dead: boolean;
  /** Ends it now. Throws Died. */
  die(): never;
  /** Throws Died when it is dead. */
  live(): void;
}

/** Several connections, as transactions of several processes wait for one another. */
class ManyAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}
const adapter = new ManyAdapter();

/**
 * A process on the store's own connection: its transactions take turns with those of other processes, as SQLite has
 * them do. It dies after so many statements; a transaction that was open is rolled back, as by the next process that
 * opens the file.
 */
export function createMortal(shared: Db, statements = Number.POSITIVE_INFINITY): Mortal {
  let left = statements;
  let dead = false;
  const live = () => {
    if (dead) throw new Died();
  };
  const mortal = (connection: DatabaseConnection): DatabaseConnection => ({
    async executeQuery(query) {
      live();
      const result = await connection.executeQuery(query);
      if (--left <= 0) {
        dead = true;
        throw new Died();
      }
      return result as never;
    },
    streamQuery() {
      throw new Error('nothing is streamed');
    },
  });
  const real = new WeakMap<DatabaseConnection, { connection: DatabaseConnection; release: () => void }>();
  const driver: Driver = {
    async init() {},
    async destroy() {},
    acquireConnection() {
      return new Promise((resolve, reject) => {
        shared
          .getExecutor()
          .provideConnection(async (connection) => {
            const { promise, resolve: release } = Promise.withResolvers<void>();
            const own = mortal(connection);
            real.set(own, { connection, release });
            resolve(own);
            await promise;
          })
          .catch(reject);
      });
    },
    async releaseConnection(own) {
      real.get(own)?.release();
    },
    async beginTransaction(own) {
      live();
      await real.get(own)?.connection.executeQuery(CompiledQuery.raw('begin immediate'));
    },
    async commitTransaction(own) {
      live();
      await real.get(own)?.connection.executeQuery(CompiledQuery.raw('commit'));
    },
    async rollbackTransaction(own) {
      await real.get(own)?.connection.executeQuery(CompiledQuery.raw('rollback'));
    },
  };
  const db = new Kysely<Database>({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => driver,
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (own) => new SqliteIntrospector(own),
    },
  });
  return {
    db,
    get dead() {
      return dead;
    },
    die() {
      dead = true;
      throw new Died();
    },
    live,
  };
}
