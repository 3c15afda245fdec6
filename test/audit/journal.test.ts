import { type Kysely, sql } from 'kysely';
import { expect, it } from 'vitest';
import { createCheckpoints } from '#audit/checkpoints.ts';
import { exportJournal, verifyExport } from '#audit/export.ts';
import { createJournal } from '#audit/journal.ts';
import { createGm } from '#crypto/provider.ts';
import { systemClock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import { createFieldCipher } from '#store/field-cipher.ts';
import { hubPublicKeys, loadHubKey } from '#store/hub-keys.ts';
import { createKeyring } from '#store/keys.ts';
import type { DB } from '#store/schema.ts';
import { openStore, type Store } from '#store/store.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';

const gm = createGm();
const cipher = createFieldCipher(gm, createKeyring(gm, [{ id: 'k', key: new Uint8Array(32).fill(5) }]), systemRandom);
const journal = createJournal({ gm, clock: systemClock });

const append = (store: Store, n: number): Promise<void> =>
  store.tx((tx) => journal.append(tx, { kind: 'login.started', interactionId: `int_${n}`, body: { n, tail: 'A1B2' } }));
const filled = async (store: Store, rows: number): Promise<Store> => {
  for (let n = 1; n <= rows; n += 1) await append(store, n);
  return store;
};
const checkpointsOf = (store: Store) =>
  createCheckpoints({
    store,
    gm,
    journal,
    clock: systemClock,
    log: quietLog,
    key: () => loadHubKey(store, { gm, cipher, clock: systemClock, random: systemRandom }, 'journal'),
  });
/** What somebody with the database's password can do. */
const tamper = (store: Store, how: (db: Kysely<DB>) => Promise<unknown>): Promise<unknown> =>
  store.tx(async (tx) => {
    const off = {
      sqlite: ['drop trigger journal_no_update', 'drop trigger journal_no_delete'],
      postgres: ['alter table journal disable trigger all'],
    };
    for (const statement of off[store.dialect]) await sql.raw(statement).execute(tx.db);
    await how(tx.db);
  });
const collected = async (store: Store): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of exportJournal(journal, store.read)) lines.push(line);
  return lines;
};

