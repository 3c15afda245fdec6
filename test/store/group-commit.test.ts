import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store, type Tx } from '#store/store.ts';
import { commitsDuring } from '#test/bench/commits.ts';
import { quietLog } from '#test/support/store.ts';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'caihub-group-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function opened(): Promise<{ store: Store; file: string }> {
  files += 1;
  const file = join(folder, `${files}.db`);
  return { file, store: await openStore({ kind: 'sqlite', file }, { log: quietLog }) };
}
const insert = (tx: Tx, id: string): Promise<unknown> =>
  tx.db
    .insertInto('crl')
    .values({ id, issuer_key: id, url: id, der: '', this_update: 0, next_update: 0, fetched_at: 0 })
    .execute();
const ids = async (store: Store): Promise<string[]> =>
  (await store.read.db.selectFrom('crl').select('id').orderBy('id').execute()).map((row) => row.id);

describe('transactions that wait together on SQLite', () => {
  it('share commits, and each is answered only when a reader sees what it wrote', async () => {
    const { store, file } = await opened();
    const names = Array.from({ length: 40 }, (_, index) => `crl-${String(index).padStart(2, '0')}`);
    const commits = await commitsDuring(file, () =>
      Promise.all(
        names.map(async (name) => {
          await store.tx((tx) => insert(tx, name));
          expect(await ids(store)).toContain(name);
        }),
      ),
    );
    expect(await ids(store)).toEqual(names);
    expect(commits).toBeLessThan(names.length / 2);
    await store.close();
  });

  it('fail alone: who throws takes back his own writes and runs none of his hooks, first, last or in the middle', async () => {
    const { store } = await opened();
    const told: string[] = [];
    const write = (id: string, throws: boolean): Promise<unknown> =>
      store.tx(async (tx) => {
        tx.afterCommit(() => told.push(id));
        await insert(tx, id);
        if (throws) throw new Error(`no ${id}`);
      });
    const results = await Promise.allSettled([
      write('a', true),
      write('b', false),
      write('c', true),
      write('d', false),
      write('d', false), // the same key again: its own failure
      write('e', true),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(await ids(store)).toEqual(['b', 'd']);
    expect(told).toEqual(['b', 'd']);
    await store.close();
  });

  it('are all refused by a COMMIT that fails, keep nothing, and the next ones go on', async () => {
    const { store } = await opened();
    const told: string[] = [];
    const write = (id: string): Promise<unknown> =>
      store.tx(async (tx) => {
        tx.afterCommit(() => told.push(id));
        await insert(tx, id);
      });
    const spoil = () =>
      store.tx(async (tx) => {
        await sql`pragma defer_foreign_keys = on`.execute(tx.db);
        await sql`insert into enrolment_history values ('h', 'nobody', 'sync', '', 0)`.execute(tx.db);
      });
    // A busy machine may end a group early: then the neighbour is in another one and may succeed. What was told always holds.
    let together = 0;
    for (let i = 0; i < 40 && together === 0; i += 1) {
      const names = [`a${i}`, `b${i}`];
      const [first, spoilt, second] = await Promise.allSettled([write(`a${i}`), spoil(), write(`b${i}`)]);
      const kept = (await ids(store)).filter((id) => names.includes(id));
      const promised = names.filter((_, n) => [first, second][n]?.status === 'fulfilled');
      expect(spoilt.status).toBe('rejected');
      expect(kept).toEqual(promised);
      expect(told.filter((id) => names.includes(id))).toEqual(promised);
      if (promised.length === 0) together += 1;
    }
    expect(together).toBe(1);
    await write('c');
    expect(await ids(store)).toContain('c');
    await store.close();
  });

  it('see what those before them in the group wrote', async () => {
    const { store } = await opened();
    const found = await Promise.all(
      [0, 1, 2, 3].map((index) =>
        store.tx(async (tx) => {
          const before = await tx.db.selectFrom('crl').select('id').execute();
          await insert(tx, `n${index}`);
          return before.length;
        }),
      ),
    );
    expect(found).toEqual([0, 1, 2, 3]);
    await store.close();
  });
});
