import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes, hex, utf8 } from '#kernel/bytes.ts';
import { checkOneSigner, type SignerResult } from '#pki/cms-check.ts';
import { standardForms } from '#pki/cms-profile.ts';
import { parseSignedData, type SignedData } from '#pki/cms-signed.ts';
import { digest } from '#pki/digest.ts';
import { parseSealSignature, type SealSignature } from '#pki/ses-signature.ts';
import { type Finding, judgeSealed, judgeSigner, nothingFound, type ValidationDeps } from '../report/judge-contents.ts';
import type { Check } from '../report/report.ts';
import type { Description } from './description.ts';
import { resolveLoc, shownText } from './entry-name.ts';
import type { Part } from './zip.ts';

export interface ValueFinding {
  readonly finding: Finding;
  /** The seal's file is the seal inside the value, and so under the signature without being listed. */
  readonly sealBound: boolean;
}

/** What SignedValue.dat says over Signature.xml: an electronic seal's signature (GB/T 38540), or a signed message (GB/T 35275). The bytes say which. */
export async function judgeValue(
  deps: ValidationDeps,
  { described, part, value, seal }: { described: Description; part: Part; value: Bytes; seal: Bytes | null },
): Promise<ValueFinding> {
  const sealed = parseSealSignature(deps.gm, value);
  if (sealed !== undefined) {
    const finding = await judgeSealed(deps, sealed, deps.gm.sm3(described.bytes));
    const sealBound = seal !== null && equalBytes(seal, sealed.seal.der);
    const checks = [...finding.checks, ...propertyCheck(sealed, part), ...sealCheck(described, seal, sealBound)];
    const diagnostic = { ...finding.diagnostic, propertyInfo: shownText(sealed.property) };
    return { finding: { ...finding, checks, diagnostic }, sealBound };
  }
  const signed = parseSignedData(deps.gm, value);
  if (signed !== undefined) return { finding: await judgeMessage(deps, signed, described.bytes), sealBound: false };
  // Two numbers and no certificate: whose they are stands nowhere in the document.
  const bare = value.length === 64 || (value[0] === 0x30 && value.length >= 8 && value.length <= 72);
  const finding = bare
    ? told('unknown', '签名值不带签名证书，无法判定签名人')
    : told('failed', '签名值不是可识别的签名或签章');
  return { finding, sealBound: false };
}

const told = (result: Check['result'], detail: string): Finding => ({
  ...nothingFound,
  checks: [{ id: 'value', result, detail }],
});

/** propertyInfo is the path of what is signed; free text, which some makers write, says nothing about it. */
function propertyCheck({ property }: SealSignature, part: Part): Check[] {
  const text = property.trim();
  if (!/\.xml$/i.test(text)) return [];
  const named = [resolveLoc(text, ''), resolveLoc(text, part.name)];
  if (named.includes(part.name)) return [];
  return [{ id: 'seal', result: 'failed', detail: '签章数据所指的签名描述文件不是这一个' }];
}

/** The seal that is shown must be the one that was used. */
function sealCheck({ seal }: Description, onDisk: Bytes | null, bound: boolean): Check[] {
  if (seal === null || bound) return [];
  const detail = onDisk === null ? '签名所指的印章文件不存在' : '印章文件与签章数据中的印章不是同一枚';
  return [{ id: 'seal', result: 'failed', detail }];
}

/**
 * The standard has the message sign the digest of Signature.xml; makers differ in whether that digest is bare or in base64, in the message or beside it, or
 * whether it is the digest of the attributes' content. Each names this Signature.xml and nothing else.
 */
async function judgeMessage(deps: ValidationDeps, signed: SignedData, description: Bytes): Promise<Finding> {
  const [info, second] = signed.signers;
  if (second !== undefined) return told('failed', '一个签名值中有多个签名人');
  const held = heldOver(deps.gm, signed, contents(deps.gm, signed, description));
  // Carried along or not: it speaks of another Signature.xml.
  const other = !held.ok && held.fault === 'another-content';
  return judgeSigner(deps, signed, info, other ? { ...held, fault: 'attributes' } : held);
}

function contents(gm: Gm, { signers: [info] }: SignedData, description: Bytes): readonly Bytes[] {
  const hashes = [
    gm.sm3(description),
    ...(info.digest === 'sm3' || info.digest === 'sha1' ? [] : [digest(gm, info.digest, description)]),
  ];
  return [description, ...hashes, ...hashes.map((one) => utf8(Buffer.from(one).toString('base64')))];
}

function heldOver(gm: Gm, signed: SignedData, candidates: readonly Bytes[]): SignerResult {
  const [info] = signed.signers;
  const check = (content: Bytes): SignerResult =>
    checkOneSigner(gm, { signed, info, content, certificate: null, forms: standardForms });
  const { content: carried } = signed;
  const fitting = carried === null ? candidates : candidates.filter((one) => hex(one) === hex(carried));
  const results = fitting.map(check);
  return results.find(({ ok }) => ok) ?? results[0] ?? check(candidates[0] ?? new Uint8Array());
}
