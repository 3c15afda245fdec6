import type { Gm } from '#crypto/gm.ts';
import type { Egress } from '#delivery/egress.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Random } from '#kernel/random.ts';
import type { Certificate } from '#pki/certificate.ts';
import { validatePath } from '#pki/path.ts';
import { verifyTimestamp } from '#pki/timestamp.ts';
import { makeTimestampRequest } from '#pki/timestamp-request.ts';
import { parseTimestampResponse } from '#pki/timestamp-response.ts';

/** A time-stamping authority of the operator's choice (GB/T 20520, RFC 3161). */
export interface TimeAuthority {
  readonly url: string;
  /** Its roots and intermediates; self-signed ones are anchors. */
  readonly certificates: readonly Certificate[];
  /** CIDR ranges where it may live besides the internet. */
  readonly privateRanges: readonly string[];
}

export type Testimony =
  | { readonly ok: true; readonly differenceMs: number; readonly serial: string }
  /** `differenceMs`: it answered, and says another time; left out: no answer that counts. */
  | { readonly ok: false; readonly detail: string; readonly differenceMs?: number };

/** A witness farther from the hub's clock than this (the stamp's own accuracy included) contradicts it. */
const AGREES_WITHIN_MS = 5_000;

/** Asks the authority what time it is, by having 32 fresh random bytes stamped. A network call: never in a transaction. */
export async function askTimeAuthority(
  deps: { gm: Gm; egress: Pick<Egress, 'request'>; clock: Clock; random: Random },
  authority: TimeAuthority,
): Promise<Testimony> {
  const { gm, clock, random } = deps;
  const hashed = gm.sm3(random.bytes(32));
  const nonce = Buffer.concat([Buffer.of(1), random.bytes(8)]);
  const asked = clock.now();
  const reply = await deps.egress.request({
    method: 'POST',
    url: authority.url,
    headers: { 'content-type': 'application/timestamp-query' },
    body: makeTimestampRequest({ hash: 'sm3', hashed, nonce }),
    timeoutMs: 8_000,
    maxBytes: 256 * 1024,
    allow: { origins: [new URL(authority.url).origin], privateRanges: authority.privateRanges },
  });
  if (!reply.ok) return { ok: false, detail: reply.detail };
  const response = parseTimestampResponse(reply.body);
  if (reply.status !== 200 || response?.kind !== 'granted') return { ok: false, detail: 'no token' };
  const { certificates } = authority;
  const isRoot = ({ issuer, subject }: Certificate): boolean => Buffer.compare(issuer.der, subject.der) === 0;
  const stamp = verifyTimestamp(gm, {
    token: response.token,
    data: { hash: 'sm3', hashed },
    nonce,
    judge: (certificate, carried, genTime) =>
      validatePath(gm, {
        certificate,
        anchors: certificates.filter(isRoot),
        intermediates: [...certificates.filter((one) => !isRoot(one)), ...carried],
        at: genTime,
        purpose: 'timestamp',
      }),
    allowNonGm: false,
    // It is our clock that is in question here, so nothing is of the future.
    at: Number.MAX_SAFE_INTEGER,
  });
  if (!stamp.ok) return { ok: false, detail: `token: ${JSON.stringify(stamp.fault)}` };
  const { genTime, accuracy, serial } = stamp.verified.info;
  const now = clock.now();
  const slack = AGREES_WITHIN_MS + (accuracy ?? 0);
  // Stamped between question and answer; genTime may be cut to whole seconds.
  if (genTime < asked - slack || genTime > now + slack)
    return { ok: false, detail: `the authority's clock differs by ${genTime - now} ms`, differenceMs: genTime - now };
  return { ok: true, differenceMs: genTime - now, serial };
}
