import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { type Company, companies } from '#fixtures/pki/identities.ts';
import type { Unit } from '#relying-party/party.ts';
import { maskSerial } from '#subscriber/mask.ts';
import type { CertificateChange } from '#subscriber/workbench.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { certificate, changeOf, DAY, type Desk, openDesk, recordOf, refusalOf, unwrap } from './support.ts';

const { liaoning, hunan } = companies;

describeOnBothDatabases('a unit reports a changed key', ({ open }) => {
  let desk: Desk;
  const told: CertificateChange[] = [];
  beforeAll(async () => {
    desk = await openDesk(await open(), (_, change) => {
      told.push(change);
      return Promise.resolve(['有 2 份未开标文件只能用旧证书解密。']);
    });
  });
  afterAll(() => desk.close());

  const serialOf = (pair: KeyPair): string => certificate(pair.signCertificate).serial;
  const ending = (days: number) => {
    const now = desk.clock.now();
    return { validity: { notBefore: now - 300 * DAY, notAfter: now + days * DAY } };
  };
  const synchronise = async (unit: Unit, pair: KeyPair, holder: Company = liaoning) => {
    const outcome = unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, holder)));
    desk.clock.pass(1);
    return outcome;
  };
  const change = (unit: Unit, how: 'renew' | 'change' | 'cancel', pair: KeyPair) =>
    desk.subscribers.change(unit, changeOf(how, recordOf(pair, liaoning)));
  const login = async (unit: Unit, pair: KeyPair) =>
    refusalOf(await desk.subscribers.findForLogin(desk.store.read, unit, certificate(pair.signCertificate)));
  const keysOf = async (unit: Unit, pair: KeyPair) => {
    const found = unwrap(await desk.subscribers.findForLogin(desk.store.read, unit, certificate(pair.signCertificate)));
    return desk.subscribers.keys(desk.store.read, unit.id, found.subscriberId);
  };

  describe.each(['renew', 'change'] as const)('%s', (how) => {
    it('the only key that ends within 90 days steps back; its encryption certificate stays', async () => {
      const unit = await desk.unit('延期');
      const [old, fresh] = [await desk.key(ending(30)), await desk.key()];
      await synchronise(unit, old);
      const outcome = unwrap(await change(unit, how, fresh));
      expect(outcome.retired).toEqual([maskSerial(serialOf(old))]);
      expect(outcome.warnings.join()).toContain('请保留旧 UKey 至开标结束');
      expect(await login(unit, old)).toBe('CERTIFICATE_SUPERSEDED');
      expect(await login(unit, fresh)).toBe('ok');
      const keys = await keysOf(unit, fresh);
      expect(keys.map(({ status, certificateStatus }) => [status, certificateStatus])).toEqual([
        ['superseded', 'superseded'],
        ['active', 'active'],
      ]);
      expect(keys[0]?.encryptionCertificate.serial).toBe(certificate(old.encCertificate).serial);
      expect(keys[0]?.supersededBy).toBe(outcome.enrolmentId);
      expect(keys[0]?.history.map((entry) => entry.change)).toEqual(['sync', how]);
    });

    it('a certificate for the same key replaces that one, however long it was still good', async () => {
      const unit = await desk.unit('同一密钥');
      const [old, other] = [await desk.key(), await desk.key(ending(20))];
      await synchronise(unit, old);
      await synchronise(unit, other);
      const fresh = await desk.key({ keys: old });
      expect(unwrap(await change(unit, how, fresh)).retired).toEqual([maskSerial(serialOf(old))]);
      expect([await login(unit, old), await login(unit, other), await login(unit, fresh)]).toEqual([
        'CERTIFICATE_SUPERSEDED',
        'ok',
        'ok',
      ]);
    });

    it('of two keys that end soon neither is touched, and the answer lists them masked', async () => {
      const unit = await desk.unit('主锁副锁');
      const [main, spare, fresh] = [await desk.key(ending(10)), await desk.key(ending(20)), await desk.key()];
      await synchronise(unit, main);
      await synchronise(unit, spare);
      const outcome = unwrap(await change(unit, how, fresh));
      expect(outcome.retired).toEqual([]);
      expect(outcome.warnings.join()).toContain('无法确定本次替换哪一张旧证书');
      for (const pair of [main, spare]) expect(outcome.warnings.join()).toContain(maskSerial(serialOf(pair)));
      expect(outcome.warnings.join()).not.toContain(serialOf(main));
      expect([await login(unit, main), await login(unit, spare), await login(unit, fresh)]).toEqual(['ok', 'ok', 'ok']);
    });

    it('a key with more than 90 days to go stays', async () => {
      const unit = await desk.unit('尚早');
      const [old, fresh] = [await desk.key(ending(91)), await desk.key()];
      await synchronise(unit, old);
      expect(unwrap(await change(unit, how, fresh)).retired).toEqual([]);
      expect(await login(unit, old)).toBe('ok');
    });

    it('the same request again changes nothing more', async () => {
      const unit = await desk.unit('重复延期');
      const [old, fresh, spare] = [await desk.key(ending(30)), await desk.key(), await desk.key(ending(40))];
      await synchronise(unit, old);
      const first = unwrap(await change(unit, how, fresh));
      await synchronise(unit, spare);
      const again = unwrap(await change(unit, how, fresh));
      expect(again).toMatchObject({ created: false, retired: [], enrolmentId: first.enrolmentId });
      expect(await login(unit, spare)).toBe('ok');
    });

    it('the first key of a subscriber is simply taken', async () => {
      const unit = await desk.unit('首次');
      const fresh = await desk.key();
      const outcome = unwrap(await change(unit, how, fresh));
      expect(outcome).toMatchObject({ created: true, retired: [] });
      expect(outcome.warnings.join()).toContain('未找到可替换的旧证书');
      expect(await login(unit, fresh)).toBe('ok');
    });

    it('equal requests at the same moment supersede once', async () => {
      const unit = await desk.unit('并发延期');
      const [old, fresh] = [await desk.key(ending(30)), await desk.key()];
      await synchronise(unit, old);
      const all = await Promise.all(Array.from({ length: 20 }, () => change(unit, how, fresh)));
      expect(all.map(unwrap).filter(({ retired }) => retired.length > 0)).toHaveLength(1);
      expect(await keysOf(unit, fresh)).toHaveLength(2);
    });
  });

  it('another person of the same company keeps his key', async () => {
    const unit = await desk.unit('两位持有人');
    const colleague = { ...liaoning, holderName: hunan.holderName, idNumber: hunan.idNumber };
    const theirs = await desk.key({ ...ending(10), holder: colleague });
    await synchronise(unit, theirs, colleague);
    const [old, fresh] = [await desk.key(ending(60)), await desk.key()];
    await synchronise(unit, old);
    expect(unwrap(await change(unit, 'renew', fresh)).retired).toEqual([maskSerial(serialOf(old))]);
    expect(await login(unit, theirs)).toBe('ok');
  });

  it('a nightly repeat of all records does not bring a renewed key back; 变更 with it does', async () => {
    const unit = await desk.unit('夜间同步');
    const [old, fresh] = [await desk.key(ending(30)), await desk.key()];
    await synchronise(unit, old);
    unwrap(await change(unit, 'renew', fresh));
    const outcome = await synchronise(unit, old);
    expect(outcome.warnings.join()).toContain('仍不能用于登录');
    expect(await login(unit, old)).toBe('CERTIFICATE_SUPERSEDED');
    const back = unwrap(await change(unit, 'change', old));
    expect(back.warnings.join()).toContain('恢复登记');
    expect([await login(unit, old), await login(unit, fresh)]).toEqual(['ok', 'ok']);
  });

  it('when the key that took its place is given up, the old one may be synchronised again', async () => {
    const unit = await desk.unit('新锁遗失');
    const [old, fresh] = [await desk.key(ending(30)), await desk.key()];
    await synchronise(unit, old);
    unwrap(await change(unit, 'renew', fresh));
    unwrap(await change(unit, 'cancel', fresh));
    expect((await synchronise(unit, old)).warnings.join()).toContain('恢复登记');
    expect(await login(unit, old)).toBe('ok');
  });

  it('another encryption certificate under the same key is told like a renewal, and the old one stays on record', async () => {
    const unit = await desk.unit('加密证书更换');
    const [pair, other] = [await desk.key(), await desk.key()];
    await synchronise(unit, pair);
    told.length = 0;
    const outcome = await synchronise(unit, { ...pair, encCertificate: other.encCertificate });
    expect(outcome).toMatchObject({ created: false });
    expect(outcome.warnings.join()).toContain('有 2 份未开标文件');
    const [message] = told;
    expect(message?.retired[0]?.signCertificateId).toBe(outcome.certificateId);
    expect(message?.retired[0]?.encryptionCertificateId).not.toBe(message?.next?.encryptionCertificateId);
    const kept = await desk.store.read.db
      .selectFrom('certificate')
      .select('status')
      .where('id', '=', message?.retired[0]?.encryptionCertificateId ?? '')
      .execute();
    expect(kept).toEqual([{ status: 'superseded' }]);
  });

  describe('cancel', () => {
    it('the key fails at once, and a repeat is the same', async () => {
      const unit = await desk.unit('注销');
      const [pair, spare] = [await desk.key(), await desk.key()];
      await synchronise(unit, pair);
      await synchronise(unit, spare);
      const outcome = unwrap(await change(unit, 'cancel', pair));
      expect(outcome).toMatchObject({ retired: [maskSerial(serialOf(pair))], created: false });
      expect(await login(unit, pair)).toBe('CERTIFICATE_CANCELLED');
      expect(await login(unit, spare)).toBe('ok');
      expect(unwrap(await change(unit, 'cancel', pair)).warnings.join()).toContain('此前已注销');
      const keys = await keysOf(unit, spare);
      expect(keys.map(({ certificateStatus }) => certificateStatus)).toEqual(['cancelled', 'active']);
    });

    it.each([
      ['lower case', (serial: string) => serial.toLowerCase()],
      ['leading zeros', (serial: string) => `00${serial}`],
      ['decimal', (serial: string) => BigInt(`0x${serial}`).toString()],
    ])('finds the key by a serial in %s', async (_, spell) => {
      const unit = await desk.unit('注销写法');
      const pair = await desk.key();
      await synchronise(unit, pair);
      const record = recordOf(pair, liaoning);
      const request = {
        ...record,
        signSerial: spell(record.signSerial),
        encryptionSerial: spell(record.encryptionSerial),
      };
      unwrap(await desk.subscribers.change(unit, changeOf('cancel', request)));
      expect(await login(unit, pair)).toBe('CERTIFICATE_CANCELLED');
    });

    it('an unknown serial is refused with the masked list of this unit’s keys only', async () => {
      const [unit, other] = [await desk.unit('注销未知'), await desk.unit('别的单位')];
      const [mine, theirs, stranger] = [await desk.key(), await desk.key(), await desk.key()];
      await synchronise(unit, mine);
      await synchronise(other, theirs);
      const refused = await change(unit, 'cancel', stranger);
      expect(refused).toMatchObject({
        ok: false,
        refusal: {
          code: 'CERTIFICATE_TO_CANCEL_UNKNOWN',
          params: { field: 'signSerial', tails: maskSerial(serialOf(mine)) },
        },
      });
      expect(await change(unit, 'cancel', theirs)).toEqual(refused);
    });

    it('a key of a vendor that is silent or suspended can be given up', async () => {
      const own = await openDesk(await open());
      const unit = await own.unit('机构停用');
      const pair = await own.key();
      unwrap(await own.subscribers.synchronise(unit, recordOf(pair, liaoning)));
      await own.suspend('beichen');
      own.lists('down');
      own.clock.pass(5 * DAY);
      unwrap(await own.subscribers.change(unit, changeOf('cancel', recordOf(pair, liaoning))));
      const found = await own.subscribers.findForLogin(own.store.read, unit, certificate(pair.signCertificate));
      expect(refusalOf(found)).toBe('CERTIFICATE_CANCELLED');
      await own.close();
    });

    it('synchronised again, the key is back, and the answer says so', async () => {
      const unit = await desk.unit('重新绑定');
      const pair = await desk.key();
      await synchronise(unit, pair);
      unwrap(await change(unit, 'cancel', pair));
      expect((await synchronise(unit, pair)).warnings.join()).toContain('恢复登记');
      expect(await login(unit, pair)).toBe('ok');
    });
  });

  it('who must know of a changed key is told in the same transaction, and its warnings reach the caller', async () => {
    const unit = await desk.unit('通知');
    const [old, fresh] = [await desk.key(ending(30)), await desk.key()];
    const first = await synchronise(unit, old);
    told.length = 0;
    const outcome = unwrap(await change(unit, 'renew', fresh));
    expect(outcome.warnings.join()).toContain('有 2 份未开标文件只能用旧证书解密');
    expect(told).toMatchObject([
      {
        unitId: unit.id,
        change: 'renew',
        retired: [{ signCertificateId: first.certificateId }],
        next: { signCertificateId: outcome.certificateId },
      },
    ]);
  });

  it('when that listener fails, nothing has changed', async () => {
    const own = await openDesk(await open(), () => Promise.reject(new Error('capsules are not there')));
    const unit = await own.unit('通知失败');
    const pair = await own.key();
    unwrap(await own.subscribers.synchronise(unit, recordOf(pair, liaoning)));
    await expect(own.subscribers.change(unit, changeOf('cancel', recordOf(pair, liaoning)))).rejects.toThrow();
    const found = await own.subscribers.findForLogin(own.store.read, unit, certificate(pair.signCertificate));
    expect(refusalOf(found)).toBe('ok');
    expect((await own.journal.verify(own.store.read)).ok).toBe(true);
    await own.close();
  });
});
