import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { contentInfo, refDer, refNames, typeOid } from './cms.ts';
import { attribute, attributesName, claimedTime, signedAttributes } from './cms-attributes.ts';
import { type SignatureProfile, signatureProfiles } from './cms-profile.ts';
import { checkSigner, encapsulated } from './cms-signature.ts';
import type { SignedData } from './cms-signed.ts';
import { contextConstructed } from './der.ts';
import { derNull, integer, octetString, oid, sequence, set, tlv } from './der-writer.ts';
import type { DigestName } from './digest.ts';
import { oids } from './oids.ts';

/**
 * SignedData over content that is only known by its digest, made in two steps: what is to be signed leaves for the token, and what the token made
 * comes back into the message. Documents of 200 MB never stand in memory, and a page never shows the token anything but signed attributes.
 */
export interface DetachedPlan {
  readonly certificate: Certificate;
  /** Of the content: SM3 for SM2 certificates, SHA-256 for RSA and ECDSA (`digestFor`). */
  readonly digest: Bytes;
  /** The signer's own word on when, UTC milliseconds. */
  readonly signingTime: number;
  readonly profile: DetachedProfile;
}
export type DetachedProfile = Extract<keyof typeof signatureProfiles, 'gbt35275Attributes' | 'rfc5652'>;

export const digestFor = (certificate: Certificate): 'sm3' | 'sha256' =>
  certificate.key.kind === 'sm2' ? 'sm3' : 'sha256';

/** SET OF signed attributes in DER: the very bytes that the key signs. */
export function attributesToSign(gm: Gm, plan: DetachedPlan): Bytes {
  const profile: SignatureProfile = signatureProfiles[plan.profile];
  // ESSCertIDv2 with its hash named, so that the certificate cannot be exchanged for another of the same key (RFC 5035).
  const named = sequence(sequence(sequence(sequence(oid(oids.sm3)), octetString(gm.sm3(plan.certificate.der)))));
  const more = [attribute(oids.signingCertificateV2, named)];
  return signedAttributes(typeOid(profile.family, 'data'), plan.digest, plan.signingTime, more);
}

export type AssembledDetached =
  | { readonly ok: true; readonly der: Bytes }
  | { readonly ok: false; readonly fault: 'key' | 'algorithm-not-allowed' };

/**
 * The message, once the token has signed `attributesToSign(plan)`. `signature`: strict DER for SM2 and ECDSA, the raw block for RSA. It is verified
 * before it is written: `key` when it is not of the certificate's key. `timestamp`: RFC 3161 token over the signature value. `content`: carried in the
 * message after all, for contents that are small; it must be the one whose digest stands in the plan.
 */
export function assembleDetached(
  gm: Gm,
  plan: DetachedPlan,
  signature: Bytes,
  more: { readonly certificates: readonly Certificate[]; readonly timestamp?: Bytes; readonly content?: Bytes },
): AssembledDetached {
  const { certificate } = plan;
  const profile: SignatureProfile = signatureProfiles[plan.profile];
  const algorithms = algorithmsOf(certificate, profile);
  if (algorithms === undefined) return { ok: false, fault: 'algorithm-not-allowed' };
  const attributes = attributesToSign(gm, plan);
  if (!holds(gm, plan, attributes, signature)) return { ok: false, fault: 'key' };
  const unsigned =
    more.timestamp === undefined ? [] : [tlv(contextConstructed(1), attribute(oids.timestampToken, more.timestamp))];
  const info = sequence(
    integer(1),
    refDer(gm, 'issuer-serial', certificate),
    algorithms.digest,
    retagged(attributes),
    algorithms.signature,
    octetString(signature),
    ...unsigned,
  );
  const carried = [certificate, ...more.certificates].map((one) => one.der).sort(Buffer.compare);
  const type = typeOid(profile.family, 'data');
  const once = carried.filter((der, i) => i === 0 || Buffer.compare(der, carried[i - 1] ?? der) !== 0);
  const signedData = sequence(
    integer(1),
    set(algorithms.digest),
    more.content === undefined ? sequence(oid(type)) : encapsulated(type, more.content),
    tlv(contextConstructed(0), ...once),
    set(info),
  );
  return { ok: true, der: contentInfo(typeOid(profile.family, 'signedData'), signedData) };
}

