import { equalBytes } from '#kernel/bytes.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { CertifiedIdentity } from '#pki/identity.ts';
import { no, type ParsedRecord } from './record.ts';
import { plainCode, plainName } from './texts.ts';

/** Refused is only what contradicts the certificate (readings L28); names of persons are each unit's own. */
export function checkIdentity(record: ParsedRecord, identity: CertifiedIdentity): Result<void> {
  if (!isCertifiedCode(record.unitCode, identity)) return no('IDENTITY_MISMATCH', 'unitCode');
  const unitName = provenUnitName(identity);
  if (unitName !== undefined && plainName(unitName) !== plainName(record.sent.unitName)) {
    return no('IDENTITY_MISMATCH', 'unitName');
  }
  const { idNumber } = identity;
  if (idNumber === undefined || plainCode(idNumber) === record.idNumber || standsForUnit(record, identity)) {
    return ok(undefined);
  }
  return no('IDENTITY_MISMATCH', 'idNumber');
}

/** A company registered under its own code as idNumber says nothing of the person in its certificate, and so contradicts nothing. */
export const standsForUnit = ({ idNumber, unitCode }: ParsedRecord, { kind }: CertifiedIdentity): boolean =>
  kind === 'organisation' && idNumber === unitCode;

/** A name taken out of a composed CN is a guess, no proof (domain 2.1). */
export function provenUnitName({ unitName, sources }: CertifiedIdentity): string | undefined {
  const source = sources.find(({ field }) => field === 'unitName');
  return source?.confidence === 'low' ? undefined : unitName;
}

function isCertifiedCode(unitCode: string, identity: CertifiedIdentity): boolean {
  if (identity.unitCode !== undefined) return plainCode(identity.unitCode) === unitCode;
  // 组织机构代码 is characters 9 to 17 of the unified code (domain 2.3)
  return identity.organisationCode === undefined || unitCode.slice(8, 17) === plainCode(identity.organisationCode);
}

/** Nothing that both certificates prove may differ, and something must be the same. */
export function sameSubject({ sign, encrypt }: ParsedRecord, a: CertifiedIdentity, b: CertifiedIdentity): boolean {
  const shared = [
    [a.unitCode, b.unitCode],
    [a.organisationCode, b.organisationCode],
    [a.idNumber, b.idNumber],
    [a.unitName, b.unitName],
    [sign.subject.get('O'), encrypt.subject.get('O')],
  ].filter((pair): pair is [string, string] => pair[0] !== undefined && pair[1] !== undefined);
  const agrees = shared.every(([left, right]) => plainName(left) === plainName(right));
  return agrees && (shared.length > 0 || equalBytes(sign.subject.der, encrypt.subject.der));
}
