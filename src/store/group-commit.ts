import type { Kysely } from 'kysely';
import { HubError } from '#kernel/errors.ts';
import type { Run } from './prepared.ts';
import type { DB } from './schema.ts';

/** One connection inside a transaction. */
export interface Session {
  readonly db: Kysely<DB>;
  readonly run: Run;
}

/** Runs `work` in a transaction; resolves once that is durable, rejects when nothing of it was kept. */
export type Transact = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/** A flush costs more than most transactions, and on SQLite it stops the process: but nobody may wait long for his neighbours. */
const MOST = 32;
const LONGEST_MS = 10;

interface Job {
  run(session: Session): Promise<void>;
  /** After COMMIT: passes on what `run` came to. */
  settle(): void;
  reject(error: unknown): void;
  /** `run` threw: its own savepoint was rolled back. */
  failed: boolean;
  readonly since: number;
}

/**
 * Group commit: works that are waiting together share one transaction, one after the other, each behind a savepoint of its own. Nobody is answered
 * before its COMMIT is durable. A work that throws takes back its own writes only; a COMMIT that fails fails all of them.
 *
 * So a process has one transaction at a time: on PostgreSQL one that is paused while it stands in the writers' queue holds everybody up once, not
 * once for each of its waiting works. Who has waited `patienceMs` for his turn is told SERVICE_BUSY and has written nothing.
 */
export function createGroupCommit(transact: Transact, patienceMs: number): Transact {
  const waiting: Job[] = [];
  let draining = false;

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      // One turn of the loop: requests that have arrived meanwhile come to their transactions and join.
      await new Promise((resolve) => setImmediate(resolve));
      dismissLate(waiting, patienceMs);
      if (waiting.length === 0) break;
      const group: Job[] = [];
      try {
        await transact((session) => runGroup(session, waiting, group));
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

function dismissLate(waiting: Job[], patienceMs: number): void {
  const since = performance.now() - patienceMs;
  for (let first = waiting[0]; first !== undefined && first.since < since; first = waiting[0]) {
    waiting.shift();
    const detail = 'database: waited too long for a turn to write';
    first.reject(new HubError('SERVICE_BUSY', detail, { params: { seconds: '5' } }));
  }
}

async function runGroup(session: Session, waiting: Job[], group: Job[]): Promise<void> {
  const began = performance.now();
  do {
    const job = waiting.shift();
    if (job === undefined) return;
    group.push(job);
    if (group.length === 1) {
      await job.run(session);
      // Nothing else is in the transaction yet: it is rolled back as a whole, without a savepoint.
      if (job.failed) throw new Error('rolled back');
      continue;
    }
    await session.run('savepoint job', []);
    await job.run(session);
    await leave(session, job.failed);
  } while (group.length < MOST && performance.now() - began < LONGEST_MS);
}

/** A full disk may have ended the transaction already: then there is no savepoint, and nobody of the group may be told that he was written. */
async function leave(session: Session, failed: boolean): Promise<void> {
  try {
    if (failed) await session.run('rollback to job', []);
    await session.run('release job', []);
  } catch (error) {
    const detail = 'database: the transaction of a group was lost';
    throw new HubError('SERVICE_BUSY', detail, { params: { seconds: '5' }, cause: error });
  }
}

function jobOf<T>(
  work: (session: Session) => Promise<T>,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Job {
  let settle = (): void => undefined;
  const job: Job = {
    failed: false,
    since: performance.now(),
    async run(session) {
      try {
        const value = await work(session);
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
