import type { OpeningEvent } from '../events.ts';
import type { CauseParty } from './cause.ts';
import type { Fact } from './facts.ts';
import type { SeenBid } from './picture.ts';

/** Sentences of the hall: board, evidence, live record. */

export const partyName = (party: CauseParty): string => {
  switch (party) {
    case 'bidder':
      return '投标人原因';
    case 'platform':
      return '平台原因';
    case 'vendor':
      return '机构原因';
    case 'network':
      return '网络原因';
    case 'unknown':
      return '原因待查';
  }
};

/** Beside the state of a row. */
export function noteOf(bid: SeenBid): string {
  switch (bid.state) {
    case 'opened': {
      const seconds = secondsOf(bid);
      return seconds === null ? '已解密' : `用时 ${seconds} 秒`;
    }
    case 'working':
      return bid.files.length > 1 ? `${bid.opened} / ${bid.files.length}，继续中` : '正在解密';
    case 'waiting':
      return '尚未进入解密页';
    case 'failed':
      return bid.cause?.sentence ?? '';
  }
}

export const secondsOf = ({ openedAt, enteredAt }: SeenBid): number | null =>
  openedAt === null || enteredAt === null ? null : Math.max(1, Math.round((openedAt - enteredAt) / 1000));

/** One line of evidence. */
export function factSentence(fact: Fact): string {
  switch (fact.kind) {
    case 'page-entered':
      return '投标人进入解密页。';
    case 'page-called':
      return '解密页有操作。';
    case 'opened':
      return '文件已解密。';
    case 'key-returned':
      return fact.commitment === 'met'
        ? '解出的密钥与承诺一致。'
        : `解出的密钥与承诺不符；所用密钥密文与回执${fact.wrapAsReceipt ? '一致' : '不一致'}。`;
    case 'capsule-differs':
      return '平台保存的文件与回执不一致。';
    case 'body-broken':
      return '文件与回执一致、密钥正确，内容不能还原。';
    case 'opening-key-missing':
      return '本文件的平台一侧密钥不可用。';
    case 'share-bad':
      return `${fact.title}交出的密钥份额与登记不符。`;
    case 'not-released':
      return `开标密钥未能释放（${fact.have} / ${fact.need}）。`;
    case 'vendor-failed':
      return `${fact.name}${fact.why === 'no-answer' ? '无应答' : fact.why === 'error' ? '应答有误' : '服务不可用'}；同一时刻平台与其他机构的通信${fact.othersReached ? '正常' : '未能查实'}。`;
    case 'hub-away':
      return `平台中断 ${Math.ceil((fact.at - fact.from) / 1000)} 秒。`;
    case 'many-silent':
      return `${fact.bids} 家投标人的连接在同一时刻中断。`;
    case 'platform-refused':
      return '文件已解密，交易系统未接收。';
    case 'renewed':
      return `加密所用证书（尾号 ${fact.tail}）已换发为尾号 ${fact.newTail} 的证书，须用旧证书解密。`;
    case 'expired':
      return `加密所用证书（尾号 ${fact.tail}）已过期，仍可用于解密。`;
    case 'report':
      return `投标人页面报告：${reportWords(fact.what)}${fact.tail === null ? '' : `（插入的证书尾号 ${fact.tail}）`}。`;
  }
}

function reportWords(what: Extract<Fact, { kind: 'report' }>['what']): string {
  switch (what) {
    case 'no-agent':
      return '没有找到证书助手';
    case 'agent-blocked':
      return '浏览器未允许连接证书助手';
    case 'no-key':
      return '未插入 UKey';
    case 'wrong-key':
      return '插入的 UKey 不是加密所用';
    case 'pin-wrong':
      return 'PIN 码不正确';
    case 'pin-locked':
      return 'UKey 已锁定';
    case 'key-pulled':
      return 'UKey 已拔出';
    case 'network':
      return '网络中断';
    case 'unwrap-failed':
      return 'UKey 未能解出密钥';
  }
}

