import type { Gm } from '#crypto/gm.ts';
import type { Judgement } from '#drivers/trust.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { beijingDateTime } from '#kernel/clock.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import type { SignerResult } from '#pki/cms-check.ts';
import { checkDetached, type DetachedResult } from '#pki/cms-detached.ts';
import { parseSignedData, type SignedData, type SignerInfo } from '#pki/cms-signed.ts';
import { leadingDerLength } from '#pki/der.ts';
import { oids } from '#pki/oids.ts';
import { judgeSealSignature, parseSealSignature, type SealSignature } from '#pki/ses-signature.ts';
import type { TimestampCheck, TimestampResult } from '#pki/timestamp.ts';
import type { MakerStanding } from '#subscriber/seals/makers.ts';
import type { PdfSignature } from '../pdf/signatures.ts';
import type { PdfSource } from '../pdf/source.ts';
import { certificateChecks, messageFault, sealFault, stampCheck } from './checks.ts';
import { type Digests, digestRanges, type Ranges, sm3Of } from './digest-range.ts';
import type { Check, SealFacts, SignerFacts, TimeFacts } from './report.ts';

/** Who judges certificates and stamps: the hub's trust, or the anchors given to the stand-alone verifier. */
export interface Judges {
  /** As of `at` where it is proven (UTC ms), else as of now. */
  certificate(certificate: Certificate, at: number | null): Promise<Judgement>;
  timestamp(token: Bytes, stamped: TimestampCheck['data']): TimestampResult;
  /** Whether this is a seal maker at all, as of when he made the seal (UTC ms). */
  readonly maker: (maker: Certificate, madeAt: number) => MakerStanding;
}

export interface ValidationDeps {
  readonly gm: Gm;
  readonly judges: Judges;
  /** UTC ms. */
  readonly now: number;
}

export interface Finding {
  readonly checks: readonly Check[];
  readonly signer: SignerFacts | null;
  readonly time: TimeFacts | null;
  readonly seal: SealFacts | null;
  readonly diagnostic: Readonly<Record<string, string>>;
}

export const nothingFound: Finding = { checks: [], signer: null, time: null, seal: null, diagnostic: {} };

/** What the signature's container says over the bytes that it covers: CMS, an electronic seal's signature, or a document timestamp. */
export async function judgeContents(
  deps: ValidationDeps,
  source: PdfSource,
  signature: PdfSignature,
): Promise<Finding> {
  const [, start, end, rest] = signature.byteRange;
  const ranges: Ranges = [
    [0, start],
    [end, rest],
  ];
  const length = leadingDerLength(signature.contents);
  const padding = length === undefined ? undefined : signature.contents.subarray(length);
  if (length === undefined || padding?.some((byte) => byte !== 0))
    return failed('value', '签名值不是规范的编码，或其后还有别的内容');
  const der = signature.contents.subarray(0, length);
  if (signature.kind === 'timestamp') return judgeStamp(deps, der, await sm3Of(deps.gm, source, ranges));
  const sealed = parseSealSignature(deps.gm, der);
  if (sealed !== undefined) return judgeSealed(deps, sealed, await sm3Of(deps.gm, source, ranges));
  const signed = parseSignedData(deps.gm, der);
  if (signed === undefined) return failed('value', '签名值不是可识别的签名消息');
  const [info] = signed.signers;
  const digests = info.digest === 'sha1' ? {} : await digestRanges(deps.gm, source, ranges, [info.digest]);
  return judgeCms(deps, signed, digests);
}

const failed = (id: Check['id'], detail: string): Finding => ({
  ...nothingFound,
  checks: [{ id, result: 'failed', detail }],
});

function judgeStamp(deps: ValidationDeps, token: Bytes, sm3: Bytes): Finding {
  const stamped = deps.judges.timestamp(token, { hash: 'sm3', hashed: sm3 });
  if (!stamped.ok) return failed('timestamp', '时间戳校验未通过');
  const at = stamped.verified.latest;
  return {
    ...nothingFound,
    checks: [{ id: 'timestamp', result: 'passed', detail: `文件不晚于 ${beijingDateTime(at)} 存在` }],
    time: { source: 'timestamp', at },
    signer: factsOf(stamped.verified.authority.certificate, null),
  };
}

function judgeCms(deps: ValidationDeps, signed: SignedData, digests: Digests): Promise<Finding> {
  return judgeSigner(deps, signed, signed.signers[0], checkDetached(deps.gm, { signed, digests, allowNonGm: true }));
}

