import type { Authority } from '#drivers/authority.ts';
import { refusalOfJudgement } from '#interaction/judgement.ts';
import type { Visit } from '#interaction/visit.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import { actingFor } from './acting.ts';
import type { Room } from './room.ts';

/** Keys that one PC can hold plugged at once, generously. */
const MOST = 16;

/** One certificate as the page's list shows it. */
export interface ListedCertificate {
  /** The page's own handle. */
  readonly key: string;
  readonly certificate: Certificate | undefined;
  readonly authority: Authority | undefined;
  /** Why it cannot sign now; undefined: it can. */
  readonly refusal: Refusal | undefined;
}

/** What each plugged certificate is worth to the hub now. Enrolment is not asked: a page lists a key to have it enrolled. */
export async function listCertificates(
  room: Room,
  visit: Visit,
  shown: readonly { readonly key: string; readonly sign: string }[],
): Promise<Result<readonly ListedCertificate[]>> {
  if (shown.length > MOST) return refused(refusal('INPUT_NOT_ALLOWED', {}, `more than ${MOST} certificates`));
  const acting = await actingFor(room, visit);
  if (!acting.ok) return acting;
  return ok(await Promise.all(shown.map((one) => listOne(room, one))));
}

async function listOne(room: Room, { key, sign }: { readonly key: string; readonly sign: string }) {
  const certificate = readCertificateText(room.gm, sign);
  if (certificate === undefined) {
    const unreadable = refusal('CERTIFICATE_UNREADABLE', { field: 'certificate', label: '签名证书' });
    return { key, certificate, authority: undefined, refusal: unreadable };
  }
  const judged = await room.trust.judge(certificate, 'sign');
  const authority = 'authority' in judged ? judged.authority : undefined;
  return { key, certificate, authority, refusal: refusalOfJudgement(judged) };
}
