import type { Certificate } from '#pki/certificate.ts';
import type { EnrolmentHistoryTable, EnrolmentTable } from '#store/schema.ts';
import type { Handle } from '#store/store.ts';
import * as rows from './repository.ts';
import type { SealKind } from './seals.ts';
import type { Workbench } from './workbench.ts';

/** One key of a subscriber at one unit, with what became of it. */
export interface KeyOnRecord {
  readonly enrolmentId: string;
  readonly status: EnrolmentTable['status'];
  /** By the clock now; `superseded` and `cancelled` mean that no unit uses it any more. */
  readonly certificateStatus: 'active' | 'expired' | 'revoked' | 'superseded' | 'cancelled';
  readonly signCertificate: Certificate;
  readonly encryptionCertificate: Certificate;
  readonly supersededBy: string | null;
  readonly seal: SealKind;
  /** Oldest first. */
  readonly history: readonly { readonly change: EnrolmentHistoryTable['change']; readonly at: number }[];
}

/** Retired keys stay listed: their encryption certificates still open what was encrypted to them (readings L25). */
export async function keysOnRecord(
  bench: Workbench,
  h: Handle,
  unitId: string,
  subscriberId: string,
): Promise<readonly KeyOnRecord[]> {
  const { vault, clock } = bench;
  const found: KeyOnRecord[] = [];
  for (const key of await rows.keysOfSubscribers(h, unitId, [subscriberId])) {
    const history = await rows.historyOf(h, key.id);
    found.push({
      enrolmentId: key.id,
      status: key.status,
      certificateStatus: key.sign_status === 'active' && key.sign_not_after < clock.now() ? 'expired' : key.sign_status,
      signCertificate: vault.openCertificate(key.sign_certificate_id, key.sign_der_sealed),
      encryptionCertificate: vault.openCertificate(key.enc_certificate_id, key.enc_der_sealed),
      supersededBy: key.superseded_by,
      seal: vault.openRecord(key).sealKind,
      history: history.map(({ change, at }) => ({ change, at })),
    });
  }
  return found;
}
