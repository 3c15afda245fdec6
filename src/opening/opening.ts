import type { Certificate } from '#pki/certificate.ts';
import type { OpeningRole, OpeningState } from '#store/schema-opening.ts';

export type { CapsuleState, OpeningRole, OpeningState } from '#store/schema-opening.ts';

/** `bidder`: K_b alone, the time is the hub's policy · `joint`: K_b xor K_o · `quorum`: joint, and K_b recoverable by another body. */
export type KeyModel = 'bidder' | 'joint' | 'quorum';

/** The tender's own rules, as its documents say them. The hub invents none of them and draws no legal consequence of its own. */
export interface TenderRules {
  /** Fewer capsules at the gate: the host may only end it. */
  readonly minimumBidders: number;
  /** What the tender documents say of a bid that its bidder did not open; null: they say nothing. */
  readonly whenBidder: string | null;
  /** The same where the reason lies with somebody else. */
  readonly whenOthers: string | null;
  /** Remedies that the tender documents allow. */
  readonly remedies: readonly Remedy[];
}

export type Remedy = 'extend' | 'rewrap' | 'recovery' | 'backup';

export interface Lot {
  readonly id: string;
  readonly code: string;
  readonly name: string;
}

/** What a caller said of an opening; public once announced. */
export interface Terms {
  readonly taskId: string;
  readonly title: string;
  /** 招标编号; '' where there is none. */
  readonly number: string;
  /** 招标人, 招标代理, 开标地点; '' where the caller did not say. */
  readonly tenderer: string;
  readonly agency: string;
  readonly place: string;
  readonly rules: TenderRules;
}

/** Somebody with an office in an opening. */
export interface Person {
  readonly id: string;
  readonly role: OpeningRole;
  /** A deputy has his custodian's; 0 for host and supervisor. */
  readonly seat: number;
  readonly name: string;
  readonly signCertificate: Certificate;
  /** null for those who unwrap nothing. */
  readonly encryptionCertificate: Certificate | null;
  readonly checkedInAt: number | null;
  readonly releasedAt: number | null;
}

/** An opening as the domain sees it. Nothing in it says who bids, or how many. Times are UTC ms. */
export interface Opening {
  readonly id: string;
  readonly unitId: string;
  readonly orgcode: string;
  readonly terms: Terms;
  readonly state: OpeningState;
  /** Grows with every change a page may see. */
  readonly version: number;
  /** Capsules are taken until the millisecond before. */
  readonly closesAt: number;
  /** Its present time; the gate of a capsule is max(this, its own header's). */
  readonly opensAt: number;
  readonly windowMs: number;
  /** null before release. */
  readonly windowEndsAt: number | null;
  readonly keyModel: KeyModel;
  /** Custodians needed; 0 for `bidder`. */
  readonly threshold: number;
  readonly recoveryThreshold: number;
  /** Hex point; '' for `bidder`. */
  readonly publicPoint: string;
  /** Hex point; null before release began. */
  readonly releasePoint: string | null;
  readonly releaseBeganAt: number | null;
  readonly releasedAt: number | null;
  readonly endedAt: number | null;
  readonly createdAt: number;
}

/** What stands around an opening for its hall, minutes and API. */
export interface OpeningFile {
  readonly opening: Opening;
  readonly lots: readonly Lot[];
  readonly persons: readonly Person[];
}

/** One announced or amended state, signed by the hub. */
export interface Amendment {
  readonly number: number;
  /** Canonical JSON, the very text under the signature. */
  readonly text: string;
  /** Hex DER, SM2 with SM3 by the hub's signing key. */
  readonly signature: string;
  readonly keyId: string;
  readonly at: number;
}

/** Person who does something, as the record names him. */
export interface Actor {
  readonly kind: 'unit' | 'person' | 'hub';
  /** Unit id, person id, or what part of the hub. */
  readonly id: string;
  /** Name as it stands in the minutes; '' where none is known. */
  readonly name: string;
}

export const THE_HUB: Actor = { kind: 'hub', id: 'hub', name: '互认平台' };
