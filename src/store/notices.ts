import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import type { Logger } from '#kernel/log.ts';
import type { DB } from './schema.ts';

export interface Notices {
  on(topic: string, listener: () => void): () => void;
  /** This process's listeners, after commit. */
  tell(topics: Iterable<string>): void;
  /** The other processes, by NOTIFY inside the transaction: PostgreSQL delivers it at commit. */
  announce(db: Kysely<DB>, topics: Iterable<string>): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const CHANNEL = 'caihub';
const RECONNECT_MS = 1_000;

/** Hints between rooms and processes that something was committed. Losing one costs a poll interval, never a message. */
export function openNotices(log: Logger, connect?: () => pg.Client): Notices {
  const listeners = new Map<string, Set<() => void>>();
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const tell = (topics: Iterable<string>): void => {
    for (const topic of topics) for (const listener of listeners.get(topic) ?? []) listener();
  };

  const listen = async (): Promise<void> => {
    if (!connect || closed) return;
    const fresh = connect();
    const again = (): void => {
      if (client === fresh) client = undefined;
      if (closed || timer) return;
      timer = setTimeout(() => {
        timer = undefined;
        void listen();
      }, RECONNECT_MS);
    };
    fresh.on('error', (error) => log.warn({ err: error }, 'notification connection lost'));
    fresh.on('end', again);
    fresh.on('notification', (message) => tell([message.payload ?? '']));
    try {
      await fresh.connect();
      await fresh.query(`listen ${CHANNEL}`);
      client = fresh;
      if (closed) await fresh.end();
    } catch (error) {
      log.warn({ err: error }, 'cannot listen for notifications, polling instead');
      await fresh.end().catch(() => undefined);
      again();
    }
  };

  return {
    on: (topic, listener) => {
      const known = listeners.get(topic) ?? new Set();
      listeners.set(topic, known.add(listener));
      return () => known.delete(listener);
    },
    tell,
    announce: async (db, topics) => {
      for (const topic of topics) await sql`select pg_notify(${CHANNEL}, ${topic})`.execute(db);
    },
    start: listen,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}
