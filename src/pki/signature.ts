import { createPublicKey, createVerify } from 'node:crypto';
import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Algorithm } from './algorithm.ts';
import type { Certificate } from './certificate.ts';
import { readDer, tags } from './der.ts';
import { oids } from './oids.ts';

/** What a certificate or a CRL is, seen from its signature. */
export interface Signed {
  readonly tbs: Bytes;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Bytes;
}

export type SignatureCheck = 'good' | 'bad' | 'algorithm-not-allowed';

const NON_GM: Readonly<Record<string, { hash: string; kind: 'rsa' | 'ec' }>> = {
  [oids.rsaSha256]: { hash: 'sha256', kind: 'rsa' },
  [oids.rsaSha384]: { hash: 'sha384', kind: 'rsa' },
  [oids.rsaSha512]: { hash: 'sha512', kind: 'rsa' },
  [oids.ecdsaSha256]: { hash: 'sha256', kind: 'ec' },
  [oids.ecdsaSha384]: { hash: 'sha384', kind: 'ec' },
  [oids.ecdsaSha512]: { hash: 'sha512', kind: 'ec' },
};
const NIST_CURVES: readonly string[] = [oids.p256, oids.p384, oids.p521];
const RSA_BITS = { least: 2048, most: 8192 };

/**
 * Is `signed` signed by the key of `issuer`, over the raw bytes? SM2-with-SM3 with the default signer id goes through Gm; RSA and ECDSA with SHA-2
 * through node:crypto, and only where `allowNonGm` says so. MD5, SHA-1, PSS and short keys are not allowed anywhere.
 */
export function checkSignature(gm: Gm, signed: Signed, issuer: Certificate, allowNonGm: boolean): SignatureCheck {
  const { oid, parameters } = signed.signatureAlgorithm;
  if (parameters !== null) return 'algorithm-not-allowed';
  if (oid === oids.sm2WithSm3) {
    if (issuer.key.kind !== 'sm2' || !isSignatureDer(signed.signature)) return 'bad';
    return gm.sm2.verify(issuer.key.publicKey, [signed.tbs], signed.signature) ? 'good' : 'bad';
  }
  const algorithm = NON_GM[oid];
  if (algorithm === undefined || !allowNonGm || !isStrong(issuer)) return 'algorithm-not-allowed';
  if (issuer.key.kind !== algorithm.kind) return 'bad';
  return verifyNonGm(algorithm.hash, signed, issuer) ? 'good' : 'bad';
}

/** Keys outside GM that may be used at all, where policy allows such keys. */
export function isStrong({ key }: Certificate): boolean {
  switch (key.kind) {
    case 'sm2':
      return true;
    case 'rsa':
      return key.bits >= RSA_BITS.least && key.bits <= RSA_BITS.most;
    case 'ec':
      return NIST_CURVES.includes(key.curve);
    case 'other':
      return false;
  }
}

/** In X.509 the signature is DER and nothing else; Gm would also take the raw forms that keys emit. */
function isSignatureDer(signature: Bytes): boolean {
  return readDer(signature)?.tag === tags.sequence;
}

function verifyNonGm(hash: string, signed: Signed, issuer: Certificate): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(issuer.spki), format: 'der', type: 'spki' });
    return createVerify(hash).update(signed.tbs).verify(key, signed.signature);
  } catch {
    return false; // OpenSSL throws on keys it cannot load: data, not a machine's failure
  }
}
