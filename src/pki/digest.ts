import { createHash } from 'node:crypto';
import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { oids } from './oids.ts';

export type DigestName = 'sm3' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

const NAMES: Readonly<Record<string, DigestName>> = {
  [oids.sm3]: 'sm3',
  [oids.sha1]: 'sha1',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

/** SHA-1 is known because OCSP and ESSCertID name certificates by it; nothing signed rests on it. */
export const digestName = (oid: string): DigestName | undefined => NAMES[oid];

export function digest(gm: Gm, name: DigestName, ...parts: readonly Bytes[]): Bytes {
  if (name === 'sm3') return gm.sm3(...parts);
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return hash.digest();
}
