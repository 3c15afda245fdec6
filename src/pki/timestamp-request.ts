import type { Bytes } from '#kernel/bytes.ts';
import { boolean, derNull, integer, octetString, oid, sequence } from './der-writer.ts';
import type { DigestName } from './digest.ts';
import { oids } from './oids.ts';

export interface TimestampRequest {
  readonly hash: Exclude<DigestName, 'sha1'>;
  /** Hash of what is to be stamped. The data itself goes to nobody. */
  readonly hashed: Bytes;
  /** Random bytes, or null for none. */
  readonly nonce: Bytes | null;
  /** Ask for this policy. */
  readonly policy?: string;
}

export const imprintDer = (hash: DigestName, hashed: Bytes): Bytes =>
  sequence(sequence(oid(oids[hash]), ...(hash === 'sm3' ? [] : [derNull()])), octetString(hashed));

/** TimeStampReq, DER (RFC 3161 2.4.1). Always asks for the certificate. */
export function makeTimestampRequest({ hash, hashed, nonce, policy }: TimestampRequest): Bytes {
  return sequence(
    integer(1),
    imprintDer(hash, hashed),
    ...(policy === undefined ? [] : [oid(policy)]),
    ...(nonce === null ? [] : [integer(nonce)]),
    boolean(true),
  );
}
