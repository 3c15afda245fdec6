import { AsyncLocalStorage } from 'node:async_hooks';
import { type Kysely, sql } from 'kysely';
import { systemClock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import { createGroupCommit, type Transact } from './group-commit.ts';
import { migrate } from './migrate.ts';
import { openNotices } from './notices.ts';
import { openPostgres, type PostgresHandles } from './postgres.ts';
import type { DB } from './schema.ts';
import { openSqlite, type SqliteHandles } from './sqlite.ts';
import { createTurns } from './turns.ts';

export { isUniqueViolation, StoreStartError } from './faults.ts';

export type Dialect = 'sqlite' | 'postgres';

/** Committed state; every statement sees its own moment. Writing through it fails on both databases. */
export interface Read {
  readonly db: Kysely<DB>;
}

/** One running transaction. Writers are queued: nothing this one has read can change before it commits. */
export interface Tx {
  readonly db: Kysely<DB>;
  readonly tx: true;
  readonly dialect: Dialect;
  /** Runs once the transaction is durable; never when it rolls back. What it throws is logged, not passed on. */
  afterCommit(work: () => void): void;
  /** At commit, tells every listener of `topic` in this process, and with PostgreSQL in every hub process. A hint, never the truth. */
  notify(topic: string): void;
}

export type Handle = Read | Tx;

export type StoreOptions =
  /** `admin`: beside a running hub, without taking the hub's lock. `file` may be `:memory:` (a private temporary file). */
  { kind: 'sqlite'; file: string; admin?: boolean } | { kind: 'postgres'; url: string; poolSize?: number };

export interface Store {
  readonly dialect: Dialect;
  readonly read: Read;
  /**
   * Commits what `work` wrote, or nothing when it throws. Never a network call, a driver or a wait for a person inside, and no second `tx`.
   * Throws HubError SERVICE_BUSY when the database is locked, full or gone; unique violations come through raw (`isUniqueViolation`).
   */
  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A transaction beside the queue of writers, for single-table leases only; it cannot append to the journal. */
  lease<T>(work: (db: Kysely<DB>) => Promise<T>): Promise<T>;
  /** Called after commits that said `notify(topic)`; the returned function ends it. */
  onNotify(topic: string, listener: () => void): () => void;
  /** Throws SERVICE_BUSY unless both a read and a write transaction are possible now (/readyz). */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** As long as the database itself lets a statement wait. */
const PATIENCE_MS = 5_000;

/** Opens, checks durability, migrates. Throws StoreStartError with a sentence for the operator. */
export async function openStore(options: StoreOptions, deps: { log: Logger }): Promise<Store> {
  const { log } = deps;
  const handles: SqliteHandles | PostgresHandles =
    options.kind === 'sqlite'
      ? await openSqlite(options.file, { admin: options.admin === true })
      : await openPostgres(options.url, { poolSize: options.poolSize ?? 8, log });
  const { reader, writer } = handles;
  const dialect: Dialect = options.kind;
  const notices = openNotices(log, handles.client);
  const running = new AsyncLocalStorage<{ active: boolean }>();

  const plainly: Transact = (work) => writer.transaction().execute(work);
  const inTurn = createTurns(() => systemClock.monotonic(), PATIENCE_MS);
  /** `queued` for those who write the journal's chain, `apart` for leases, which must be had while a long queue is worked off. */
  const ways: Record<Dialect, () => { queued: Transact; apart: Transact }> = {
    sqlite: () => {
      const grouped = createGroupCommit(writer);
      return { queued: grouped, apart: grouped };
    },
    postgres: () => ({ queued: (work) => inTurn(() => plainly(work)), apart: plainly }),
  };
  const { queued, apart } = ways[dialect]();

  const alone = async <T>(work: (db: Kysely<DB>) => Promise<T>, how: Transact): Promise<T> => {
    if (running.getStore()?.active) throw new Error('a transaction was begun inside a transaction');
    return how((db) => inside(() => work(db)));
  };
  /** A group runs each work in the context of the first: the mark is set where the work runs. */
  const inside = async <T>(work: () => Promise<T>): Promise<T> => {
    const mark = { active: true };
    try {
      return await running.run(mark, work);
    } finally {
      mark.active = false;
    }
  };

  const tx = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    const hooks: (() => void)[] = [];
    const topics = new Set<string>();
    const value = await alone(async (db) => {
      if (dialect === 'postgres') await queueWriters(db);
      const result = await work({
        db,
        dialect,
        tx: true,
        afterCommit: (hook) => hooks.push(hook),
        notify: (topic) => topics.add(topic),
      });
      if (dialect === 'postgres' && topics.size > 0) await notices.announce(db, topics);
      return result;
    }, queued);
    for (const hook of [...hooks, () => notices.tell(topics)]) {
      try {
        hook();
      } catch (error) {
        log.error({ err: error }, 'a hook after commit failed');
      }
    }
    return value;
  };

  const close = async (): Promise<void> => {
    await notices.close();
    await handles.close();
  };
  try {
    await alone((db) => migrate(db, dialect, log), plainly);
    await notices.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    dialect,
    read: { db: reader },
    tx,
    lease: (work) => alone(work, apart),
    onNotify: notices.on,
    ping: async () => {
      await sql`select 1`.execute(reader);
      await alone(() => Promise.resolve(), apart);
    },
    close,
  };
}

/** Any constant; every hub of this database uses the same. */
const WRITERS = 0x6361_6875;

/**
 * PostgreSQL gets SQLite's rule: one writer at a time, queued before its first read. The journal's chain serialises commits anyway;
 * taking the lock first also frees every repository from read-committed races, so that both databases behave alike.
 */
const queueWriters = (db: Kysely<DB>): Promise<unknown> => sql`select pg_advisory_xact_lock(${WRITERS})`.execute(db);
