import type { Journal } from '#audit/journal.ts';
import type { Gm } from '#crypto/gm.ts';
import type { Trust } from '#drivers/trust.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Random } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { Handle, Store, Tx } from '#store/store.ts';
import { broughtSeals } from './brought.ts';
import { forSigner } from './for-signer.ts';
import type { HeldSeal } from './held-seal.ts';
import { createSealMakers, type SealMakers } from './makers.ts';
import { type PowerAct, setPower } from './powers.ts';
import { type Registered, registerSeal } from './register.ts';
import { listSeals, type SealFile, showSeal } from './seal-file.ts';
import { type SealActor, type StateAct, setState } from './state.ts';
import { claimUse, type SealUse } from './use.ts';
import { type RecordedUse, usesSeen } from './uses-seen.ts';
import { createSealVault, type SealVault } from './vault.ts';

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
  /**
   * A seal of a seal maker (DER of SESeal), judged whole; idempotent. SEAL_UNREADABLE, SEAL_ALTERED, SEAL_EXPIRED, SEAL_NOT_YET_VALID, SEAL_MAKER_…, SEAL_PICTURE,
   * SEAL_HOLDER_UNKNOWN, SEAL_HOLDERS_DIFFER. May wait for a revocation list.
   */
  register(unit: Unit, content: Bytes): Promise<Result<Registered>>;
  /** This unit's seals by id, at most a hundred a page; `unit` null: all (the operator). */
  list(h: Handle, unit: Unit | null, filter: { unitCode?: string; after?: string }): Promise<readonly SealFile[]>;
  /** SEAL_UNKNOWN. */
  show(h: Handle, unit: Unit | null, id: string): Promise<Result<SealFile>>;
  /** Suspend, resume, revoke (final). SEAL_UNKNOWN, SEAL_POWER, SEAL_STATE. */
  setState(actor: SealActor, id: string, act: StateAct): Promise<Result<SealFile>>;
  /** Gives or takes a power over a seal to a certificate of the same organisation. SEAL_UNKNOWN, SEAL_POWER, SEAL_HOLDER_UNKNOWN, SEAL_NOT_YOURS, FIELD_INVALID. */
  setPower(actor: SealActor, id: string, act: PowerAct): Promise<Result<SealFile>>;
  /** What was sealed with it, newest first, at most a hundred not later than `before` (UTC ms). SEAL_UNKNOWN, SEAL_POWER. */
  uses(h: Handle, actor: SealActor, id: string, before?: number): Promise<Result<readonly RecordedUse[]>>;
  /** For whoever judges seals in documents. */
  readonly makers: SealMakers;
}

export interface SealLibraryDeps {
  readonly store: Store;
  readonly cipher: FieldCipher;
  readonly gm: Gm;
  readonly trust: Pick<Trust, 'judge'>;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  /** Roots and intermediates of seal makers that are no vendor of the hub's. */
  readonly sealMakers: readonly Certificate[];
}

/** The same with what the library made of them. */
export interface SealRoom extends SealLibraryDeps {
  readonly seals: SealVault;
  readonly makers: SealMakers;
}

export function createSeals(deps: SealLibraryDeps): SealLibrary {
  const makers = createSealMakers({ ...deps, certificates: deps.sealMakers });
  const room: SealRoom = { ...deps, makers, seals: createSealVault(deps.cipher) };
  return {
    makers,
    forSigner: (h, unit, certificate) => forSigner(room, h, unit, certificate),
    find: async (h, unit, certificate, id) => (await forSigner(room, h, unit, certificate, id))[0],
    brought: (h, unit, certificate, seals) => broughtSeals(room, h, unit, certificate, seals),
    claimUse: (tx, use) => claimUse(room, tx, use),
    register: (unit, content) => registerSeal(room, unit, content),
    list: (h, unit, filter) => listSeals(room, h, unit, filter),
    show: (h, unit, id) => showSeal(room, h, unit, id),
    setState: (actor, id, act) => setState(room, actor, id, act),
    setPower: (actor, id, act) => setPower(room, actor, id, act),
    uses: (h, actor, id, before) => usesSeen(room, h, actor, id, before),
  };
}
