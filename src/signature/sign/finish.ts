import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import { assembleDetached } from '#pki/cms-detached.ts';
import { makeSealSignature } from '#pki/ses-signature.ts';
import { fillContents } from '../pdf/prepare.ts';
import type { PendingSigning, SigningWish } from './prepare.ts';

export type FinishedSigning =
  /** The revision to append to the very document that was prepared. */
  | { readonly ok: true; readonly revision: Buffer }
  | { readonly ok: false; readonly fault: 'key' | 'algorithm-not-allowed' | 'no-room' };

/**
 * The token's answer becomes the container. `signature`: DER for SM2 and ECDSA, the raw block for RSA; verified over `toSign` before anything is
 * written. `stamp`: asks for an RFC 3161 token over the signature value, where one is configured.
 */
export async function finishSigning(
  gm: Gm,
  wish: SigningWish,
  pending: PendingSigning,
  signature: Bytes,
  more: { readonly chain: readonly Certificate[]; readonly stamp?: (signature: Bytes) => Promise<Bytes> },
): Promise<FinishedSigning> {
  const { container, certificate } = wish;
  const valid = signatureHolds(gm, wish, pending, signature);
  if (!valid) return { ok: false, fault: 'key' };
  const timestamp = await more.stamp?.(signature);
  let der: Bytes;
  if (container.form === 'seal') der = makeSealSignature(pending.toSign, certificate, signature, timestamp ?? null);
  else {
    const plan = { certificate, digest: pending.digest, signingTime: wish.at, profile: container.profile };
    const made = assembleDetached(gm, plan, signature, {
      certificates: more.chain,
      ...(timestamp !== undefined && { timestamp }),
    });
    if (!made.ok) return made;
    der = made.der;
  }
  const revision = fillContents(pending.revision, der);
  return revision === undefined ? { ok: false, fault: 'no-room' } : { ok: true, revision };
}

/** A seal's signature is SM2 only; a message's own assembly verifies all kinds. */
function signatureHolds(gm: Gm, wish: SigningWish, pending: PendingSigning, signature: Bytes): boolean {
  if (wish.container.form === 'cms') return true;
  const { key } = wish.certificate;
  return key.kind === 'sm2' && gm.sm2.verify(key.publicKey, [pending.toSign], signature);
}
