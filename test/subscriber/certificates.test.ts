import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import {
  basicConstraints,
  crlDistributionPoints,
  encryptUsage,
  identityExtension,
  keyUsage,
  signUsage,
} from '#fixtures/pki/extensions.ts';
import { companies } from '#fixtures/pki/identities.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { certificate, DAY, type Desk, gm, openDesk, recordOf, refusalOf, unwrap } from './support.ts';

const { liaoning, dalian } = companies;
const UNIT_CODE = '1.2.156.10260.4.1.4';
const PERSON = '1.2.156.10260.4.1.1';

describeOnBothDatabases('certificates of every kind', ({ open }) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(await open());
  });
  afterAll(() => desk.close());

  interface Wanted {
    subject?: readonly (readonly [string, string])[];
    extensions?: readonly Bytes[];
    usage?: readonly Bytes[];
    serial?: string;
    notBefore?: number;
  }

  /** One certificate of beichen, with a list to ask. */
  async function issue({ subject, extensions = [], usage = [signUsage()], serial, notBefore }: Wanted): Promise<Bytes> {
    const { issuingCa } = desk.pki.authority('beichen');
    const now = desk.clock.now();
    const [urlHolder] = certificate((await desk.key()).signCertificate).crlUrls;
    return issuingCa.issue({
      subject: subject ?? [
        ['C', 'CN'],
        ['O', liaoning.unitName],
        ['CN', liaoning.unitName],
      ],
      spki: gm.sm2.spki(gm.sm2.generateKey().publicKey),
      notBefore: notBefore ?? now - DAY,
      notAfter: now + 365 * DAY,
      extensions: [...usage, basicConstraints(false), ...extensions, crlDistributionPoints([urlHolder ?? ''])],
      ...(serial !== undefined && { serial }),
    });
  }

  /** A pair in which both say the same of their holder. */
  async function pairOf(wanted: Wanted, forEncryption: Wanted = wanted): Promise<KeyPair> {
    const unused = gm.sm2.generateKey();
    return {
      signKey: unused,
      encKey: unused,
      signCertificate: await issue({ ...wanted, usage: wanted.usage ?? [signUsage()] }),
      encCertificate: await issue({ ...forEncryption, usage: forEncryption.usage ?? [encryptUsage()] }),
    };
  }

  const synchronise = async (pair: KeyPair, changes: Parameters<typeof recordOf>[2] = {}) =>
    desk.subscribers.synchronise(await desk.unit('证书种类'), recordOf(pair, liaoning, changes));

  it('one certificate for both uses is taken only where it names both usages', async () => {
    const both = await issue({ usage: [keyUsage(['digitalSignature', 'keyEncipherment'])] });
    const one = await pairOf({});
    expect(refusalOf(await synchronise({ ...one, signCertificate: both, encCertificate: both }))).toBe('ok');
    const silent = await issue({ usage: [] });
    expect(refusalOf(await synchronise({ ...one, signCertificate: silent, encCertificate: silent }))).toBe(
      'CERTIFICATE_PURPOSE encryptionCertificate',
    );
    expect(refusalOf(await synchronise({ ...one, encCertificate: one.signCertificate }))).toBe(
      'CERTIFICATE_PURPOSE encryptionCertificate',
    );
  });

  it('a personal certificate proves its holder’s number; the name is the unit’s own and a difference is told', async () => {
    const pair = await desk.key({ kind: 'person' });
    expect(unwrap(await synchronise(pair)).warnings).toEqual([]);
    expect(unwrap(await synchronise(pair, { userName: '示例丁' })).warnings.join()).toContain('姓名不一致');
    expect(refusalOf(await synchronise(pair, { idNumber: dalian.idNumber }))).toBe('IDENTITY_MISMATCH idNumber');
  });

  it('an old certificate with the nine-character code is matched by the middle of the unified code', async () => {
    const old = { extensions: [identityExtension(UNIT_CODE, 'MA0XXXXX-7')] };
    const pair = await pairOf(old);
    expect(refusalOf(await synchronise(pair, { unitCode: '91210100MA0XXXXX7J' }))).toBe('ok');
    expect(refusalOf(await synchronise(pair))).toBe('IDENTITY_MISMATCH unitCode');
  });

  it('a certificate that contradicts itself is not used', async () => {
    const torn = {
      extensions: [identityExtension(UNIT_CODE, liaoning.unitCode)],
      subject: [
        ['C', 'CN'],
        ['O', liaoning.unitName],
        ['CN', liaoning.unitName],
        ['serialNumber', dalian.unitCode],
      ] as const,
    };
    expect(refusalOf(await synchronise(await pairOf(torn)))).toBe('IDENTITY_AMBIGUOUS');
  });

  it('a pair whose encryption certificate names another person is no pair', async () => {
    const mine = { extensions: [identityExtension(PERSON, liaoning.idNumber, 'context')] };
    const theirs = { extensions: [identityExtension(PERSON, dalian.idNumber, 'context')] };
    expect(refusalOf(await synchronise(await pairOf(mine)))).toBe('ok');
    const subject = [
      ['C', 'CN'],
      ['O', liaoning.unitName],
      ['CN', `${liaoning.unitName}(加密)`],
    ] as const;
    expect(refusalOf(await synchronise(await pairOf(mine, { ...mine, subject })))).toBe('ok');
    expect(refusalOf(await synchronise(await pairOf(mine, { ...theirs, subject })))).toBe('CERTIFICATE_PAIR_MISMATCH');
    expect(refusalOf(await synchronise(await pairOf(mine, theirs)))).toBe('CERTIFICATE_PAIR_MISMATCH');
  });

  it('a certificate that is not valid yet is refused with its day', async () => {
    const pair = await pairOf({ notBefore: desk.clock.now() + 10 * DAY });
    expect(refusalOf(await synchronise(pair))).toBe('CERTIFICATE_NOT_YET_VALID signCertificate');
  });

  it('one serial on two certificates of one issuer: the second is refused and nothing of it is written', async () => {
    const first = await pairOf({ serial: '5A5A5A5A5A5A5A01' }, { serial: '5A5A5A5A5A5A5A02' });
    const second = await pairOf({ serial: '5A5A5A5A5A5A5A01' }, { serial: '5A5A5A5A5A5A5A03' });
    expect(refusalOf(await synchronise(first))).toBe('ok');
    const count = async () =>
      (await desk.store.read.db.selectFrom('certificate').select('id').execute()).length +
      (await desk.store.read.db.selectFrom('subscriber').select('id').execute()).length;
    const before = await count();
    const passport = { idType: '护照', idNumber: 'P7654321' };
    expect(refusalOf(await synchronise(second, passport))).toBe('SERIAL_REUSED');
    expect(await count()).toBe(before);
  });

  it('the same serial from two vendors is two certificates, and one never logs in for the other (T26)', async () => {
    const other = desk.pki.authority('bohai').issuingCa;
    const now = desk.clock.now();
    const mine = await pairOf({ serial: '5B5B5B5B5B5B5B01' }, { serial: '5B5B5B5B5B5B5B02' });
    const theirs = await other.issue({
      subject: [
        ['C', 'CN'],
        ['O', liaoning.unitName],
        ['CN', liaoning.unitName],
      ],
      serial: '5B5B5B5B5B5B5B01',
      spki: certificate(mine.signCertificate).spki,
      notBefore: now - DAY,
      notAfter: now + DAY,
      extensions: [signUsage(), basicConstraints(false)],
    });
    const unit = await desk.unit('同号证书');
    unwrap(await desk.subscribers.synchronise(unit, recordOf(mine, liaoning)));
    expect(refusalOf(await desk.subscribers.findForLogin(desk.store.read, unit, certificate(theirs)))).toBe(
      'CERTIFICATE_NOT_ENROLLED',
    );
  });
});
