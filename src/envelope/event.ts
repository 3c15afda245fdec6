/**
 * Body of the outbox event `decrypt.opened`: everything message 7 needs (readings L7, L10, L54), in domain names. Stored sealed, erased in the transaction
 * that marks it delivered, refused or lapsed.
 */
export type DecryptOpened = {
  /** Which item of the interaction it speaks of. */
  readonly item: string;
  readonly taskId: string;
  readonly standBy: string | null;
  /** Base64 DER of the encryption certificate whose key opened it; '' where the hub does not know it (a ciphertext that names nobody). */
  readonly encryptionCertificate: string;
  /** Canonical: upper hex; '' with it. */
  readonly encryptionSerial: string;
  readonly content: OpenedContent;
};

export type OpenedContent =
  | { readonly kind: 'text'; readonly text: string }
  /** Content that is not UTF-8, of an old client. */
  | { readonly kind: 'binary'; readonly base64: string }
  /** Profile `plaintext: memory-only`: ask `Envelopes.held(item)`; undefined there: nothing can be sent any more, the person decrypts again. */
  | { readonly kind: 'held' }
  /** A capsule's content that is fetched by the trading system (design 8). */
  | { readonly kind: 'file'; readonly capsuleId: string; readonly sm3: string; readonly size: number };
