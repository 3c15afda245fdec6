import type { Journal } from '#audit/journal.ts';
import type { Gm } from '#crypto/gm.ts';
import type { Trust } from '#drivers/trust.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Random } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { Handle, Store, Tx } from '#store/store.ts';
import { changeKey } from './change.ts';
import { type ConflictDetail, type ConflictSummary, createConflictDesk, type Resolution } from './conflicts.ts';
import { type EnrolledKey, findForLogin } from './find-for-login.ts';
import { type KeyOnRecord, keysOnRecord } from './keys-on-record.ts';
import type { CertificateStatus } from './pair.ts';
import type { ChangeKind, ChangeRequest, SubjectRecord } from './record.ts';
import { synchronise } from './synchronise.ts';
import { createVault, type Vault } from './vault.ts';

/** What the library knows after userSynchro or changeCert. */
export interface SyncOutcome {
  /** Of the signing certificate, as judged now. */
  readonly status: CertificateStatus;
  /** Chinese sentences for the caller: what was taken although something is odd. */
  readonly warnings: readonly string[];
  /** False: the key was on this unit's record already. */
  readonly created: boolean;
  readonly enrolmentId: string;
  readonly certificateId: string;
}

export interface ChangeOutcome extends SyncOutcome {
  /** Masked serials of the signing certificates that do not log in any more because of this request. */
  readonly retired: readonly string[];
}

/** What rooms to the right must learn of a changed key (open capsules): called inside the transaction; returns warnings for the caller. */
export type OnCertificateChanged = (tx: Tx, change: CertificateChange) => Promise<readonly string[]>;

export interface CertificateChange {
  readonly unitId: string;
  readonly subscriberId: string;
  readonly change: ChangeKind;
  /** Keys that are superseded or cancelled now; their encryption certificates stay for what was encrypted to them. */
  readonly retired: readonly { readonly signCertificateId: string; readonly encryptionCertificateId: string }[];
  /** The key that takes their place; null for a cancellation. */
  readonly next: { readonly signCertificateId: string; readonly encryptionCertificateId: string } | null;
}

export interface SubscriberDeps {
  readonly store: Store;
  readonly cipher: FieldCipher;
  readonly gm: Gm;
  readonly trust: Trust;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly onCertificateChanged?: OnCertificateChanged;
}

/** The same with what the room made of them; handed to every use case. */
export interface Workbench extends SubscriberDeps {
  readonly vault: Vault;
}

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
  /** Every key of one subscriber at one unit, retired ones included: their encryption certificates still decrypt. */
  keys(h: Handle, unitId: string, subscriberId: string): Promise<readonly KeyOnRecord[]>;
  /** Values masked; `status` left out: all. */
  conflicts(h: Handle, status?: 'open' | 'resolved'): Promise<readonly ConflictSummary[]>;
  showConflict(h: Handle, id: string): Promise<ConflictDetail | undefined>;
  /** False: no open conflict of this id. */
  resolveConflict(tx: Tx, id: string, resolution: Resolution): Promise<boolean>;
}

export function createSubscribers(deps: SubscriberDeps): Subscribers {
  const bench: Workbench = { ...deps, vault: createVault(deps.gm, deps.cipher) };
  const desk = createConflictDesk(bench);
  return {
    synchronise: (unit, record) => synchronise(bench, unit, record),
    change: (unit, request) => changeKey(bench, unit, request),
    findForLogin: (h, unit, certificate) => findForLogin(bench, h, unit, certificate),
    keys: (h, unitId, subscriberId) => keysOnRecord(bench, h, unitId, subscriberId),
    conflicts: desk.list,
    showConflict: desk.show,
    resolveConflict: desk.resolve,
  };
}
