import type { Gm } from '#crypto/gm.ts';
import type { Egress } from '#delivery/egress.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import type { OcspAnswer } from '#pki/ocsp.ts';
import { ocspUrlsOf } from '#pki/ocsp-request.ts';
import type { VerifiedCertificate } from '#pki/path.ts';
import { type ChainLink, judgeRevocation, type RevocationStatus } from '#pki/revocation.ts';
import type { Store } from '#store/store.ts';
import type { Authority } from './authority.ts';
import { createCrlSource } from './crl-source.ts';
import { createOcspSource } from './ocsp-source.ts';

/** Asks the vendor's status service in the vendor's way. */
export interface StatusSource {
  judge(authority: Authority, verified: VerifiedCertificate): Promise<RevocationStatus>;
  /** Waits for refreshes in the background. */
  settled(): Promise<void>;
}

type Answer = OcspAnswer | { readonly unavailable: string } | undefined;

/**
 * `crl`: the lists. `ocsp`: the key's status by OCSP alone; a CA certificate by OCSP where it names a responder, else by the list. `ocsp-then-crl`:
 * the list wherever the responder has no fresh good or revoked to say. Every link must be known to be good; nothing is assumed.
 */
export function createStatusSource(deps: {
  store: Store;
  gm: Gm;
  egress: Egress;
  clock: Clock;
  random: Random;
  log: Logger;
}): StatusSource {
  const { clock } = deps;
  const crls = createCrlSource(deps);
  const ocsp = createOcspSource({
    ...deps,
    responderHolds: async (authority, responder) => (await judge(authority, responder, undefined)).status === 'good',
  });

  async function answerFor(authority: Authority, link: ChainLink): Promise<Answer> {
    const { manifest } = authority;
    const url = (link.depth === 0 ? manifest.ocsp.url : undefined) ?? ocspUrlsOf(link.certificate)[0];
    const strict = manifest.revocation === 'ocsp' && (link.depth === 0 || url !== undefined);
    const answer = url === undefined ? undefined : await ocsp.newest({ authority, url, ...link });
    if (strict) return answer ?? { unavailable: url === undefined ? 'no OCSP address' : 'no OCSP answer' };
    return answer !== undefined && decides(answer) ? answer : undefined;
  }

  /** Beside a list, an answer decides only where it says something and is of now; a revocation is always believed. */
  const decides = (answer: OcspAnswer): boolean =>
    answer.status.kind === 'revoked' || (answer.status.kind === 'good' && clock.now() <= answer.goodUntil);

  async function judge(
    authority: Authority,
    verified: VerifiedCertificate,
    ask: ((authority: Authority, link: ChainLink) => Promise<Answer>) | undefined,
  ): Promise<RevocationStatus> {
    const { chain } = verified;
    const known = await Promise.all(
      chain.slice(0, -1).map(async (certificate, depth) => {
        const issuer = chain[depth + 1];
        if (issuer === undefined) return {};
        const answer = await ask?.(authority, { certificate, issuer, depth });
        return answer === undefined ? { crl: await crls.newest({ authority, certificate, issuer }) } : { answer };
      }),
    );
    return judgeRevocation({
      verified,
      answers: async (link) => known[link.depth]?.answer,
      crls: async (link) => known[link.depth]?.crl,
      at: clock.now(),
      graceMs: authority.manifest.graceMs,
    });
  }

  return {
    async judge(authority, verified) {
      switch (authority.manifest.revocation) {
        case 'none':
          return { status: 'good' };
        case 'crl':
          return judge(authority, verified, undefined);
        case 'ocsp':
        case 'ocsp-then-crl':
          return judge(authority, verified, answerFor);
      }
    },
    async settled() {
      await ocsp.settled();
      await crls.settled();
    },
  };
}
