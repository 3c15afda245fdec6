import type { Gm } from '#crypto/gm.ts';
import type { Egress, EgressResult } from '#delivery/egress.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import type { Certificate } from '#pki/certificate.ts';
import { type OcspAnswer, responderToCheck, verifyOcsp } from '#pki/ocsp.ts';
import { makeOcspRequest } from '#pki/ocsp-request.ts';
import { parseOcspResponse } from '#pki/ocsp-response.ts';
import type { VerifiedCertificate } from '#pki/path.ts';
import type { Authority } from './authority.ts';

/** An answer that still counts is asked for again in the background after this long, so that a revocation shows before nextUpdate. */
const REFRESH_MS = 10 * 60_000;
/** After a question that failed nobody asks again for this long: a silent address is left alone for all its certificates. */
const RETRY_MS = 10_000;
const MAX_BYTES = 128 * 1024;
const NONCE_LENGTH = 16;
/** Answers kept, about 3 KB each. The ones not asked for longest go first. */
const KEPT = 5_000;

export interface OcspQuery {
  readonly authority: Authority;
  readonly url: string;
  readonly certificate: Certificate;
  readonly issuer: Certificate;
}

export interface OcspSource {
  /** The newest verified answer: from memory, or from the responder through egress. A stale one only when no newer can be had; undefined: none. */
  newest(query: OcspQuery): Promise<OcspAnswer | undefined>;
  /** Waits for refreshes in the background (stop, tests). */
  settled(): Promise<void>;
}

interface Entry {
  readonly query: OcspQuery;
  answer: OcspAnswer | undefined;
  asking: Promise<void> | undefined;
  /** Monotonic milliseconds: no question before. */
  notBefore: number;
}

export function createOcspSource(deps: {
  gm: Gm;
  egress: Egress;
  clock: Clock;
  random: Random;
  log: Logger;
  /** Is the responder's own certificate unrevoked? Asked only where it names a list. */
  responderHolds(authority: Authority, responder: VerifiedCertificate): Promise<boolean>;
}): OcspSource {
  const { gm, egress, clock, random, log } = deps;
  const entries = new Map<string, Entry>();
  const silentUntil = new Map<string, number>();

  /** By issuer's key, certificate and address; re-inserted, so that the map is in order of use. */
  function entryOf(query: OcspQuery): Entry {
    const id = hex(gm.sm3(query.issuer.der, query.certificate.der, Buffer.from(query.url)));
    const entry = entries.get(id) ?? { query, answer: undefined, asking: undefined, notBefore: 0 };
    entries.delete(id);
    entries.set(id, entry);
    for (const [oldest, { asking }] of entries) {
      if (entries.size <= KEPT) break;
      if (asking === undefined) entries.delete(oldest);
    }
    return entry;
  }

  /** Single-flight; never throws: a failure leaves the older answer and a pause. */
  function refresh(entry: Entry, authority: Authority): Promise<void> {
    const { url } = entry.query;
    const silent = silentUntil.get(origin(url)) ?? 0;
    if (clock.monotonic() < Math.max(entry.notBefore, silent)) return entry.asking ?? Promise.resolve();
    entry.asking ??= ask(entry, authority)
      .then((fault) => {
        entry.notBefore = clock.monotonic() + (fault === undefined ? untilRefresh(entry.answer) : RETRY_MS);
        if (fault !== undefined) log.warn({ authority: authority.id, fault }, 'OCSP gave no answer');
      })
      .catch((error: unknown) => {
        entry.notBefore = clock.monotonic() + RETRY_MS;
        log.warn({ authority: authority.id, err: error }, 'OCSP answer could not be judged');
      })
      .finally(() => {
        entry.asking = undefined;
      });
    return entry.asking;
  }

  /** Ten minutes, or sooner where the answer ends sooner. */
  const untilRefresh = (answer: OcspAnswer | undefined): number =>
    Math.max(0, Math.min(REFRESH_MS, (answer?.goodUntil ?? 0) - clock.now()));

  /** What went wrong, for the operator, or undefined. */
  async function ask(entry: Entry, authority: Authority): Promise<string | undefined> {
    const { certificate, issuer, url } = entry.query;
    const nonce = random.bytes(NONCE_LENGTH);
    const reply = await egress.request({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
      body: makeOcspRequest(gm, { certificate, issuer, hash: authority.manifest.ocsp.certIdHash, nonce }),
      timeoutMs: limits.crlFetchTimeout,
      maxBytes: MAX_BYTES,
      allow: authority.manifest.egress,
    });
    if (isSilence(reply)) silentUntil.set(origin(url), clock.monotonic() + RETRY_MS);
    if (!reply.ok) return `${reply.reason}: ${reply.detail}`;
    return reply.status === 200 ? accept(entry, authority, reply.body, nonce) : `status ${reply.status}`;
  }

  /** Verified before it is remembered; an older one than we have does not take its place. */
  async function accept(entry: Entry, authority: Authority, body: Bytes, nonce: Bytes): Promise<string | undefined> {
    const response = parseOcspResponse(gm, body);
    if (response === undefined) return 'not an OCSP response';
    if (response.kind === 'refused') return response.reason;
    const { certificate, issuer } = entry.query;
    const { allowNonGm, ocsp } = authority.manifest;
    const at = clock.now();
    const { basic } = response;
    const result = verifyOcsp(gm, { basic, certificate, issuer, at, nonce, noncePolicy: ocsp.nonce, allowNonGm });
    if (!result.ok) return result.fault;
    const { answer } = result;
    if (entry.answer && answer.thisUpdate < entry.answer.thisUpdate) return 'older than the one at hand';
    const responder = responderToCheck(answer);
    if (responder && !(await deps.responderHolds(authority, responder))) return 'the responder is not known to be good';
    entry.answer = answer;
    return undefined;
  }

  return {
    async newest(query) {
      const entry = entryOf(query);
      const fresh = entry.answer !== undefined && clock.now() <= entry.answer.goodUntil;
      const asked = refresh(entry, query.authority);
      if (!fresh) await asked;
      return entry.answer;
    },
    async settled() {
      await Promise.all([...entries.values()].map((entry) => entry.asking));
    },
  };
}

const origin = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);

/** Nobody there, as against somebody who says no. */
const isSilence = (reply: EgressResult): boolean =>
  reply.ok ? reply.status >= 500 : reply.reason === 'unreachable' || reply.reason === 'timeout';
