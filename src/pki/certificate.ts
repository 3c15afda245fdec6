import type { Gm } from '#crypto/gm.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { type Algorithm, readAlgorithm, readSubjectKey, type SubjectKey, sameAlgorithm } from './algorithm.ts';
import { bytesOfText } from './certificate-text.ts';
import { readDer, tags } from './der.ts';
import { childrenOf, readBits } from './der-values.ts';
import type { BasicConstraints, Extensions, KeyUsage } from './extensions.ts';
import type { Name } from './name.ts';
import { type KnownExtensions, readKnownExtensions, readTbs, type Tbs } from './tbs.ts';

/** An X.509 certificate as read, nothing of it believed yet: only path.ts turns it into a VerifiedCertificate. */
export interface Certificate {
  readonly der: Bytes;
  /** The exact bytes under the signature. */
  readonly tbs: Bytes;
  /** Upper-case hex without leading zero bytes. */
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  /** UTC milliseconds; both ends belong to the validity. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, whole TLV. */
  readonly spki: Bytes;
  readonly key: SubjectKey;
  readonly signatureOid: string;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Bytes;
  /** null: the extension is absent. */
  readonly keyUsage: ReadonlySet<KeyUsage> | null;
  readonly extendedKeyUsage: readonly string[] | null;
  readonly basicConstraints: BasicConstraints | null;
  readonly authorityKeyId: Bytes | null;
  readonly subjectKeyId: Bytes | null;
  /** URIs of the CRL distribution points as written (http and ldap). */
  readonly crlUrls: readonly string[];
  readonly extensions: Extensions;
  /** Lower-case hex SM3 of `der`. */
  readonly fingerprint: string;
}

/** Strict DER and RFC 5280 shape; anything else is undefined. The bytes are copied: later changes of `der` do not reach the certificate. */
export function parseCertificate(gm: Gm, der: Bytes): Certificate | undefined {
  if (der.length > limits.certificateField) return undefined;
  const root = readDer(new Uint8Array(der));
  const [tbsNode, algorithmNode, signatureNode, extra] = childrenOf(root, tags.sequence) ?? [];
  const tbs = tbsNode === undefined ? undefined : readTbs(tbsNode);
  const outer = readAlgorithm(algorithmNode);
  const signature = readBits(signatureNode);
  if (root === undefined || tbs === undefined || outer === undefined || signature === undefined || extra)
    return undefined;
  if (!sameAlgorithm(outer, tbs.algorithm)) return undefined; // RFC 5280 4.1.1.2
  const known = readKnownExtensions(tbs.extensions);
  return known === undefined ? undefined : new ReadCertificate(gm, root.der, tbs, known, signature);
}

/** A certificate from text: PEM, base64 with or without line breaks, or hex. Exactly one certificate; otherwise undefined. */
export function readCertificateText(gm: Gm, text: string): Certificate | undefined {
  const der = text.length > 2 * limits.certificateField ? undefined : bytesOfText(text);
  return der === undefined ? undefined : parseCertificate(gm, der);
}

/** Last four characters of the serial: what a person reads on a list of keys. */
export const tailOf = (certificate: Certificate): string => certificate.serial.slice(-4);

/** Lower-case hex SM3 of the SubjectPublicKeyInfo: the same key has the same fingerprint in every certificate. */
export const spkiFingerprint = (gm: Gm, certificate: Certificate): string => hex(gm.sm3(certificate.spki));

/** The key and the fingerprint cost more than all the reading, so they are worked out when first asked for. */
class ReadCertificate implements Certificate {
  readonly der: Bytes;
  readonly tbs: Bytes;
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly spki: Bytes;
  readonly signatureOid: string;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Bytes;
  readonly keyUsage: ReadonlySet<KeyUsage> | null;
  readonly extendedKeyUsage: readonly string[] | null;
  readonly basicConstraints: BasicConstraints | null;
  readonly authorityKeyId: Bytes | null;
  readonly subjectKeyId: Bytes | null;
  readonly crlUrls: readonly string[];
  readonly extensions: Extensions;
  readonly #gm: Gm;
  #key: SubjectKey | undefined;
  #fingerprint: string | undefined;

  constructor(gm: Gm, der: Bytes, tbs: Tbs, known: KnownExtensions, signature: Bytes) {
    this.#gm = gm;
    this.der = der;
    this.tbs = tbs.node.der;
    this.serial = tbs.serial;
    this.issuer = tbs.issuer;
    this.subject = tbs.subject;
    this.notBefore = tbs.notBefore;
    this.notAfter = tbs.notAfter;
    this.spki = tbs.spki.der;
    this.signatureOid = tbs.algorithm.oid;
    this.signatureAlgorithm = tbs.algorithm;
    this.signature = signature;
    this.keyUsage = known.keyUsage;
    this.extendedKeyUsage = known.extendedKeyUsage;
    this.basicConstraints = known.basicConstraints;
    this.authorityKeyId = known.authorityKeyId;
    this.subjectKeyId = known.subjectKeyId;
    this.crlUrls = known.crlUrls;
    this.extensions = tbs.extensions;
  }

  get key(): SubjectKey {
    this.#key ??= readSubjectKey((point) => this.#gm.sm2.importPublic(point), this.spki);
    return this.#key;
  }

  get fingerprint(): string {
    this.#fingerprint ??= hex(this.#gm.sm3(this.der));
    return this.#fingerprint;
  }
}
