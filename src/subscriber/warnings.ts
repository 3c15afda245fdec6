import { sentence } from '#kernel/errors.ts';
import { tailOf } from '#pki/certificate.ts';
import type { CheckedRecord } from './check.ts';
import { compareEndTime, dateOf } from './dates.ts';
import { maskedSerials } from './mask.ts';
import type { JudgedCertificate, JudgedPair } from './pair.ts';
import type { ParsedRecord } from './record.ts';
import { pictureFault } from './seals/judge.ts';
import { plainName } from './texts.ts';

/** What is odd about a record that was taken nevertheless: sentences for the caller, no personal data in them. */
export function warningsOf({ record, pair, seal }: CheckedRecord): string[] {
  return [
    ...statusWarnings('签名证书', pair.sign, pair.authority.name),
    ...(record.sign.fingerprint === record.encrypt.fingerprint
      ? []
      : statusWarnings('加密证书', pair.encrypt, pair.authority.name)),
    ...endTimeWarning(record),
    ...sealWarning(record, seal),
    ...personWarning(record, pair),
  ];
}

function statusWarnings(role: string, judged: JudgedCertificate, authority: string): string[] {
  const name = `${role}（尾号 ${tailOf(judged.certificate)}）`;
  if (!judged.statusKnown) return [`暂时无法向 ${authority} 查询${name}的状态，已先行登记，登录时将再次查询。`];
  switch (judged.status) {
    case 'active':
      return [];
    case 'expired':
      return [
        `${name}已于 ${dateOf(judged.statusAt)} 到期，已登记为到期状态，不能用于登录。请到 ${authority} 办理延期。`,
      ];
    case 'revoked':
      return [`${name}已被 ${authority} 吊销，已登记为吊销状态，不能用于登录。请使用新证书。`];
  }
}

function endTimeWarning({ endTime, sign }: ParsedRecord): string[] {
  if (compareEndTime(endTime, sign.notAfter) !== 'differs') return [];
  return [`提交的证书到期时间与证书不一致，已按证书记载的 ${dateOf(sign.notAfter)} 登记。`];
}

function sealWarning({ sealKind }: ParsedRecord, seal: CheckedRecord['seal']): string[] {
  switch (sealKind) {
    case 'none':
      return ['未提交签章，需要签章的业务暂不能使用该主体的签章。'];
    case 'opaque':
      return ['签章内容不是可识别的电子印章或图片，已原样保存。'];
    case 'ses':
    case 'png':
    case 'jpg':
    case 'gif': {
      if (seal === null) return ['电子印章的内容无法读取，已原样保存，不能用于签章。'];
      const fault = pictureFault(seal.facts);
      return fault === null ? [] : [sentence(fault)];
    }
  }
}

/** userName is each unit's own (readings L28): a difference is told, never refused. */
function personWarning({ sent }: ParsedRecord, { identity }: JudgedPair): string[] {
  const { kind, personName } = identity;
  if (kind !== 'person' || personName === undefined || plainName(personName) === plainName(sent.userName)) return [];
  return ['提交的用户名称与个人证书中记载的姓名不一致，已按提交内容登记。'];
}

export const reinstatedWarning = (tail: string): string =>
  `证书（尾号 ${tail}）此前已注销或停用，现按本次请求恢复登记。`;

export const stillSupersededWarning = (tail: string): string =>
  `证书（尾号 ${tail}）已办理延期或变更，仍不能用于登录；如需恢复，请以“变更”方式提交该证书。`;

export const alreadyThereWarning = (others: readonly string[]): string =>
  `该证书此前已登记，本次未停用其他证书；该主体名下其他有效证书尾号为：${maskedSerials(others)}。如需停用，请以“注销”方式提交。`;

export const nothingSupersededWarning = (others: readonly string[]): string =>
  others.length === 0
    ? '未找到可替换的旧证书，已将新证书登记。'
    : `无法确定本次替换哪一张旧证书，已将新证书登记，旧证书均保持有效；名下其他有效证书尾号为：${maskedSerials(others)}。如需停用，请以“注销”方式提交。`;

export const keepOldKeyWarning = (retired: readonly string[]): string =>
  `旧证书（尾号 ${retired.map((serial) => serial.slice(-4)).join('、')}）已停止登录；其加密证书继续保留，用于解密此前加密的文件，请保留旧 UKey 至开标结束。`;

export const alreadyCancelledWarning = (tail: string): string => `证书（尾号 ${tail}）此前已注销，本次未作改动。`;