/** Whose word it is. */
export function sourceOf(fact: Fact): 'hub' | 'page' | 'vendor' | 'custodian' | 'platform' {
  switch (fact.kind) {
    case 'report':
      return 'page';
    case 'vendor-failed':
      return 'vendor';
    case 'share-bad':
      return 'custodian';
    case 'platform-refused':
      return 'platform';
    default:
      return 'hub';
  }
}

export type Tone = 'ok' | 'info' | 'warn' | 'bad' | 'mute';

const text = (event: OpeningEvent, member: string): string => {
  const value = event.body[member];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

/** What the live record shows of an event; undefined: not for people (or not for this page). */
export function eventSentence(event: OpeningEvent): { sentence: string; tone: Tone } | undefined {
  const who = event.actor.name;
  switch (event.kind) {
    case 'opening.announced':
      return { sentence: '开标项目已公告。', tone: 'info' };
    case 'opening.postponed':
    case 'opening.amended':
      return { sentence: `开标安排已变更：${text(event, 'reason')}`, tone: 'warn' };
    case 'window.extended':
      return { sentence: `解密窗口延长。理由：${text(event, 'reason')}`, tone: 'warn' };
    case 'clock.overridden':
      return { sentence: `${who}与${text(event, 'secondName')}确认平台时钟可信。`, tone: 'warn' };
    case 'opening.ended':
      return { sentence: '开标结束。', tone: 'info' };
    case 'custodian.checked-in':
      return { sentence: `${who}已签到。`, tone: 'ok' };
    case 'clock.stated':
      return { sentence: `${who}按自己的时钟签名申报时间，与平台时间一致。`, tone: 'info' };
    case 'recovery.allowed':
      return { sentence: '经双人同意，由恢复托管人恢复一份文件的密钥。', tone: 'warn' };
    case 'recovery.share-received':
      return { sentence: `${who}已交出一份恢复份额。`, tone: 'ok' };
    case 'recovery.share-bad':
      return { sentence: `${who}交出的恢复份额与登记不符。`, tone: 'bad' };
    case 'opening.begun':
      return { sentence: `${who}开始释放开标密钥。`, tone: 'info' };
    case 'share.received':
      return { sentence: `${who}已释放密钥份额。`, tone: 'ok' };
    case 'share.bad':
      return { sentence: `${who}交出的密钥份额与登记不符。`, tone: 'bad' };
    case 'opening.released':
      return { sentence: '开标密钥已释放，解密窗口开始。', tone: 'ok' };
    case 'lot.returned':
      return { sentence: `标段 ${text(event, 'lot')} 不足法定家数，终止开标。`, tone: 'bad' };
    case 'hall.proposed':
      return { sentence: `${who}提议：${text(event, 'title')}。理由：${text(event, 'reason')}`, tone: 'warn' };
    case 'hall.confirmed':
      return { sentence: `${who}同意：${text(event, 'title')}。意见：${text(event, 'opinion')}`, tone: 'ok' };
    case 'hall.refused':
      return { sentence: `${who}不同意：${text(event, 'title')}。意见：${text(event, 'opinion')}`, tone: 'mute' };
    case 'hall.proposal-lapsed':
      return { sentence: `提议超过时间未确认，视为不同意：${text(event, 'title')}`, tone: 'mute' };
    case 'hall.proposal-withdrawn':
      return { sentence: `${who}撤回提议：${text(event, 'title')}`, tone: 'mute' };
    case 'hall.window-closed':
      return { sentence: '解密窗口结束。', tone: 'info' };
    case 'hall.responded':
      return {
        sentence: text(event, 'kind') === 'objected' ? `${who}提出异议。` : `${who}确认开标结果。`,
        tone: text(event, 'kind') === 'objected' ? 'warn' : 'ok',
      };
    case 'hall.answered':
      return { sentence: `${who}答复异议。`, tone: 'info' };
    case 'hall.finished':
      return { sentence: '开标记录已生成。', tone: 'ok' };
    case 'opening.aborted':
      return { sentence: '开标终止，文件保持密封。', tone: 'bad' };
    case 'capsule.opened':
      return { sentence: '一份文件已解密。', tone: 'ok' };
    default:
      return undefined;
  }
}
