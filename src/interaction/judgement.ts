import type { Judgement } from '#drivers/trust.ts';
import { beijingDate } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';

/** What a person is told when a certificate is not good; undefined for `valid`. */
export function refusalOfJudgement(judgement: Judgement): Refusal | undefined {
  switch (judgement.verdict) {
    case 'valid':
      return undefined;
    case 'expired':
      return refusal('CERTIFICATE_EXPIRED', { date: beijingDate(judgement.at), authority: judgement.authority.name });
    case 'revoked':
      return refusal('CERTIFICATE_REVOKED', { authority: judgement.authority.name });
    case 'not-yet-valid':
      return refusal('CERTIFICATE_NOT_YET_VALID', { date: beijingDate(judgement.at) });
    case 'unknown-issuer':
      return refusal('ISSUER_UNKNOWN');
    case 'invalid':
      return refusal('CHAIN_INVALID', {}, judgement.fault);
    case 'status-unavailable':
      return refusal('CERTIFICATE_STATUS_UNAVAILABLE', {}, judgement.detail);
    case 'suspended':
      return refusal('AUTHORITY_SUSPENDED', { authority: judgement.authority.name });
  }
}
