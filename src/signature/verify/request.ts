import type { SignerId } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';

/** What somebody has in hand and wants to know about. */
export interface VerifyRequest {
  /** null: the message carries its content. */
  readonly content: SignedContent | null;
  /** DER, r‖s, a key's blob, an RSA block, a SignedData or an SES_Signature. */
  readonly signature: Bytes;
  /** null: the message carries it. */
  readonly certificate: Certificate | null;
  /** Of bare SM2 signatures; messages always use the default. */
  readonly signerId: SignerId;
}

export type SignedContent =
  | { readonly kind: 'bytes'; readonly bytes: Bytes }
  /** `content`: the digest of the content. `e`: SM3(Z ‖ content), the number that SM2 signs. */
  | {
      readonly kind: 'digest';
      readonly algorithm: DigestAlgorithm;
      readonly value: Bytes;
      readonly of: 'content' | 'e';
    };

export const digestAlgorithms = { sm3: 32, sha256: 32, sha384: 48, sha512: 64 } as const;
export type DigestAlgorithm = keyof typeof digestAlgorithms;
