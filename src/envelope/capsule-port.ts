import type { Bytes } from '#kernel/bytes.ts';
import type { Result } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle, Tx } from '#store/store.ts';
import type { EncryptRequest } from './requests.ts';

/**
 * What this room asks of the one that keeps capsules (opening, to the right of it); app.ts joins them. Refusals are the opening's own, for instance
 * NOT_YET_OPEN (451) before the gate.
 */
export interface CapsulePort {
  /** Cheap and pure: are these bytes a capsule, or the reference a trading system was given for one? */
  recognise(bytes: Bytes): boolean;
  /** `encrypt` with `hub.openingId`: seals in the one-shot sealer; what comes back is what `recognise` knows again. */
  seal(unit: Unit, request: EncryptRequest): Promise<Result<Bytes>>;
  /** The capsule of this unit that the bytes are or name, if it may be opened now. */
  find(h: Handle, unit: Unit, bytes: Bytes): Promise<Result<CapsuleItem>>;
  /** The same by its id, for a page that was begun earlier or in the hall. Asked again before every opening: gates, ends and withdrawals hold at once. */
  get(h: Handle, unitId: string, capsuleId: string): Promise<Result<CapsuleItem>>;
  /** K_b as the bidder's key gave it; `road`: through the person's own token, or (also when left out) through a vendor's service. Any failure of the capsule itself is DECRYPT_FAILED; the cause stays with the opening. Not in a transaction. */
  open(item: CapsuleItem, wrap: string, kb: Bytes, road?: 'key' | 'vendor'): Promise<Result<Opened>>;
  /** Told in the transaction in which it happened. */
  ended(tx: Tx, item: CapsuleEnd): Promise<void>;
  /** What a decryption page met: evidence for the opening's hall, and needed for nothing else. Not in a transaction. */
  readonly noted?: (capsules: readonly string[], note: PageNote) => Promise<void>;
}

export type PageNote =
  | { readonly what: 'entered' }
  /** The vendor that was asked to unwrap did not answer, or its driver is down. */
  | {
      readonly what: 'vendor-failed';
      readonly authority: string;
      readonly name: string;
      readonly why: 'no-answer' | 'driver-down';
    }
  /** The key that was shown is its holder's newer one; the file needs the one before. Tails of the encryption certificates. */
  | { readonly what: 'renewed'; readonly tail: string; readonly newTail: string }
  /** The key that was shown opens it, and its certificate has ended: no obstacle. */
  | { readonly what: 'expired'; readonly tail: string }
  /** Said by the page: a report, never proof. `tail`: of the plugged certificate. */
  | { readonly what: 'reported'; readonly report: PageReport; readonly tail: string | null };

export const pageReports = [
  'no-agent',
  'agent-blocked',
  'no-key',
  'wrong-key',
  'pin-wrong',
  'pin-locked',
  'key-pulled',
  'network',
] as const;
export type PageReport = (typeof pageReports)[number];

export interface CapsuleItem {
  readonly capsuleId: string;
  readonly openingId: string;
  readonly lot: string;
  /** What a person may call it. */
  readonly label: string;
  /** taskId under which message 7 tells the trading system of it. */
  readonly taskId: string;
  readonly standBy: string | null;
  readonly bytes: number;
  /** UTC ms: end of the decryption window. */
  readonly windowEnds: number;
  readonly wraps: readonly CapsuleWrap[];
}

export interface CapsuleWrap {
  readonly id: string;
  /** SM2 ciphertext, GM/T 0009 DER. */
  readonly wrapped: Bytes;
  readonly certificate: Certificate | undefined;
}

export type Opened =
  | { readonly kind: 'text'; readonly text: string }
  /** No text, up to 1 MB, for a unit whose profile takes no files. */
  | { readonly kind: 'binary'; readonly base64: string }
  /** Too large for message 7, or not text: kept by the opening and fetched by the trading system. */
  | { readonly kind: 'file'; readonly capsuleId: string; readonly sm3: string; readonly size: number };

export interface CapsuleEnd {
  readonly capsuleId: string;
  readonly interaction: string;
  /**
   * `tried`: a key was given that did not open it · `opened`: content found, being told · `delivered`, `undelivered`, `refused`: what message 7 came to ·
   * `cancelled`, `expired`: its page ended before
   */
  readonly what: 'tried' | 'opened' | 'delivered' | 'undelivered' | 'refused' | 'cancelled' | 'expired';
}
