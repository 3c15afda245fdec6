import type { Gm } from '#crypto/gm.ts';
import type { Trust } from '#drivers/trust.ts';
import type { Clock } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Certificate } from '#pki/certificate.ts';
import { validatePath } from '#pki/path.ts';

/**
 * `root`: under one of the configured makers' roots · `listed`: its own certificate is configured; who issued it speaks of its revocation · `stranger`: anybody
 * else, also who holds a good certificate of a vendor's: a certificate to sign with makes nobody a seal maker.
 */
export type MakerStanding = 'root' | 'listed' | 'stranger';

/** Who is believed when he says that a seal is somebody's (制章机构). */
export interface SealMakers {
  /**
   * null: good. As of now for revocation, as of `madeAt` (UTC ms) for dates: a seal outlives its maker's certificate, and nobody makes seals with a revoked one.
   * SEAL_MAKER_UNKNOWN, SEAL_MAKER_UNUSABLE, SEAL_MAKER_STATUS. May wait for a revocation list.
   */
  judge(maker: Certificate, madeAt: number): Promise<Refusal | null>;
  /** As of when it made the seal (`madeAt`, UTC ms). */
  standing(maker: Certificate, madeAt: number): MakerStanding;
}

export interface SealMakersDeps {
  readonly gm: Gm;
  readonly trust: Pick<Trust, 'judge'>;
  readonly clock: Pick<Clock, 'now'>;
  /**
   * Roots of seal makers (self-signed) with their intermediates, and makers' own certificates issued by vendors of the hub's. A root must be a makers' root: whoever
   * stands under it makes seals. A maker under such a root is given up by taking the root away.
   */
  readonly certificates: readonly Certificate[];
}

/** Where a maker stands among these certificates (as `SealMakersDeps` has them), with or without a hub. */
export function standingAmong(gm: Gm, certificates: readonly Certificate[]): SealMakers['standing'] {
  const anchors = certificates.filter((one) => Buffer.from(one.issuer.der).equals(one.subject.der));
  const intermediates = certificates.filter((one) => !anchors.includes(one) && one.basicConstraints?.ca === true);
  const listed = new Set(
    certificates.filter((one) => !anchors.includes(one) && !intermediates.includes(one)).map((one) => one.fingerprint),
  );
  return (maker, madeAt) => {
    if (listed.has(maker.fingerprint)) return 'listed';
    const path = { certificate: maker, anchors, intermediates, at: madeAt, purpose: 'sign' } as const;
    return validatePath(gm, path).ok ? 'root' : 'stranger';
  };
}

export function createSealMakers({ gm, trust, clock, certificates }: SealMakersDeps): SealMakers {
  const standing = standingAmong(gm, certificates);
  return {
    standing,
    async judge(maker, madeAt) {
      if (madeAt > clock.now()) return refusal('SEAL_ALTERED', {}, 'made in the future');
      const stands = standing(maker, madeAt);
      if (stands === 'root') return null;
      if (stands === 'stranger') return refusal('SEAL_MAKER_UNKNOWN');
      const now = await trust.judge(maker, 'sign');
      switch (now.verdict) {
        case 'valid':
          return madeAt < maker.notBefore ? unusable('在制章时尚未生效') : null;
        case 'expired':
          return madeAt < maker.notBefore || madeAt > maker.notAfter ? unusable('在制章时不在有效期内') : null;
        case 'revoked':
          return unusable('已被吊销');
        case 'not-yet-valid':
          return unusable('尚未生效');
        case 'unknown-issuer':
          return refusal('SEAL_MAKER_UNKNOWN');
        case 'invalid':
          return refusal('SEAL_MAKER_UNKNOWN', {}, `maker: ${now.fault}`);
        case 'suspended':
          return unusable('所属机构已暂停服务');
        case 'status-unavailable':
          return refusal('SEAL_MAKER_STATUS', {}, now.detail);
      }
    },
  };
}

const unusable = (reason: string): Refusal => refusal('SEAL_MAKER_UNUSABLE', { reason });
