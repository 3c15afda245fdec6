import type { Judgement } from '#drivers/trust.ts';
import { beijingDateTime } from '#kernel/clock.ts';
import type { TimestampResult } from '#pki/timestamp.ts';
import { breaksCertification, type Change } from '../pdf/changes.ts';
import type { PdfSignature } from '../pdf/signatures.ts';
import type { Check } from './report.ts';

/** What each check found, in the words of the detailed layer. */
const RANGE_WORDS = {
  malformed: '签名范围不是合法的四个数',
  'not-from-start': '签名范围没有从文件开头算起',
  'gap-not-contents': '签名范围之外还有签名值以外的字节',
  'not-a-revision': '签名范围没有止于一个完整的文件版本',
  'not-signed-itself': '签名域或签名对象是签署之后放入的',
} as const;

export function rangeCheck({ rangeFault, coveredTo }: PdfSignature): Check {
  return rangeFault === null
    ? { id: 'range', result: 'passed', detail: `覆盖第 1 至 ${coveredTo} 字节，仅不含签名值本身` }
    : { id: 'range', result: 'failed', detail: RANGE_WORDS[rangeFault] };
}

export function certificationCheck({ certification }: PdfSignature, changes: readonly Change[]): Check[] {
  if (certification === null) return [];
  const broken = breaksCertification(certification, changes);
  return [
    {
      id: 'certification',
      result: broken ? 'failed' : 'passed',
      detail: broken ? '认证签名不允许签署之后的这些改动' : '后来的改动都在认证签名允许的范围内',
    },
  ];
}

const VALUE_WORDS: Readonly<Record<string, string>> = {
  'no-certificate': '签名消息中没有签名证书',
  'several-signers': '一个签名值中有多个签名人',
  'another-content': '签名消息自带了另一份内容',
  'form-not-allowed': '签名没有采用签名属性',
  'algorithm-not-allowed': '签名算法不在允许范围内',
  'content-type': '签名的内容类型不符',
};

/** A fault of the signed message itself; `attributes`: it speaks of another content. */
export function messageFault(fault: string): Check {
  if (fault === 'attributes') return { id: 'digest', result: 'failed', detail: '文件内容与签名时不一致' };
  const result = fault === 'no-certificate' ? 'unknown' : 'failed';
  return { id: 'value', result, detail: VALUE_WORDS[fault] ?? '签名值与签名证书不符' };
}

export const stampCheck = (stamp: TimestampResult): Check =>
  stamp.ok
    ? { id: 'timestamp', result: 'passed', detail: `可信时间 ${beijingDateTime(stamp.verified.latest)}` }
    : { id: 'timestamp', result: 'failed', detail: '签名所附的时间戳校验未通过' };

export function sealFault(fault: string): Check {
  if (fault === 'document') return { id: 'digest', result: 'failed', detail: '文件内容与签章时不一致' };
  if (fault === 'signer-not-in-seal') return { id: 'seal', result: 'failed', detail: '签章人不在这枚印章的授权名单中' };
  if (fault === 'seal-expired') return { id: 'seal', result: 'failed', detail: '印章已过有效期' };
  if (fault === 'seal-not-yet-valid') return { id: 'seal', result: 'failed', detail: '印章尚未生效' };
  if (fault.startsWith('seal-')) return { id: 'seal', result: 'failed', detail: '印章被改动，或不是制章人所制' };
  return { id: 'value', result: 'failed', detail: '签章值与签章人证书不符' };
}

/** Chain, dates, revocation and algorithm, each as one line. Without a proven time they are of now. */
export function certificateChecks(judged: Judgement, proven: number | null): Check[] {
  const when = proven === null ? '按当前时间' : '按签署时间';
  const chain: Check = { id: 'chain', result: 'passed', detail: '签名证书由已接入的 CA 机构签发' };
  const dates: Check = { id: 'validity', result: 'passed', detail: `${when}，证书在有效期内` };
  const status: Check = { id: 'revocation', result: 'passed', detail: `${when}，证书未被吊销` };
  switch (judged.verdict) {
    case 'valid':
    case 'suspended':
      return [chain, dates, status, algorithmCheck(judged)];
    case 'expired':
      return [
        chain,
        {
          ...dates,
          result: proven === null ? 'unknown' : 'failed',
          detail: `证书已于 ${beijingDateTime(judged.at)} 到期${proven === null ? '，且没有可信时间证明签署在此之前' : ''}`,
        },
      ];
    case 'not-yet-valid':
      return [chain, { ...dates, result: 'failed', detail: '证书尚未生效' }];
    case 'revoked':
      return [chain, dates, { ...status, result: 'failed', detail: `证书已于 ${beijingDateTime(judged.at)} 被吊销` }];
    case 'unknown-issuer':
      return [{ ...chain, result: 'unknown', detail: '签名证书的签发机构未接入，无法判定' }];
    case 'invalid':
      return [{ ...chain, result: 'failed', detail: '证书链校验未通过' }];
    case 'status-unavailable':
      return [chain, dates, { ...status, result: 'unknown', detail: '缺少吊销信息，无法判定' }];
  }
}

function algorithmCheck(judged: Judgement): Check {
  const gm = judged.verdict === 'valid' && judged.verified.certificate.key.kind === 'sm2';
  return { id: 'algorithm', result: 'passed', detail: gm ? '国密算法 SM2 / SM3' : '非国密算法' };
}
