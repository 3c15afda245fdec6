import type { SignerId } from '#crypto/gm.ts';
import type { CertificateRef, CmsFamily } from './cms.ts';

/**
 * What vendors do differently under one name (crypto 3): what is signed, and under which signer id. On reading, only combinations that the vendor's
 * profile allows are tried; algorithm OID, NULL parameters and family are read in every spelling (domain 1.4).
 */
export interface SignatureForm {
  /** `content-info`: the whole inner ContentInfo, header included, as GmSSL does. */
  readonly signedBytes: 'content' | 'attributes' | 'content-info';
  readonly id: SignerId;
}

/** One vendor's way of writing SignedData. */
export interface SignatureProfile extends SignatureForm {
  readonly family: CmsFamily;
  /** `sm2-1`: 1.2.156.10197.1.301.1, as GM/T 0010 prints; `sm2-with-sm3`: …501. */
  readonly signatureOid: 'sm2-1' | 'sm2-with-sm3';
  /** Write NULL behind the algorithms' OIDs. */
  readonly nullParameters: boolean;
  readonly signerRef: CertificateRef['kind'];
}

const plain = { id: 'default', nullParameters: false, signerRef: 'issuer-serial' } as const;

export const signatureProfiles = {
  /** GB/T 35275 as printed, content signed directly. */
  gbt35275: { ...plain, family: 'gm', signedBytes: 'content', signatureOid: 'sm2-1' },
  /** The same with signed attributes. */
  gbt35275Attributes: { ...plain, family: 'gm', signedBytes: 'attributes', signatureOid: 'sm2-1' },
  /** RFC 5652 with SM2 algorithms. */
  rfc5652: { ...plain, family: 'rfc', signedBytes: 'attributes', signatureOid: 'sm2-with-sm3' },
  /** GmSSL's `cmssign`. */
  gmssl: { ...plain, family: 'gm', signedBytes: 'content-info', id: 'no-z', signatureOid: 'sm2-with-sm3' },
} as const satisfies Record<string, SignatureProfile>;

/** Read from everybody: with Z and the default signer id. The rest only from vendors whose profile names it. */
export const standardForms: readonly SignatureForm[] = [
  { signedBytes: 'attributes', id: 'default' },
  { signedBytes: 'content', id: 'default' },
];
