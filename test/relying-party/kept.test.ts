import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openStore, type Store } from '#store/store.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';
import { accepted, openParties } from './world.ts';

describeOnBothDatabases('what is kept of units and platforms', ({ options }) => {
  async function world() {
    const where = await options();
    const stores = [await openStore(where, { log: quietLog }), await openStore(where, { log: quietLog })] as const;
    const [store, other] = stores;
    const { parties } = openParties(store);
    const { unit } = accepted(await store.tx((tx) => parties.addUnit(tx, { id: 'LN-1', name: '单位' })));
    const status = async (seen: Store = store) => (await parties.unit(seen.read, unit.id))?.status;
    expect(await status()).toBe('active');
    return { store, other, parties, unit, status, close: () => Promise.all(stores.map((one) => one.close())) };
  }

  it('gives way to a change of another process, by command or by hand, at the next look', async () => {
    const { other, parties, unit, status, close } = await world();
    await other.tx((tx) => parties.setUnitStatus(tx, unit.id, 'suspended'));
    expect(await status()).toBe('suspended');
    await other.tx((tx) => sql`update unit set status = 'active'`.execute(tx.db));
    expect(await status()).toBe('active');
    await other.tx((tx) => sql`delete from unit_secret`.execute(tx.db));
    expect(await parties.liveSecrets(other.read, unit.id)).toEqual([]);
    await close();
  });

  it('is what a transaction has changed, inside it only, and is not kept when that is rolled back', async () => {
    const { store, parties, unit, status, close } = await world();
    const failing = store.tx(async (tx) => {
      await parties.setUnitStatus(tx, unit.id, 'suspended');
      expect((await parties.unit(tx, unit.id))?.status).toBe('suspended');
      expect(await status()).toBe('active');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await status()).toBe('active');
    await store.tx((tx) => parties.setUnit(tx, unit.id, { name: '另名' }));
    expect(await parties.unit(store.read, unit.id)).toMatchObject({ name: '另名', status: 'active' });
    await close();
  });

  it('is whole: a unit with its platform and its secrets, each change of which is seen', async () => {
    const { store, parties, unit, close } = await world();
    const platform = { unitId: unit.id, orgcode: '210100', name: '平台', homeUrl: 'https://ts.example/' };
    const [callbackBase, returnUrls] = ['https://ts.example', ['https://ts.example/back']];
    await store.tx((tx) => parties.addPlatform(tx, { ...platform, callbackBase, returnUrls }));
    expect(await parties.parties(store.read, unit.id, '210100')).toMatchObject({ unit, platform: { name: '平台' } });
    await store.tx((tx) => parties.setPlatform(tx, unit.id, '210100', { status: 'suspended' }));
    expect((await parties.parties(store.read, unit.id, '210100')).platform?.status).toBe('suspended');
    const rotated = accepted(await store.tx((tx) => parties.rotateSecret(tx, unit.id)));
    const secrets = (await parties.liveSecrets(store.read, unit.id)).map((secret) => secret.reveal());
    expect(secrets).toHaveLength(2);
    expect(secrets[1]).toBe(rotated.secret.reveal());
    accepted(await store.tx((tx) => parties.retireSecret(tx, unit.id)));
    expect((await parties.liveSecrets(store.read, unit.id)).map((one) => one.reveal())).toEqual([secrets[1]]);
    await close();
  });
});
