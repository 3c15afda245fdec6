import type { Authority } from '#drivers/authority.ts';
import type { ClassifiedCertificate } from '#interaction/classify.ts';
import { beijingDate } from '#kernel/clock.ts';
import type { Certificate } from '#pki/certificate.ts';
import { tailOf } from '#pki/certificate.ts';
import { extractIdentity } from '#pki/identity.ts';
import type { CertificateView } from './api.ts';
import { pageError } from './page-error.ts';
import { authorityView } from './view-parts.ts';

const DAY = 24 * 3600_000;

/** What the hub says of a certificate: the holder by name, the serial by its last four. */
export function certificateView(one: ClassifiedCertificate, now: number, supportCode: string): CertificateView {
  const { certificate, authority } = one;
  return {
    key: one.key,
    ...factsOf(certificate, authority, now),
    status: one.status,
    error: one.refusal === undefined ? null : pageError(one.refusal, supportCode),
  };
}

/** Holder, vendor, tail and end: what a person knows a key by. */
export const factsOf = (
  certificate: Certificate | undefined,
  authority: Authority | undefined,
  now: number,
): Omit<CertificateView, 'key' | 'status' | 'error'> => ({
  ...certificateHolder(certificate, authority),
  authority: authority === undefined ? null : authorityView(authority),
  tail: certificate === undefined ? '' : tailOf(certificate),
  notAfter: certificate === undefined ? '' : beijingDate(certificate.notAfter),
  daysLeft: certificate === undefined ? 0 : Math.floor((certificate.notAfter - now) / DAY),
});

export function certificateHolder(
  certificate: Certificate | undefined,
  authority: Authority | undefined,
): Pick<CertificateView, 'holder' | 'kind'> {
  if (certificate === undefined) return { holder: '', kind: 'organisation' };
  const identity = extractIdentity(certificate, authority?.manifest.identity);
  const named = identity.kind === 'organisation' ? identity.unitName : identity.personName;
  return { holder: named ?? certificate.subject.get('CN') ?? '', kind: identity.kind };
}
