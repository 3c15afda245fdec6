import type { Gm } from '#crypto/gm.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import type { HubKey } from '#store/hub-keys.ts';
import { isUniqueViolation, type Store } from '#store/store.ts';
import { type Checkpoint, checkpointText, verifyChain } from './chain.ts';
import type { Journal } from './journal.ts';

export interface Checkpoints {
  start(): void;
  stop(): Promise<void>;
  /** Signs the head now; undefined when nothing was added since the last one. Throws when the rows since then no longer chain. */
  write(): Promise<Checkpoint | undefined>;
}

interface Deps {
  readonly store: Store;
  readonly gm: Gm;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  /** The hub's `journal` key. */
  readonly key: () => Promise<HubKey>;
}

const LOOK_EVERY_MS = 5_000;
const SIGN_EVERY_MS = 60_000;
const SIGN_EVERY_ROWS = 1_000;

/** A signed point of the chain each minute or thousand rows: what was signed cannot be rewritten later without the journal key. */
export function createCheckpoints(deps: Deps): Checkpoints {
  const { store, gm, journal, clock, log } = deps;
  let timer: NodeJS.Timeout | undefined;
  let signedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<unknown> = Promise.resolve();

  const newest = async (): Promise<{ seq: number; head: string } | undefined> =>
    store.read.db
      .selectFrom('journal_checkpoint')
      .select(['seq', 'head'])
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();

  const write = async (): Promise<Checkpoint | undefined> => {
    const last = await newest();
    const after = last ? { seq: last.seq, hash: last.head } : undefined;
    const head = await journal.head(store.read);
    if (head.seq === (last?.seq ?? 0)) return undefined;
    if (last && head.seq < last.seq)
      throw new Error(`the journal ends at row ${head.seq}, but row ${last.seq} was signed`);
    // Never put our name to rows that no longer continue what we signed before.
    const upTo = takeUntil(journal.rows(store.read, (last?.seq ?? 0) + 1), head.seq);
    const verdict = await verifyChain(gm, upTo, after ? { after } : {});
    if (!verdict.ok) throw new Error(`journal row ${verdict.firstBad}: ${verdict.reason}`);
    const key = await deps.key();
    const point = { seq: head.seq, head: verdict.head, at: clock.now(), keyId: key.id };
    const signature = base64(await gm.sm2.sign(key.key, [utf8(checkpointText(point))]));
    return store
      .tx(async (tx) => {
        const row = { seq: point.seq, head: point.head, at: point.at, key_id: point.keyId, signature };
        await tx.db.insertInto('journal_checkpoint').values(row).execute();
        return { ...point, signature };
      })
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) return undefined; // another hub process signed this point first
        throw error;
      });
  };

  const look = async (): Promise<void> => {
    try {
      const [head, last] = await Promise.all([journal.head(store.read), newest()]);
      const fresh = head.seq - (last?.seq ?? 0);
      if (fresh < SIGN_EVERY_ROWS && clock.monotonic() - signedAt < SIGN_EVERY_MS) return;
      signedAt = clock.monotonic();
      if (fresh !== 0) await write();
    } catch (error) {
      log.error({ err: error }, 'journal checkpoint failed');
    }
  };

  return {
    start: () => {
      timer ??= setInterval(() => {
        running = running.then(look);
      }, LOOK_EVERY_MS).unref();
    },
    stop: async () => {
      clearInterval(timer);
      timer = undefined;
      await running;
    },
    write,
  };
}

async function* takeUntil<T extends { seq: number }>(rows: AsyncIterable<T>, last: number): AsyncGenerator<T> {
  for await (const row of rows) {
    if (row.seq > last) return;
    yield row;
  }
}
