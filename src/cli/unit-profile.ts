import { ok, type Result } from '#kernel/result.ts';
import type { UnitProfileInput } from '#relying-party/profile.ts';
import { type Input, misused, wholeNumber } from './actions.ts';

export const profileOptions = {
  sandbox: { type: 'boolean' },
  sign: { type: 'string' },
  'all-members': { type: 'boolean' },
  freshness: { type: 'string' },
  subjects: { type: 'string' },
  seal: { type: 'string' },
} as const;

export const profileHelp = {
  '--sandbox / --no-sandbox': '沙箱单位：签名错误时返回互认平台使用的签名原文（开发模式下默认开启）',
  '--sign hmac-sm3|sm3': '签名算法（默认 hmac-sm3）',
  '--all-members': '未列入接口文档的参数也参与签名',
  '--freshness SECONDS': '要求 standBy.hub 带 timestamp 与 nonce，允许的时间差（默认 0，不要求）',
  '--subjects shared|own': '是否接受其他单位登记的证书（默认 shared）',
  '--seal any|ses': '是否只接受制章机构签名的电子印章（默认 any）',
};

/** What the options say of a unit's profile, over `defaults`. */
export function readProfile(input: Input, defaults: UnitProfileInput): Result<UnitProfileInput> {
  const sign = oneOf(input, 'sign', ['hmac-sm3', 'sm3']);
  if (!sign.ok) return sign;
  const subjects = oneOf(input, 'subjects', ['shared', 'own']);
  if (!subjects.ok) return subjects;
  const seal = oneOf(input, 'seal', ['any', 'ses']);
  if (!seal.ok) return seal;
  const freshness = wholeNumber(input, 'freshness');
  if (!freshness.ok) return freshness;
  if ((freshness.value ?? 0) > 3600) return misused('--freshness', '选项', '不能超过 3600 秒');
  const sandbox = input.flag('sandbox');
  const allMembers = input.flag('all-members');
  return ok({
    ...defaults,
    ...(sandbox !== undefined && { sandbox }),
    ...(allMembers !== undefined && { allMembers }),
    ...(sign.value !== undefined && { sign: sign.value }),
    ...(subjects.value !== undefined && { subjects: subjects.value }),
    ...(seal.value !== undefined && { seal: seal.value }),
    ...(freshness.value !== undefined && { freshness: freshness.value }),
  });
}

function oneOf<T extends string>(input: Input, option: string, allowed: readonly T[]): Result<T | undefined> {
  const given = input.text(option);
  if (given === undefined) return ok(undefined);
  const value = allowed.find((one) => one === given);
  return value === undefined ? misused(`--${option}`, '选项', `应为 ${allowed.join(' 或 ')}`) : ok(value);
}
