/** The story of the looks: a road works lot, eight bidders, three custodians of whom two are needed. */
import type { BidRowView, CauseView, MyBidView, NeededCertificateView } from '#hosted/hall-bids-api.ts';
import type { HallView, ProposalView } from '#hosted/hall-view-api.ts';
import { beichen, bohai } from './peers.ts';

export const OPENS = Date.parse('2026-03-18T09:30:00+08:00');
export const at = (time: string): number => Date.parse(`2026-03-18T${time}+08:00`);

const cause = (patch: Partial<CauseView>): CauseView => ({
  party: 'bidder',
  name: '投标人原因',
  kind: 'WRONG_KEY',
  sentence: '插入的 UKey 不是加密所用',
  weight: 'proved',
  evidence: 3,
  ...patch,
});

export const vendorCause = cause({
  party: 'vendor',
  name: '机构原因',
  kind: 'VENDOR_DOWN',
  sentence: '渤海电子认证无应答',
  evidence: 6,
});

const row = (place: number, bidder: string, patch: Partial<BidRowView>): BidRowView => ({
  bid: `bid-${place}`,
  place,
  lot: 'SL-2026-0318-01',
  bidder,
  state: 'opened',
  files: { opened: 4, total: 4 },
  seconds: null,
  note: '',
  openedAt: at('09:41:52'),
  cause: null,
  remedy: null,
  said: null,
  ...patch,
});

export const rows: readonly BidRowView[] = [
  row(1, '辽宁示例建设有限公司', { note: '用时 14 秒' }),
  row(2, '大连样本路桥工程有限公司', { note: '用时 9 秒' }),
  row(3, '鞍山范例市政工程有限公司', { state: 'working', note: '技术标 3 / 4，继续中' }),
  row(4, '营口例证建筑工程有限公司', { state: 'failed', cause: cause({}) }),
  row(5, '锦州示范土木工程有限公司', { note: '用时 22 秒' }),
  row(6, '抚顺样板建设集团有限公司', { state: 'failed', cause: vendorCause }),
  row(7, '丹东试样交通工程有限公司', { note: '用时 11 秒' }),
  row(8, '本溪例题建设有限公司', { state: 'waiting', note: '尚未进入解密页' }),
];

export const view = (patch: Partial<HallView> = {}): HallView => ({
  opening: 'open_demo',
  version: 1,
  now: at('09:17:20'),
  supportCode: 'H4LL-0318',
  phase: 'before',
  title: '南湖大街道路改造工程施工（一标段）',
  venue: '示例市公共资源交易中心',
  room: '第三开标室',
  lots: [{ lot: 'SL-2026-0318-01', name: '南湖大街道路改造工程施工（一标段）', state: 'open', reason: null }],
  opensAt: OPENS,
  postponed: [],
  time: { trusted: true, note: '' },
  keys: {
    needed: 2,
    of: 3,
    released: 0,
    checkedIn: 1,
    checkInFrom: OPENS - 3_600_000,
    custodians: [
      { index: 1, title: '交易中心托管人', state: 'checked-in', at: at('09:02:11'), deputy: false },
      { index: 2, title: '招标代理托管人', state: 'absent', at: null, deputy: false },
      { index: 3, title: '行政监督托管人', state: 'absent', at: null, deputy: false },
    ],
  },
  window: null,
  board: null,
  proposals: [],
  incidents: [],
  events: [],
  digest: null,
  minutes: null,
  seat: null,
  mine: null,
  may: [],
  asked: null,
  authorities: [beichen, bohai],
  ...patch,
});

export const releasing = (patch: Partial<HallView> = {}): HallView =>
  view({
    now: at('09:31:12'),
    phase: 'releasing',
    keys: {
      ...view().keys,
      released: 1,
      checkedIn: 2,
      custodians: [
        { index: 1, title: '交易中心托管人', state: 'released', at: at('09:30:04'), deputy: false },
        { index: 2, title: '招标代理托管人', state: 'checked-in', at: at('09:20:00'), deputy: true },
        { index: 3, title: '行政监督托管人', state: 'absent', at: null, deputy: false },
      ],
    },
    digest: '0b7e c41f',
    ...patch,
  });

