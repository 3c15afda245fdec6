import { createPrivateKey, createPublicKey, createSign, type KeyObject } from 'node:crypto';
import { type Bytes, concat } from '#kernel/bytes.ts';

/** An RSA signing pair as it comes from a vendor: PKCS#8, DER, not encrypted. */
export interface RsaSigningKey {
  readonly pkcs8: Bytes;
}

export const isRsa = (key: object): key is RsaSigningKey => 'pkcs8' in key;

const BITS = { least: 2048, most: 4096 };

/** What an RSA key does here; undefined for anything but an RSA key of 2048 to 4096 bits. */
export interface RsaKey {
  /** DER of its SubjectPublicKeyInfo. */
  readonly spki: Bytes;
  /** The raw block of PKCS#1 v1.5 with SHA-256. */
  sign(message: Bytes): Promise<Bytes>;
}

export function openRsaKey({ pkcs8 }: RsaSigningKey): RsaKey | undefined {
  const key = readKey(pkcs8);
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key?.asymmetricKeyType !== 'rsa' || bits < BITS.least || bits > BITS.most) return undefined;
  return {
    spki: concat(createPublicKey(key).export({ format: 'der', type: 'spki' })),
    sign: async (message) => createSign('sha256').update(message).sign(key),
  };
}

function readKey(pkcs8: Bytes): KeyObject | undefined {
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch {
    return undefined; // a damaged file is data, not a fault of the machine
  }
}
