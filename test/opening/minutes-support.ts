import { createGm } from '#crypto/provider.ts';
import { createPrinter } from '#opening/minutes/printer.ts';
import type { OpeningRecord, RecordedBid, RecordedFile } from '#opening/minutes/record.ts';
import { loadFont } from '#print/font.ts';

export const gm = createGm();
export const key = gm.sm2.generateKey();
const folder = new URL('../../src/print/fonts/', import.meta.url).pathname;
export const printer = createPrinter({ gm, key, font: loadFont(folder) });

const day = '2026-03-18T';
const at = (time: string) => `${day}${time}.000Z`;
const digest = (what: string) => Buffer.from(gm.sm3(Buffer.from(what))).toString('hex');
const person = (name: string, organisation: string) => ({
  name,
  organisation,
  certificate: { authority: '北辰数字认证', tail: '27C1' },
});

function file(bid: string, label: string, opened: string | null): RecordedFile {
  return {
    capsule: `cap_${bid}_${label}`,
    label,
    receipt: {
      sm3: digest(`receipt ${bid} ${label}`),
      capsuleSm3: digest(`capsule ${bid} ${label}`),
      bytes: 4_194_304 + label.length * 1000,
      version: label === '商务标' ? 2 : 1,
      receivedAt: at('00:41:07'),
      sealedBy: 'client',
    },
    state: opened === null ? 'not-opened' : 'opened',
    openedAt: opened === null ? null : at(opened),
    openedBy: opened === null ? null : 'own-key',
    deliveredAt: opened === null ? null : at(opened),
    content: opened === null ? null : { sm3: digest(`content ${bid} ${label}`), bytes: 4_190_000 },
  };
}

const bid = (id: string, name: string, tail: string, changes: Partial<RecordedBid> = {}): RecordedBid => ({
  id,
  bidder: { name, unitCode: '91210100MA0XXXXX0W', certificate: { authority: '北辰数字认证', tail } },
  state: 'opened',
  files: [file(id, '商务标', '01:32:14'), file(id, '技术标', '01:32:20')],
  cause: null,
  response: {
    kind: 'confirmed',
    at: at('02:05:00'),
    by: person('李四', name),
    text: '',
    answer: '',
  },
  ...changes,
});

/** An opening with everything in it: three bids, one of which did not open, an extension, a renewed key, an objection. */
export const record: OpeningRecord = {
  v: 1,
  type: 'opening-record',
  hub: 'https://hub.ca.example',
  revision: 1,
  madeAt: at('02:20:00'),
  opening: {
    id: 'op_7Q2M9DK4',
    unit: '示例省公共资源交易平台',
    platform: '工程建设交易系统',
    project: '沿海高速公路改扩建工程施工招标',
    projectCode: 'LN-2026-0318-001',
    tenderer: '示例省高速公路建设集团有限公司',
    agency: '示例招标代理有限公司',
    place: '省公共资源交易中心第三开标室',
    keyModel: 'joint',
    openingKey: digest('opening key'),
    threshold: 2,
    announcedAt: at('01:00:00'),
    opensAt: at('01:30:00'),
    startedAt: at('01:30:02'),
    releasedAt: at('01:30:41'),
    windowEnds: at('02:10:41'),
    endedAt: at('02:10:41'),
    timeBasis: '本机时钟连续可信，开标前与时间戳服务核对一致',
    rules: { bidderCause: '因投标人原因造成投标文件未解密的，视为撤销其投标文件。', otherCause: '' },
  },
  host: person('王五', '示例招标代理有限公司'),
  supervisors: [person('赵六', '省发展和改革委员会')],
  custodians: ['甲', '乙', '丙'].map((name, i) => ({
    id: `c${i + 1}`,
    name: `托管人${name}`,
    organisation: ['省公共资源交易中心', '示例省高速公路建设集团有限公司', '省发展和改革委员会'][i] ?? '',
    role: 'custodian' as const,
    deputyOf: null,
    certificate: { authority: '渤海电子认证', tail: `8F3${i}` },
    checkedInAt: at('00:50:00'),
    releasedAt: i < 2 ? at('01:30:30') : null,
    share: i < 2 ? ('good' as const) : ('unused' as const),
  })),
  lots: [
    {
      id: 'L1',
      name: '第一标段（K0+000 至 K38+500）',
      outcome: 'opened',
      received: 3,
      withdrawn: 1,
      bids: [
        bid('b1', '辽宁示例建设有限公司', '27C1'),
        bid('b2', '渤海示例路桥工程有限责任公司', '8F3A', {
          response: {
            kind: 'objected',
            at: at('02:06:00'),
            by: person('孙七', '渤海示例路桥工程有限责任公司'),
            text: '对唱标顺序有异议',
            answer: '按递交顺序，符合招标文件',
          },
        }),
        bid('b3', '赟祎𠮷示例工程有限公司', 'C08E', {
          state: 'not-opened',
          files: [file('b3', '商务标', '01:40:02'), file('b3', '技术标', null)],
          response: null,
          cause: {
            party: 'bidder',
            code: 'WRONG_KEY',
            weight: 'proved',
            text: '交回的密钥与密封时的承诺不符，而密钥密文与回执一致：所用 UKey 不是密封时的那一把。',
            evidence: [
              {
                at: at('01:41:10'),
                kind: 'key-returned',
                text: '密钥密文与回执一致，解出的密钥与承诺不符',
                from: 'hub',
                proof: true,
                journal: 1204,
              },
              {
                at: at('01:41:12'),
                kind: 'page-error',
                text: '插入的是尾号 27C1 的 UKey',
                from: 'page',
                proof: false,
                journal: null,
              },
            ],
            decidedAt: at('02:10:41'),
            decidedBy: 'hub',
          },
        }),
      ],
    },
    { id: 'L2', name: '第二标段', outcome: 'below-minimum', received: 2, withdrawn: 0, bids: [] },
  ],
  decisions: [
    {
      kind: 'postponement',
      at: at('00:30:00'),
      text: '开标时间由 09:00 推迟到 09:30',
      reason: '场地供电检修',
      basis: '变更公告第 2 号',
      proposedBy: person('王五', '示例招标代理有限公司'),
      approvedBy: person('赵六', '省发展和改革委员会'),
      bids: [],
    },
    {
      kind: 'extension',
      at: at('01:55:00'),
      text: '解密窗口延长 10 分钟，至 10:10:41',
      reason: '渤海电子认证服务 5 分钟内无应答',
      basis: '招标文件第三章 5.2.4',
      proposedBy: person('王五', '示例招标代理有限公司'),
      approvedBy: person('赵六', '省发展和改革委员会'),
      bids: ['b3'],
    },
  ],
  timeline: [
    { at: at('01:30:00'), kind: 'opening.due', text: '到达开标时间', by: '互认平台' },
    { at: at('01:30:02'), kind: 'opening.started', text: '主持人宣布开标，第一标段 3 家，第二标段 2 家', by: '王五' },
    { at: at('01:30:41'), kind: 'opening.released', text: '第 2 位托管人释放密钥，解密窗口开始', by: '托管人乙' },
    { at: at('02:10:41'), kind: 'opening.closed', text: '解密窗口结束', by: '互认平台' },
  ],
  journal: { seq: 1391, hash: digest('journal') },
};
