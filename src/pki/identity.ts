import type { Certificate } from './certificate.ts';
import { type Confidence, type Finding, findNumbers, type NumberField } from './identity-findings.ts';
import { organisationCodeOf } from './numbers.ts';
import { nameOids } from './oids.ts';

export { isOrganisationCode, isResidentId, isUnitCode } from './numbers.ts';

/** A vendor's order of places: extension OIDs or name attributes (`2.5.4.5`), the most believable first. */
export interface IdentityProfile {
  /** For unit and organisation codes. */
  readonly organisation?: readonly string[] | undefined;
  /** For persons' numbers. */
  readonly person?: readonly string[] | undefined;
}

export interface IdentitySource {
  readonly field: NumberField | 'unitName' | 'personName';
  readonly value: string;
  readonly oid: string;
  readonly confidence: Confidence;
}

/** Whom the certificate names. Values are as certified; nothing here says that the certificate may be believed. */
export interface CertifiedIdentity {
  readonly kind: 'organisation' | 'person';
  readonly unitName?: string;
  /** 统一社会信用代码, upper case, check character right. */
  readonly unitCode?: string;
  /** 9 characters without hyphen; the certificate's own, or the part of its unit code. */
  readonly organisationCode?: string;
  readonly personName?: string;
  /** Resident ID with right check character, or another document's number. */
  readonly idNumber?: string;
  /** Every place that said something, in order of belief. */
  readonly sources: readonly IdentitySource[];
  /** `field: oid ≠ oid` where two places contradict each other, `field: oid 校验位` where the arc made for it holds a mistyped number. Not empty: do not use. */
  readonly conflicts: readonly string[];
  /** OIDs of places that hold the shape of a number with a wrong check character. */
  readonly wrongCheckDigits: readonly string[];
}

/** Reads by domain 2.3. Two places that disagree are a conflict, never a silent choice. */
export function extractIdentity(certificate: Certificate, profile: IdentityProfile = {}): CertifiedIdentity {
  const organisation = findNumbers(certificate, profile.organisation ?? []).filter(({ field }) => field !== 'idNumber');
  const persons = findNumbers(certificate, profile.person ?? []).filter(({ field }) => field === 'idNumber');
  const findings = [...organisation, ...persons];
  const good = findings.filter((finding) => finding.checked);
  const first = (field: NumberField): string | undefined => good.find((finding) => finding.field === field)?.value;
  const unitCode = first('unitCode');
  const organisationCode = first('organisationCode') ?? (unitCode && organisationCodeOf(unitCode));
  const idNumber = first('idNumber');
  const names = readNames(certificate, { hasUnit: organisationCode !== undefined, hasPerson: idNumber !== undefined });
  return {
    kind: names.kind,
    ...(names.unitName && { unitName: names.unitName.value }),
    ...(unitCode && { unitCode }),
    ...(organisationCode && { organisationCode }),
    ...(names.personName && { personName: names.personName.value }),
    ...(idNumber && { idNumber }),
    sources: [...good.map(sourceOf), ...[names.unitName, names.personName].filter((source) => source !== undefined)],
    conflicts: [...contradictions(good), ...mistyped(findings)],
    wrongCheckDigits: findings.filter((finding) => !finding.checked).map((finding) => finding.oid),
  };
}

const sourceOf = ({ field, value, oid, confidence }: Finding): IdentitySource => ({ field, value, oid, confidence });

function contradictions(good: readonly Finding[]): string[] {
  return (['unitCode', 'organisationCode', 'idNumber'] as const).flatMap((field) => {
    const said = good.flatMap((finding) => comparable(finding, field));
    const other = said.find((finding) => finding.value !== said[0]?.value);
    return other === undefined || said[0] === undefined ? [] : [`${field}: ${said[0].oid} ≠ ${other.oid}`];
  });
}

/** Old certificates carry the 9-character code beside the unified one: they must agree in it. */
function comparable(finding: Finding, field: NumberField): { oid: string; value: string }[] {
  if (finding.field === field) return [finding];
  if (field !== 'organisationCode' || finding.field !== 'unitCode') return [];
  return [{ oid: finding.oid, value: organisationCodeOf(finding.value) }];
}

/** Only where the place is made for that number; an 18-character serial of something else may stand anywhere. */
function mistyped(findings: readonly Finding[]): string[] {
  const wrong = findings.filter((finding) => !finding.checked && finding.confidence === 'high');
  return wrong.map(({ field, oid }) => `${field}: ${oid} 校验位`);
}

/** Names come from O and CN. A CN such as `041@0…@name@00000001` (O is then the CA itself) or `name(签名)` is taken apart. */
function readNames(certificate: Certificate, { hasUnit, hasPerson }: { hasUnit: boolean; hasPerson: boolean }) {
  const common = certificate.subject.get('CN') ?? '';
  const structured = common.includes('@');
  const name = plainName(common);
  const unit = structured ? undefined : certificate.subject.get('O')?.trim();
  const person = hasPerson && (!hasUnit || (unit !== undefined && name !== unit));
  const kind =
    person || (!hasUnit && unit === undefined && !structured) ? ('person' as const) : ('organisation' as const);
  const source = (field: 'unitName' | 'personName', attribute: string, value: string): IdentitySource | undefined =>
    value === ''
      ? undefined
      : { field, value, oid: nameOids[attribute] ?? attribute, confidence: structured ? 'low' : 'medium' };
  if (kind === 'person') {
    return {
      kind,
      unitName: hasUnit && unit ? source('unitName', 'O', unit) : undefined,
      personName: source('personName', 'CN', name),
    };
  }
  return {
    kind,
    unitName: unit ? source('unitName', 'O', unit) : source('unitName', 'CN', name),
    personName: undefined,
  };
}

/** `T123@name@01@139` → name; `name(签名)` → name. */
function plainName(common: string): string {
  const parts = common.split('@').map((part) => part.trim());
  const named = parts.length > 1 ? parts.find((part) => /[^\x20-\x7e]/.test(part)) : parts[0];
  return (named ?? parts[2] ?? parts[0] ?? '').replace(/\s*[(（](签名|加密|签章|sign|enc|encrypt)[)）]$/i, '').trim();
}
