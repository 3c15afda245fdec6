import type { Result } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Tx } from '#store/store.ts';
import type { Actor, Opening } from '../opening.ts';
import type { ReleaseProgress } from '../release.ts';

/** What the hall asks of the openings and of the decryption pages; app.ts joins them. Refusals are theirs. */
export interface HallDesk {
  /** A custodian's share, wrapped to the release key; with the last one needed the opener runs and the window begins. */
  release(openingId: string, personId: string, wrapped: string): Promise<Result<ReleaseProgress>>;
  /** Two persons agreed on another time; signed and announced. */
  postpone(tx: Tx, openingId: string, to: number, reason: string, actor: Actor): Promise<Result<unknown>>;
  /** Told in the transaction that moves the window's end: open decryption pages and messages live as long. */
  windowMoved(tx: Tx, capsules: readonly string[], endsAt: number): Promise<void>;
  /** Random values wrapped to the certificates that this bidder's sealed files need; never a file's key. */
  rehearse(openingId: string, subscriberId: string): Promise<Result<readonly RehearsalTest[]>>;
  rehearsed(
    openingId: string,
    subscriberId: string,
    results: readonly { readonly id: string; readonly key: string }[],
  ): Promise<Result<{ readonly opened: readonly string[] }>>;
  rewraps(openingId: string, subscriberId: string): Promise<Result<readonly RewrapOffer[]>>;
  rewrapped(openingId: string, subscriberId: string, done: RewrapDone): Promise<Result<unknown>>;
  /** A decryption page for these capsules of one bidder. */
  decrypt(opening: Opening, capsules: readonly string[]): Promise<Result<{ readonly url: string }>>;
}

export interface RehearsalTest {
  readonly id: string;
  /** Base64. */
  readonly wrapped: string;
  readonly certificate: Certificate;
}

export interface RewrapOffer {
  /** Capsule's id. */
  readonly offer: string;
  /** Base64. */
  readonly wrapped: string;
  readonly old: Certificate;
  readonly new: Certificate;
  readonly text: string;
}

/** Base64 each. */
export interface RewrapDone {
  readonly offer: string;
  readonly wrapped: string;
  readonly signature: string;
  readonly certificate: string;
}
