import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64, utf8 } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import { type Wrap, type WrapOf, wrapSm3 } from './wraps.ts';

/**
 * A bidder whose key was renewed wraps his half again, inside his agent or phone: unwrapped with the old encryption key, wrapped to the new certificate, and the
 * old signing key says so over a text. The hub never has the half.
 */
export interface RewrapPlace {
  readonly opening: string;
  readonly capsule: string;
  /** SM3 of the encryption certificates, lower hex. */
  readonly old: string;
  readonly new: string;
  /** SM3 of the wrapped bytes that were unwrapped, lower hex. */
  readonly wrap: string;
}

/** What the old signing key signs: exactly these lines, UTF-8, LF, none at the end. */
export const rewrapText = (place: RewrapPlace): string =>
  [
    'caihub-rewrap/1',
    `opening=${place.opening}`,
    `capsule=${place.capsule}`,
    `old=${place.old}`,
    `new=${place.new}`,
    `wrap=${place.wrap}`,
  ].join('\n');

/** The text an agent is asked to sign for one wrap of a capsule. */
export const rewrapTextFor = (
  gm: Gm,
  place: { readonly opening: string; readonly capsule: string },
  old: WrapOf<'bidder'> | WrapOf<'rewrap'>,
  certificate: Certificate,
): string => rewrapText({ ...place, old: old.certificateSm3, new: certificate.fingerprint, wrap: wrapSm3(gm, old) });

export interface RewrapAnswer {
  readonly opening: string;
  readonly capsule: string;
  /** All wraps of the capsule at this moment. */
  readonly wraps: readonly Wrap[];
  /** Which of them was unwrapped. */
  readonly from: WrapOf<'bidder'> | WrapOf<'rewrap'>;
  /** The new encryption certificate; that it is valid and the same holder's is the caller's to know. */
  readonly certificate: Certificate;
  /** The half under the new certificate, GM/T 0009 DER. */
  readonly wrapped: Bytes;
  readonly text: string;
  /** DER SM2Signature over the UTF-8 of `text`. */
  readonly signature: Bytes;
  /** The signing certificate that stands beside the old encryption certificate; that it does is the caller's to know. */
  readonly signedBy: Certificate;
}

export type RewrapCheck =
  | { readonly ok: true; readonly wrap: WrapOf<'rewrap'> }
  | { readonly ok: false; readonly fault: 'text' | 'signature' | 'wrap' };

/**
 * The entry to append for an agent's answer. `text`: it speaks of another opening, capsule, certificate or wrap. `wrap`: the new one is empty, the old one
 * again, or for a certificate that has one already. What is inside can only be known when it is opened: the receipt of the re-wrap fixes which bytes were handed in.
 */
export function checkRewrap(gm: Gm, answer: RewrapAnswer): RewrapCheck {
  const { from, certificate, wraps, text, signature, signedBy } = answer;
  if (text !== rewrapTextFor(gm, answer, from, certificate)) return { ok: false, fault: 'text' };
  const { key } = signedBy;
  if (key.kind !== 'sm2' || !gm.sm2.verify(key.publicKey, [utf8(text)], signature))
    return { ok: false, fault: 'signature' };
  const wrapped = base64(answer.wrapped);
  const known = wraps.some(
    (wrap) => wrap.wrapped === wrapped || ('certificateSm3' in wrap && wrap.certificateSm3 === certificate.fingerprint),
  );
  if (known || !wraps.includes(from) || answer.wrapped.length < 100 || answer.wrapped.length > 300) {
    return { ok: false, fault: 'wrap' };
  }
  const count = wraps.filter(({ kind }) => kind === 'rewrap').length;
  return {
    ok: true,
    wrap: {
      kind: 'rewrap',
      id: `w${count + 1}`,
      old: from.certificateSm3,
      certificateSm3: certificate.fingerprint,
      wrapped,
      text,
      signature: base64(signature),
      signedBy: base64(signedBy.der),
    },
  };
}
