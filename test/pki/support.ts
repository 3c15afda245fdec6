import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { type AuthoritySpec, createAuthority, DAY, issuePair, type TestAuthority } from '#fixtures/pki/authority.ts';
import type { AttributeSpec } from '#fixtures/pki/builder.ts';
import { basicConstraints, keyUsage, signUsage } from '#fixtures/pki/extensions.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import type { KeyUsage } from '#pki/extensions.ts';
import { type PathRequest, type PathResult, validatePath } from '#pki/path.ts';

export const gm = createGm();
export const NOW = Date.UTC(2026, 2, 18, 1, 30);
export const validity = { notBefore: NOW - 100 * DAY, notAfter: NOW + 100 * DAY };

export function read(der: Bytes): Certificate {
  const certificate = parseCertificate(gm, der);
  if (certificate === undefined) throw new Error('unreadable certificate');
  return certificate;
}

const name = (common: string): readonly AttributeSpec[] => [
  ['C', 'CN'],
  ['O', '示例认证'],
  ['CN', common],
];

export const ca = (common: string, spec: Partial<AuthoritySpec> = {}): Promise<TestAuthority> =>
  createAuthority(gm, { subject: name(common), ...validity, ...spec });

export const keyUsageOf = (usage: KeyUsage): Bytes => keyUsage([usage]);

/** A signing certificate with exactly these extensions. */
export function leaf(issuer: TestAuthority, spec: Partial<Parameters<TestAuthority['issue']>[0]> = {}): Promise<Bytes> {
  return issuer.issue({
    subject: name('示例公司'),
    spki: gm.sm2.spki(gm.sm2.generateKey().publicKey),
    ...validity,
    extensions: [signUsage(), basicConstraints(false)],
    ...spec,
  });
}

export const pair = (issuer: TestAuthority) => issuePair(gm, issuer, { subject: name('示例公司'), ...validity });

/** The same Gm, counting its verifications. */
export function countingGm(): { counted: Gm; count: () => number } {
  let verifications = 0;
  const verify: Gm['sm2']['verify'] = (...args) => {
    verifications += 1;
    return gm.sm2.verify(...args);
  };
  return { counted: { ...gm, sm2: { ...gm.sm2, verify } }, count: () => verifications };
}

export interface Question {
  readonly certificate: Bytes;
  readonly intermediates?: readonly Bytes[];
  readonly anchors: readonly Bytes[];
}

export function judge(
  { certificate, intermediates = [], anchors }: Question,
  options: Partial<PathRequest> = {},
  by: Gm = gm,
): PathResult {
  return validatePath(by, {
    certificate: read(certificate),
    intermediates: intermediates.map(read),
    anchors: anchors.map(read),
    at: NOW,
    purpose: 'sign',
    ...options,
  });
}

/** `ok`, or the fault's code. */
export function verdict(question: Question, options: Partial<PathRequest> = {}, by: Gm = gm): string {
  const result = judge(question, options, by);
  return result.ok ? 'ok' : result.fault.code;
}
