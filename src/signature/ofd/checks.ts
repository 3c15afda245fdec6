import type { Finding } from '../report/judge-contents.ts';
import type { Check } from '../report/report.ts';
import type { Coverage } from './coverage.ts';
import type { Description } from './description.ts';
import { shownText } from './entry-name.ts';

/** What a signature lists, before any digest is compared. Without the document's root among it, it is no signature of this document. */
export function rangeCheck({ references }: Description, { withoutRoot }: Coverage): Check {
  if (references.length === 0) return { id: 'range', result: 'failed', detail: '签名没有列出任何受保护的文件' };
  if (withoutRoot) return { id: 'range', result: 'failed', detail: '签名没有保护文档的根文件' };
  return { id: 'range', result: 'passed', detail: `列出 ${references.length} 个受保护的文件` };
}

const MOST_NAMED = 5;

/** The listed parts against their digests, and their list (Signature.xml) against the signature, as one: both are the document's content. */
export function digestCheck(
  { check, references }: Description,
  coverage: Coverage,
  { checks }: Finding,
): readonly Check[] {
  const list = checks.find(({ id }) => id === 'digest');
  const { differing, missing } = coverage;
  const failed = (detail: string): readonly Check[] => [{ id: 'digest', result: 'failed', detail }];
  if (list?.result === 'failed') return failed('签名描述文件（Signature.xml）与签署时不一致');
  if (check.strength === 'unknown')
    return [{ id: 'digest', result: 'unknown', detail: '受保护文件的摘要算法无法识别' }];
  const said = [
    ...(differing.length === 0 ? [] : [`${differing.length} 个文件与签署时不一致：${named(differing)}`]),
    ...(missing.length === 0 ? [] : [`${missing.length} 个受保护的文件不存在：${named(missing)}`]),
  ];
  if (said.length > 0) return failed(said.join('；'));
  // The value did not hold, so that nothing can be said of the list.
  if (list === undefined) return [];
  return [
    { id: 'digest', result: 'passed', detail: `签名描述文件与 ${references.length} 个受保护的文件都与签署时一致` },
  ];
}

const named = (names: readonly string[]): string =>
  `${names.slice(0, MOST_NAMED).join('、')}${names.length > MOST_NAMED ? ' 等' : ''}`;

/** Two files of one MD5 or SHA-1 are made at will: whoever prepared the document could exchange it afterwards. */
export function algorithmChecks({ check, checkName }: Description): readonly Check[] {
  if (check.strength !== 'weak') return [];
  const name = check.name === 'md5' ? 'MD5' : 'SHA-1';
  const written = checkName === '' ? '（没有写明，按标准为 MD5）' : `（${shownText(checkName, 40)}）`;
  return [
    {
      id: 'algorithm',
      result: 'failed',
      detail: `受保护文件的摘要算法 ${name} ${written}已不安全，不能证明文件未被替换`,
    },
  ];
}
