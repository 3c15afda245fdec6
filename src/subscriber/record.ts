import type { Gm } from '#crypto/gm.ts';
import { type ErrorCode, refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import { isResidentId } from '#pki/identity.ts';
import { serialNames } from '#pki/serial.ts';
import { readEndTime } from './dates.ts';
import { type SealKind, sniffSeal } from './seals.ts';
import { type CodeFault, idNumberFault, looksLikeResidentId, plainCode, unitCodeFault } from './texts.ts';

/** What a unit says of one key of one subscriber: every member a text as it was sent. */
export interface SubjectRecord {
  readonly userName: string;
  readonly idType: string;
  readonly idNumber: string;
  readonly unitName: string;
  readonly unitCode: string;
  /** PEM, base64 or hex (readings L20). */
  readonly signCertificate: string;
  readonly encryptionCertificate: string;
  /** Hex in any spelling, or decimal (readings L21). */
  readonly signSerial: string;
  readonly encryptionSerial: string;
  /** Any form of readings L19. */
  readonly endTime: string;
  readonly legalName: string;
  readonly legalIdNumber: string;
  /** Base64 of a seal or a picture; '' when there is none. */
  readonly seal: string;
  readonly standBy: string | null;
}

export type ChangeKind = 'renew' | 'change' | 'cancel';
export type ChangeRequest = SubjectRecord & { readonly change: ChangeKind };

/** Member of SubjectRecord that a refusal's `field` names; the wire edge prints its own name for it. */
export type RecordField = keyof SubjectRecord;

/** A record read once: nothing after this looks at the caller's spelling again. */
export interface ParsedRecord {
  readonly sent: SubjectRecord;
  readonly unitCode: string;
  readonly idNumber: string;
  readonly sign: Certificate;
  readonly encrypt: Certificate;
  /** UTC, ms. */
  readonly endTime: number;
  readonly sealKind: SealKind;
}

const PLAIN_FIELDS = ['userName', 'idType', 'idNumber', 'unitName', 'unitCode', 'legalName', 'legalIdNumber'] as const;

/** Control characters never belong into a name or a number; they are how one line becomes two in somebody's log. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is looked for
const CONTROL = /[\u0000-\u001f\u007f\u2028\u2029]/;

/**
 * Reads a record: texts, certificates, end time, check digits. `serials: 'theirs'` also demands that the serials name the two certificates;
 * a cancellation names others (readings L24).
 */
export function readRecord(gm: Gm, sent: SubjectRecord, serials: 'theirs' | 'any'): Result<ParsedRecord> {
  const fault = textFault(sent);
  if (fault !== undefined) return fault;
  const sign = readCertificateText(gm, sent.signCertificate);
  if (sign === undefined) return no('CERTIFICATE_UNREADABLE', 'signCertificate');
  const encrypt = readCertificateText(gm, sent.encryptionCertificate);
  if (encrypt === undefined) return no('CERTIFICATE_UNREADABLE', 'encryptionCertificate');
  if (serials === 'theirs' && !serialNames(sent.signSerial, sign)) return no('SERIAL_MISMATCH', 'signSerial');
  if (serials === 'theirs' && !serialNames(sent.encryptionSerial, encrypt)) {
    return no('SERIAL_MISMATCH', 'encryptionSerial');
  }
  const endTime = readEndTime(sent.endTime);
  if (endTime === undefined) return no('FIELD_INVALID', 'endTime', '请使用 yyyy-MM-dd HH:mm:ss 格式');
  const codes = readCodes(sent);
  return codes.ok ? ok({ sent, sign, encrypt, endTime, sealKind: sniffSeal(sent.seal), ...codes.value }) : codes;
}

function textFault(sent: SubjectRecord): Result<never> | undefined {
  for (const field of PLAIN_FIELDS) {
    if (sent[field].length > limits.textField) return no('FIELD_INVALID', field, `不能超过 ${limits.textField} 个字`);
    if (CONTROL.test(sent[field])) return no('FIELD_INVALID', field, '含有控制字符');
  }
  if (sent.seal.length > limits.sealField) return no('FIELD_INVALID', 'seal', '内容过大');
  return undefined;
}

/** Check digits of whatever has one (readings L18, L23; domain 2.3). */
function readCodes(sent: SubjectRecord): Result<Pick<ParsedRecord, 'unitCode' | 'idNumber'>> {
  const unitCode = plainCode(sent.unitCode);
  const idNumber = plainCode(sent.idNumber);
  const unitFault = unitCodeFault(unitCode);
  if (unitFault !== undefined) return codeRefusal('unitCode', unitFault, '应为 18 位统一社会信用代码');
  const idFault = idNumberFault(sent.idType, idNumber);
  if (idFault !== undefined) return codeRefusal('idNumber', idFault, '应为 18 位居民身份证号码');
  const legalId = plainCode(sent.legalIdNumber);
  if (looksLikeResidentId(legalId) && !isResidentId(legalId)) return no('CHECK_DIGIT_WRONG', 'legalIdNumber');
  return ok({ unitCode, idNumber });
}

const codeRefusal = (field: RecordField, fault: CodeFault, reason: string): Result<never> =>
  fault === 'check-digit' ? no('CHECK_DIGIT_WRONG', field) : no('FIELD_INVALID', field, reason);

/** A refusal that names one member of the record. */
export const no = (code: ErrorCode, field: RecordField, reason?: string): Result<never> =>
  refused(refusal(code, reason === undefined ? { field } : { field, reason }));
