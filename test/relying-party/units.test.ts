import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { accepted, openParties, reasonOf } from './world.ts';

describeOnBothDatabases('a connecting unit', ({ open }) => {
  async function world() {
    const opened = openParties(await open());
    const addUnit = (input: Parameters<typeof opened.parties.addUnit>[1]) =>
      opened.store.tx((tx) => opened.parties.addUnit(tx, input));
    return { ...opened, addUnit };
  }

  it('is registered with a whole default profile and two secrets that are shown once', async () => {
    const { parties, store, addUnit } = await world();
    const { unit, secret, fileKey } = accepted(await addUnit({ id: 'LN-BIZ-0001', name: '示例交易系统' }));
    expect(unit).toEqual({
      id: 'LN-BIZ-0001',
      name: '示例交易系统',
      status: 'active',
      profile: {
        sandbox: false,
        sign: 'hmac-sm3',
        signKey: '',
        allMembers: false,
        freshness: 0,
        subjects: 'shared',
        seal: 'any',
        answers: 'extended',
        echo: 'lenient',
        plaintext: 'stored',
        capsuleFiles: true,
        attFile: 'sm4-cbc',
        plainFiles: false,
        signature: 'gbt35275',
        signedFile: 'mirror',
      },
    });
    expect(secret.reveal()).toMatch(/^[A-Za-z0-9]{43}$/);
    expect(fileKey.reveal()).toMatch(/^[\x21-\x7e]{16}$/);
    expect(await parties.unit(store.read, 'LN-BIZ-0001')).toEqual(unit);
    expect((await parties.liveSecrets(store.read, unit.id)).map((one) => one.reveal())).toEqual([secret.reveal()]);
    expect((await parties.fileKey(store.read, unit.id))?.reveal()).toBe(fileKey.reveal());
  });

  it('keeps neither secret readable in the database', async () => {
    const { store, addUnit } = await world();
    const { secret, fileKey } = accepted(await addUnit({ name: '示例交易系统' }));
    const rows = [
      ...(await store.read.db.selectFrom('unit').selectAll().execute()),
      ...(await store.read.db.selectFrom('unit_secret').selectAll().execute()),
    ];
    expect(JSON.stringify(rows)).not.toContain(secret.reveal());
    expect(JSON.stringify(rows)).not.toContain(fileKey.reveal());
  });

  it('gets an identifier of its own when none is given, and no identifier twice', async () => {
    const { addUnit } = await world();
    expect(accepted(await addUnit({ name: '甲' })).unit.id).toMatch(/^CU-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
    accepted(await addUnit({ id: 'A', name: '甲' }));
    expect(reasonOf(await addUnit({ id: 'A', name: '乙' }))).toBe('FIELD_INVALID A 已登记');
  });

  it.each(['', 'a b', 'a&b', 'a=b', 'a\nb', 'x'.repeat(65), '接入甲'])(
    'refuses the identifier %j, which would stand in signed strings',
    async (id) => {
      const { addUnit } = await world();
      expect(reasonOf(await addUnit({ id, name: '甲' }))).toContain('FIELD_INVALID');
    },
  );

  it('rolls a secret over without a gap: two live, the older signs, the last one cannot be retired', async () => {
    const { parties, store, addUnit } = await world();
    const { unit, secret: first } = accepted(await addUnit({ name: '甲' }));
    expect(reasonOf(await store.tx((tx) => parties.retireSecret(tx, unit.id)))).toContain('最后一个有效密钥');
    const second = accepted(await store.tx((tx) => parties.rotateSecret(tx, unit.id)));
    const live = async () => (await parties.liveSecrets(store.read, unit.id)).map((one) => one.reveal());
    expect(await live()).toEqual([first.reveal(), second.secret.reveal()]);
    expect(reasonOf(await store.tx((tx) => parties.rotateSecret(tx, unit.id)))).toContain('已有两个有效密钥');
    accepted(await store.tx((tx) => parties.retireSecret(tx, unit.id)));
    expect(await live()).toEqual([second.secret.reveal()]);
    expect((await parties.secrets(store.read, unit.id)).map((one) => one.status)).toEqual(['retired', 'live']);
  });

  it('changes name, profile and status for the next read', async () => {
    const { parties, store, addUnit } = await world();
    const { unit } = accepted(await addUnit({ name: '甲', profile: { sign: 'sm3' } }));
    accepted(await store.tx((tx) => parties.setUnit(tx, unit.id, { name: '乙', profile: { sandbox: true } })));
    accepted(await store.tx((tx) => parties.setUnitStatus(tx, unit.id, 'suspended')));
    const read = await parties.unit(store.read, unit.id);
    expect(read).toMatchObject({ name: '乙', status: 'suspended', profile: { sign: 'sm3', sandbox: true } });
  });

  it('that does not exist is refused by name', async () => {
    const { parties, store } = await world();
    expect(await parties.unit(store.read, 'nobody')).toBeUndefined();
    expect(reasonOf(await store.tx((tx) => parties.rotateSecret(tx, 'nobody')))).toBe('UNIT_UNKNOWN');
    expect(reasonOf(await store.tx((tx) => parties.setUnitStatus(tx, 'nobody', 'active')))).toBe('UNIT_UNKNOWN');
  });

  it('keeps working when a newer hub has written more into its profile', async () => {
    const { parties, store, addUnit } = await world();
    accepted(await addUnit({ id: 'A', name: '甲' }));
    const profile = JSON.stringify({ sandbox: true, invented: 1 });
    await store.tx((tx) => tx.db.updateTable('unit').set({ profile }).where('id', '=', 'A').execute());
    expect((await parties.unit(store.read, 'A'))?.profile).toMatchObject({ sandbox: true, sign: 'hmac-sm3' });
  });
});
