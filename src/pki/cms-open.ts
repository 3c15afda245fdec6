import type { Gm, Sm2PrivateKey, Sm4Mode } from '#crypto/gm.ts';
import { type Bytes, equalBytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { decryptContent } from './cms-content-cipher.ts';
import { type EnvelopedData, type Recipient, recipientsFor } from './cms-enveloped.ts';
import { oids } from './oids.ts';

/** Who opens: certificates of one key, and that key wherever it lives. */
export interface MessageOpener {
  /** All certificates this key has had. */
  readonly certificates: readonly Certificate[];
  /** The content key, or undefined for every failure alike. Must not throw on data. */
  unwrap(algorithmOid: string, encryptedKey: Bytes): Promise<Bytes | undefined>;
}

export type OpenResult =
  | { readonly ok: true; readonly content: Bytes; readonly contentType: string }
  | { readonly ok: false };

/** Public-key encryption, and what is written in its place (domain 1.4). */
const SM2_ENCRYPTION: readonly string[] = [oids.sm2Encrypt, oids.sm2Curve, oids.sm2Sign, oids.ecPublicKey];

/** Copies that an SM2 key can open, by what they say of themselves. */
export const isForSm2 = ({ algorithm }: Recipient): boolean => SM2_ENCRYPTION.includes(algorithm.oid);
/** A recipient may stand twice, a hundred times is an attack on our time. */
const MAX_TRIES = 4;

/** An SM2 key in our hands. Certificates of other keys are left out: a name alone opens nothing. */
export function sm2Opener(gm: Gm, key: Sm2PrivateKey, certificates: readonly Certificate[]): MessageOpener {
  const spki = gm.sm2.spki(key.publicKey);
  return {
    certificates: certificates.filter((certificate) => equalBytes(certificate.spki, spki)),
    async unwrap(algorithmOid, encryptedKey) {
      if (!SM2_ENCRYPTION.includes(algorithmOid)) return undefined;
      const opened = await gm.sm2.decrypt(key, encryptedKey);
      return opened.ok ? opened.plaintext : undefined;
    },
  };
}

/**
 * The content under a content key that was unwrapped elsewhere (a token, a phone). CBC only. `undefined` for every failure alike; padding is looked at
 * also where the key has the wrong length.
 */
export function openWithContentKey(gm: Gm, envelope: EnvelopedData, key: Bytes): Bytes | undefined {
  if (envelope.cipher.mode !== 'cbc') return undefined;
  const usable = key.length === 16;
  const stand = gm.sm3(key, envelope.ciphertext).subarray(0, 16);
  const content = decryptContent(gm, envelope.cipher, usable ? key : stand, envelope.ciphertext);
  return usable ? content : undefined;
}

/**
 * Opens the envelope. Every failure is one and the same `{ok: false}`: not a recipient, wrong key, altered key, altered content. A key that does not
 * open goes on with another one made of the ciphertext, so that padding is looked at in every case (RFC 3218).
 * `modes`: CBC by default; CTR and ECB only where the vendor's profile has them, since an attacker may write another mode over a CBC message.
 * The content is not authenticated: believe it only for a signature inside or a digest outside.
 */
export async function openEnvelopedData(
  gm: Gm,
  envelope: EnvelopedData,
  opener: MessageOpener,
  modes: readonly Sm4Mode[] = ['cbc'],
): Promise<OpenResult> {
  if (!modes.includes(envelope.cipher.mode)) return { ok: false };
  for (const recipient of recipientsFor(gm, envelope, opener.certificates).slice(0, MAX_TRIES)) {
    const key = await opener.unwrap(recipient.algorithm.oid, recipient.encryptedKey);
    const usable = key?.length === 16;
    const stand = gm.sm3(recipient.encryptedKey, envelope.ciphertext).subarray(0, 16);
    const content = decryptContent(gm, envelope.cipher, usable ? key : stand, envelope.ciphertext);
    if (usable && content !== undefined) return { ok: true, content, contentType: envelope.contentType };
  }
  return { ok: false };
}
