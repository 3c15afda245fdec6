import { expect, it } from 'vitest';
import { prepared } from '#store/prepared.ts';
import type { CrlTable } from '#store/schema.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';

const insertion = prepared((db, row: CrlTable) => db.insertInto('crl').values(row));
const byId = prepared((db, { id }: { id: string }) => db.selectFrom('crl').selectAll().where('id', '=', id));
const change = prepared((db, { id, ...set }: { id: string; url?: string; next_update?: number }) =>
  db.updateTable('crl').set(set).where('id', 'in', [id]),
);
const crl = (id: string): CrlTable => ({
  id,
  issuer_key: `key of ${id}`,
  url: 'http://crl.test/',
  der: '',
  this_update: 1_900_000_000_000,
  next_update: 0,
  fetched_at: 0,
});

describeOnBothDatabases('a statement that is written once', ({ open }) => {
  it('says the same each time with other values, and counts what it wrote', async () => {
    const store = await open();
    const written = await store.tx(async (tx) => {
      const one = await insertion.run(tx, crl('a'));
      return one + (await insertion.run(tx, crl('b')));
    });
    expect(written).toBe(2);
    expect(await byId.first(store.read, { id: 'a' })).toEqual(crl('a'));
    expect(await byId.all(store.read, { id: 'b' })).toEqual([crl('b')]);
    expect(await byId.first(store.read, { id: 'c' })).toBeUndefined();
  });

  it('is another statement where other members are there', async () => {
    const store = await open();
    await store.tx((tx) => insertion.run(tx, crl('a')));
    const changed = await store.tx(async (tx) => [
      await change.run(tx, { id: 'a', url: 'http://other.test/' }),
      await change.run(tx, { id: 'a', next_update: 7 }),
      await change.run(tx, { id: 'b', url: 'http://nobody.test/', next_update: 8 }),
    ]);
    expect(changed).toEqual([1, 1, 0]);
    expect(await byId.first(store.read, { id: 'a' })).toEqual({
      ...crl('a'),
      url: 'http://other.test/',
      next_update: 7,
    });
  });

  it('belongs to its transaction: seen inside, not outside, gone when that fails', async () => {
    const store = await open();
    const failing = store.tx(async (tx) => {
      await insertion.run(tx, crl('a'));
      expect(await byId.first(tx, { id: 'a' })).toEqual(crl('a'));
      expect(await byId.first(store.read, { id: 'a' })).toBeUndefined();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await byId.first(store.read, { id: 'a' })).toBeUndefined();
  });

  it('cannot write through a read handle', async () => {
    const store = await open();
    await expect(insertion.run(store.read, crl('a'))).rejects.toThrow(/read.?only/i);
    const returning = prepared((db, row: CrlTable) => db.insertInto('crl').values(row).returningAll());
    await expect(returning.first(store.read, crl('a'))).rejects.toThrow(/read.?only/i);
  });

  it('refuses to compute with a value that it does not have yet', async () => {
    const store = await open();
    const later = prepared((db, { at }: { at: number }) =>
      db
        .selectFrom('crl')
        .selectAll()
        .where('next_update', '<', at + 1),
    );
    await expect(later.all(store.read, { at: 1 })).rejects.toThrow('known only when it runs');
  });
});
