import { expect, it } from 'vitest';
import type { NewAuthority } from '#drivers/authority.ts';
import { type Authorities, createAuthorities } from '#drivers/repository.ts';
import { createAuthority } from '#fixtures/pki/authority.ts';
import { openStore } from '#store/store.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';
import { cipher, DAY, gm, support, testClock, unwrap } from './support.ts';

const wanted = (id = 'beichen'): NewAuthority => ({
  id,
  name: '北辰数字认证',
  driver: 'mobile-scan',
  manifest: { media: ['key', 'mobile'], support, driverConfig: { apiBase: 'https://api.vendor.example' } },
  secrets: { secret: 'canary-secret-0123456789' },
});

describeOnBothDatabases('authorities', ({ open, options }) => {
  const clock = testClock();
  const ca = (name: string) =>
    createAuthority(gm, { subject: [['CN', name]], notBefore: clock.now() - DAY, notAfter: clock.now() + DAY });
  const room = async () => {
    const store = await open();
    return { store, authorities: createAuthorities({ store, cipher, gm, clock }) };
  };
  const refusal = async (work: ReturnType<Authorities['suspend']>): Promise<string> => {
    const result = await work;
    return result.ok ? 'ok' : (result.refusal.params['field'] ?? '');
  };

  it('are registered with documented defaults', async () => {
    const { store, authorities } = await room();
    const added = unwrap(await store.tx((tx) => authorities.add(tx, wanted())));
    expect(await authorities.find(store.read, 'beichen')).toEqual(added);
    expect(added).toMatchObject({
      status: 'active',
      manifest: {
        revocation: 'crl',
        graceMs: 12 * 3600_000,
        allowNonGm: false,
        egress: { origins: [], privateRanges: [] },
      },
    });
  });

  it('are refused with the member named when id or manifest are wrong', async () => {
    const { store, authorities } = await room();
    const add = (change: Partial<NewAuthority>) =>
      store.tx((tx) => refusal(voided(authorities.add(tx, { ...wanted(), ...change }))));
    expect(await add({ id: 'Bei Chen' })).toBe('id');
    expect(await add({ name: ' ' })).toBe('name');
    const manifest = wanted().manifest;
    expect(
      await add({ manifest: { ...manifest, egress: { origins: ['https://a.example/path'], privateRanges: [] } } }),
    ).toBe('egress.origins.0');
    expect(await add({ manifest: { ...manifest, support: { ...support, renew: 'javascript:alert(1)' } } })).toBe(
      'support.renew',
    );
    expect(await add({})).toBe('ok');
    expect(await add({})).toBe('id');
  });

  it('keep their secrets sealed, and give them to the driver only', async () => {
    const { store, authorities } = await room();
    const added = unwrap(await store.tx((tx) => authorities.add(tx, wanted())));
    const row = await store.read.db.selectFrom('authority').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain('canary');
    const config = await authorities.driverConfig(added);
    expect(String(config)).toBe('***');
    expect(config.reveal()).toEqual({ apiBase: 'https://api.vendor.example', secret: 'canary-secret-0123456789' });
  });

  it('hold CA certificates only, and no key stands under two of them', async () => {
    const { store, authorities } = await room();
    const [mine, other] = [await ca('甲'), await ca('乙')];
    await store.tx(async (tx) => {
      unwrap(await authorities.add(tx, wanted()));
      unwrap(await authorities.add(tx, wanted('bohai')));
      unwrap(await authorities.addCertificate(tx, 'beichen', 'root', mine.certificate));
      unwrap(await authorities.addCertificate(tx, 'beichen', 'root', mine.certificate)); // again: nothing new
      unwrap(await authorities.addCertificate(tx, 'bohai', 'root', other.certificate));
    });
    const add = (id: string, der: Uint8Array) =>
      store.tx((tx) => refusal(authorities.addCertificate(tx, id, 'root', der)));
    expect(await add('bohai', mine.certificate)).toBe('certificate');
    expect(await add('bohai', new Uint8Array([0x30, 0]))).toBe('certificate');
    expect(await add('nobody', (await ca('丙')).certificate)).toBe('id');
    expect(await authorities.certificates(store.read, 'beichen')).toHaveLength(1);
  });

  it('change for a running hub when a command beside it changes them', async () => {
    const where = await options();
    const hub = await openStore(where, { log: quietLog });
    const beside = await openStore(where, { log: quietLog });
    const [inHub, inCommand] = [hub, beside].map((store) => createAuthorities({ store, cipher, gm, clock }));
    if (!inHub || !inCommand) throw new Error('unreachable');
    await beside.tx(async (tx) => unwrap(await inCommand.add(tx, wanted())));
    expect((await inHub.find(hub.read, 'beichen'))?.status).toBe('active');
    await beside.tx(async (tx) => unwrap(await inCommand.suspend(tx, 'beichen')));
    expect((await inHub.find(hub.read, 'beichen'))?.status).toBe('suspended');
    await beside.tx(async (tx) =>
      unwrap(await inCommand.addCertificate(tx, 'beichen', 'root', (await ca('丁')).certificate)),
    );
    expect(await inHub.certificates(hub.read, 'beichen')).toHaveLength(1);
    const before = await inHub.snapshot(hub.read);
    expect(await inHub.snapshot(hub.read)).toBe(before);
    await Promise.all([hub.close(), beside.close()]);
  });

  it('are not remembered from a transaction that was rolled back', async () => {
    const { store, authorities } = await room();
    const failed = store.tx(async (tx) => {
      await authorities.add(tx, wanted());
      expect(await authorities.list(tx)).toHaveLength(1);
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    expect(await authorities.list(store.read)).toHaveLength(0);
  });
});

const voided = async (work: ReturnType<Authorities['add']>): ReturnType<Authorities['suspend']> => {
  const result = await work;
  return result.ok ? { ok: true, value: undefined } : result;
};
