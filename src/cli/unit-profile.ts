import { fromUtf8, hex } from '#kernel/bytes.ts';
import { ok, type Result } from '#kernel/result.ts';

import { parseCertificate, readCertificateText } from '#pki/certificate.ts';
import { type UnitProfileInput, unitProfile } from '#relying-party/profile.ts';
import { type Input, misused, wholeNumber } from './actions.ts';
import type { AdminContext } from './admin.ts';

export const profileOptions = {
  sandbox: { type: 'boolean' },
  sign: { type: 'string' },
  'sign-cert': { type: 'string' },
  'all-members': { type: 'boolean' },
  freshness: { type: 'string' },
  subjects: { type: 'string' },
  seal: { type: 'string' },
  answers: { type: 'string' },
  echo: { type: 'string' },
  plaintext: { type: 'string' },
  'capsule-files': { type: 'boolean' },
  'att-file': { type: 'string' },
  'plain-files': { type: 'boolean' },
  'signed-file': { type: 'string' },
} as const;

export const profileHelp = {
  '--sandbox / --no-sandbox': '沙箱单位：签名错误时返回互认平台使用的签名原文（开发模式下默认开启）',
  '--sign hmac-sm3|sm3|sm2': '签名算法（默认 hmac-sm3）；sm2 须同时给出 --sign-cert',
  '--sign-cert FILE': '单位的 SM2 签名证书（PEM、Base64 或 DER），--sign sm2 时用它验证请求',
  '--all-members': '未列入接口文档的参数也参与签名',
  '--freshness SECONDS': '要求 standBy.hub 带 timestamp 与 nonce，允许的时间差（默认 0，不要求）',
  '--subjects shared|own': '是否接受其他单位登记的证书（默认 shared）',
  '--seal any|ses': '是否只接受制章机构签名的电子印章（默认 any）',
  '--answers extended|exact': 'encrypt、startSignature 成功时是否另带 code、msg（默认 extended，带）',
  '--echo lenient|strict': 'decrypt 的答复未回传相同明文时：只记录，或再推送一次（默认 lenient）',
  '--plaintext stored|memory-only':
    '推送 decrypt 前明文是否加密暂存（默认 stored）；memory-only 时平台重启后须由用户重新解密',
  '--capsule-files / --no-capsule-files': '开标文件过大或不是文本时，decrypt 是否改为推送下载地址（默认是）',
  '--att-file sm4-cbc|sm4-ecb|plain': 'startSignature 中文件的形式（默认 sm4-cbc：Base64(IV16‖SM4-CBC)，文件密钥）',
  '--plain-files / --no-plain-files': '是否也接受未加密的 PDF（默认否）',
  '--signed-file mirror|plain|sm4': 'onSignature 中签章后文件的形式（默认 mirror，与发起时相同）',
};

/** What the options say of a unit's profile, over `defaults`. */
export function readProfile(
  input: Input,
  defaults: UnitProfileInput,
  context: Pick<AdminContext, 'gm' | 'readFile'>,
): Result<UnitProfileInput> {
  const sign = oneOf(input, 'sign', ['hmac-sm3', 'sm3', 'sm2']);
  if (!sign.ok) return sign;
  const signKey = readSignKey(input, context);
  if (!signKey.ok) return signKey;
  if (sign.value === 'sm2' && signKey.value === undefined)
    return misused('--sign-cert', '选项', '使用 sm2 须给出签名证书');
  const chosen = readChoices(input);
  if (!chosen.ok) return chosen;
  const freshness = wholeNumber(input, 'freshness');
  if (!freshness.ok) return freshness;
  if ((freshness.value ?? 0) > 3600) return misused('--freshness', '选项', '不能超过 3600 秒');
  return ok({
    ...defaults,
    ...present({
      sandbox: input.flag('sandbox'),
      allMembers: input.flag('all-members'),
      capsuleFiles: input.flag('capsule-files'),
      plainFiles: input.flag('plain-files'),
      sign: sign.value,
      signKey: signKey.value,
      freshness: freshness.value,
    }),
    ...chosen.value,
  });
}

/** Members of a profile that are one word of a few: option → member, and the words. */
const choices = {
  subjects: ['subjects', unitProfile.shape.subjects],
  seal: ['seal', unitProfile.shape.seal],
  answers: ['answers', unitProfile.shape.answers],
  echo: ['echo', unitProfile.shape.echo],
  plaintext: ['plaintext', unitProfile.shape.plaintext],
  'att-file': ['attFile', unitProfile.shape.attFile],
  'signed-file': ['signedFile', unitProfile.shape.signedFile],
} as const;

function readChoices(input: Input): Result<Partial<UnitProfileInput>> {
  const chosen: Record<string, string> = {};
  for (const [option, [member, words]] of Object.entries(choices)) {
    const value = oneOf<string>(input, option, words.unwrap().options);
    if (!value.ok) return value;
    if (value.value !== undefined) chosen[member] = value.value;
  }
  return ok(chosen as Partial<UnitProfileInput>);
}

const present = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;

/** The public point of the certificate in the named file, lower hex. */
function readSignKey(
  input: Input,
  { gm, readFile }: Pick<AdminContext, 'gm' | 'readFile'>,
): Result<string | undefined> {
  const file = input.text('sign-cert');
  if (file === undefined) return ok(undefined);
  const bytes = readFile(file);
  const certificate = parseCertificate(gm, bytes) ?? readCertificateText(gm, fromUtf8(bytes));
  if (certificate?.key.kind !== 'sm2') return misused('--sign-cert', '选项', '文件中不是 SM2 证书');
  return ok(hex(certificate.key.publicKey.point));
}

function oneOf<T extends string>(input: Input, option: string, allowed: readonly T[]): Result<T | undefined> {
  const given = input.text(option);
  if (given === undefined) return ok(undefined);
  const value = allowed.find((one) => one === given);
  return value === undefined ? misused(`--${option}`, '选项', `应为 ${allowed.join(' 或 ')}`) : ok(value);
}
