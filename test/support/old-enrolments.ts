import type { Gm } from '#crypto/gm.ts';
import { newId } from '#kernel/ids.ts';
import { systemRandom } from '#kernel/random.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { Store } from '#store/store.ts';
import type { SealKind } from '#subscriber/seals.ts';
import { createVault } from '#subscriber/vault.ts';

/** A database as a hub of before the seal library left it: one company's key on record at `count` units, each with its own seal text. Their ids. */
export async function enrolmentsOfBefore(
  { store, gm, cipher }: { readonly store: Store; readonly gm: Gm; readonly cipher: FieldCipher },
  certificate: Certificate,
  count: number,
  seal: { readonly text: string; readonly kind: SealKind },
): Promise<string[]> {
  const vault = createVault(gm, cipher);
  const id = (prefix: 'sub' | 'crt' | 'enr' | 'key'): string => newId(prefix, systemRandom);
  const [subscriber, key] = [id('sub'), id('crt')];
  const at = certificate.notBefore;
  const enrolments = Array.from({ length: count }, () => id('enr'));
  const record = {
    ...{ userName: '示例甲', idType: '身份证', idNumber: '210100199001010010', unitName: '辽宁示例建设有限公司' },
    ...{ unitCode: '91210100MA00000001', signSerial: certificate.serial, encryptionSerial: certificate.serial },
    ...{ endTime: '', legalName: '示例甲', legalIdNumber: '210100199001010010', standBy: null },
    ...{ sealKind: seal.kind, proven: {} },
  };
  await store.tx(async ({ db }) => {
    await db
      .insertInto('subscriber')
      .values({ id: subscriber, kind: 'organisation', unit_code_index: key, id_number_index: key, created_at: at })
      .execute();
    await db
      .insertInto('certificate')
      .values({
        ...{ id: key, fingerprint_index: key, issuer_key: key, serial_index: tailOf(certificate), spki_index: key },
        ...{ purpose: 'both' as const, authority_id: 'beichen', subscriber_id: subscriber },
        der_sealed: vault.sealCertificate(key, certificate),
        ...{
          not_before: at,
          not_after: certificate.notAfter,
          status: 'active' as const,
          status_at: at,
          created_at: at,
        },
      })
      .execute();
    for (const enrolment of enrolments) {
      await db
        .insertInto('enrolment')
        .values({
          ...{ id: enrolment, unit_id: id('key'), subscriber_id: subscriber },
          ...{ sign_certificate_id: key, enc_certificate_id: key },
          record_sealed: vault.sealRecord(enrolment, record),
          seal_sealed: vault.sealSeal(enrolment, seal.text),
          ...{ content_index: enrolment, status: 'active' as const, superseded_by: null, version: 1 },
          ...{ created_at: at, updated_at: at },
        })
        .execute();
    }
  });
  return enrolments;
}
