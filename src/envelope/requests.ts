import type { JsonObject } from '#kernel/json.ts';

/** `encrypt` in domain names (readings L6-L8): the text for one holder's encryption key, and for further recipients named under `standBy.hub`. */
export interface EncryptRequest {
  /** 1-128 printable characters without `&` and `=`. */
  readonly taskId: string;
  readonly idNumber: string;
  readonly unitCode: string;
  /** Serial of the encryption certificate in any accepted form. */
  readonly encryptionSerial: string;
  /** Any text, 0 B to 1 MiB of UTF-8. */
  readonly content: string;
  readonly standBy: string | null;
  readonly hub: EncryptHub;
}

/** Our extensions of `encrypt`, under `standBy.hub`. */
export interface EncryptHub {
  /** Further recipients of the same ciphertext. */
  readonly recipients?: readonly Recipient[] | undefined;
  /** With it the answer is a capsule for that opening. */
  readonly openingId?: string | undefined;
  readonly lot?: string | undefined;
  /** What people may call it. */
  readonly fileName?: string | undefined;
}

export interface Recipient {
  readonly idNumber: string;
  readonly unitCode: string;
  readonly encryptionSerial: string;
}

/** `startdecrypt` in domain names. */
export interface DecryptRequest {
  readonly taskId: string;
  /** `encData` as it came: base64 (hex is read too). */
  readonly ciphertext: string;
  readonly standBy: string | null;
  /** Wanted by `standBy.hub.returnUrl`; null: the platform's first registered one. */
  readonly returnUrl: string | null;
  /** `standBy.hub.fileName`: what the page calls it. */
  readonly fileName: string | null;
  /** Every member that makes this request what it is; a repeat must equal it (readings L31). */
  readonly content: JsonObject;
}

export interface Encrypted {
  /** DER of the envelope, or the capsule (reference): the answer's `encdata` is its base64. */
  readonly ciphertext: Uint8Array;
  readonly taskId: string;
}

export interface StartedDecrypt {
  readonly interaction: string;
  /** `<public origin>/decrypt/<page token>` */
  readonly pageUrl: string;
}
