import type { Gm } from '#crypto/gm.ts';
import type { Egress } from '#delivery/egress.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Random } from '#kernel/random.ts';
import type { Certificate } from '#pki/certificate.ts';
import { digest } from '#pki/digest.ts';
import { validatePath } from '#pki/path.ts';
import { verifyTimestamp } from '#pki/timestamp.ts';
import { makeTimestampRequest } from '#pki/timestamp-request.ts';
import { parseTimestampResponse } from '#pki/timestamp-response.ts';

/** A time-stamping authority that stamps the hub's signatures (GB/T 20520, RFC 3161). */
export interface StampingAuthority {
  readonly url: string;
  /** Its roots and intermediates; self-signed ones are anchors. */
  readonly certificates: readonly Certificate[];
  /** CIDR ranges where it may live besides the internet. */
  readonly privateRanges: readonly string[];
  /** No stamp to be had: `refuse` to sign, or `sign` without one. */
  readonly whenDown: 'refuse' | 'sign';
}

/** No stamp that counts; the message is for the log. */
export class NoStamp extends Error {}

/**
 * An RFC 3161 token over a signature value, verified before it is believed. SM3 for SM2 signatures, SHA-256 for RSA ones, so that the readers of the
 * signature can read the stamp. Only the hash leaves the hub. A network call: never in a transaction. Throws NoStamp.
 */
export async function stampOf(
  deps: { gm: Gm; egress: Pick<Egress, 'request'>; clock: Clock; random: Random },
  authority: StampingAuthority,
  signature: Bytes,
  hash: 'sm3' | 'sha256',
): Promise<Bytes> {
  const { gm, clock, random } = deps;
  const hashed = digest(gm, hash, signature);
  // A leading one: an INTEGER without leading zeros, whatever the random bytes are.
  const nonce = Buffer.concat([Buffer.of(1), random.bytes(8)]);
  const reply = await deps.egress.request({
    method: 'POST',
    url: authority.url,
    headers: { 'content-type': 'application/timestamp-query' },
    body: makeTimestampRequest({ hash, hashed, nonce }),
    timeoutMs: 8_000,
    maxBytes: 256 * 1024,
    allow: { origins: [new URL(authority.url).origin], privateRanges: authority.privateRanges },
  });
  if (!reply.ok) throw new NoStamp(reply.detail);
  const response = parseTimestampResponse(reply.body);
  if (reply.status !== 200 || response?.kind !== 'granted') throw new NoStamp('no token');
  const stamp = verifyTimestamp(gm, {
    ...{ token: response.token, data: { hash, hashed }, nonce, allowNonGm: true, at: clock.now() },
    judge: (certificate, carried, at) => {
      const { certificates } = authority;
      const anchors = certificates.filter((one) => Buffer.compare(one.issuer.der, one.subject.der) === 0);
      const intermediates = [...certificates.filter((one) => !anchors.includes(one)), ...carried];
      return validatePath(gm, { certificate, anchors, intermediates, at, purpose: 'timestamp', allowNonGm: true });
    },
  });
  if (!stamp.ok) throw new NoStamp(`token: ${JSON.stringify(stamp.fault)}`);
  return response.token;
}