/** What one signer of a message is worth, once it is known whether his key made the value: stamp, chain, dates, revocation, algorithm. */
export async function judgeSigner(
  deps: ValidationDeps,
  signed: SignedData,
  info: SignerInfo,
  held: DetachedResult | SignerResult,
): Promise<Finding> {
  const { certificate } = held;
  const token = stampOf(info.unsignedAttributes);
  const stamp = token === undefined ? undefined : deps.judges.timestamp(token, info.signature);
  const proven = stamp?.ok ? stamp.verified.latest : null;
  const claimed = held.ok ? held.claimedTime : null;
  const diagnostic = {
    digest: info.digest,
    signatureAlgorithm: info.signatureAlgorithm.oid,
    family: signed.family,
    certificates: String(signed.certificates.length),
  };
  const checks: Check[] = [];
  if (!held.ok) {
    checks.push(messageFault(held.fault));
  } else {
    checks.push({ id: 'digest', result: 'passed', detail: '所覆盖的内容与签名时一致' });
    checks.push({ id: 'value', result: 'passed', detail: '签名值由签名证书的私钥产生' });
  }
  if (stamp !== undefined) checks.push(stampCheck(stamp));
  const judged = certificate === undefined ? undefined : await deps.judges.certificate(certificate, proven);
  if (judged !== undefined) checks.push(...certificateChecks(judged, proven));
  return {
    checks,
    signer: certificate === undefined ? null : factsOf(certificate, judged),
    time:
      proven !== null
        ? { source: 'timestamp', at: proven }
        : claimed === null
          ? null
          : { source: 'claimed', at: claimed },
    seal: null,
    diagnostic,
  };
}

function stampOf(attributes: ReadonlyMap<string, readonly { readonly der: Bytes }[]>): Bytes | undefined {
  const values = attributes.get(oids.timestampToken) ?? [];
  return values.length === 1 ? values[0]?.der : undefined;
}

/** A certificate to sign with makes nobody a seal maker: a stranger's seal is undecided, however good his chain. */
export async function makerChecks(judges: Judges, maker: Certificate, madeAt: number): Promise<Check[]> {
  const standing = judges.maker(maker, madeAt);
  const detail = '制章人证书不在受信任的机构之列';
  switch (standing) {
    case 'root':
      return [];
    case 'stranger':
      return [{ id: 'seal', result: 'unknown', detail }];
    case 'listed': {
      const { verdict } = await judges.certificate(maker, madeAt);
      if (verdict === 'valid') return [];
      if (verdict === 'status-unavailable')
        return [{ id: 'seal', result: 'unknown', detail: '无法取得制章人证书的吊销信息' }];
      return [{ id: 'seal', result: verdict === 'unknown-issuer' ? 'unknown' : 'failed', detail }];
    }
  }
}

/** An electronic seal's signature over content known by its SM3, the seal and its maker included (GB/T 38540 7.2). */
export async function judgeSealed(deps: ValidationDeps, sealed: SealSignature, documentSm3: Bytes): Promise<Finding> {
  const stamp = sealed.timestamp === null ? undefined : deps.judges.timestamp(sealed.timestamp, sealed.signature);
  const proven = stamp?.ok ? stamp.verified.latest : null;
  const judged = judgeSealSignature(deps.gm, sealed, documentSm3, proven ?? sealed.claimedAt ?? deps.now);
  const checks: Check[] = [];
  if (judged.ok) {
    checks.push({ id: 'digest', result: 'passed', detail: '所覆盖的内容与签章时一致' });
    checks.push({ id: 'value', result: 'passed', detail: '签章值由签章人的私钥产生' });
    checks.push({ id: 'seal', result: 'passed', detail: '印章完好，签章人在印章的授权名单中' });
  } else checks.push(sealFault(judged.fault));
  if (stamp !== undefined) checks.push(stampCheck(stamp));
  const verdict = sealed.signer === undefined ? undefined : await deps.judges.certificate(sealed.signer, proven);
  if (verdict !== undefined) checks.push(...certificateChecks(verdict, proven));
  const { maker, createdAt } = sealed.seal;
  if (maker !== undefined) checks.push(...(await makerChecks(deps.judges, maker, createdAt)));
  return {
    checks,
    signer: sealed.signer === undefined ? null : factsOf(sealed.signer, verdict),
    time:
      proven !== null
        ? { source: 'timestamp', at: proven }
        : sealed.claimedAt === null
          ? null
          : { source: 'claimed', at: sealed.claimedAt },
    seal: { name: sealed.seal.name, generation: sealed.seal.generation },
    diagnostic: { sealId: sealed.seal.id, sealVendor: sealed.seal.vendor },
  };
}

function factsOf(certificate: Certificate, judged: Judgement | undefined | null): SignerFacts {
  const authority =
    judged !== undefined && judged !== null && 'authority' in judged ? (judged.authority?.name ?? null) : null;
  return {
    name: certificate.subject.get('CN') ?? certificate.subject.get('O') ?? '',
    authority,
    tail: tailOf(certificate),
    notAfter: certificate.notAfter,
    gm: certificate.key.kind === 'sm2',
  };
}
