import { expect, it } from 'vitest';
import { claimSignPath, forgetSignPaths } from '#relying-party/sign-path-repository.ts';
import { openStore, type Store } from '#store/store.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';

describeOnBothDatabases('a signed string', ({ options }) => {
  const digest = 'ab'.repeat(32);
  const claim = async (store: Store, path: string, of: { unitId?: string; digest?: string; at?: number } = {}) => {
    const taken = await store.tx((tx) => claimSignPath(tx, { unitId: 'LN-1', digest, at: 1_000, ...of, path }));
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

  it('is forgotten when its time is over, counted from the last time it was taken', async () => {
    const store = await openStore(await options(), { log: quietLog });
    const [login, signing] = ['/api/ca/startCheck', '/api/ca/startiframesign'];
    const [old, repeated, unknown] = ['1'.repeat(64), '2'.repeat(64), '3'.repeat(64)];
    await claim(store, login, { digest: old, at: 1_000 });
    await claim(store, login, { digest: repeated, at: 1_000 });
    expect(await claim(store, login, { digest: repeated, at: 5_000 })).toBe('taken');
    expect(await claim(store, signing, { digest: repeated, at: 9_000 })).toBe('SIGN_OTHER_PATH');
    // as a version before this one wrote it
    const row = { unit_id: 'LN-1', digest: unknown, path: login, taken_at: null };
    await store.tx((tx) => tx.db.insertInto('sign_path').values(row).execute());

    expect(await forgetSignPaths(store, { before: 5_000, now: 6_000 })).toBe(1);
    expect(await claim(store, signing, { digest: old, at: 6_000 })).toBe('taken');
    expect(await claim(store, signing, { digest: repeated })).toBe('SIGN_OTHER_PATH');
    expect(await claim(store, signing, { digest: unknown })).toBe('SIGN_OTHER_PATH');
    expect(await forgetSignPaths(store, { before: 6_001, now: 7_000 })).toBe(3);
    await store.close();
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
