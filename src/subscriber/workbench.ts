import type { Journal } from '#audit/journal.ts';
import type { Gm } from '#crypto/gm.ts';
import type { Trust } from '#drivers/trust.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Random } from '#kernel/random.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { Store, Tx } from '#store/store.ts';
import type { CertificateStatus } from './pair.ts';
import type { ChangeKind } from './record.ts';
import type { SealVault } from './seals/vault.ts';
import type { Vault } from './vault.ts';

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
  readonly seals: SealVault;
}