function algorithmsOf(certificate: Certificate, profile: SignatureProfile) {
  switch (certificate.key.kind) {
    case 'sm2':
      return {
        digest: sequence(oid(oids.sm3)),
        signature: sequence(oid(profile.signatureOid === 'sm2-1' ? oids.sm2Sign : oids.sm2WithSm3)),
      };
    case 'rsa':
      return { digest: sequence(oid(oids.sha256)), signature: sequence(oid(oids.rsaSha256), derNull()) };
    case 'ec':
      return { digest: sequence(oid(oids.sha256)), signature: sequence(oid(oids.ecdsaSha256)) };
    case 'other':
      return undefined;
  }
}

function holds(gm: Gm, { certificate }: DetachedPlan, attributes: Bytes, signature: Bytes): boolean {
  const algorithm =
    certificate.key.kind === 'sm2'
      ? oids.sm2WithSm3
      : certificate.key.kind === 'rsa'
        ? oids.rsaSha256
        : oids.ecdsaSha256;
  const info = {
    digest: digestFor(certificate),
    attributesDer: attributes,
    signatureAlgorithm: { oid: algorithm, parameters: null },
    signature,
  };
  const message = { content: new Uint8Array(0), contentInfo: new Uint8Array(0) };
  const forms = [{ signedBytes: 'attributes', id: 'default' }] as const;
  return typeof checkSigner(gm, { info, certificate, message, forms, allowNonGm: true }) === 'object';
}

/** SET OF as `[0] IMPLICIT`: the same bytes under another tag. */
function retagged(attributes: Bytes): Bytes {
  const copy = new Uint8Array(attributes);
  copy[0] = contextConstructed(0);
  return copy;
}

export interface DetachedCheck {
  readonly signed: SignedData;
  /** Digests of the content under the signature, by name. */
  readonly digests: Partial<Record<DigestName, Bytes>>;
  readonly allowNonGm: boolean;
}

export type DetachedFault =
  | 'no-certificate'
  | 'several-signers'
  | 'another-content'
  | 'form-not-allowed'
  | 'algorithm-not-allowed'
  | 'attributes'
  | 'bad-signature';

export type DetachedResult =
  | { readonly ok: true; readonly certificate: Certificate; readonly claimedTime: number | null }
  | { readonly ok: false; readonly fault: DetachedFault; readonly certificate: Certificate | undefined };

/**
 * Did the key of this certificate sign this content, known by its digest, in one signer's signature with signed attributes? Who the certificate belongs
 * to, and whether it may be believed, is another question: its path is the caller's to judge. `attributes`: they speak of another content.
 */
export function checkDetached(gm: Gm, { signed, digests, allowNonGm }: DetachedCheck): DetachedResult {
  const [info, second] = signed.signers;
  const certificate = signed.certificates.find((one) => refNames(gm, info.ref, one));
  const no = (fault: DetachedFault): DetachedResult => ({ ok: false, fault, certificate });
  if (second !== undefined) return no('several-signers');
  if (signed.content !== null) return no('another-content');
  if (info.attributes === null || info.digest === 'sha1') return no('form-not-allowed');
  const digest = digests[info.digest];
  if (digest === undefined) return no('algorithm-not-allowed');
  if (!attributesName(info.attributes, signed.contentType, digest)) return no('attributes');
  if (certificate === undefined) return no('no-certificate');
  const message = { content: new Uint8Array(0), contentInfo: new Uint8Array(0) };
  const forms = [{ signedBytes: 'attributes', id: 'default' }] as const;
  const held = checkSigner(gm, { info, certificate, message, forms, allowNonGm });
  if (typeof held === 'string') return no(held);
  return { ok: true, certificate, claimedTime: claimedTime(info.attributes) };
}
