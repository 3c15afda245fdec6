import { AsyncLocalStorage } from 'node:async_hooks';
import { type Kysely, sql } from 'kysely';
import type { Logger } from '#kernel/log.ts';
import type { Session, Transact } from './group-commit.ts';
import { migrate } from './migrate.ts';
import { openNotices } from './notices.ts';
import { openPostgres } from './postgres.ts';
import type { Run } from './prepared.ts';
import type { DB } from './schema.ts';
import { openSqlite } from './sqlite.ts';

export { isUniqueViolation, StoreStartError } from './faults.ts';

export type Dialect = 'sqlite' | 'postgres';

/** Committed state; every statement sees its own moment. Writing through it fails on both databases. */
export interface Read {
  readonly db: Kysely<DB>;
  readonly dialect: Dialect;
  /** For statements of prepared.ts. */
  readonly run: Run;
}

/** One running transaction. Writers are queued: nothing this one has read can change before it commits. */
export interface Tx {
  readonly db: Kysely<DB>;
  readonly tx: true;
  readonly dialect: Dialect;
  /** For statements of prepared.ts. */
  readonly run: Run;
  /** Runs once the transaction is durable; never when it rolls back. What it throws is logged, not passed on. */
  afterCommit(work: () => void): void;
  /** Runs when nothing of the transaction was kept, or nobody can say. */
  afterRollback(work: () => void): void;
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
  /** Reads the whole SQLite file for damage, a second for each few hundred megabytes, and says what it found. undefined: sound, or PostgreSQL's own affair. */
  inspect(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** As long as the database itself lets a statement wait. */
const PATIENCE_MS = 5_000;

/** Opens, checks durability, migrates. Throws StoreStartError with a sentence for the operator. */
export async function openStore(options: StoreOptions, deps: { log: Logger }): Promise<Store> {
  const { log } = deps;
  const patienceMs = PATIENCE_MS;
  const engine =
    options.kind === 'sqlite'
      ? await openSqlite(options.file, { admin: options.admin === true, patienceMs })
      : await openPostgres(options.url, { poolSize: options.poolSize ?? 8, patienceMs, log });
  const dialect: Dialect = options.kind;
  const notices = openNotices(log, engine.client);
  const running = new AsyncLocalStorage<{ active: boolean }>();

  const alone = async <T>(work: (session: Session) => Promise<T>, how: Transact): Promise<T> => {
    if (running.getStore()?.active) throw new Error('a transaction was begun inside a transaction');
    return how((session) => inside(() => work(session)));
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

  const told = (hooks: readonly (() => void)[]): void => {
    for (const hook of hooks) {
      try {
        hook();
      } catch (error) {
        log.error({ err: error }, 'a hook after a transaction failed');
      }
    }
  };

  const tx = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    const hooks: { committed: (() => void)[]; rolledBack: (() => void)[] } = { committed: [], rolledBack: [] };
    const topics = new Set<string>();
    try {
      const value = await alone(async (session) => {
        const result = await work({
          db: session.db,
          run: session.run,
          dialect,
          tx: true,
          afterCommit: (hook) => hooks.committed.push(hook),
          afterRollback: (hook) => hooks.rolledBack.push(hook),
          notify: (topic) => topics.add(topic),
        });
        if (dialect === 'postgres' && topics.size > 0) await notices.announce(session.db, topics);
        return result;
      }, engine.queued);
      told([...hooks.committed, () => notices.tell(topics)]);
      return value;
    } catch (error) {
      told(hooks.rolledBack);
      throw error;
    }
  };

  const close = async (): Promise<void> => {
    await notices.close();
    await engine.close();
  };
  try {
    await alone(({ db }) => migrate(db, dialect, log), engine.plainly);
    await notices.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    dialect,
    read: { db: engine.db, dialect, run: engine.run },
    tx,
    lease: (work) => alone(({ db }) => work(db), engine.apart),
    onNotify: notices.on,
    ping: async () => {
      await sql`select 1`.execute(engine.db);
      await alone(() => Promise.resolve(), engine.apart);
    },
    inspect: engine.inspect,
    close,
  };
}
