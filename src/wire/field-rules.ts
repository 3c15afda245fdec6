import { limits } from '#kernel/limits.ts';

/**
 * What a text member may contain, beyond being a string.
 *
 * `code`         stands in look-ups and signed strings: no control characters, no `&`, no `=` (readings L1)
 * `text`         a name: no control characters
 * `certificate`  PEM, base64, hex: line breaks allowed
 * `free`         the caller's own: any characters
 */
export type FieldKind = 'code' | 'text' | 'certificate' | 'free';

export interface FieldRule {
  readonly kind: FieldKind;
  /** Characters. */
  readonly max: number;
  /** `""` is a value here; elsewhere it counts as missing (readings L50). */
  readonly mayBeEmpty?: true;
  /** An integer is taken as its decimal text (readings L1, L24). */
  readonly mayBeInteger?: true;
}

const code: FieldRule = { kind: 'code', max: limits.textField };
const certificate: FieldRule = { kind: 'certificate', max: limits.certificateField };

const rules: Readonly<Record<string, FieldRule>> = {
  caUnitId: code,
  taskId: { kind: 'code', max: limits.taskIdLength },
  orgcode: code,
  idType: code,
  idNumber: code,
  unitCode: code,
  signCertSn: code,
  encCertSn: code,
  certEndTime: code,
  legalIdcard: code,
  paType: { ...code, mayBeInteger: true },
  sign: { kind: 'certificate', max: limits.textField },
  signCert: certificate,
  encCert: certificate,
  signature: { kind: 'certificate', max: limits.sealField, mayBeEmpty: true },
  decData: { kind: 'free', max: limits.jsonBody, mayBeEmpty: true },
  encData: { kind: 'free', max: limits.jsonBody },
  attFile: { kind: 'free', max: limits.jsonBody },
  standBy: { kind: 'free', max: limits.standBy, mayBeEmpty: true },
};

const text: FieldRule = { kind: 'text', max: limits.textField };

export const ruleOf = (name: string): FieldRule => rules[name] ?? text;

/** Why `value` may not stand in a member of this rule, in the words of FIELD_INVALID's reason; undefined: it may. */
export function faultOf(rule: FieldRule, value: string): string | undefined {
  if (value.length > rule.max) return `不能超过 ${rule.max} 个字符`;
  if (!value.isWellFormed()) return '含有不完整的字符';
  switch (rule.kind) {
    case 'free':
      return undefined;
    case 'certificate':
      return /[^\P{Cc}\t\r\n]/u.test(value) ? '不能含有控制字符' : undefined;
    case 'text':
      return /[\p{Cc}\u2028\u2029]/u.test(value) ? '不能含有控制字符' : undefined;
    case 'code':
      if (/[\p{C}\u2028\u2029]/u.test(value)) return '不能含有控制字符';
      return /[&=]/.test(value) ? '不能含有 & 或 =' : undefined;
  }
}
