import { CompiledQuery, Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from 'kysely';
import pg from 'pg';
import type { Logger } from '#kernel/log.ts';
import type { Engine } from './engine.ts';
import { databaseFault, isLostConnection, StoreStartError } from './faults.ts';
import { createGroupCommit, type Transact } from './group-commit.ts';
import type { Run } from './prepared.ts';
import type { DB } from './schema.ts';

const INT8 = 20;
/** Our times are epoch milliseconds and our counts small: int8 as Number is exact. For this pool only, never the driver's global table. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

/** Two pools: a read inside a transaction can then never wait for the connections that the transactions themselves hold. */
export async function openPostgres(
  url: string,
  options: { poolSize: number; patienceMs: number; log: Logger },
): Promise<Engine> {
  const base: pg.PoolConfig = {
    connectionString: url,
    types,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 5_000,
    // half-open sockets would otherwise hang for a quarter of an hour
    query_timeout: 8_000,
    lock_timeout: 5_000,
    // a stopped process must not hold the writers' queue
    idle_in_transaction_session_timeout: 4_000,
    application_name: 'ca-interop-hub',
  };
  const writePool = watched(new pg.Pool({ ...base, max: options.poolSize }), options.log);
  const readPool = watched(
    new pg.Pool({ ...base, max: options.poolSize, options: '-c default_transaction_read_only=on' }),
    options.log,
  );
  const writer = new Kysely<DB>({ dialect: new PostgresDialect({ pool: translated(writePool) }) });
  const reader = new Kysely<DB>({ dialect: new PostgresDialect({ pool: translated(readPool) }) });
  const close = async (): Promise<void> => {
    await Promise.allSettled([reader.destroy(), writer.destroy()]);
  };
  try {
    await assertDurable(writer, options.log);
  } catch (error) {
    await close();
    if (error instanceof StoreStartError) throw error;
    throw new StoreStartError('无法连接 PostgreSQL 数据库。Cannot reach the PostgreSQL database.', error);
  }
  const plainly: Transact = (work) => writer.transaction().execute((db) => work({ db, run: runOver(db) }));
  return {
    db: reader,
    run: runOver(reader),
    plainly,
    queued: createGroupCommit(
      (work) =>
        plainly(async (session) => {
          await queueWriters(session.db);
          return work(session);
        }),
      options.patienceMs,
    ),
    apart: plainly,
    inspect: async () => undefined,
    client: () => new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 5_000 }),
    close,
  };
}

/** Statements are not named on the server: a plan kept there breaks when a newer hub adds a column to its table. */
const runOver =
  (db: Kysely<DB>): Run =>
  async (text, values) => {
    const { rows, numAffectedRows } = await db.executeQuery(CompiledQuery.raw(text, [...values]));
    return { rows, changed: Number(numAffectedRows ?? 0) };
  };

/** Any constant; every hub of this database uses the same. */
const WRITERS = 0x6361_6875;

/**
 * PostgreSQL gets SQLite's rule: one writer at a time, queued before its first read. The journal's chain serialises commits anyway;
 * taking the lock first also frees every repository from read-committed races, so that both databases behave alike.
 */
const queueWriters = (db: Kysely<DB>): Promise<unknown> => sql`select pg_advisory_xact_lock(${WRITERS})`.execute(db);

/** An acknowledged write is a durable write: a server that answers COMMIT before its log is flushed is refused. */
async function assertDurable(db: Kysely<DB>, log: Logger): Promise<void> {
  const { rows } = await sql<{ commit: string; fsync: string }>`
    select current_setting('synchronous_commit') as commit, current_setting('fsync') as fsync`.execute(db);
  if (rows[0]?.commit === 'off')
    throw new StoreStartError(
      'PostgreSQL 的 synchronous_commit 为 off，已确认的数据可能丢失，请改为 on。PostgreSQL runs with synchronous_commit=off: acknowledged writes could be lost; set it to on.',
    );
  if (rows[0]?.fsync === 'off') log.warn('PostgreSQL runs with fsync=off: a power failure can destroy the database');
}

/** node-postgres ends the process on an error event nobody listens to: idle clients speak through the pool, checked-out ones themselves. */
function watched(pool: pg.Pool, log: Logger): pg.Pool {
  pool.on('error', (error) => log.warn({ err: error }, 'database connection lost'));
  pool.on('connect', (client) => {
    client.on('error', (error) => log.warn({ err: error }, 'database connection lost in use'));
  });
  return pool;
}

function translated(pool: pg.Pool): PostgresPool {
  // Kysely keeps its connection objects by client, so one face a client.
  const faces = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw databaseFault(error);
      });
      const known = faces.get(client);
      if (known) return known;
      const face = faceOf(client);
      faces.set(client, face);
      return face;
    },
    end: () => pool.end(),
    options: pool.options,
  };
}

function faceOf(client: pg.PoolClient): PostgresPoolClient {
  let lost = false;
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(text, [...parameters]);
    } catch (error) {
      lost ||= isLostConnection(error);
      throw databaseFault(error);
    }
  };
  return {
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(lost || destroy === true),
  };
}
