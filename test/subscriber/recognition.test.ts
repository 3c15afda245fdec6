import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { companies } from '#fixtures/pki/identities.ts';
import type { Unit } from '#relying-party/party.ts';
import type { SubjectRecord } from '#subscriber/record.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { certificate, changeOf, DAY, type Desk, openDesk, recordOf, refusalOf, unwrap } from './support.ts';

const { liaoning, dalian } = companies;

describeOnBothDatabases('a key is known to all units', ({ open }) => {
  let desk: Desk;
  let a: Unit;
  let b: Unit;
  let stranger: Unit;
  beforeAll(async () => {
    desk = await openDesk(await open());
    a = await desk.unit('甲交易系统');
    b = await desk.unit('乙交易系统');
    stranger = await desk.unit('未登记该主体的交易系统');
  });
  afterAll(() => desk.close());

  const synchronise = async (unit: Unit, pair: KeyPair, changes: Partial<SubjectRecord> = {}) => {
    const outcome = unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, changes)));
    desk.clock.pass(1);
    return outcome;
  };
  const cancel = async (unit: Unit, pair: KeyPair) => {
    unwrap(await desk.subscribers.change(unit, changeOf('cancel', recordOf(pair, liaoning))));
    desk.clock.pass(1);
  };
  const find = (unit: Unit, pair: KeyPair) =>
    desk.subscribers.findForLogin(desk.store.read, unit, certificate(pair.signCertificate));
  const conflictsOf = async (pair: KeyPair) => {
    const tail = certificate(pair.signCertificate).serial.slice(-4);
    return (await desk.subscribers.conflicts(desk.store.read)).filter((conflict) => conflict.tail === tail);
  };

  it('enrolled at one unit, it logs in at another, with the enrolling unit’s record', async () => {
    const pair = await desk.key();
    await synchronise(a, pair, { userName: '甲方登记的名称' });
    expect(unwrap(await find(stranger, pair)).record.userName).toBe('甲方登记的名称');
  });

  it('a key nobody enrolled is not known, and neither is another certificate of the same holder', async () => {
    const [pair, other] = [await desk.key(), await desk.key()];
    await synchronise(a, pair);
    expect(refusalOf(await find(a, other))).toBe('CERTIFICATE_NOT_ENROLLED');
    expect(refusalOf(await find(a, { ...pair, signCertificate: pair.encCertificate }))).toBe(
      'CERTIFICATE_NOT_ENROLLED',
    );
  });

  it('the certificate’s own word goes before the record, the asking unit’s record before the enrolling unit’s', async () => {
    const pair = await desk.key();
    await synchronise(a, pair, { userName: '甲方用户', unitName: '辽宁示例建设　有限公司' });
    await synchronise(b, pair, { userName: '乙方用户' });
    expect(unwrap(await find(a, pair)).record).toMatchObject({ userName: '甲方用户', unitName: liaoning.unitName });
    expect(unwrap(await find(b, pair)).record.userName).toBe('乙方用户');
    expect(unwrap(await find(stranger, pair)).record.userName).toBe('甲方用户');
  });

  it('a unit with its own subjects neither borrows nor lends', async () => {
    const own = await desk.unit('只认自己的主体', { subjects: 'own' });
    const [shared, kept] = [await desk.key(), await desk.key()];
    await synchronise(a, shared);
    await synchronise(own, kept);
    expect(refusalOf(await find(own, shared))).toBe('CERTIFICATE_NOT_ENROLLED');
    expect(refusalOf(await find(own, kept))).toBe('ok');
    expect(refusalOf(await find(a, kept))).toBe('CERTIFICATE_NOT_ENROLLED');
  });

  it('a unit cancels for itself; when no unit holds the key any more it is cancelled everywhere', async () => {
    const pair = await desk.key();
    await synchronise(a, pair);
    await synchronise(b, pair);
    await cancel(a, pair);
    expect(refusalOf(await find(a, pair))).toBe('CERTIFICATE_CANCELLED');
    expect(refusalOf(await find(b, pair))).toBe('ok');
    expect((await conflictsOf(pair)).map(({ status, fields }) => [status, fields])).toEqual([['open', ['status']]]);
    await cancel(b, pair);
    expect(refusalOf(await find(b, pair))).toBe('CERTIFICATE_CANCELLED');
    expect(refusalOf(await find(stranger, pair))).toBe('CERTIFICATE_CANCELLED');
    expect((await conflictsOf(pair))[0]).toMatchObject({ status: 'resolved', resolution: 'agreed' });
  });

  it('a renewal at one unit leaves the other unit’s record alone', async () => {
    const now = desk.clock.now();
    const old = await desk.key({
      validity: { notBefore: now - 300 * DAY, notAfter: now + 20 * DAY },
      holder: liaoning,
    });
    const fresh = await desk.key();
    const unit = await desk.unit('先延期的单位');
    await synchronise(unit, old);
    await synchronise(b, old);
    unwrap(await desk.subscribers.change(unit, changeOf('renew', recordOf(fresh, liaoning))));
    expect(refusalOf(await find(unit, old))).toBe('CERTIFICATE_SUPERSEDED');
    expect(refusalOf(await find(b, old))).toBe('ok');
  });

  it('what two units say differently is taken from both and stands on the desk, masked, until they agree', async () => {
    const pair = await desk.key();
    await synchronise(a, pair);
    const company = { idType: '统一社会信用代码', idNumber: liaoning.unitCode };
    expect((await synchronise(b, pair, company)).warnings).toEqual([]);
    const [conflict] = await conflictsOf(pair);
    expect(conflict).toMatchObject({ status: 'open', unitId: b.id, otherUnitId: a.id, fields: ['idNumber'] });
    const detail = await desk.subscribers.showConflict(desk.store.read, conflict?.id ?? '');
    expect(detail?.values).toEqual({ idNumber: { unit: '912***********XX0W', other: '210***********0014' } });
    expect(JSON.stringify([conflict, detail])).not.toContain(liaoning.idNumber);
    await synchronise(b, pair);
    expect((await conflictsOf(pair)).map(({ status, resolution }) => [status, resolution])).toEqual([
      ['resolved', 'agreed'],
    ]);
  });

  it('names of persons, legal person and seal are each unit’s own and no conflict', async () => {
    const pair = await desk.key();
    await synchronise(a, pair);
    await synchronise(b, pair, { userName: '他人', legalName: '他人', legalIdNumber: 'P1234567', seal: '' });
    expect(await conflictsOf(pair)).toEqual([]);
  });

  it('an operator’s decision stays decided while both units only repeat themselves', async () => {
    const [pair, renewedEncryption] = [await desk.key(), await desk.key()];
    await synchronise(a, pair);
    const mixed = { ...pair, encCertificate: renewedEncryption.encCertificate };
    await synchronise(b, mixed);
    const [conflict] = await conflictsOf(pair);
    expect(conflict?.fields).toEqual(['encryptionCertificate']);
    const id = conflict?.id ?? '';
    expect(await desk.store.tx((tx) => desk.subscribers.resolveConflict(tx, id, 'both-stand'))).toBe(true);
    expect(await desk.store.tx((tx) => desk.subscribers.resolveConflict(tx, id, 'unit-right'))).toBe(false);
    await synchronise(a, pair, { userName: '又一个名称' });
    await synchronise(b, mixed, { userName: '又一个名称' });
    expect((await conflictsOf(pair)).map(({ status, resolution }) => [status, resolution])).toEqual([
      ['resolved', 'both-stand'],
    ]);
    expect(await desk.subscribers.conflicts(desk.store.read, 'open')).not.toContainEqual(
      expect.objectContaining({ id }),
    );
  });

  it('two units that enrol the same new key at the same moment share its certificates', async () => {
    const pair = await desk.key({ holder: dalian });
    const record = recordOf(pair, dalian);
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => desk.subscribers.synchronise(i % 2 ? a : b, record)),
    );
    expect(new Set(all.map((result) => unwrap(result).certificateId)).size).toBe(1);
    expect(new Set(all.map((result) => unwrap(result).enrolmentId)).size).toBe(2);
  });

  it('a seal profile takes only electronic seals, or none', async () => {
    const strict = await desk.unit('只收电子印章', { seal: 'ses' });
    const pair = await desk.key();
    const synchro = (changes: Partial<SubjectRecord>) =>
      desk.subscribers.synchronise(strict, recordOf(pair, liaoning, changes));
    expect(refusalOf(await synchro({}))).toBe('FIELD_INVALID seal');
    expect(refusalOf(await synchro({ seal: '' }))).toBe('ok');
  });
});