describeOnBothDatabases('the journal', ({ open, options }) => {
  it('chains what was appended, in order', async () => {
    const store = await filled(await open(), 3);
    expect(await journal.verify(store.read)).toMatchObject({ ok: true, rows: 3 });
    const rows = [];
    for await (const row of journal.rows(store.read)) rows.push(row);
    expect(rows.map(({ seq, body }) => [seq, body])).toEqual([
      [1, '{"n":1,"tail":"A1B2"}'],
      [2, '{"n":2,"tail":"A1B2"}'],
      [3, '{"n":3,"tail":"A1B2"}'],
    ]);
    expect(rows[1]?.prev).toBe(rows[0]?.hash);
  });

  it('has no row of a transaction that failed', async () => {
    const store = await filled(await open(), 1);
    const failing = store.tx(async (tx) => {
      await journal.append(tx, { kind: 'unit.added' });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await append(store, 2);
    expect(await journal.verify(store.read)).toMatchObject({ ok: true, rows: 2 });
  });

  it('stays one chain under fifty parallel appends of two processes', async () => {
    const where = await options();
    const [one, two] = await Promise.all([openStore(where, { log: quietLog }), openStore(where, { log: quietLog })]);
    await Promise.all(Array.from({ length: 50 }, (_, n) => append(n % 2 === 0 ? one : two, n)));
    expect(await journal.verify(two.read)).toMatchObject({ ok: true, rows: 50 });
    await Promise.all([one.close(), two.close()]);
  });

  it('takes several rows in one transaction', async () => {
    const store = await open();
    await store.tx(async (tx) => {
      for (let n = 0; n < 3; n += 1) await journal.append(tx, { kind: 'unit.added', unitId: 'u' });
    });
    expect(await journal.verify(store.read)).toMatchObject({ ok: true, rows: 3 });
  });

  it('reads a long chain page by page', async () => {
    const store = await open();
    await store.tx(async (tx) => {
      for (let n = 0; n < 1_203; n += 1) await journal.append(tx, { kind: 'n', body: { n } });
    });
    expect(await journal.verify(store.read)).toMatchObject({ ok: true, rows: 1_203 });
  });

  it('never dates a row before the one it follows', async () => {
    const store = await open();
    const at = (now: number) => createJournal({ gm, clock: { ...systemClock, now: () => now } });
    await store.tx((tx) => at(2_000).append(tx, { kind: 'a' }));
    await store.tx((tx) => at(1_000).append(tx, { kind: 'b' }));
    expect(await journal.head(store.read)).toMatchObject({ seq: 2, at: 2_000 });
    expect(await journal.verify(store.read)).toMatchObject({ ok: true });
  });

  const alterations: readonly [string, (db: Kysely<DB>) => Promise<unknown>, number][] = [
    [
      'a body was changed',
      (db) => db.updateTable('journal').set({ body: '{"n":9}' }).where('seq', '=', 3).execute(),
      3,
    ],
    ['a kind was changed', (db) => db.updateTable('journal').set({ kind: 'x' }).where('seq', '=', 4).execute(), 4],
    ['a time was changed', (db) => db.updateTable('journal').set({ at: 1 }).where('seq', '=', 2).execute(), 2],
    [
      'an interaction was changed',
      (db) => db.updateTable('journal').set({ interaction_id: null }).where('seq', '=', 1).execute(),
      1,
    ],
    ['a row was deleted', (db) => db.deleteFrom('journal').where('seq', '=', 3).execute(), 3],
    ['the first row was deleted', (db) => db.deleteFrom('journal').where('seq', '=', 1).execute(), 1],
    [
      'two rows changed places',
      async (db) => {
        await db.updateTable('journal').set({ seq: 99 }).where('seq', '=', 3).execute();
        await db.updateTable('journal').set({ seq: 3 }).where('seq', '=', 4).execute();
        await db.updateTable('journal').set({ seq: 4 }).where('seq', '=', 99).execute();
      },
      3,
    ],
    [
      'a row was added that does not fit',
      async (db) => {
        const row = {
          at: 9e12,
          kind: 'x',
          unit_id: null,
          interaction_id: null,
          body: '{}',
          prev: '7'.repeat(64),
          hash: '8'.repeat(64),
        };
        await db
          .insertInto('journal')
          .values({ seq: 6, ...row })
          .execute();
      },
      6,
    ],
    [
      'a row was changed and its hash recomputed',
      async (db) => {
        const row = await db.selectFrom('journal').selectAll().where('seq', '=', 3).executeTakeFirstOrThrow();
        const { journalHash } = await import('#audit/chain.ts');
        const { unit_id: unitId, interaction_id: interactionId, ...same } = { ...row, body: '{"n":9}' };
        const hash = journalHash(gm, { ...same, unitId, interactionId });
        await db.updateTable('journal').set({ body: '{"n":9}', hash }).where('seq', '=', 3).execute();
      },
      4,
    ],
  ];
  it.each(alterations)('shows where %s', async (_, how, firstBad) => {
    const store = await filled(await open(), 5);
    await tamper(store, how);
    expect(await journal.verify(store.read)).toMatchObject({ ok: false, firstBad });
  });

  it('shows a cut tail and a rewritten chain against its signed checkpoint', async () => {
    const store = await filled(await open(), 5);
    const point = await checkpointsOf(store).write();
    expect(point).toMatchObject({ seq: 5 });
    await tamper(store, (db) => db.deleteFrom('journal').where('seq', '>', 3).execute());
    expect(await journal.verify(store.read)).toMatchObject({ ok: false, firstBad: 4 });
    await append(store, 4);
    await append(store, 5);
    await append(store, 6);
    expect(await journal.verify(store.read)).toMatchObject({
      ok: false,
      firstBad: 5,
      reason: 'differs from the checkpoint',
    });
  });

  it('shows a checkpoint that the hub did not sign', async () => {
    const store = await filled(await open(), 2);
    await checkpointsOf(store).write();
    await store.tx((tx) => tx.db.updateTable('journal_checkpoint').set({ at: 5 }).execute());
    expect(await journal.verify(store.read)).toMatchObject({ ok: false, firstBad: 2 });
    await store.tx((tx) => tx.db.updateTable('journal_checkpoint').set({ key_id: 'key_other' }).execute());
    expect(await journal.verify(store.read)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('unknown key'),
    });
  });

  it('is signed only where something was added and still chains', async () => {
    const store = await open();
    const points = checkpointsOf(store);
    expect(await points.write()).toBeUndefined();
    await filled(store, 2);
    expect(await points.write()).toMatchObject({ seq: 2 });
    expect(await points.write()).toBeUndefined();
    await filled(store, 2);
    await tamper(store, (db) => db.updateTable('journal').set({ kind: 'x' }).where('seq', '=', 3).execute());
    await expect(points.write()).rejects.toThrow('journal row 3');
  });

  it('does not sign past a tail that was cut', async () => {
    const store = await filled(await open(), 3);
    const points = checkpointsOf(store);
    await points.write();
    await tamper(store, (db) => db.deleteFrom('journal').where('seq', '=', 3).execute());
    await expect(points.write()).rejects.toThrow('row 3 was signed');
  });

  it('is verified offline from its export', async () => {
    const store = await filled(await open(), 4);
    await checkpointsOf(store).write();
    await append(store, 5);
    const lines = await collected(store);
    expect(await verifyExport(gm, lines)).toMatchObject({ ok: true, rows: 5, checkpoints: 1, pinned: false });
    const keys = await hubPublicKeys(store.read, 'journal');
    expect(await verifyExport(gm, lines, { keys })).toMatchObject({ ok: true, pinned: true });
    const head = await journal.head(store.read);
    const witness = { points: [{ seq: head.seq, head: head.hash }] };
    expect(await verifyExport(gm, lines.slice(0, -1), witness)).toMatchObject({ ok: false, firstBad: 5 });
    expect(await verifyExport(gm, lines.slice(0, -2))).toMatchObject({ ok: false, firstBad: 4 });
    const [header = '', ...rows] = lines;
    const broken = (row: number, from: string, to: string): string[] => [
      header,
      ...rows.map((line, i) => (i === row ? line.replace(from, to) : line)),
    ];
    expect(await verifyExport(gm, broken(2, '"seq":3', '"seq":4'))).toMatchObject({ ok: false, firstBad: 3 });
    expect(await verifyExport(gm, broken(2, '{', ''))).toMatchObject({
      ok: false,
      firstBad: 3,
      reason: 'unreadable line',
    });
    const stranger = Buffer.from(gm.sm2.generateKey().publicKey.point).toString('hex');
    const pinned = new Map([...keys.keys()].map((id) => [id, stranger]));
    expect(await verifyExport(gm, lines, { keys: pinned })).toMatchObject({
      ok: false,
      reason: 'checkpoint signature is wrong',
    });
    for (const garbage of [[], [''], ['{}'], ['[]', '{}'], ['null']])
      expect(await verifyExport(gm, garbage)).toMatchObject({ ok: false });
  });
});
