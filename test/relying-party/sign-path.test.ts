import { expect, it } from 'vitest';
import { claimSignPath } from '#relying-party/sign-path-repository.ts';
import { openStore, type Store } from '#store/store.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';

describeOnBothDatabases('a signed string', ({ options }) => {
  const digest = 'ab'.repeat(32);
  const claim = async (store: Store, path: string, of: { unitId?: string; digest?: string } = {}) => {
    const taken = await store.tx((tx) => claimSignPath(tx, { unitId: 'LN-1', digest, ...of, path }));
    return taken.ok ? 'taken' : taken.refusal.code;
  };

  it('belongs to the path on which it was taken first: again there, never elsewhere, whatever another unit does', async () => {
    const where = await options();
    const store = await openStore(where, { log: quietLog });
    expect(await claim(store, '/api/ca/startCheck')).toBe('taken');
    expect(await claim(store, '/api/ca/startCheck')).toBe('taken');
    expect(await claim(store, '/api/ca/startiframesign')).toBe('SIGN_OTHER_PATH');
    expect(await claim(store, '/api/ca/startiframesign', { unitId: 'LN-2' })).toBe('taken');
    expect(await claim(store, '/api/ca/startiframesign', { digest: 'cd'.repeat(32) })).toBe('taken');
    await store.close();
    const again = await openStore(where, { log: quietLog });
    expect(await claim(again, '/api/ca/startiframesign')).toBe('SIGN_OTHER_PATH');
    await again.close();
  });

  it('that two paths race for, at two hubs, is taken on one of them', async () => {
    const where = await options();
    const stores = [await openStore(where, { log: quietLog }), await openStore(where, { log: quietLog })];
    for (let round = 0; round < 5; round += 1) {
      const fresh = { digest: `${round}`.repeat(64) };
      const paths = ['/api/ca/startSignature', '/api/ca/onSignature', '/api/ca/startSignature', '/api/ca/onSignature'];
      const said = await Promise.all(paths.map((path, i) => claim(stores[i % 2] as Store, path, fresh)));
      expect(new Set([said[0], said[1]])).toEqual(new Set(['taken', 'SIGN_OTHER_PATH']));
      expect([said[2], said[3]]).toEqual([said[0], said[1]]);
    }
    await Promise.all(stores.map((store) => store.close()));
  });
});
