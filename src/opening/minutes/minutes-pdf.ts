import type { Bytes } from '#kernel/bytes.ts';
import { type CellLike, type Column, colours, LANDSCAPE, openSheet, type Sheet } from '#print/sheet.ts';
import type { OpeningRecord, RecordedBid, RecordedLot } from './record.ts';
import {
  at,
  bytesText,
  certificateName,
  decisionNames,
  evidenceSources,
  fileState,
  grouped,
  keyModelNames,
  openedByNames,
  partyNames,
  personName,
  responseText,
  shareNames,
  timeAt,
  weightNames,
} from './words.ts';

const SMALL = { size: 8 } as const;
const NONE = '—';

/** 开标记录表: the record on paper. `digest` is the SM3 of the signed record, hex. The pages only; attaching and sealing is the printer's. */
export async function layOutMinutes(
  record: OpeningRecord,
  digest: string,
  font: Bytes,
): Promise<{ sheet: Sheet; foot: string[] }> {
  const sheet = await openSheet(LANDSCAPE, font);
  const { opening } = record;
  sheet.text('开标记录表', { size: 20, bold: true, align: 'centre' });
  const edition = record.revision === 1 ? '' : `　第 ${record.revision} 版`;
  sheet.text(`编号 ${opening.id}${edition}`, { size: 9, colour: colours.soft, align: 'centre' });
  sheet.gap(8);
  writeFacts(sheet, record);
  for (const lot of record.lots) await writeLot(sheet, lot);
  await writeCauses(sheet, record);
  await writeCustodians(sheet, record);
  await writeDecisions(sheet, record);
  await writeTimeline(sheet, record);
  writeNotes(sheet, record);
  sheet.signatures(['主持人', '监督人', '招标人代表', '日　期']);
  return {
    sheet,
    foot: [
      `本记录由 ${record.hub} 签名生成，SM3 ${digest}`,
      `日志第 ${record.journal.seq} 条，${record.journal.hash.slice(0, 16)}…　校验：ca-interop-hub verify 本文件`,
    ],
  };
}

function writeFacts(sheet: Sheet, { opening, host, supervisors, madeAt }: OpeningRecord): void {
  const postponed = opening.announcedAt === opening.opensAt ? '' : `（原定 ${at(opening.announcedAt)}）`;
  sheet.facts(
    [
      ['项目名称', opening.project],
      ['项目编号', opening.projectCode || NONE],
      ['招标人', opening.tenderer || NONE],
      ['代理机构', opening.agency || NONE],
      ['交易系统', opening.unit],
      ['平台', opening.platform],
      ['开标地点', opening.place || NONE],
      ['开标时间', `${at(opening.opensAt)}${postponed}`],
      ['开标开始', at(opening.startedAt, '未开始')],
      ['密钥释放', at(opening.releasedAt, '未释放')],
      ['解密窗口至', at(opening.windowEnds)],
      ['开标结束', at(opening.endedAt)],
      ['密封方式', keyModelNames[opening.keyModel]],
      ['时间依据', opening.timeBasis || NONE],
      ['主持人', host === null ? NONE : personName(host)],
      ['监督人', supervisors.map(personName).join('、') || NONE],
      ['开标密钥 SM3', opening.openingKey === null ? NONE : grouped(opening.openingKey)],
      ['记录生成', at(madeAt)],
    ],
    2,
  );
}

const LOT: readonly Column[] = [
  { title: '序号', share: 4, align: 'centre' },
  { title: '投标人', share: 19 },
  { title: '文件', share: 11 },
  { title: '密封回执', share: 17, ...SMALL },
  { title: '解密', share: 15, ...SMALL },
  { title: '内容 SM3', share: 20, size: 7.5 },
  { title: '投标人意见', share: 14, ...SMALL },
];

async function writeLot(sheet: Sheet, lot: RecordedLot): Promise<void> {
  const opened = lot.bids.filter(({ state }) => state === 'opened').length;
  const withdrawn = lot.withdrawn === 0 ? '' : `，开标前撤回 ${lot.withdrawn} 家`;
  sheet.heading(
    `标段　${lot.name}`,
    `投标 ${lot.received} 家${withdrawn}　已解密 ${opened} 家，未解密 ${lot.bids.length - opened} 家`,
  );
  switch (lot.outcome) {
    case 'opened':
      await sheet.table(
        LOT,
        lot.bids.flatMap((bid, i) => rowsOf(bid, i + 1)),
      );
      return;
    case 'below-minimum':
      sheet.text(`截至开标时间共 ${lot.received} 家，不足三家，在释放密钥之前终止。密封文件没有打开，原封退回。`);
      return;
    case 'aborted':
      sheet.text('本标段开标终止，依据见“决定”。');
      if (lot.bids.length > 0)
        await sheet.table(
          LOT,
          lot.bids.flatMap((bid, i) => rowsOf(bid, i + 1)),
        );
  }
}

function rowsOf(bid: RecordedBid, number: number): CellLike[][] {
  return bid.files.map((file, i) => {
    const first = i === 0;
    const { receipt, content } = file;
    const version = receipt.version === 1 ? '' : `，第 ${receipt.version} 版`;
    const good = file.state === 'opened';
    const key = file.openedBy === null ? '' : openedByNames[file.openedBy];
    const who = [bid.bidder.name, bid.bidder.unitCode, certificateName(bid.bidder.certificate)].filter(
      (one) => one !== '',
    );
    return [
      first ? String(number) : '',
      first ? { text: who } : '',
      file.label,
      {
        text: [
          `${at(receipt.receivedAt)}${version}`,
          `${bytesText(receipt.bytes)}，${receipt.sealedBy === 'client' ? '投标方密封' : '平台密封'}`,
          `回执 ${receipt.sm3.slice(0, 16)}…`,
        ],
      },
      {
        text: [
          fileState(file),
          key,
          file.deliveredAt === null ? '' : `交易系统接收 ${timeAt(file.deliveredAt)}`,
        ].filter((one) => one !== ''),
        colour: good ? colours.ok : colours.bad,
      },
      content === null ? NONE : { text: [grouped(content.sm3), bytesText(content.bytes)] },
      first ? responseText(bid) : '',
    ];
  });
}

