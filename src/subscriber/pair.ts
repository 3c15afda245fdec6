import type { Gm } from '#crypto/gm.ts';
import type { Authority } from '#drivers/authority.ts';
import type { Judgement, Trust } from '#drivers/trust.ts';
import { hex } from '#kernel/bytes.ts';
import { type ErrorCode, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import { type CertifiedIdentity, extractIdentity } from '#pki/identity.ts';
import type { VerifiedCertificate } from '#pki/path.ts';
import { dateOf } from './dates.ts';
import { sameSubject } from './identity-check.ts';
import type { ParsedRecord } from './record.ts';

export type CertificateStatus = 'active' | 'expired' | 'revoked';

/** One certificate after the trust decision. `statusKnown: false`: the vendor's status source was silent; login asks again. */
export interface JudgedCertificate {
  readonly certificate: Certificate;
  readonly purpose: 'sign' | 'encrypt' | 'both';
  /** SM3 of the issuer's SPKI, hex: half of the certificate's identity (T26). */
  readonly issuerKey: string;
  readonly status: CertificateStatus;
  readonly statusAt: number;
  readonly statusKnown: boolean;
}

/** Both certificates of a key: same vendor, same subject, each fit for its use. */
export interface JudgedPair {
  readonly authority: Authority;
  readonly sign: JudgedCertificate;
  readonly encrypt: JudgedCertificate;
  readonly identity: CertifiedIdentity;
}

const canSign = ({ keyUsage }: Certificate): boolean =>
  keyUsage === null || keyUsage.has('digitalSignature') || keyUsage.has('nonRepudiation');
const canEncrypt = ({ keyUsage }: Certificate): boolean =>
  keyUsage === null || keyUsage.has('keyEncipherment') || keyUsage.has('dataEncipherment');

/** Key usages (domain 2.2): never encrypt to a signing certificate; one certificate for both only where it names both usages. */
function checkUsages({ sign, encrypt }: ParsedRecord): Result<void> {
  if (!canSign(sign)) return refused(refusal('CERTIFICATE_PURPOSE', { field: 'signCertificate', purpose: '签名' }));
  const one = sign.fingerprint === encrypt.fingerprint;
  if (!canEncrypt(encrypt) || (one && encrypt.keyUsage === null)) {
    return refused(refusal('CERTIFICATE_PURPOSE', { field: 'encryptionCertificate', purpose: '加密' }));
  }
  return ok(undefined);
}

/** Trust decisions about both certificates, and whether they belong together. May reach the vendor's CRL: never inside a transaction. */
export async function judgePair(deps: { gm: Gm; trust: Trust }, record: ParsedRecord): Promise<Result<JudgedPair>> {
  const usages = checkUsages(record);
  if (!usages.ok) return usages;
  const [sign, encrypt] = await Promise.all([judge(deps, record.sign, 'sign'), judge(deps, record.encrypt, 'encrypt')]);
  if (!sign.ok) return sign;
  if (!encrypt.ok) return encrypt;
  const { authority } = sign.value;
  if (authority.id !== encrypt.value.authority.id) return refused(refusal('CERTIFICATE_PAIR_AUTHORITY'));
  const identity = extractIdentity(record.sign, authority.manifest.identity);
  const other = extractIdentity(record.encrypt, authority.manifest.identity);
  if (identity.conflicts.length > 0 || other.conflicts.length > 0) {
    const sources = [...identity.conflicts, ...other.conflicts].join(' ');
    return refused(refusal('IDENTITY_AMBIGUOUS', { authority: authority.name }, `conflicting sources: ${sources}`));
  }
  if (!sameSubject(record, identity, other)) return refused(refusal('CERTIFICATE_PAIR_MISMATCH'));
  return ok({ authority, sign: sign.value, encrypt: encrypt.value, identity });
}

type Judged = JudgedCertificate & { readonly authority: Authority };

async function judge(
  { gm, trust }: { gm: Gm; trust: Trust },
  certificate: Certificate,
  use: 'sign' | 'encrypt',
): Promise<Result<Judged>> {
  const first = await trust.judge(certificate, use);
  const silent = first.verdict === 'status-unavailable';
  const judgement = silent ? await trust.judge(certificate, use, { requireStatus: false }) : first;
  const stored = (status: CertificateStatus, statusAt: number, verified: VerifiedCertificate, authority: Authority) =>
    ok({
      certificate,
      authority,
      purpose: purposeOf(certificate, use),
      issuerKey: hex(gm.sm3((verified.chain[1] ?? certificate).spki)),
      status,
      statusAt,
      statusKnown: !silent,
    });
  switch (judgement.verdict) {
    case 'valid':
      return stored('active', certificate.notBefore, judgement.verified, judgement.authority);
    case 'expired':
      return stored('expired', judgement.at, judgement.verified, judgement.authority);
    case 'revoked':
      return stored('revoked', judgement.at, judgement.verified, judgement.authority);
    case 'not-yet-valid':
    case 'unknown-issuer':
    case 'invalid':
    case 'status-unavailable':
    case 'suspended':
      return refuse(judgement, use);
  }
}

type Unusable = Exclude<Judgement, { verdict: 'valid' | 'expired' | 'revoked' }>;

function refuse(judgement: Unusable, use: 'sign' | 'encrypt'): Result<never> {
  const field = use === 'sign' ? 'signCertificate' : 'encryptionCertificate';
  const purpose = use === 'sign' ? '签名' : '加密';
  switch (judgement.verdict) {
    case 'not-yet-valid':
      return refused(refusal('CERTIFICATE_NOT_YET_VALID', { field, date: dateOf(judgement.at) }));
    case 'unknown-issuer':
      return refused(refusal('ISSUER_UNKNOWN', { field }, `${use} certificate`));
    case 'invalid':
      return refused(
        refusal(codeOfFault(judgement.fault), { field, purpose }, `${use} certificate: ${judgement.fault}`),
      );
    case 'status-unavailable':
      return refused(refusal('CERTIFICATE_STATUS_UNAVAILABLE', { field }, `${use} certificate: ${judgement.detail}`));
    case 'suspended':
      return refused(refusal('AUTHORITY_SUSPENDED', { field, authority: judgement.authority.name }));
  }
}

/** Faults of pki/path-rules.ts that the caller can tell apart. */
function codeOfFault(fault: string): ErrorCode {
  if (fault === 'purpose') return 'CERTIFICATE_PURPOSE';
  return fault === 'algorithm-not-allowed' ? 'ALGORITHM_NOT_ALLOWED' : 'CHAIN_INVALID';
}

/** What the certificate itself may do, not the place in which it was sent: the same certificate is stored the same by every unit. */
function purposeOf(certificate: Certificate, use: 'sign' | 'encrypt'): JudgedCertificate['purpose'] {
  if (certificate.keyUsage === null) return use;
  if (canSign(certificate) && canEncrypt(certificate)) return 'both';
  return canSign(certificate) ? 'sign' : 'encrypt';
}
