import type { Certificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle } from '#store/store.ts';
import { holdersOfKey } from './repository-holder.ts';
import { isShared } from './sharing.ts';
import type { Workbench } from './workbench.ts';

/** Whose encryption certificate this is. Retired keys too: what was sealed to them opens with them. */
export interface HeldKey {
  readonly certificateId: string;
  readonly subscriberId: string;
  readonly authorityId: string;
  readonly certificate: Certificate;
  /** The signing certificates that stand beside it in somebody's record. */
  readonly signCertificates: readonly Certificate[];
  readonly holder: { readonly unitName: string; readonly unitCode: string; readonly userName: string };
  /** Superseded or cancelled in the asking unit's own record or, where it has none, in every other one. */
  readonly retired: boolean;
}

/** By the SM3 of the whole certificate (lower hex), among what this unit may use (readings L28). */
export async function findHolder(
  { vault }: Workbench,
  h: Handle,
  unit: Unit,
  fingerprint: string,
): Promise<HeldKey | undefined> {
  const all = await holdersOfKey(h, vault.index.certificate({ fingerprint }));
  const own = all.filter((key) => key.unit_id === unit.id);
  const others = isShared(unit.profile)
    ? all.filter((key) => key.unit_id !== unit.id && isShared(key.unit_profile))
    : [];
  const usable = [...own, ...others];
  const active = ({ status }: { status: string }) => status === 'active';
  // The unit's own word first: what it cancelled is not in use for it, whoever else still has it.
  const shown = own.find(active) ?? own.at(-1) ?? others.find(active) ?? others.at(-1);
  if (shown === undefined) return undefined;
  const { proven, unitName, unitCode, userName } = vault.openRecord(shown);
  return {
    certificateId: shown.enc_certificate_id,
    subscriberId: shown.subscriber_id,
    authorityId: shown.authority_id,
    certificate: vault.openCertificate(shown.enc_certificate_id, shown.enc_der_sealed),
    signCertificates: usable.map((key) => vault.openCertificate(key.sign_certificate_id, key.sign_der_sealed)),
    holder: { unitName: proven.unitName ?? unitName, unitCode: proven.unitCode ?? unitCode, userName },
    retired: !active(shown),
  };
}
