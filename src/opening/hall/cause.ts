import { type Fact, factsOf, type ReportFact } from './facts.ts';

export type CauseParty = 'bidder' | 'platform' | 'vendor' | 'network' | 'unknown';

export type CauseKind =
  | 'NOT_COME'
  | 'WRONG_KEY'
  | 'KEY_RENEWED'
  | 'KEY_MISSING'
  | 'PIN_LOCKED'
  | 'NO_AGENT'
  | 'KEY_MISMATCH'
  | 'VENDOR_DOWN'
  | 'VENDOR_WIDE'
  | 'HUB_DOWN'
  | 'NOT_RELEASED'
  | 'CAPSULE_DAMAGED'
  | 'SHARE_BAD'
  | 'NETWORK_CUT'
  | 'UNDELIVERED'
  | 'UNKNOWN';

export interface Cause {
  readonly party: CauseParty;
  readonly kind: CauseKind;
  /** proved: by the hub's own evidence; reported: only a page says so; open: nothing speaks for anybody. */
  readonly weight: 'proved' | 'reported' | 'open';
  readonly sentence: string;
  /** The facts it rests on, oldest first. */
  readonly evidence: readonly Fact[];
}

/** What holds for all bids of the opening. */
export interface CauseContext {
  readonly now: number;
  /** null: the window never began. */
  readonly window: { readonly startedAt: number; readonly endsAt: number } | null;
  /** Vendor of the certificate that is needed. */
  readonly incident: { readonly name: string; readonly bids: number } | null;
}

/** Less time than this between a hub's return and the window's end is no fair chance. */
const FAIR_CHANCE_MS = 5 * 60_000;

type Rule = (facts: readonly Fact[], context: CauseContext) => Cause | undefined;

const cause = (
  party: CauseParty,
  kind: CauseKind,
  weight: Cause['weight'],
  sentence: string,
  evidence: readonly Fact[],
): Cause => ({ party, kind, weight, sentence, evidence });

/**
 * Why a bid has not opened, from what is known. The table is read from above; the first row that fits decides, so what the hub kept badly comes before
 * anything that could be held against a bidder. `bidder` stands in exactly one row: a key came back that misses its commitment although the wrap was
 * the receipt's (design 8). What a page reports is shown, and never ascribed to anybody: a cable can be pulled by either side, and a report be wrong.
 */
export function decideCause(facts: readonly Fact[], context: CauseContext): Cause {
  const sorted = [...facts].sort((a, b) => a.at - b.at);
  for (const rule of RULES) {
    const found = rule(sorted, context);
    if (found !== undefined) return found;
  }
  return cause('unknown', 'UNKNOWN', 'open', '现有证据不足以认定原因。', sorted);
}

const capsuleDiffers: Rule = (facts) => {
  const differing = factsOf(facts, 'capsule-differs');
  if (differing.length === 0) return undefined;
  return cause('platform', 'CAPSULE_DAMAGED', 'proved', '平台保存的文件与回执不一致。', differing);
};

const wrapDiffers: Rule = (facts) => {
  const given = factsOf(facts, 'key-returned').filter((fact) => fact.commitment === 'missed' && !fact.wrapAsReceipt);
  if (given.length === 0) return undefined;
  return cause('platform', 'CAPSULE_DAMAGED', 'proved', '平台交出的密钥密文与回执不一致。', given);
};

const notReleased: Rule = (facts) => {
  const bad = factsOf(facts, 'share-bad');
  const missing = factsOf(facts, 'not-released');
  const last = missing.at(-1);
  if (last === undefined) return undefined;
  const titles = [...new Set(bad.map((fact) => fact.title))].join('、');
  if (titles !== '')
    return cause('platform', 'SHARE_BAD', 'proved', `${titles}交出的密钥份额与登记不符，开标密钥未能释放。`, [
      ...bad,
      last,
    ]);
  return cause('platform', 'NOT_RELEASED', 'proved', `开标密钥未能释放（${last.have} / ${last.need}）。`, [last]);
};

const openingKeyMissing: Rule = (facts) => {
  const missing = factsOf(facts, 'opening-key-missing');
  if (missing.length === 0) return undefined;
  return cause('platform', 'CAPSULE_DAMAGED', 'proved', '开标密钥已释放，但本文件的平台一侧密钥不可用。', missing);
};

/**
 * Hub-sealed capsules and keys that came through a vendor's service never count here: the wrap or the answer may have been spoilt by somebody else,
 * and that cannot be told apart afterwards.
 */
const keyMismatch: Rule = (facts) => {
  const missed = factsOf(facts, 'key-returned').filter((fact) => fact.commitment === 'missed' && fact.wrapAsReceipt);
  if (missed.length === 0) return undefined;
  const own = missed.filter((fact) => fact.road === 'key' && fact.sealedBy === 'client');
  if (own.length > 0)
    return cause('bidder', 'KEY_MISMATCH', 'proved', '解出的密钥与投标时的承诺不符，密钥密文与回执一致。', own);
  return cause('unknown', 'KEY_MISMATCH', 'proved', '解出的密钥与承诺不符，尚不能认定由谁造成。', missed);
};

