import { expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { systemClock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import { createFieldCipher } from '#store/field-cipher.ts';
import { hubPublicKeys, loadHubKey } from '#store/hub-keys.ts';
import { createKeyring } from '#store/keys.ts';
import { openStore } from '#store/store.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';

const gm = createGm();
const cipher = createFieldCipher(gm, createKeyring(gm, [{ id: 'k', key: new Uint8Array(32).fill(3) }]), systemRandom);
const deps = { gm, cipher, clock: systemClock, random: systemRandom };

describeOnBothDatabases('a key of the hub', ({ open, options }) => {
  it('is made at first use and stays', async () => {
    const store = await open();
    const first = await loadHubKey(store, deps, 'signing');
    const again = await loadHubKey(store, deps, 'signing');
    expect(again.id).toBe(first.id);
    expect(gm.sm2.exportPrivate(again.key)).toEqual(gm.sm2.exportPrivate(first.key));
    expect((await loadHubKey(store, deps, 'journal')).id).not.toBe(first.id);
    expect(await hubPublicKeys(store.read, 'signing')).toEqual(
      new Map([[first.id, Buffer.from(first.key.publicKey.point).toString('hex')]]),
    );
  });

  it('is one and the same for processes that race for it', async () => {
    const where = await options();
    const stores = await Promise.all([openStore(where, { log: quietLog }), openStore(where, { log: quietLog })]);
    const keys = await Promise.all(
      [...stores, ...stores, ...stores].map((store) => loadHubKey(store, deps, 'signing')),
    );
    expect(new Set(keys.map((key) => key.id)).size).toBe(1);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('is refused when its public point was exchanged', async () => {
    const store = await open();
    await loadHubKey(store, deps, 'signing');
    const other = Buffer.from(gm.sm2.generateKey().publicKey.point).toString('hex');
    await store.tx((tx) => tx.db.updateTable('hub_key').set({ public_point: other }).execute());
    await expect(loadHubKey(store, deps, 'signing')).rejects.toThrow('does not match');
  });

  it('is refused when its sealed half was exchanged for another purpose’s', async () => {
    const store = await open();
    await loadHubKey(store, deps, 'signing');
    await loadHubKey(store, deps, 'journal');
    const journal = await store.read.db
      .selectFrom('hub_key')
      .selectAll()
      .where('purpose', '=', 'journal')
      .executeTakeFirstOrThrow();
    const { private_sealed, public_point } = journal;
    await store.tx((tx) =>
      tx.db.updateTable('hub_key').set({ private_sealed, public_point }).where('purpose', '=', 'signing').execute(),
    );
    await expect(loadHubKey(store, deps, 'signing')).rejects.toThrow('authentication failed');
  });
});
