import type { Bytes } from '#kernel/bytes.ts';
import type { Result } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle, Tx } from '#store/store.ts';
import type { HeldSeal } from './held-seal.ts';

/** Whose seals there are, who may use them, and what was sealed with them. */
export interface SealLibrary {
  /**
   * The seals that this signing certificate may use at this unit, those that cannot be used now included (`refusal`). Whether the certificate itself is good
   * is the caller's to judge. May wait for a revocation list: never inside a transaction.
   */
  forSigner(h: Handle, unit: Unit, certificate: Certificate): Promise<readonly HeldSeal[]>;
  /** One of them, judged afresh; undefined: not his. Never inside a transaction. */
  find(h: Handle, unit: Unit, certificate: Certificate, id: string): Promise<HeldSeal | undefined>;
  /** Seals (DER of SESeal) that a vendor keeps for its person, judged like any other. What is no seal is left out. */
  brought(h: Handle, unit: Unit, certificate: Certificate, seals: readonly Bytes[]): Promise<readonly HeldSeal[]>;
  /**
   * In the transaction that makes the signature count: state, dates and power are looked at again, and the use is recorded. Refused when the seal was
   * suspended, revoked, replaced or its power withdrawn meanwhile. SEAL_SUSPENDED, SEAL_REVOKED, SEAL_REPLACED, SEAL_EXPIRED, SEAL_NOT_YOURS.
   */
  claimUse(tx: Tx, use: SealUse): Promise<Result<void>>;
}

export interface SealUse {
  readonly seal: HeldSeal;
  readonly interactionId: string;
  readonly unitId: string;
  readonly certificate: Certificate;
  /** SM3 of the document that results, lower hex. */
  readonly documentSm3: string;
  readonly places: number;
}