async function writeCauses(sheet: Sheet, record: OpeningRecord): Promise<void> {
  const closed = record.lots.flatMap((lot) =>
    lot.bids.filter(({ cause }) => cause !== null).map((bid) => ({ lot, bid })),
  );
  if (closed.length === 0) return;
  sheet.heading('未解密的原因与依据');
  await sheet.table(
    [
      { title: '标段', share: 10 },
      { title: '投标人', share: 17 },
      { title: '原因', share: 13 },
      { title: '认定', share: 26 },
      { title: '依据', share: 34, ...SMALL },
    ],
    closed.map(({ lot, bid }) => {
      const { cause } = bid;
      if (cause === null) return [];
      const evidence = cause.evidence.map((one) => {
        const journal = one.journal === null ? '' : `，日志第 ${one.journal} 条`;
        return `${timeAt(one.at)} ${evidenceSources[one.from]}${one.proof ? '' : '（不作证据）'}：${one.text}${journal}`;
      });
      const by = cause.decidedBy === 'hub' ? '平台按规则认定' : '两人认定';
      return [
        lot.name,
        bid.bidder.name,
        { text: [partyNames[cause.party], weightNames[cause.weight]], bold: false },
        { text: [cause.text, `${by}，${timeAt(cause.decidedAt)}`] },
        { text: evidence.length === 0 ? NONE : evidence },
      ];
    }),
  );
}

async function writeCustodians(sheet: Sheet, { custodians, opening }: OpeningRecord): Promise<void> {
  if (custodians.length === 0) return;
  sheet.heading(
    '开标密钥托管人',
    `共 ${custodians.filter(({ role }) => role === 'custodian').length} 位，需 ${opening.threshold} 位`,
  );
  await sheet.table(
    [
      { title: '托管人', share: 24 },
      { title: '证书', share: 24 },
      { title: '签到', share: 18, align: 'centre' },
      { title: '释放', share: 18, align: 'centre' },
      { title: '密钥份额', share: 16, align: 'centre' },
    ],
    custodians.map((one) => [
      `${personName(one)}${one.role === 'deputy' ? ` 代 ${one.deputyOf ?? ''}` : ''}`,
      certificateName(one.certificate) || NONE,
      at(one.checkedInAt),
      at(one.releasedAt),
      { text: shareNames[one.share], ...(one.share === 'bad' && { colour: colours.bad }) },
    ]),
  );
}

async function writeDecisions(sheet: Sheet, { decisions, lots }: OpeningRecord): Promise<void> {
  if (decisions.length === 0) return;
  const names = new Map(lots.flatMap(({ bids }) => bids.map((bid) => [bid.id, bid.bidder.name] as const)));
  sheet.heading('决定', '改变权利的决定由两人作出');
  await sheet.table(
    [
      { title: '时间', share: 15, align: 'centre' },
      { title: '事项', share: 28 },
      { title: '理由与依据', share: 29 },
      { title: '提议', share: 14 },
      { title: '确认', share: 14 },
    ],
    decisions.map((one) => [
      at(one.at),
      {
        text: [`${decisionNames[one.kind]}：${one.text}`, one.bids.map((id) => names.get(id) ?? id).join('、')].filter(
          (text) => text !== '',
        ),
      },
      { text: [one.reason, one.basis].filter((text) => text !== '') },
      personName(one.proposedBy),
      one.approvedBy === null ? '（无须第二人）' : personName(one.approvedBy),
    ]),
  );
}

async function writeTimeline(sheet: Sheet, { timeline }: OpeningRecord): Promise<void> {
  if (timeline.length === 0) return;
  sheet.heading('过程');
  await sheet.table(
    [
      { title: '时间', share: 18, align: 'centre', ...SMALL },
      { title: '事项', share: 62, size: 9 },
      { title: '操作人', share: 20, size: 9 },
    ],
    timeline.map((one) => [at(one.at), one.text, one.by || NONE]),
  );
}

function writeNotes(sheet: Sheet, { opening }: OpeningRecord): void {
  sheet.heading('说明');
  const rules = [
    opening.rules.bidderCause === '' ? '' : `招标文件关于投标人原因未解密的规定：“${opening.rules.bidderCause}”`,
    opening.rules.otherCause === '' ? '' : `招标文件关于其他原因未解密的规定：“${opening.rules.otherCause}”`,
  ].filter((one) => one !== '');
  const lines = [
    ...(rules.length > 0 ? rules : ['招标文件没有规定未解密文件的处理办法，本记录不作法律后果的认定。']),
    '时间均为北京时间。SM3 为解密后内容的摘要，可与交易系统收到的文件核对。',
    '本文件末尾有平台对全部内容的签名，并附有同样内容的签名记录（附件 opening-record.json）。使用 ca-interop-hub verify 可在不连接平台的情况下校验；文件有任何改动，校验都不会通过。',
  ];
  lines.forEach((line, i) => {
    sheet.text(`${i + 1}. ${line}`, { size: 9, colour: colours.soft });
  });
}
