import type { Gm } from '#crypto/gm.ts';
import { base64, fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import type { Refusal } from '#kernel/errors.ts';
import { type Certificate, parseCertificate, spkiFingerprint } from '#pki/certificate.ts';
import { type CertificateRef, mayName } from '#pki/cms.ts';
import { readDer } from '#pki/der.ts';
import { readName } from '#pki/name.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { DecryptItemTable } from '#store/schema-envelope.ts';

/** One thing to be opened, as the domain sees the row. The ciphertext itself is read only when it is opened. */
export interface Item {
  readonly id: string;
  readonly interactionId: string;
  readonly unitId: string;
  readonly place: number;
  readonly kind: DecryptItemTable['kind'];
  readonly state: DecryptItemTable['state'];
  readonly ciphertextId: string | null;
  readonly capsuleId: string | null;
  readonly bytes: number;
  readonly words: Words;
  readonly wraps: readonly Wrap[];
  readonly openedBy: string | null;
  readonly outboxId: string | null;
  readonly refusal: Refusal | null;
}

export interface Words {
  readonly taskId: string;
  readonly standBy: string | null;
  /** What a person may call it. */
  readonly name: string;
}

/** One copy of the content key, wrapped to somebody's key. */
export interface Wrap {
  readonly id: string;
  /** Base64. */
  readonly wrapped: string;
  /** Recipient as the ciphertext names it; null: it does not. */
  readonly ref: StoredRef | null;
  /** The recipient's certificate, where the hub knows it. */
  readonly known: KnownRecipient | null;
}

export interface KnownRecipient {
  readonly certificateId: string | null;
  /** Base64 DER. */
  readonly certificate: string;
  readonly authorityId: string | null;
  /** The holder has a newer key since. */
  readonly retired: boolean;
}

/** Bytes in base64. */
export type StoredRef =
  | { readonly kind: 'issuer-serial'; readonly issuer: string; readonly serial: string }
  | { readonly kind: 'key-id'; readonly keyId: string };

export const storedRef = (ref: CertificateRef): StoredRef =>
  ref.kind === 'key-id'
    ? { kind: 'key-id', keyId: base64(ref.keyId) }
    : { kind: 'issuer-serial', issuer: base64(ref.issuer), serial: ref.serial };

function refOf(stored: StoredRef): CertificateRef | undefined {
  if (stored.kind === 'key-id') return { kind: 'key-id', keyId: bytesOf(stored.keyId) };
  const issuer = bytesOf(stored.issuer);
  const issuerName = readName(readDer(issuer));
  return issuerName && { kind: 'issuer-serial', issuer, issuerName, serial: stored.serial };
}

const bytesOf = (text: string) => fromBase64(text) ?? new Uint8Array(0);

export const certificateOf = (gm: Gm, known: KnownRecipient): Certificate | undefined =>
  parseCertificate(gm, bytesOf(known.certificate));

/** `opens`: the key of this certificate opens this copy, as far as names tell · `unsaid`: the ciphertext names nobody. */
export function fits(gm: Gm, wrap: Wrap, certificate: Certificate): 'opens' | 'unsaid' | 'other' {
  const known = wrap.known === null ? undefined : certificateOf(gm, wrap.known);
  // Same key, whatever certificate is around it: a renewal of the pair opens as before.
  if (known !== undefined && spkiFingerprint(gm, known) === spkiFingerprint(gm, certificate)) return 'opens';
  if (wrap.ref === null) return known === undefined ? 'unsaid' : 'other';
  const ref = refOf(wrap.ref);
  return known === undefined && ref !== undefined && mayName(gm, ref, certificate) ? 'opens' : 'other';
}

/** By which items are found that one key opens together: the public key, else the recipient as named. */
export function recipientIndex(gm: Gm, cipher: FieldCipher, wrap: Wrap): string | undefined {
  const certificate = wrap.known === null ? undefined : certificateOf(gm, wrap.known);
  if (certificate !== undefined) return cipher.index('decrypt.recipient-key', spkiFingerprint(gm, certificate));
  if (wrap.ref === null) return undefined;
  return cipher.index('decrypt.recipient-name', hex(gm.sm3(utf8(JSON.stringify(wrap.ref)))));
}
