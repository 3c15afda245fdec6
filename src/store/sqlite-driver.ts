import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Statement } from 'better-sqlite3';
import { type DatabaseConnection, Kysely, SqliteDialect, SqliteDriver } from 'kysely';
import { databaseFault } from './faults.ts';
import type { Transact } from './group-commit.ts';
import type { Ran, Run } from './prepared.ts';
import type { DB } from './schema.ts';

/** How long a writer waits for another process's lock. */
export const BUSY_MS = 5_000;
/** Longer than one turn of the waiting loop under load. */
const BREAK_MS = 500;

/** Statements kept compiled on one connection; the program has about two hundred. */
const KEPT_STATEMENTS = 500;

/** One open connection, its statements kept compiled. */
export interface SqliteConnection {
  /** Kysely over the connection; inside `transact` its statements are part of the transaction. */
  readonly db: Kysely<DB>;
  readonly run: Run;
  statement(text: string): Statement;
  readonly raw: Database;
}

export function sqliteConnection(raw: Database): SqliteConnection {
  const statement = keptStatements(raw);
  const lent = lending(raw, statement);
  const dialect = new SqliteDialect({ database: lent });
  dialect.createDriver = () => new HubSqliteDriver({ database: lent });
  return {
    raw,
    statement,
    db: new Kysely<DB>({ dialect }),
    run: async (text, values) => execute(statement(text), values),
  };
}

export function execute(statement: Statement, values: readonly unknown[]): Ran {
  try {
    if (statement.reader) return { rows: statement.all(values), changed: 0 };
    return { rows: [], changed: statement.run(values).changes };
  } catch (error) {
    throw databaseFault(error);
  }
}

/** To prepare a statement costs more than to run most of them. One that is still being read is not lent twice. */
function keptStatements(database: Database): (text: string) => Statement {
  const kept = new Map<string, Statement>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined && !known.busy) return known;
    const made = database.prepare(text);
    if (kept.size >= KEPT_STATEMENTS) kept.clear();
    kept.set(text, made);
    return made;
  };
}

/** The connection for Kysely, which asks for a statement anew each time. */
const lending = (database: Database, prepare: (text: string) => Statement): Database =>
  new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return prepare;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/**
 * Transactions of the writing connection. IMMEDIATE: the write lock is taken before the first read, so a read-then-write never fails half way
 * (reliability 3.9). Whoever waits in the queue behind a lock that has already lasted too long is refused at once instead of waiting as long again.
 */
export function sqliteTransactions(connection: SqliteConnection): Transact {
  const { raw } = connection;
  /** First and last time that the write lock of another process was met, without a break between. */
  let locked = { first: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY };

  const lockedFor = (): number => {
    const now = performance.now();
    locked = { first: now - locked.last > BREAK_MS ? now : locked.first, last: now };
    return now - locked.first;
  };
  const command = (text: string): Ran => execute(connection.statement(text), []);
  const begin = async (): Promise<void> => {
    for (;;) {
      try {
        connection.statement('begin immediate').run();
        return;
      } catch (error) {
        if (!isLocked(error) || lockedFor() > BUSY_MS) throw databaseFault(error);
        await sleep(5);
      }
    }
  };

  return async (work) => {
    await begin();
    try {
      const value = await work(connection);
      command('commit');
      return value;
    } catch (error) {
      // After SQLITE_FULL and the like SQLite has already rolled back; a second ROLLBACK would hide the reason.
      if (raw.inTransaction) command('rollback');
      throw error;
    }
  };
}

export const isLocked = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');

/** Our own words for a database that cannot answer. */
class HubSqliteDriver extends SqliteDriver {
  #connection: DatabaseConnection | undefined;

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#connection ??= translated(await super.acquireConnection());
    return this.#connection;
  }
}

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
