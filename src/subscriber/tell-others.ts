import type { Unit } from '#relying-party/party.ts';
import type { Tx } from '#store/store.ts';
import type { Enrolled } from './enrol.ts';
import type { ChangeKind } from './record.ts';
import type { KeyRow } from './repository.ts';
import type { CertificateChange, Workbench } from './workbench.ts';

/**
 * Tells the port of every encryption certificate that this request took out of use: of superseded keys, and of a key that names another
 * encryption certificate now. Returns what the caller must be warned of.
 */
export async function tellOfReplacement(
  bench: Workbench,
  tx: Tx,
  unit: Unit,
  change: Exclude<ChangeKind, 'cancel'>,
  fresh: Enrolled,
  superseded: readonly KeyRow[],
): Promise<readonly string[]> {
  const next = { signCertificateId: fresh.signCertificateId, encryptionCertificateId: fresh.encryptionCertificateId };
  const retired = superseded.map(keyOf);
  if (fresh.replacedEncryptionId !== null) {
    retired.push({ ...next, encryptionCertificateId: fresh.replacedEncryptionId });
  }
  if (retired.length === 0) return [];
  return tell(bench, tx, { unitId: unit.id, subscriberId: fresh.subscriberId, change, retired, next });
}

export const tellOfCancellation = (bench: Workbench, tx: Tx, unit: Unit, key: KeyRow): Promise<readonly string[]> =>
  tell(bench, tx, {
    unitId: unit.id,
    subscriberId: key.subscriber_id,
    change: 'cancel',
    retired: [keyOf(key)],
    next: null,
  });

const keyOf = (key: KeyRow) => ({
  signCertificateId: key.sign_certificate_id,
  encryptionCertificateId: key.enc_certificate_id,
});

const tell = async (bench: Workbench, tx: Tx, change: CertificateChange): Promise<readonly string[]> =>
  (await bench.onCertificateChanged?.(tx, change)) ?? [];
