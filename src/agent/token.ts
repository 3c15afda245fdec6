import type { Sm2CiphertextLayout } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Secret } from '#kernel/secret.ts';

/**
 * One key at this PC, whatever stands behind it: the seam where a vendor's SKF library comes in beside the software key. Data and a person's mistakes
 * are answers; only a fault of the machine is thrown.
 */
export interface Token {
  /** Stable while the key exists; pages never see it (they get a handle of their connection). */
  readonly id: string;
  readonly label: string;
  /** Where the person types the PIN: on the hub's page, or in the agent's own window. */
  readonly pinEntry: 'page' | 'agent';
  /** DER. `encrypt` is empty where the key has no encryption pair. */
  readonly certificates: { readonly sign: Bytes; readonly encrypt: Bytes };
  pinStatus(): PinStatus | 'removed';
  /** One try. A wrong PIN costs one, also when the program dies in the middle. */
  login(pin: Secret<string>): Promise<LoginOutcome>;
}

interface PinStatus {
  readonly remaining: number;
  readonly locked: boolean;
}

export type LoginOutcome =
  | { readonly outcome: 'open'; readonly remaining: number; readonly key: OpenKey }
  | { readonly outcome: 'wrong'; readonly remaining: number }
  /** Outside 4 to 32 characters: never tried, costs nothing (SAR_PIN_LEN_RANGE). */
  | { readonly outcome: 'length' }
  | { readonly outcome: 'locked' }
  | { readonly outcome: 'removed' };

/** A key after its PIN. */
export interface OpenKey {
  /** By the signing key: DER SM2Signature with the default id, or the raw RSA block (PKCS#1 v1.5, SHA-256). */
  sign(message: Bytes): Promise<Bytes>;
  /** SM2 decryption by the encryption key; undefined when it does not open, or there is none. */
  unwrap(wrapped: Bytes): Promise<Opened | undefined>;
}

export interface Opened {
  readonly plaintext: Bytes;
  readonly layout: Sm2CiphertextLayout;
}
