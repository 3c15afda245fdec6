import { beijingDateTime } from '#kernel/clock.ts';
import type { CauseParty, RecordedBid, RecordedDecision, RecordedFile, RecordedPerson } from './record.ts';

/** What people read in printed records; times are Beijing's. */

export const partyNames: Readonly<Record<CauseParty, string>> = {
  bidder: '投标人原因',
  platform: '平台原因',
  vendor: 'CA 机构原因',
  network: '网络原因',
  unknown: '原因待查',
};

export const weightNames = {
  proved: '由平台自己的证据证明',
  reported: '仅有页面上报，不作为认定依据',
  open: '现有证据不足以认定',
} as const;

export const keyModelNames = {
  bidder: '投标人密钥（开标前不被打开由平台时间控制保证）',
  joint: '投标人密钥与开标密钥共同打开',
  quorum: '投标人密钥与开标密钥共同打开，投标人一半可由恢复托管人恢复',
} as const;

export const openedByNames = {
  'own-key': '密封时的证书',
  'rewrapped-key': '换发后的证书',
  recovery: '恢复托管人',
} as const;

export const shareNames = { good: '有效', bad: '与密封承诺不符', absent: '未释放', unused: '已够数，未使用' } as const;

export const decisionNames: Readonly<Record<RecordedDecision['kind'], string>> = {
  extension: '延长解密窗口',
  postponement: '推迟开标',
  amendment: '变更公告',
  remedy: '补救',
  override: '时间核准',
  abort: '终止开标',
};

export const evidenceSources = {
  hub: '平台',
  page: '页面上报',
  vendor: 'CA 机构',
  custodian: '托管人',
  platform: '交易系统',
} as const;

/** `2026-03-18 09:30:00`; 未发生 for null. */
export const at = (instant: string | null, none = '—'): string =>
  instant === null ? none : beijingDateTime(Date.parse(instant));
/** `09:30:00` */
export const timeAt = (instant: string): string => at(instant).slice(11);

export function personName(person: RecordedPerson): string {
  const organisation =
    person.organisation === '' || person.organisation === person.name ? '' : `（${person.organisation}）`;
  return `${person.name}${organisation}`;
}

export const certificateName = (one: { authority: string; tail: string } | null): string =>
  one === null ? '' : `${one.authority} 尾号 ${one.tail}`;

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} 字节`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** `已解密 09:31:12`, `未解密` */
export function fileState(file: RecordedFile): string {
  if (file.state === 'not-opened') return '未解密';
  return file.openedAt === null ? '已解密' : `已解密 ${timeAt(file.openedAt)}`;
}

export function responseText({ response }: RecordedBid): string {
  if (response === null) return '未表示意见';
  const kind = response.kind === 'confirmed' ? '确认' : '异议';
  const words = response.text === '' ? '' : `：${response.text}`;
  const answer = response.answer === '' ? '' : `　答复：${response.answer}`;
  return `${kind}（${timeAt(response.at)}）${words}${answer}`;
}

/** Digests are printed in groups of eight, so that they can be compared by eye and broken at the end of a line. */
export const grouped = (digest: string): string => digest.match(/.{1,8}/g)?.join(' ') ?? '';
