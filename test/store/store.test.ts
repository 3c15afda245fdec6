import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '#test/support/store.ts';

describeOnBothDatabases('the store', ({ open }) => {
  it('keeps what a transaction wrote', async () => {
    const store = await open();
    await store.tx(async (tx) => {
      await tx.db
        .insertInto('crl')
        .values({
          id: 'a',
          issuer_key: 'k',
          url: 'u',
          der: '',
          this_update: 1_900_000_000_000,
          next_update: 2,
          fetched_at: 3,
        })
        .execute();
    });
    const row = await store.read.db.selectFrom('crl').selectAll().executeTakeFirst();
    expect(row?.this_update).toBe(1_900_000_000_000);
  });
});
