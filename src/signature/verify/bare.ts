import { constants, createPublicKey, publicDecrypt, timingSafeEqual } from 'node:crypto';
import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import { derNull, octetString, oid, sequence } from '#pki/der-writer.ts';
import { oids } from '#pki/oids.ts';
import { checkSignature, isStrong } from '#pki/signature.ts';
import type { Check } from '../report/report.ts';
import type { SignatureForm } from './report.ts';
import type { SignedContent, VerifyRequest } from './request.ts';

/** What a signature alone, without a message around it, turned out to be. */
export interface BareFinding {
  readonly form: SignatureForm;
  readonly algorithm: string | null;
  readonly check: Check;
}

const good = (detail = '签名值由证书的私钥产生'): Check => ({ id: 'value', result: 'passed', detail });
const bad = (detail: string): Check => ({ id: 'value', result: 'failed', detail });
const unknown = (detail: string): Check => ({ id: 'value', result: 'unknown', detail });

const NO_MATCH = '签名值与证书、原文不符：原文被改动，或不是这张证书签的';
const NOT_READABLE = '签名值不是可识别的编码';

/** Did the certificate's key sign this content? The key says which algorithm it is; the bytes only how it was written. */
export function checkBare(
  gm: Gm,
  { signature, signerId }: Pick<VerifyRequest, 'signature' | 'signerId'>,
  content: SignedContent,
  certificate: Certificate,
): BareFinding {
  switch (certificate.key.kind) {
    case 'sm2': {
      const check = checkSm2(gm, { signature, signerId }, content, certificate);
      return { form: sm2Form(signature), algorithm: 'SM2-SM3', check };
    }
    case 'rsa':
      return checkRsa(gm, signature, content, certificate);
    case 'ec':
      return checkEcdsa(gm, signature, content, certificate);
    case 'other':
      return { form: 'unknown', algorithm: null, check: bad('证书的公钥算法不在允许范围内') };
  }
}

/** Total length decides, since a raw signature may well begin with 30. */
function sm2Form(signature: Bytes): SignatureForm {
  if (signature.length === 64) return 'sm2-raw';
  if (signature.length === 128) return 'sm2-key';
  return signature[0] === 0x30 && signature.length <= 72 ? 'sm2-der' : 'unknown';
}

function checkSm2(
  gm: Gm,
  { signature, signerId }: Pick<VerifyRequest, 'signature' | 'signerId'>,
  content: SignedContent,
  { key }: Certificate,
): Check {
  if (key.kind !== 'sm2') return bad(NO_MATCH);
  if (sm2Form(signature) === 'unknown') return bad(NOT_READABLE);
  if (content.kind === 'bytes')
    return gm.sm2.verify(key.publicKey, [content.bytes], signature, signerId) ? good() : bad(NO_MATCH);
  if (content.algorithm !== 'sm3') return bad('SM2 签名只与 SM3 杂凑值一起使用');
  // Without Z the digest of the content is what was signed; with Z it cannot be reached from there.
  if (content.of === 'content' && signerId !== 'no-z')
    return unknown('SM2 签名的杂凑值含签名者标识，仅凭原文的 SM3 不能判定；请提交原文，或提交含标识的杂凑值 e');
  return gm.sm2.verifyDigest(key.publicKey, content.value, signature) ? good() : bad(NO_MATCH);
}

const SHA2 = {
  sha256: { rsa: oids.rsaSha256, ecdsa: oids.ecdsaSha256 },
  sha384: { rsa: oids.rsaSha384, ecdsa: oids.ecdsaSha384 },
  sha512: { rsa: oids.rsaSha512, ecdsa: oids.ecdsaSha512 },
} as const;
type Sha2 = keyof typeof SHA2;
const NAMES = Object.keys(SHA2) as readonly Sha2[];

/** A bare signature does not say with which hash it was made; each allowed one is tried. */
function tryHashes(
  gm: Gm,
  kind: 'rsa' | 'ecdsa',
  signature: Bytes,
  tbs: Bytes,
  certificate: Certificate,
): Sha2 | 'bad' | 'algorithm-not-allowed' {
  for (const name of NAMES) {
    const signatureAlgorithm = { oid: SHA2[name][kind], parameters: null };
    const held = checkSignature(gm, { tbs, signatureAlgorithm, signature }, certificate, true);
    if (held === 'good') return name;
    if (held === 'algorithm-not-allowed') return held;
  }
  return 'bad';
}

function checkRsa(gm: Gm, signature: Bytes, content: SignedContent, certificate: Certificate): BareFinding {
  const form = 'rsa';
  if (content.kind === 'bytes') return told(form, 'RSA', tryHashes(gm, 'rsa', signature, content.bytes, certificate));
  if (content.of === 'e' || content.algorithm === 'sm3')
    return { form, algorithm: null, check: bad('RSA 签名请提交 SHA-256、SHA-384 或 SHA-512 杂凑值') };
  if (!isStrong(certificate)) return told(form, 'RSA', 'algorithm-not-allowed');
  const held = rsaHolds(signature, content.algorithm, content.value, certificate);
  return told(form, 'RSA', held ? content.algorithm : 'bad');
}

function checkEcdsa(gm: Gm, signature: Bytes, content: SignedContent, certificate: Certificate): BareFinding {
  const form = 'ecdsa';
  if (content.kind !== 'bytes')
    return { form, algorithm: null, check: unknown('ECDSA 签名不能仅凭杂凑值判定，请提交原文') };
  return told(form, 'ECDSA', tryHashes(gm, 'ecdsa', signature, content.bytes, certificate));
}

function told(form: SignatureForm, family: string, held: Sha2 | 'bad' | 'algorithm-not-allowed'): BareFinding {
  if (held === 'bad') return { form, algorithm: null, check: bad(NO_MATCH) };
  if (held === 'algorithm-not-allowed')
    return { form, algorithm: null, check: bad('签名算法或密钥长度不在允许范围内') };
  return { form, algorithm: `${family}-${held.toUpperCase()}`, check: good() };
}

const SHA2_OIDS = { sha256: oids.sha256, sha384: oids.sha384, sha512: oids.sha512 } as const;

/** PKCS#1 1.5 by the digest: the block is opened and must be exactly this DigestInfo (RFC 8017 9.2), nothing read out of it. */
function rsaHolds(signature: Bytes, name: Sha2, value: Bytes, certificate: Certificate): boolean {
  const expected = sequence(sequence(oid(SHA2_OIDS[name]), derNull()), octetString(value));
  try {
    const key = createPublicKey({ key: Buffer.from(certificate.spki), format: 'der', type: 'spki' });
    const block = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
    return block.length === expected.length && timingSafeEqual(block, expected);
  } catch {
    return false; // OpenSSL throws on blocks of another key: data, not a machine's failure
  }
}
