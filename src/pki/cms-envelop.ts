import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Random } from '#kernel/random.ts';
import type { Certificate } from './certificate.ts';
import { type CertificateRef, type CmsFamily, contentInfo, refDer, typeOid } from './cms.ts';
import { type CipherSpelling, cipherDer, encryptContent } from './cms-content-cipher.ts';
import { derNull, explicit, implicit, integer, octetString, oid, sequence, set } from './der-writer.ts';
import { oids } from './oids.ts';
import { isVerified, type VerifiedCertificate } from './path.ts';

/** One vendor's way of writing EnvelopedData. */
export interface EnvelopeProfile {
  readonly family: CmsFamily;
  /** CFCA names recipients by key identifier. */
  readonly recipientRef: CertificateRef['kind'];
  readonly cipher: CipherSpelling;
}

export const envelopeProfiles = {
  gbt35275: { family: 'gm', recipientRef: 'issuer-serial', cipher: 'standard' },
  rfc5652: { family: 'rfc', recipientRef: 'issuer-serial', cipher: 'standard' },
  cfca: { family: 'gm', recipientRef: 'key-id', cipher: 'cfca' },
} as const satisfies Record<string, EnvelopeProfile>;

export interface EnvelopeRequest {
  readonly content: Bytes;
  /** Paths verified for `encrypt`: nothing is ever sealed to a signing certificate. */
  readonly recipients: readonly VerifiedCertificate[];
  readonly profile: EnvelopeProfile;
  readonly random: Random;
  /** RSA recipients (RSAES-OAEP with SHA-256) besides SM2. */
  readonly allowNonGm?: boolean;
}

export type EnvelopeResult =
  /** `contentKey`: for a keyed check of it, never to be stored. */
  | { readonly ok: true; readonly der: Bytes; readonly contentKey: Bytes }
  | { readonly ok: false; readonly fault: 'no-recipient' | 'recipient-not-verified' | 'algorithm-not-allowed' };

/** EnvelopedData under a fresh SM4 key, CBC with a fresh iv, one wrapped copy a recipient. */
export async function makeEnvelopedData(gm: Gm, request: EnvelopeRequest): Promise<EnvelopeResult> {
  const { content, recipients, profile, random } = request;
  if (recipients.length === 0) return { ok: false, fault: 'no-recipient' };
  if (recipients.some((recipient) => !isVerified(recipient) || recipient.purpose !== 'encrypt'))
    return { ok: false, fault: 'recipient-not-verified' };
  const key = random.bytes(16);
  const iv = random.bytes(16);
  const infos: Bytes[] = [];
  for (const { certificate } of recipients) {
    const wrapped = await wrap(gm, certificate, key, request.allowNonGm ?? false);
    if (wrapped === undefined) return { ok: false, fault: 'algorithm-not-allowed' };
    const byKey = profile.recipientRef === 'key-id';
    const ref = refDer(gm, profile.recipientRef, certificate);
    infos.push(sequence(integer(byKey ? 2 : 0), ref, wrapped.algorithm, octetString(wrapped.key)));
  }
  const ciphertext = encryptContent(gm, { mode: 'cbc', iv }, key, content);
  const encrypted = sequence(
    oid(typeOid(profile.family, 'data')),
    cipherDer(profile.cipher, iv),
    implicit(0, ciphertext),
  );
  const enveloped = sequence(integer(profile.recipientRef === 'key-id' ? 2 : 0), set(...infos), encrypted);
  return { ok: true, der: contentInfo(typeOid(profile.family, 'envelopedData'), enveloped), contentKey: key };
}

async function wrap(gm: Gm, certificate: Certificate, key: Bytes, allowNonGm: boolean) {
  if (certificate.key.kind === 'sm2') {
    return { algorithm: sequence(oid(oids.sm2Encrypt)), key: await gm.sm2.encrypt(certificate.key.publicKey, key) };
  }
  return certificate.key.kind === 'rsa' && allowNonGm ? wrapForRsa(certificate, key) : undefined;
}

/** RSAES-OAEP, SHA-256 for the label and the mask (RFC 4055 4.1). */
function wrapForRsa(certificate: Certificate, key: Bytes) {
  const hash = sequence(oid(oids.sha256), derNull());
  const parameters = sequence(explicit(0, hash), explicit(1, sequence(oid(oids.mgf1), hash)));
  try {
    const publicKey = createPublicKey({ key: Buffer.from(certificate.spki), format: 'der', type: 'spki' });
    const options = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    return { algorithm: sequence(oid(oids.rsaOaep), parameters), key: publicEncrypt(options, key) };
  } catch {
    return undefined; // OpenSSL throws on keys it cannot load: data, not a machine's failure
  }
}