const bodyBroken: Rule = (facts) => {
  const broken = factsOf(facts, 'body-broken');
  if (broken.length === 0) return undefined;
  return cause('unknown', 'UNKNOWN', 'proved', '文件与回执一致，密钥正确，但内容不能还原，原因待查。', broken);
};

const hubAway: Rule = (facts, { window }) => {
  if (window === null) return undefined;
  const away = factsOf(facts, 'hub-away').filter((gap) => {
    const overlaps = gap.at > window.startedAt && gap.from < window.endsAt;
    const entered = factsOf(facts, 'page-entered').some((fact) => fact.at <= gap.at);
    return overlaps && (entered || window.endsAt - gap.at < FAIR_CHANCE_MS);
  });
  if (away.length === 0) return undefined;
  const seconds = away.reduce((sum, gap) => sum + Math.ceil((gap.at - gap.from) / 1000), 0);
  return cause('platform', 'HUB_DOWN', 'proved', `解密窗口内平台中断 ${seconds} 秒。`, away);
};

const vendorWide: Rule = (facts, { incident }) => {
  const failed = factsOf(facts, 'vendor-failed').filter((fact) => fact.othersReached);
  if (incident === null || failed.length === 0) return undefined;
  return cause('vendor', 'VENDOR_WIDE', 'proved', `${incident.name}服务中断，影响 ${incident.bids} 家投标人。`, failed);
};

const vendorDown: Rule = (facts) => {
  const failed = factsOf(facts, 'vendor-failed');
  const last = failed.at(-1);
  if (last === undefined) return undefined;
  const proving = failed.filter((fact) => fact.othersReached);
  if (proving.length === 0)
    return cause('unknown', 'VENDOR_DOWN', 'proved', `未能与${last.name}通信，尚不能认定是哪一方中断。`, failed);
  return cause('vendor', 'VENDOR_DOWN', 'proved', `${last.name}${whyOf(last.why)}。`, proving);
};

const whyOf = (why: 'no-answer' | 'error' | 'driver-down'): string => {
  switch (why) {
    case 'no-answer':
      return '无应答';
    case 'error':
      return '应答有误';
    case 'driver-down':
      return '服务不可用';
  }
};

const networkCut: Rule = (facts) => {
  const many = factsOf(facts, 'many-silent').filter((fact) => fact.bids >= 3);
  const last = many.at(-1);
  if (last !== undefined)
    return cause('network', 'NETWORK_CUT', 'proved', `${last.bids} 家投标人的连接在同一时刻中断。`, many);
  const said = reports(facts, 'network');
  if (said.length === 0) return undefined;
  return cause('unknown', 'NETWORK_CUT', 'reported', '投标人页面报告网络中断，尚未查实。', said);
};

const undelivered: Rule = (facts) => {
  const refused = factsOf(facts, 'platform-refused');
  if (refused.length === 0) return undefined;
  return cause('platform', 'UNDELIVERED', 'proved', '文件已解密，交易系统未接收。', refused);
};

/** Only what a page said, the most telling first; and the record's own knowledge of a renewal beside it. */
const reported: Rule = (facts) => {
  const locked = reports(facts, 'pin-locked');
  if (locked.length > 0) return unproved('PIN_LOCKED', '页面报告：UKey 已锁定。', locked);
  const wrong = [...reports(facts, 'wrong-key'), ...reports(facts, 'unwrap-failed')];
  const renewed = factsOf(facts, 'renewed').at(-1);
  if (renewed !== undefined && (wrong.length > 0 || reports(facts, 'no-key').length > 0))
    return unproved('KEY_RENEWED', `投标后换发过证书，须用尾号 ${renewed.tail} 的旧证书解密。`, [renewed, ...wrong]);
  if (wrong.length > 0) return unproved('WRONG_KEY', '页面报告：插入的 UKey 不是加密所用。', wrong);
  const agent = [...reports(facts, 'no-agent'), ...reports(facts, 'agent-blocked')];
  if (agent.length > 0) return unproved('NO_AGENT', '页面报告：未能连接证书助手。', agent);
  const missing = [...reports(facts, 'no-key'), ...reports(facts, 'key-pulled')];
  if (missing.length > 0) return unproved('KEY_MISSING', '页面报告：未插入 UKey。', missing);
  const pin = reports(facts, 'pin-wrong');
  return pin.length > 0 ? unproved('UNKNOWN', '页面报告：PIN 码不正确。', pin) : undefined;
};

const unproved = (kind: CauseKind, sentence: string, evidence: readonly Fact[]): Cause =>
  cause('unknown', kind, 'reported', sentence, evidence);

/** Nobody claimed a page: known for sure, but not why. */
const notCome: Rule = (facts) => {
  if (factsOf(facts, 'page-entered').length > 0) return undefined;
  return cause('unknown', 'NOT_COME', 'open', '尚未进入解密页。', facts);
};

const reports = (facts: readonly Fact[], what: ReportFact['what']): Fact[] =>
  factsOf(facts, 'report').filter((fact) => fact.what === what);

const RULES: readonly Rule[] = [
  capsuleDiffers,
  wrapDiffers,
  notReleased,
  openingKeyMissing,
  keyMismatch,
  bodyBroken,
  undelivered,
  hubAway,
  vendorWide,
  vendorDown,
  networkCut,
  reported,
  notCome,
];
