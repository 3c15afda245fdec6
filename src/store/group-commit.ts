import { type Kysely, sql } from 'kysely';
import { HubError } from '#kernel/errors.ts';
import type { DB } from './schema.ts';

/** Runs `work` in a transaction; resolves once that is durable, rejects when nothing of it was kept. */
export type Transact = <T>(work: (db: Kysely<DB>) => Promise<T>) => Promise<T>;

/** A flush costs more than most transactions, and on SQLite it stops the process: but nobody may wait long for his neighbours. */
const MOST = 32;
const LONGEST_MS = 10;

interface Job {
  run(db: Kysely<DB>): Promise<void>;
  /** After COMMIT: passes on what `run` came to. */
  settle(): void;
  reject(error: unknown): void;
  /** `run` threw: its own savepoint was rolled back. */
  failed: boolean;
}

/**
 * Group commit: works that are waiting together share one BEGIN and one COMMIT, one after the other, each behind a savepoint of its own. Nobody is
 * answered before that COMMIT is durable. A work that throws takes back its own writes only; a COMMIT that fails fails all of them.
 */
export function createGroupCommit(writer: Kysely<DB>): Transact {
  const waiting: Job[] = [];
  let draining = false;

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      // One turn of the loop: requests that have arrived meanwhile come to their transactions and join.
      await new Promise((resolve) => setImmediate(resolve));
      const group: Job[] = [];
      try {
        await writer.transaction().execute((db) => runGroup(db, waiting, group));
        for (const job of group) job.settle();
      } catch (error) {
        // BEGIN itself failed: the first one hears of it, the next one tries for himself.
        if (group.length === 0) waiting.shift()?.reject(error);
        for (const job of group) {
          if (job.failed) job.settle();
          else job.reject(error);
        }
      }
    }
    draining = false;
  };

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push(jobOf(work, resolve, reject));
      if (draining) return;
      draining = true;
      void drain();
    });
}

async function runGroup(db: Kysely<DB>, waiting: Job[], group: Job[]): Promise<void> {
  const began = performance.now();
  do {
    const job = waiting.shift();
    if (job === undefined) return;
    group.push(job);
    if (group.length === 1) {
      await job.run(db);
      // Nothing else is in the transaction yet: it is rolled back as a whole, without a savepoint.
      if (job.failed) throw new Error('rolled back');
      continue;
    }
    await sql`savepoint job`.execute(db);
    await job.run(db);
    await leave(db, job.failed);
  } while (group.length < MOST && performance.now() - began < LONGEST_MS);
}

/** A full disk may have ended the transaction already: then there is no savepoint, and nobody of the group may be told that he was written. */
async function leave(db: Kysely<DB>, failed: boolean): Promise<void> {
  try {
    if (failed) await sql`rollback to job`.execute(db);
    await sql`release job`.execute(db);
  } catch (error) {
    const detail = 'database: the transaction of a group was lost';
    throw new HubError('SERVICE_BUSY', detail, { params: { seconds: '5' }, cause: error });
  }
}

function jobOf<T>(
  work: (db: Kysely<DB>) => Promise<T>,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Job {
  let settle = (): void => undefined;
  const job: Job = {
    failed: false,
    async run(db) {
      try {
        const value = await work(db);
        settle = () => resolve(value);
      } catch (error) {
        job.failed = true;
        settle = () => reject(error);
      }
    },
    settle: () => settle(),
    reject,
  };
  return job;
}
