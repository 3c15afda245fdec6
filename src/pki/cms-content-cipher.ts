import type { Gm, Sm4Mode } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Algorithm } from './algorithm.ts';
import { readDer } from './der.ts';
import { readOctets } from './der-values.ts';
import { octetString, oid, sequence } from './der-writer.ts';
import { oids } from './oids.ts';

/** SM4 over the content of an EnvelopedData: which mode, with which iv. */
export interface ContentCipher {
  readonly mode: Sm4Mode;
  readonly iv: Bytes | null;
}

/** How the algorithm is written: `standard` …104.2, `cfca` …104 without the mode arc. Both carry the iv and mean CBC. */
export type CipherSpelling = 'standard' | 'cfca';

export const cipherDer = (spelling: CipherSpelling, iv: Bytes): Bytes =>
  sequence(oid(spelling === 'cfca' ? oids.sm4 : oids.sm4Cbc), octetString(iv));

const CBC: readonly string[] = [oids.sm4Cbc, oids.sm4, oids.sm4Mistaken];

/** SM4-CBC in its three spellings, SM4-CTR, SM4-ECB; …104 without an iv could mean anything and is not read. */
export function readContentCipher(algorithm: Algorithm): ContentCipher | undefined {
  const iv = algorithm.parameters === null ? null : readOctets(readDer(algorithm.parameters));
  if (algorithm.oid === oids.sm4Ecb) return iv === null ? { mode: 'ecb', iv } : undefined;
  if (iv?.length !== 16) return undefined;
  if (CBC.includes(algorithm.oid)) return { mode: 'cbc', iv };
  return algorithm.oid === oids.sm4Ctr ? { mode: 'ctr', iv } : undefined;
}

export const encryptContent = (gm: Gm, { mode, iv }: ContentCipher, key: Bytes, content: Bytes): Bytes =>
  gm.sm4Encrypt(mode, key, iv, content);

export const decryptContent = (gm: Gm, { mode, iv }: ContentCipher, key: Bytes, ciphertext: Bytes): Bytes | undefined =>
  gm.sm4Decrypt(mode, key, iv, ciphertext);
