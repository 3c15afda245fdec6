import type { Authority } from '#drivers/authority.ts';
import type { Judgement } from '#drivers/trust.ts';
import { refusalOfJudgement } from '#interaction/judgement.ts';
import { partiesOf } from '#interaction/page-room.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Room } from './room.ts';

/** Keys that one PC can hold plugged at once, generously. */
const MOST = 16;

export interface ShownCertificate {
  /** The page's own handle. */
  readonly key: string;
  /** Base64 DER of the signing certificate. */
  readonly sign: string;
}

type CertificateStatus =
  | 'ready'
  | 'expired'
  | 'not-yet-valid'
  | 'revoked'
  | 'superseded'
  | 'cancelled'
  | 'not-enrolled'
  | 'unknown-issuer'
  | 'suspended'
  | 'invalid'
  | 'status-unavailable';

export interface ClassifiedCertificate {
  readonly key: string;
  /** undefined: not a certificate that can be read. */
  readonly certificate: Certificate | undefined;
  readonly authority: Authority | undefined;
  readonly status: CertificateStatus;
  /** For every status but `ready`. */
  readonly refusal: Refusal | undefined;
}

/**
 * What each plugged certificate would meet, so that a person is told before he types his PIN. Only a forecast: the decision is made again from the
 * signed challenge. Status lists come from the cache where possible and a vendor that does not answer shows as status-unavailable.
 */
export async function classify(
  room: Room,
  visit: Visit,
  shown: readonly ShownCertificate[],
): Promise<Result<readonly ClassifiedCertificate[]>> {
  if (shown.length > MOST) return refused(refusal('INPUT_NOT_ALLOWED', {}, `more than ${MOST} certificates`));
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const parties = await partiesOf(room, room.store.read, acting.value);
  if (!parties.ok) return parties;
  return ok(await Promise.all(shown.map((one) => classifyOne(room, parties.value.unit, one))));
}

async function classifyOne(room: Room, unit: Unit, { key, sign }: ShownCertificate): Promise<ClassifiedCertificate> {
  const certificate = readCertificateText(room.gm, sign);
  if (certificate === undefined) {
    const unreadable = refusal('CERTIFICATE_UNREADABLE', { field: 'certificate', label: '签名证书' });
    return { key, certificate, authority: undefined, status: 'invalid', refusal: unreadable };
  }
  if (certificate.key.kind !== 'sm2') {
    const authority = await room.trust.issuerOf(certificate);
    return { key, certificate, authority, status: 'invalid', refusal: refusal('ALGORITHM_NOT_ALLOWED') };
  }
  const judgement = await room.trust.judge(certificate, 'sign');
  const authority = 'authority' in judgement ? judgement.authority : undefined;
  const why = refusalOfJudgement(judgement);
  if (why !== undefined) return { key, certificate, authority, status: statusOfVerdict(judgement), refusal: why };
  const enrolled = await room.subscribers.findForLogin(room.store.read, unit, certificate);
  if (enrolled.ok) return { key, certificate, authority, status: 'ready', refusal: undefined };
  return { key, certificate, authority, status: statusOfEnrolment(enrolled.refusal), refusal: enrolled.refusal };
}

function statusOfVerdict(judgement: Judgement): CertificateStatus {
  return judgement.verdict === 'valid' ? 'ready' : judgement.verdict;
}

function statusOfEnrolment(why: Refusal): CertificateStatus {
  if (why.code === 'CERTIFICATE_CANCELLED') return 'cancelled';
  if (why.code === 'CERTIFICATE_SUPERSEDED') return 'superseded';
  return why.code === 'CERTIFICATE_NOT_ENROLLED' ? 'not-enrolled' : 'invalid';
}
