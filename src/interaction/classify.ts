import type { Authority } from '#drivers/authority.ts';
import type { Judgement, Trust } from '#drivers/trust.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { EnrolledKey } from '#subscriber/find-for-login.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';
import { refusalOfJudgement } from './judgement.ts';
import { type PageRoom, partiesOf } from './page-room.ts';
import { actingOn, type Visit } from './visit.ts';

/** Keys that one PC can hold plugged at once, generously. */
const MOST = 16;

/** A desk whose people show certificates. */
export interface CertificateDesk extends PageRoom {
  readonly trust: Trust;
  readonly subscribers: Subscribers;
}

/** What this page asks of a certificate besides being good. */
export interface CertificateRules {
  /** RSA and ECDSA keys of vendors whose manifest allows them may act here. */
  readonly allowNonGm?: boolean;
  /** Why this enrolled key may not act here; undefined: it may. */
  readonly admits?: (key: EnrolledKey) => Refusal | undefined;
}

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
  room: CertificateDesk,
  visit: Visit,
  shown: readonly ShownCertificate[],
  rules: CertificateRules = {},
): Promise<Result<readonly ClassifiedCertificate[]>> {
  if (shown.length > MOST) return refused(refusal('INPUT_NOT_ALLOWED', {}, `more than ${MOST} certificates`));
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const parties = await partiesOf(room, room.store.read, acting.value);
  if (!parties.ok) return parties;
  return ok(await Promise.all(shown.map((one) => classifyOne(room, parties.value.unit, one, rules))));
}

async function classifyOne(
  room: CertificateDesk,
  unit: Unit,
  { key, sign }: ShownCertificate,
  rules: CertificateRules,
): Promise<ClassifiedCertificate> {
  const certificate = readCertificateText(room.gm, sign);
  if (certificate === undefined) {
    const unreadable = refusal('CERTIFICATE_UNREADABLE', { field: 'certificate', label: '签名证书' });
    return { key, certificate, authority: undefined, status: 'invalid', refusal: unreadable };
  }
  if (certificate.key.kind !== 'sm2' && rules.allowNonGm !== true) {
    const authority = await room.trust.issuerOf(certificate);
    return { key, certificate, authority, status: 'invalid', refusal: refusal('ALGORITHM_NOT_ALLOWED') };
  }
  const judgement = await room.trust.judge(certificate, 'sign');
  const authority = 'authority' in judgement ? judgement.authority : undefined;
  const why = refusalOfJudgement(judgement);
  if (why !== undefined) return { key, certificate, authority, status: statusOfVerdict(judgement), refusal: why };
  const enrolled = await room.subscribers.findForLogin(room.store.read, unit, certificate);
  if (enrolled.ok) {
    const not = rules.admits?.(enrolled.value);
    return { key, certificate, authority, status: not === undefined ? 'ready' : 'invalid', refusal: not };
  }
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