export const running = (patch: Partial<HallView> = {}): HallView =>
  view({
    now: at('09:41:52'),
    phase: 'window',
    keys: {
      ...view().keys,
      released: 2,
      checkedIn: 3,
      custodians: [
        { index: 1, title: '交易中心托管人', state: 'released', at: at('09:30:04'), deputy: false },
        { index: 2, title: '招标代理托管人', state: 'released', at: at('09:31:47'), deputy: false },
        { index: 3, title: '行政监督托管人', state: 'not-needed', at: null, deputy: false },
      ],
    },
    window: { startedAt: at('09:32:00'), endsAt: at('10:12:00'), closedAt: null, extensions: [] },
    board: {
      total: 8,
      tally: { opened: 4, working: 1, failed: 2, waiting: 1 },
      rows,
      lots: [
        {
          lot: 'SL-2026-0318-01',
          total: 8,
          tooFew: false,
          tally: { opened: 4, working: 1, failed: 2, waiting: 1 },
        },
      ],
    },
    digest: 'c41f 0b7e',
    ...patch,
  });

export const proposal = (patch: Partial<ProposalView> = {}): ProposalView => ({
  proposal: 'pr-1',
  kind: 'extend',
  remedy: null,
  title: '主持人提议延长窗口 10 分钟',
  state: 'waiting',
  reason: '渤海电子认证服务中断，影响 1 家投标人',
  basis: '',
  bid: null,
  bidder: null,
  cause: null,
  minutes: 10,
  until: at('10:22:00'),
  proposedBy: '开标主持人',
  proposedAt: at('09:41:10'),
  decidedBy: null,
  decidedAt: null,
  opinion: null,
  lapsesAt: at('09:51:10'),
  own: false,
  ...patch,
});

export const seat = (
  role: 'host' | 'supervisor' | 'custodian' | 'bidder',
  title: string,
): NonNullable<HallView['seat']> => ({
  interaction: 'int_seat',
  roles: [role],
  role,
  title,
  tail: '91A4',
  authority: '北辰数字认证',
  custodian: role === 'custodian' ? 2 : null,
  deputy: false,
  until: at('21:00:00'),
});

export const neededCertificate = (patch: Partial<NeededCertificateView> = {}): NeededCertificateView => ({
  holder: '营口例证建筑工程有限公司',
  authority: bohai,
  tail: '6A1D',
  notAfter: '2026-06-30',
  expired: false,
  renewed: false,
  ...patch,
});

export const myBid = (patch: Partial<BidRowView> = {}, more: Partial<MyBidView> = {}): MyBidView => ({
  bid: 'bid-4',
  lot: 'SL-2026-0318-01',
  row: row(4, '营口例证建筑工程有限公司', { state: 'failed', openedAt: null, cause: cause({}), ...patch }),
  needed: [neededCertificate()],
  checks: [
    { name: 'intact', state: 'ok', sentence: '投标文件完好，摘要与回执一致' },
    { name: 'released', state: 'ok', sentence: '开标密钥已释放' },
    { name: 'own-key', state: 'bad', sentence: '您的密钥：尚未解出' },
  ],
  steps: [],
  remedies: [{ kind: 'key-file', title: '使用投标时留存的密钥文件' }],
  statement: null,
  ...more,
});

export const mine = (patch: Partial<NonNullable<HallView['mine']>> = {}): NonNullable<HallView['mine']> => ({
  bidder: '营口例证建筑工程有限公司',
  bids: [myBid()],
  rehearsal: null,
  canDecrypt: true,
  others: { opened: 4, total: 8 },
  rewrap: [],
  ...patch,
});
