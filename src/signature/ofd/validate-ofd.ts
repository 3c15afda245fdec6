import { type Bytes, hex } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { type Change, standingOf } from '../pdf/changes.ts';
import type { PdfSource } from '../pdf/source.ts';
import { sm3Of } from '../report/digest-range.ts';
import { type Finding, nothingFound, type ValidationDeps } from '../report/judge-contents.ts';
import {
  type Check,
  documentVerdict,
  type SignatureReport,
  sentenceOf,
  sentences,
  type TimeFacts,
  type ValidationReport,
  verdictOf,
} from '../report/report.ts';
import { algorithmChecks, digestCheck, rangeCheck } from './checks.ts';
import { type Coverage, changesOf, coverageOf, ownParts } from './coverage.ts';
import { type Description, type OfdSignature, signaturesOf } from './description.ts';
import { digestParts, type HashName } from './digests.ts';
import { shownText } from './entry-name.ts';
import { judgeValue, type ValueFinding } from './judge-value.ts';
import { type OfdPackage, openPackage } from './package.ts';
import { claimedInstant } from './signed-at.ts';
import type { Part } from './zip.ts';

/** Every listed signature of an OFD document, each judged over the parts that it names. Throws OfdFault for a file that is none. */
export async function validateOfd(deps: ValidationDeps, source: PdfSource): Promise<ValidationReport> {
  const ofd = await openPackage(source);
  const found = await signaturesOf(ofd);
  const names = new Set<HashName>(found.flatMap(({ described }) => described?.check.name ?? []));
  const digests = await digestParts(deps.gm, ofd, names);
  const judged: ValueFinding[] = [];
  for (const signature of found) judged.push(await judge(deps, ofd, signature));
  const owned = found.map((signature, index) => ownParts(signature, judged[index]?.sealBound ?? false));
  const coverages = found.map(({ described }) => described && coverageOf(ofd, described, digests));
  const signatures = found.map((signature, index) => {
    const { finding = nothingFound } = judged[index] ?? {};
    const [{ described }, coverage] = [signature, coverages[index]];
    if (described === undefined || coverage === undefined) return lost(signature);
    const changes = changesOf(ofd, owned, coverages, index);
    return reportOn(ofd, owned[index] ?? [], { signature, described, coverage, changes, finding });
  });
  const verdict = documentVerdict(signatures);
  return {
    v: 1,
    format: 'ofd',
    documentSm3: hex(await sm3Of(deps.gm, source, [[0, source.size]])),
    size: source.size,
    pages: ofd.documents.reduce((sum, { pages }) => sum + pages.length, 0),
    notes: ofd.notes,
    checkedAt: deps.now,
    verdict,
    sentence: sentences[verdict],
    signatures,
  };
}

async function judge(deps: ValidationDeps, ofd: OfdPackage, signature: OfdSignature): Promise<ValueFinding> {
  const { part, described } = signature;
  if (part === undefined || described === undefined) return { finding: nothingFound, sealBound: false };
  const value = described.value === undefined ? null : await ofd.bytes(described.value, limits.ofdXml);
  if (value === null) {
    const check: Check = { id: 'value', result: 'failed', detail: '签名值文件不存在' };
    return { finding: { ...nothingFound, checks: [check] }, sealBound: false };
  }
  const seal: Bytes | null = described.seal ? await ofd.bytes(described.seal, limits.ofdXml) : null;
  return judgeValue(deps, { described, part, value, seal });
}

interface Judged {
  readonly signature: OfdSignature;
  readonly described: Description;
  readonly coverage: Coverage;
  readonly changes: readonly Change[];
  readonly finding: Finding;
}

function reportOn(
  ofd: OfdPackage,
  ownParts: readonly Part[],
  { signature, described, coverage, changes, finding }: Judged,
): SignatureReport {
  const own = new Set(ownParts);
  const checks = [
    rangeCheck(described, coverage),
    ...digestCheck(described, coverage, finding),
    ...finding.checks.filter(({ id }) => id !== 'digest'),
    ...algorithmChecks(described),
  ];
  const verdict = verdictOf(checks);
  const standing = standingOf(changes);
  const parts = ofd.archive.parts.filter((part) => coverage.covered.has(part) || own.has(part));
  return {
    field: shownText(signature.id),
    kind: 'signature',
    verdict,
    standing,
    sentence: sentenceOf(verdict, standing),
    signer: finding.signer,
    time: finding.time ?? writtenTime(described),
    coverage: {
      to: parts.reduce((sum, { size }) => sum + size, 0),
      whole: changes.length + coverage.differing.length + coverage.missing.length === 0,
      fault: null,
      parts: { covered: parts.length, of: ofd.archive.parts.length },
    },
    seal: finding.seal,
    certification: null,
    places: described.places,
    checks,
    changes,
    diagnostic: diagnosticOf(signature, described, finding),
  };
}

/** Written under the signature by the signer's own program. */
function writtenTime({ signedAt }: Description): TimeFacts | null {
  const at = claimedInstant(signedAt);
  return at === undefined ? null : { source: 'claimed', at };
}

function diagnosticOf(
  { part, type, maxSignId }: OfdSignature,
  { provider, method, checkName, signedAt, references }: Description,
  { diagnostic }: Finding,
): Readonly<Record<string, string>> {
  const facts = {
    part: part?.name ?? '',
    type,
    maxSignId: maxSignId ?? '',
    provider,
    signatureMethod: method,
    signatureDateTime: signedAt,
    checkMethod: checkName,
    references: String(references.length),
  };
  const shown = Object.entries(facts).map(([key, text]) => [key, shownText(text)] as const);
  return { ...Object.fromEntries(shown), ...diagnostic };
}

/** Listed, and not there. */
function lost(signature: OfdSignature): SignatureReport {
  return {
    field: shownText(signature.id),
    kind: 'signature',
    verdict: 'invalid',
    standing: 'unchanged',
    sentence: sentences.invalid,
    signer: null,
    time: null,
    coverage: { to: 0, whole: false, fault: null },
    seal: null,
    certification: null,
    places: [],
    checks: [{ id: 'value', result: 'failed', detail: '签名列表所指的签名描述文件不存在' }],
    changes: [],
    diagnostic: { type: signature.type },
  };
}
