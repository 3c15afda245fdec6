import type { Gm } from '#crypto/gm.ts';
import type { Trust } from '#drivers/trust.ts';
import type { Clock } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Certificate } from '#pki/certificate.ts';
import { validatePath } from '#pki/path.ts';

/** Who is believed when he says that a seal is somebody's (制章机构). */
export interface SealMakers {
  /**
   * null: good. As of now for revocation, as of `madeAt` (UTC ms) for dates: a seal outlives its maker's certificate, and nobody makes seals with a revoked one.
   * SEAL_MAKER_UNKNOWN, SEAL_MAKER_UNUSABLE, SEAL_MAKER_STATUS. May wait for a revocation list.
   */
  judge(maker: Certificate, madeAt: number): Promise<Refusal | null>;
  /** Under one of the configured roots when it made the seal (`madeAt`, UTC ms). */
  isConfigured(maker: Certificate, madeAt: number): boolean;
}

export interface SealMakersDeps {
  readonly gm: Gm;
  readonly trust: Pick<Trust, 'judge'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Roots and intermediates of makers that are no vendor of the hub's: self-signed ones are anchors. A maker is given up by taking them away. */
  readonly certificates: readonly Certificate[];
}

export function createSealMakers({ gm, trust, clock, certificates }: SealMakersDeps): SealMakers {
  const anchors = certificates.filter((one) => Buffer.from(one.issuer.der).equals(one.subject.der));
  const intermediates = certificates.filter((one) => !anchors.includes(one));

  const isConfigured = (maker: Certificate, madeAt: number): boolean =>
    validatePath(gm, { certificate: maker, anchors, intermediates, at: madeAt, purpose: 'sign' }).ok;

  return {
    isConfigured,
    async judge(maker, madeAt) {
      if (madeAt > clock.now()) return refusal('SEAL_ALTERED', {}, 'made in the future');
      if (isConfigured(maker, madeAt)) return null;
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
