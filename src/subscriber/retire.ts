import { newId } from '#kernel/ids.ts';
import { tailOf } from '#pki/certificate.ts';
import type { Tx } from '#store/store.ts';
import * as rows from './repository.ts';
import type { Workbench } from './workbench.ts';

/** How a key ends at one unit: `superseded` by the enrolment that took its place, or `cancelled`. */
export type Retirement =
  | { readonly status: 'superseded'; readonly change: 'renew' | 'change'; readonly by: string }
  | { readonly status: 'cancelled'; readonly change: 'cancel' };

/**
 * From now on this key does not log in at its unit. Nothing is deleted: history keeps what stood, and the encryption certificate stays
 * for what was encrypted to it (readings L25). Other units' records of the same certificate are theirs.
 */
export async function retire(bench: Workbench, tx: Tx, key: rows.KeyRow, end: Retirement): Promise<void> {
  const { vault, clock, random, journal } = bench;
  const now = clock.now();
  const history = newId('his', random);
  const before = {
    record: vault.openRecord(key),
    status: key.status,
    encryptionCertificateId: key.enc_certificate_id,
  };
  await rows.insertHistory(tx, {
    id: history,
    enrolment_id: key.id,
    change: end.change,
    before_sealed: vault.sealBefore(history, before),
    at: now,
  });
  await rows.updateEnrolment(tx, key.id, {
    status: end.status,
    superseded_by: end.status === 'superseded' ? end.by : null,
    version: key.version + 1,
    updated_at: now,
  });
  for (const id of new Set([key.sign_certificate_id, key.enc_certificate_id])) {
    await rows.retireCertificate(tx, id, end.status, now);
  }
  const tail = tailOf(vault.openCertificate(key.sign_certificate_id, key.sign_der_sealed));
  const body = {
    enrolment: key.id,
    authority: key.authority_id,
    tail,
    ...(end.status === 'superseded' ? { by: end.by } : {}),
  };
  await journal.append(tx, { kind: `subscriber.${end.status}`, unitId: key.unit_id, body });
}
