import type { Result } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { CertificateRef } from '#pki/cms.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle, Tx } from '#store/store.ts';
import { changeKey } from './change.ts';
import { type ConflictDetail, type ConflictSummary, createConflictDesk, type Resolution } from './conflicts.ts';
import { type EnrolledKey, findForLogin } from './find-for-login.ts';
import { findHolder, type HeldKey } from './find-holder.ts';
import { type KeyOnRecord, keysOnRecord } from './keys-on-record.ts';
import {
  findForEncryption,
  namedRecipients,
  type RecipientKey,
  type RecipientName,
  unitsWithHolder,
} from './recipients.ts';
import type { ChangeRequest, SubjectRecord } from './record.ts';
import { certificatesOfSameKey } from './repository-recipients.ts';
import { type Adopting, adoptSeals } from './seals/adopt.ts';
import { createSealVault } from './seals/vault.ts';
import { synchronise } from './synchronise.ts';
import { createVault } from './vault.ts';
import type { ChangeOutcome, SubscriberDeps, SyncOutcome, Workbench } from './workbench.ts';

/** Organisations, persons, their certificates and seals, as connecting units report them. */
export interface Subscribers {
  /** userSynchro. Refusals name the member in `params.field` by its name in SubjectRecord. */
  synchronise(unit: Unit, record: SubjectRecord): Promise<Result<SyncOutcome>>;
  /** changeCert: renew, change, cancel (readings L24). */
  change(unit: Unit, request: ChangeRequest): Promise<Result<ChangeOutcome>>;
  /**
   * May this certificate log in at this unit, and what is the unit told of its holder (readings L28)? Trust (chain, validity, revocation)
   * is judged by the caller. CERTIFICATE_NOT_ENROLLED, CERTIFICATE_CANCELLED, CERTIFICATE_SUPERSEDED.
   */
  findForLogin(h: Handle, unit: Unit, certificate: Certificate): Promise<Result<EnrolledKey>>;
  /** Whose encryption certificate (SM3 of its DER, lower hex) this is, retired ones included. */
  holderOf(h: Handle, unit: Unit, fingerprint: string): Promise<HeldKey | undefined>;
  /** The encryption certificate of this holder with this serial. RECIPIENT_UNKNOWN, RECIPIENT_UNUSABLE. */
  findForEncryption(h: Handle, unit: Unit, name: RecipientName): Promise<Result<RecipientKey>>;
  /** Ids of the units that have this holder on record. */
  unitsWithHolder(h: Handle, name: Pick<RecipientName, 'unitCode' | 'idNumber'>): Promise<string[]>;
  /** Encryption certificates by id or as a ciphertext names them, retired ones too, as far as this unit may know of them. */
  namedRecipients(
    h: Handle,
    unit: Unit,
    wanted: { readonly ids: readonly string[]; readonly refs: readonly CertificateRef[] },
  ): Promise<readonly RecipientKey[]>;
  /** Ids of the certificates that have the same public key as this one. */
  sameKey(h: Handle, certificateId: string): Promise<string[]>;
  /** Every key of one subscriber at one unit, retired ones included: their encryption certificates still decrypt. */
  keys(h: Handle, unitId: string, subscriberId: string): Promise<readonly KeyOnRecord[]>;
  /** Values masked; `status` left out: all. */
  conflicts(h: Handle, status?: 'open' | 'resolved'): Promise<readonly ConflictSummary[]>;
  showConflict(h: Handle, id: string): Promise<ConflictDetail | undefined>;
  /** False: no open conflict of this id. */
  resolveConflict(tx: Tx, id: string, resolution: Resolution): Promise<boolean>;
  /** Behind the hub's start: seals that units sent before there was a library go into it, each enrolment looked at once. How many. */
  adoptSeals(adopting: Adopting): Promise<number>;
}

export function createSubscribers(deps: SubscriberDeps): Subscribers {
  const bench: Workbench = {
    ...deps,
    vault: createVault(deps.gm, deps.cipher),
    seals: createSealVault(deps.cipher),
  };
  const desk = createConflictDesk(bench);
  return {
    synchronise: (unit, record) => synchronise(bench, unit, record),
    change: (unit, request) => changeKey(bench, unit, request),
    findForLogin: (h, unit, certificate) => findForLogin(bench, h, unit, certificate),
    holderOf: (h, unit, fingerprint) => findHolder(bench, h, unit, fingerprint),
    findForEncryption: (h, unit, name) => findForEncryption(bench, h, unit, name),
    unitsWithHolder: (h, name) => unitsWithHolder(bench, h, name),
    namedRecipients: (h, unit, wanted) => namedRecipients(bench, h, unit, wanted),
    sameKey: certificatesOfSameKey,
    keys: (h, unitId, subscriberId) => keysOnRecord(bench, h, unitId, subscriberId),
    conflicts: desk.list,
    showConflict: desk.show,
    resolveConflict: desk.resolve,
    adoptSeals: (adopting) => adoptSeals(bench, adopting),
  };
}
