import type { Gm } from '#crypto/gm.ts';
import { checkOneSigner, type SignerFault } from '#pki/cms-check.ts';
import { standardForms } from '#pki/cms-profile.ts';
import type { SignedData, SignerInfo } from '#pki/cms-signed.ts';
import type { DigestName } from '#pki/digest.ts';
import { oids } from '#pki/oids.ts';
import { judgeSealSignature, type SealSignature } from '#pki/ses-signature.ts';
import { certificateChecks, sealFault, stampCheck } from '../report/checks.ts';
import { type Judges, makerChecks } from '../report/judge-contents.ts';
import type { Check } from '../report/report.ts';
import { type SignerReport, signerReport } from './report.ts';
import type { SignedContent, VerifyRequest } from './request.ts';

export interface MessageDeps {
  readonly gm: Gm;
  readonly judges: Judges;
  /** UTC ms. */
  readonly now: number;
}

/** Every signer of a SignedData, each judged for himself. */
export function judgeMessage(
  deps: MessageDeps,
  signed: SignedData,
  { content, certificate }: Pick<VerifyRequest, 'content' | 'certificate'>,
): Promise<readonly SignerReport[]> {
  return Promise.all(signed.signers.map((info) => judgeSigner(deps, signed, info, { content, certificate })));
}

async function judgeSigner(
  { gm, judges }: MessageDeps,
  signed: SignedData,
  info: SignerInfo,
  { content, certificate: given }: Pick<VerifyRequest, 'content' | 'certificate'>,
): Promise<SignerReport> {
  const held = checkOneSigner(gm, { signed, info, content: known(content), certificate: given, forms: standardForms });
  const checks: Check[] = held.ok ? [...GOOD] : [faultCheck(held.fault)];
  const tokens = info.unsignedAttributes.get(oids.timestampToken) ?? [];
  const token = tokens.length === 1 ? tokens[0]?.der : undefined;
  const stamp = token === undefined ? undefined : judges.timestamp(token, info.signature);
  if (stamp !== undefined) checks.push(stampCheck(stamp));
  const proven = stamp?.ok ? stamp.verified.latest : null;
  const { certificate } = held;
  const judged = certificate === undefined ? undefined : await judges.certificate(certificate, proven);
  if (judged !== undefined) checks.push(...certificateChecks(judged, proven));
  const claimed = held.ok ? held.claimedTime : null;
  return signerReport({
    ...{ checks, certificate, judged, seal: null },
    algorithm: certificate === undefined ? null : algorithmOf(certificate.key.kind, info.digest),
    time: timeOf(proven, claimed),
  });
}

const GOOD: readonly Check[] = [
  { id: 'digest', result: 'passed', detail: '原文与签名时一致' },
  { id: 'value', result: 'passed', detail: '签名值由证书的私钥产生' },
];

const timeOf = (proven: number | null, claimed: number | null) => {
  if (proven !== null) return { source: 'timestamp', at: proven } as const;
  return claimed === null ? null : ({ source: 'claimed', at: claimed } as const);
};

function algorithmOf(kind: 'sm2' | 'rsa' | 'ec' | 'other', digest: DigestName): string | null {
  const family = { sm2: 'SM2', rsa: 'RSA', ec: 'ECDSA', other: null }[kind];
  return family === null ? null : `${family}-${digest.toUpperCase()}`;
}

function known(content: SignedContent | null) {
  if (content === null || content.kind === 'bytes') return content?.bytes ?? null;
  // e holds the signer's key as well and says nothing of a message's content.
  return content.of === 'content' ? { [content.algorithm]: content.value } : {};
}

function faultCheck(fault: SignerFault): Check {
  switch (fault) {
    case 'attributes':
    case 'another-content':
      return { id: 'digest', result: 'failed', detail: '原文与签名时不一致' };
    case 'no-content':
      return { id: 'digest', result: 'unknown', detail: '签名消息不含原文，请一并提交原文或其杂凑值' };
    case 'digest-missing':
      return { id: 'digest', result: 'unknown', detail: '签名使用了另一种杂凑算法，请提交原文' };
    case 'no-certificate':
      return { id: 'value', result: 'unknown', detail: '签名消息中没有签名证书，请一并提交证书' };
    case 'form-not-allowed':
      return { id: 'value', result: 'unknown', detail: '签名没有采用签名属性，不能仅凭杂凑值判定，请提交原文' };
    case 'ambiguous-content':
      return { id: 'value', result: 'failed', detail: '原文与签名属性的结构相同，可能被替换' };
    case 'algorithm-not-allowed':
      return { id: 'value', result: 'failed', detail: '签名算法不在允许范围内' };
    case 'bad-signature':
      return { id: 'value', result: 'failed', detail: '签名值与签名证书不符' };
  }
}

/** An electronic seal's signature over content that is at hand or known by its SM3 (GB/T 38540 7.2). */
export async function judgeSeal(
  { gm, judges, now }: MessageDeps,
  sealed: SealSignature,
  content: SignedContent | null,
): Promise<SignerReport> {
  const sm3 = content === null ? undefined : content.kind === 'bytes' ? gm.sm3(content.bytes) : sm3Of(content);
  const stamp = sealed.timestamp === null ? undefined : judges.timestamp(sealed.timestamp, sealed.signature);
  const proven = stamp?.ok ? stamp.verified.latest : null;
  const checks: Check[] = [];
  if (sm3 === undefined) {
    checks.push({ id: 'digest', result: 'unknown', detail: '电子签章不含原文，请一并提交原文或其 SM3' });
  } else {
    const held = judgeSealSignature(gm, sealed, sm3, proven ?? sealed.claimedAt ?? now);
    checks.push(...(held.ok ? SEALED : [sealFault(held.fault)]));
  }
  if (stamp !== undefined) checks.push(stampCheck(stamp));
  const { signer, seal } = sealed;
  const judged = signer === undefined ? undefined : await judges.certificate(signer, proven);
  if (judged !== undefined) checks.push(...certificateChecks(judged, proven));
  const { maker, createdAt } = seal;
  if (maker !== undefined) checks.push(...(await makerChecks(judges, maker, createdAt)));
  return signerReport({
    ...{ checks, certificate: signer, judged, algorithm: 'SM2-SM3' },
    time: timeOf(proven, sealed.claimedAt),
    seal: { name: seal.name, generation: seal.generation },
  });
}

const sm3Of = (content: Extract<SignedContent, { kind: 'digest' }>) =>
  content.algorithm === 'sm3' && content.of === 'content' ? content.value : undefined;

const SEALED: readonly Check[] = [
  { id: 'digest', result: 'passed', detail: '原文与签章时一致' },
  { id: 'value', result: 'passed', detail: '签章值由签章人的私钥产生' },
  { id: 'seal', result: 'passed', detail: '印章完好，签章人在印章的授权名单中' },
];
