import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { hex } from '#kernel/bytes.ts';
import { pem } from '#pki/certificate-text.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { certificate, DAY, type Desk, openDesk, recordOf, refusalOf, unwrap } from './support.ts';

const { liaoning, dalian } = companies;

describeOnBothDatabases('a unit synchronises a key', ({ open }) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(await open());
  });
  afterAll(() => desk.close());

  const rowsOf = async (table: 'enrolment' | 'certificate' | 'subscriber' | 'journal' | 'enrolment_history') =>
    Number(
      (
        await desk.store.read.db
          .selectFrom(table)
          .select((e) => e.fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    );

  it('a good key is taken as active, without a warning, and may log in', async () => {
    const unit = await desk.unit('第一交易系统');
    const pair = await desk.key();
    const outcome = unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning)));
    expect(outcome).toMatchObject({ status: 'active', warnings: [], created: true });
    const found = unwrap(await desk.subscribers.findForLogin(desk.store.read, unit, certificate(pair.signCertificate)));
    expect(found.record).toEqual({
      userName: liaoning.holderName,
      idNumber: liaoning.idNumber,
      unitName: liaoning.unitName,
      unitCode: liaoning.unitCode,
    });
    expect(found.encryptionCertificate.serial).toBe(certificate(pair.encCertificate).serial);
  });

  it('the same body twice makes one record and no second trace', async () => {
    const unit = await desk.unit('重复提交');
    const record = recordOf(await desk.key(), liaoning);
    unwrap(await desk.subscribers.synchronise(unit, record));
    const before = [await rowsOf('enrolment'), await rowsOf('journal'), await rowsOf('enrolment_history')];
    expect(unwrap(await desk.subscribers.synchronise(unit, record))).toMatchObject({ created: false, warnings: [] });
    expect([await rowsOf('enrolment'), await rowsOf('journal'), await rowsOf('enrolment_history')]).toEqual(before);
  });

  it('fifty equal requests at the same moment make one record', async () => {
    const unit = await desk.unit('并发提交');
    const record = recordOf(await desk.key(), liaoning);
    const before = [await rowsOf('enrolment'), await rowsOf('certificate')];
    const all = await Promise.all(Array.from({ length: 50 }, () => desk.subscribers.synchronise(unit, record)));
    expect(all.map(unwrap).filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(all.map((result) => unwrap(result).enrolmentId)).size).toBe(1);
    expect([await rowsOf('enrolment'), await rowsOf('certificate')]).toEqual([
      (before[0] ?? 0) + 1,
      (before[1] ?? 0) + 2,
    ]);
  });

  it('other particulars of the same key change the record and leave a history', async () => {
    const unit = await desk.unit('更正资料');
    const pair = await desk.key({ holder: dalian });
    const first = unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, dalian)));
    const second = unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, dalian, { userName: '示例丁' })));
    expect(second).toMatchObject({ created: false, enrolmentId: first.enrolmentId });
    const found = unwrap(await desk.subscribers.findForLogin(desk.store.read, unit, certificate(pair.signCertificate)));
    expect(found.record.userName).toBe('示例丁');
    const [key] = await desk.subscribers.keys(desk.store.read, unit.id, found.subscriberId);
    expect(key?.history.map(({ change }) => change)).toEqual(['sync', 'sync']);
  });

  describe('spellings', () => {
    it.each([
      ['lower case', (serial: string) => serial.toLowerCase()],
      ['leading zeros', (serial: string) => `0000${serial}`],
      ['colons', (serial: string) => (serial.match(/../g) ?? []).join(':')],
      ['decimal', (serial: string) => BigInt(`0x${serial}`).toString()],
    ])('a serial in %s is accepted and finds the same record', async (_, spell) => {
      const unit = await desk.unit('序列号写法');
      const record = recordOf(await desk.key(), liaoning);
      const first = unwrap(await desk.subscribers.synchronise(unit, record));
      const signSerial = spell(record.signSerial);
      const encryptionSerial = spell(record.encryptionSerial);
      const again = await desk.subscribers.synchronise(unit, { ...record, signSerial, encryptionSerial });
      expect(unwrap(again)).toMatchObject({ created: false, enrolmentId: first.enrolmentId });
    });

    it('certificates in PEM, wrapped base64 and hex are one and the same', async () => {
      const unit = await desk.unit('证书写法');
      const pair = await desk.key();
      const record = recordOf(pair, liaoning);
      const first = unwrap(await desk.subscribers.synchronise(unit, record));
      const spellings = [
        pem(pair.signCertificate),
        (record.signCertificate.match(/.{1,76}/g) ?? []).join('\r\n'),
        hex(pair.signCertificate).toUpperCase(),
      ];
      for (const signCertificate of spellings) {
        const again = unwrap(await desk.subscribers.synchronise(unit, { ...record, signCertificate }));
        expect(again).toMatchObject({ created: false, enrolmentId: first.enrolmentId });
      }
    });
  });

  describe('refused is what contradicts the certificate', () => {
    it.each<[string, Parameters<typeof recordOf>[2], string]>([
      ['another company’s code', { unitCode: dalian.unitCode }, 'IDENTITY_MISMATCH unitCode'],
      ['another company’s name', { unitName: dalian.unitName }, 'IDENTITY_MISMATCH unitName'],
      ['another person’s number', { idNumber: dalian.idNumber }, 'IDENTITY_MISMATCH idNumber'],
      ['a serial of another certificate', { signSerial: '1234' }, 'SERIAL_MISMATCH signSerial'],
      ['an encryption serial of another', { encryptionSerial: '1234' }, 'SERIAL_MISMATCH encryptionSerial'],
      ['a unit code with a wrong check digit', { unitCode: '91210100MA0XXXXX0X' }, 'CHECK_DIGIT_WRONG unitCode'],
      ['a unit code that is none', { unitCode: '辽宁' }, 'FIELD_INVALID unitCode'],
      ['a person’s number with a wrong check digit', { idNumber: '210102190001010015' }, 'CHECK_DIGIT_WRONG idNumber'],
      [
        'a legal person’s number with a wrong one',
        { legalIdNumber: '210102190001010015' },
        'CHECK_DIGIT_WRONG legalIdNumber',
      ],
      ['a certificate that is none', { signCertificate: 'MIIB' }, 'CERTIFICATE_UNREADABLE signCertificate'],
      [
        'an encryption certificate that is none',
        { encryptionCertificate: '???' },
        'CERTIFICATE_UNREADABLE encryptionCertificate',
      ],
      ['an end that is no date', { endTime: '2027年' }, 'FIELD_INVALID endTime'],
      ['an end far behind the certificate’s', { endTime: '2036-01-01' }, 'END_TIME_MISMATCH endTime'],
      ['a name with a line break', { userName: '甲\n乙' }, 'FIELD_INVALID userName'],
    ])('%s', async (_, changes, refusal) => {
      const unit = await desk.unit('信息不一致');
      const before = await rowsOf('journal');
      expect(refusalOf(await desk.subscribers.synchronise(unit, recordOf(await desk.key(), liaoning, changes)))).toBe(
        refusal,
      );
      expect(await rowsOf('journal')).toBe(before);
    });

    it('a signing certificate in the place of the encryption certificate', async () => {
      const unit = await desk.unit('用途不符');
      const pair = await desk.key();
      const record = recordOf({ ...pair, encCertificate: pair.signCertificate }, liaoning);
      expect(refusalOf(await desk.subscribers.synchronise(unit, record))).toBe(
        'CERTIFICATE_PURPOSE encryptionCertificate',
      );
      const swapped = recordOf({ ...pair, signCertificate: pair.encCertificate }, liaoning);
      expect(refusalOf(await desk.subscribers.synchronise(unit, swapped))).toBe('CERTIFICATE_PURPOSE signCertificate');
    });

    it('certificates of two subjects, and of two vendors', async () => {
      const unit = await desk.unit('证书不配对');
      const mine = await desk.key();
      const foreign = await desk.key({ holder: dalian });
      const vendor = await desk.key({ authority: 'bohai' });
      const synchronise = async (encCertificate: Uint8Array) =>
        refusalOf(await desk.subscribers.synchronise(unit, recordOf({ ...mine, encCertificate }, liaoning)));
      expect(await synchronise(foreign.encCertificate)).toBe('CERTIFICATE_PAIR_MISMATCH');
      expect(await synchronise(vendor.encCertificate)).toBe('CERTIFICATE_PAIR_AUTHORITY');
    });
  });

  describe('taken with a warning', () => {
    it('an expired key of a good chain, stored as expired', async () => {
      const unit = await desk.unit('到期证书');
      const now = desk.clock.now();
      const pair = await desk.key({ validity: { notBefore: now - 400 * DAY, notAfter: now - 30 * DAY } });
      const outcome = unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning)));
      expect(outcome.status).toBe('expired');
      expect(outcome.warnings.join()).toContain(
        `尾号 ${certificate(pair.signCertificate).serial.slice(-4)}）已于 2026-02-16 到期`,
      );
      const found = await desk.subscribers.findForLogin(desk.store.read, unit, certificate(pair.signCertificate));
      expect(unwrap(found).status).toBe('expired');
    });

    it('a revoked key, stored as revoked', async () => {
      const unit = await desk.unit('吊销证书');
      const pair = await desk.key({ authority: 'bohai' });
      desk.pki.revoke('bohai', certificate(pair.signCertificate).serial);
      desk.clock.pass(2 * DAY);
      const outcome = unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning)));
      expect(outcome.status).toBe('revoked');
      expect(outcome.warnings.join()).toContain('已被 渤海电子认证 吊销');
      const { status } = await desk.store.read.db
        .selectFrom('certificate')
        .select('status')
        .where('id', '=', outcome.certificateId)
        .executeTakeFirstOrThrow();
      expect(status).toBe('revoked');
    });

    it('a key whose vendor cannot be asked; once it answers again the warning goes', async () => {
      const unit = await desk.unit('状态不可查');
      desk.clock.pass(3 * DAY);
      desk.lists('down');
      const record = recordOf(await desk.key(), liaoning);
      const outcome = unwrap(await desk.subscribers.synchronise(unit, record));
      desk.lists('up');
      expect(outcome.status).toBe('active');
      expect(outcome.warnings.join()).toContain('暂时无法向 北辰数字认证 查询');
      desk.clock.pass(60_000);
      expect(unwrap(await desk.subscribers.synchronise(unit, record)).warnings).toEqual([]);
    });

    it.each([
      ['no seal', { seal: '' }, '未提交签章'],
      ['a seal that is neither a seal nor a picture', { seal: 'aGVsbG8=' }, '不是可识别的电子印章或图片'],
      ['an end days before the certificate’s', { endTime: '20261231' }, '证书到期时间与证书不一致'],
    ])('%s', async (_, changes, warning) => {
      const unit = await desk.unit('提示');
      const outcome = unwrap(await desk.subscribers.synchronise(unit, recordOf(await desk.key(), liaoning, changes)));
      expect(outcome.warnings.join()).toContain(warning);
    });
  });

  it('a certificate of a vendor that is not connected is refused, and so is one of a suspended vendor', async () => {
    const unit = await desk.unit('未接入机构');
    const other = await openDesk(await open());
    const stranger = await other.key();
    expect(refusalOf(await desk.subscribers.synchronise(unit, recordOf(stranger, liaoning)))).toMatch(
      /^(ISSUER_UNKNOWN|CHAIN_INVALID) signCertificate$/,
    );
    const own = await other.unit('停用机构');
    await other.suspend('beichen');
    expect(refusalOf(await other.subscribers.synchronise(own, recordOf(stranger, liaoning)))).toBe(
      'AUTHORITY_SUSPENDED signCertificate',
    );
    await other.close();
  });

  it('a company may stand under its own code instead of a person’s number', async () => {
    const unit = await desk.unit('单位证件');
    const pair = await desk.key();
    const record = recordOf(pair, liaoning, { idType: '统一社会信用代码', idNumber: liaoning.unitCode });
    expect(unwrap(await desk.subscribers.synchronise(unit, record)).status).toBe('active');
    const found = await desk.subscribers.findForLogin(desk.store.read, unit, certificate(pair.signCertificate));
    expect(unwrap(found).record.idNumber).toBe(liaoning.unitCode);
  });
});
