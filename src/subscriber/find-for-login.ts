import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle } from '#store/store.ts';
import * as rows from './repository.ts';
import { isShared } from './sharing.ts';
import type { StoredRecord } from './vault.ts';
import type { Workbench } from './workbench.ts';

/** A key that may log in, and what the asking unit is told of its holder. */
export interface EnrolledKey {
  readonly certificateId: string;
  readonly subscriberId: string;
  readonly authorityId: string;
  /** `expired` by the clock, now; revocation is for the trust decision to say. */
  readonly status: 'active' | 'expired';
  readonly signCertificate: Certificate;
  readonly encryptionCertificate: Certificate;
  readonly record: {
    readonly idNumber: string;
    readonly unitName: string;
    readonly unitCode: string;
    readonly userName: string;
  };
}

/**
 * Found by the whole certificate, never by serial or name (T26). A unit's own record decides over what others say; without one, any unit's
 * active record will do: that is recognition (readings L28).
 */
export async function findForLogin(
  bench: Workbench,
  h: Handle,
  unit: Unit,
  certificate: Certificate,
): Promise<Result<EnrolledKey>> {
  const { vault, clock } = bench;
  const all = await rows.keysByFingerprint(h, vault.index.certificate(certificate));
  const own = all.find((key) => key.unit_id === unit.id);
  const others = isShared(unit.profile)
    ? all.filter((key) => key.unit_id !== unit.id && isShared(key.unit_profile))
    : [];
  const shown = own ?? others.find((key) => key.status === 'active') ?? newest(others);
  if (shown === undefined) return refused(refusal('CERTIFICATE_NOT_ENROLLED'));
  if (shown.status === 'cancelled') return refused(refusal('CERTIFICATE_CANCELLED'));
  if (shown.status === 'superseded') return refused(refusal('CERTIFICATE_SUPERSEDED'));
  return ok({
    certificateId: shown.sign_certificate_id,
    subscriberId: shown.subscriber_id,
    authorityId: shown.authority_id,
    status: certificate.notAfter < clock.now() ? 'expired' : 'active',
    signCertificate: certificate,
    // Opened when asked for: a login looks twice, before its decision and inside it, and needs them once.
    get encryptionCertificate() {
      return vault.openCertificate(shown.enc_certificate_id, shown.enc_der_sealed);
    },
    get record() {
      return told(vault.openRecord(shown));
    },
  });
}

/** The certificate's own word first, in its own spelling; then the record of the unit that asks, or else of the unit that enrolled it. */
const told = ({ proven, idNumber, unitName, unitCode, userName }: StoredRecord): EnrolledKey['record'] => ({
  idNumber: proven.idNumber ?? idNumber,
  unitName: proven.unitName ?? unitName,
  unitCode: proven.unitCode ?? unitCode,
  userName,
});

const newest = (keys: readonly rows.KeyRow[]): rows.KeyRow | undefined =>
  keys.reduce<rows.KeyRow | undefined>(
    (last, key) => (last && last.updated_at >= key.updated_at ? last : key),
    undefined,
  );
