import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Statement } from 'better-sqlite3';
import { CompiledQuery, type DatabaseConnection, Kysely, SqliteDialect, SqliteDriver } from 'kysely';
import { databaseFault } from './faults.ts';
import type { DB } from './schema.ts';

/** How long a writer waits for another process's lock. */
export const BUSY_MS = 5_000;
/** Longer than one turn of the waiting loop under load. */
const BREAK_MS = 500;

/** Statements kept compiled on one connection; the program has about a hundred. */
const KEPT_STATEMENTS = 500;

/** Kysely over one open connection, with our own BEGIN and our own words for a database that cannot answer. */
export function kyselyOver(database: Database): Kysely<DB> {
  const dialect = new SqliteDialect({ database });
  dialect.createDriver = () => new HubSqliteDriver(keepingStatements(database));
  return new Kysely<DB>({ dialect });
}

/** Kysely prepares every statement anew each time, which costs more than running most of them. One that is still being read is not lent twice. */
function keepingStatements(database: Database): Database {
  const kept = new Map<string, Statement>();
  const prepare = (text: string): Statement => {
    const known = kept.get(text);
    if (known !== undefined && !known.busy) return known;
    const made = database.prepare(text);
    if (kept.size >= KEPT_STATEMENTS) kept.clear();
    kept.set(text, made);
    return made;
  };
  return new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return prepare;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

class HubSqliteDriver extends SqliteDriver {
  readonly #database: Database;
  #connection: DatabaseConnection | undefined;
  /** First and last time that the write lock of another process was met, without a break between. */
  #locked = { first: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY };

  constructor(database: Database) {
    super({ database });
    this.#database = database;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#connection ??= translated(await super.acquireConnection());
    return this.#connection;
  }

  /**
   * IMMEDIATE: the write lock is taken before the first read, so a read-then-write never fails half way (reliability 3.9).
   * Whoever waits in the queue behind a lock that has already lasted too long is refused at once instead of waiting as long again.
   */
  override async beginTransaction(): Promise<void> {
    for (;;) {
      try {
        this.#database.exec('begin immediate');
        return;
      } catch (error) {
        if (!isLocked(error) || this.#lockedFor() > BUSY_MS) throw databaseFault(error);
        await sleep(5);
      }
    }
  }

  #lockedFor(): number {
    const now = performance.now();
    const first = now - this.#locked.last > BREAK_MS ? now : this.#locked.first;
    this.#locked = { first, last: now };
    return now - first;
  }

  /** After SQLITE_FULL and the like SQLite has already rolled back; a second ROLLBACK would hide the reason. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }
}

const isLocked = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');

function translated(connection: DatabaseConnection): DatabaseConnection {
  return {
    executeQuery: async (query) => {
      try {
        return await connection.executeQuery(query);
      } catch (error) {
        throw databaseFault(error);
      }
    },
    streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
  };
}
