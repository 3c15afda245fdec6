import type { Bytes } from '#kernel/bytes.ts';
import { colours, openSheet, PORTRAIT, type Sheet } from '#print/sheet.ts';
import type { BidStatement } from './statement.ts';
import {
  at,
  bytesText,
  certificateName,
  evidenceSources,
  fileState,
  grouped,
  keyModelNames,
  openedByNames,
  responseText,
} from './words.ts';

const NONE = '—';

/** 投标文件开标情况说明: what a bidder is given of his own bid. `digest` is the SM3 of the signed statement, hex. */
export async function layOutStatement(
  statement: BidStatement,
  digest: string,
  font: Bytes,
): Promise<{ sheet: Sheet; foot: string[] }> {
  const sheet = await openSheet(PORTRAIT, font);
  const { opening, lot, bid, says } = statement;
  sheet.text('投标文件开标情况说明', { size: 18, bold: true, align: 'centre' });
  sheet.text(`开标编号 ${opening.id}`, { size: 9, colour: colours.soft, align: 'centre' });
  sheet.gap(10);
  sheet.facts(
    [
      ['投标人', [bid.bidder.name, bid.bidder.unitCode].filter((one) => one !== '').join('　')],
      ['项目', [opening.project, opening.projectCode].filter((one) => one !== '').join('　')],
      ['标段', lot.name],
      ['交易系统', `${opening.unit}　${opening.platform}`],
      ['开标时间', at(opening.opensAt)],
      ['解密窗口至', at(opening.windowEnds)],
      ['密封证书', certificateName(bid.bidder.certificate) || NONE],
      ['密封方式', keyModelNames[opening.keyModel]],
    ],
    1,
  );
  sheet.heading('结果');
  sheet.text(says.outcome, { size: 11, bold: true, colour: bid.state === 'opened' ? colours.ok : colours.bad });
  sheet.gap(6);
  await sheet.table(
    [
      { title: '文件', share: 20 },
      { title: '密封回执', share: 30, size: 8 },
      { title: '解密', share: 22, size: 8.5 },
      { title: '内容 SM3', share: 28, size: 7.5 },
    ],
    bid.files.map((file) => [
      file.label,
      {
        text: [
          `${at(file.receipt.receivedAt)}　第 ${file.receipt.version} 版`,
          bytesText(file.receipt.bytes),
          `回执 SM3 ${grouped(file.receipt.sm3)}`,
        ],
      },
      {
        text: [fileState(file), file.openedBy === null ? '' : openedByNames[file.openedBy]].filter((one) => one !== ''),
      },
      file.content === null ? NONE : { text: [grouped(file.content.sm3), bytesText(file.content.bytes)] },
    ]),
  );
  await writeCause(sheet, statement);
  sheet.heading('投标人意见');
  sheet.text(responseText(bid));
  sheet.gap(10);
  sheet.text('时间均为北京时间。本说明由平台根据签名的开标记录生成，只陈述事实和依据。', {
    size: 9,
    colour: colours.soft,
  });
  return {
    sheet,
    foot: [
      `本说明由 ${statement.hub} 签名生成，SM3 ${digest.slice(0, 32)}…`,
      `取自开标记录 ${statement.of.slice(0, 32)}…　校验：ca-interop-hub verify 本文件`,
    ],
  };
}

async function writeCause(sheet: Sheet, { bid: { cause }, says }: BidStatement): Promise<void> {
  if (cause === null) return;
  sheet.heading('原因与依据');
  sheet.text(says.cause);
  sheet.gap(6);
  if (cause.evidence.length > 0) {
    await sheet.table(
      [
        { title: '时间', share: 24, align: 'centre' },
        { title: '来源', share: 18, align: 'centre' },
        { title: '内容', share: 58 },
      ],
      cause.evidence.map((one) => [
        at(one.at),
        `${evidenceSources[one.from]}${one.proof ? '' : '（不作证据）'}`,
        `${one.text}${one.journal === null ? '' : `（日志第 ${one.journal} 条）`}`,
      ]),
    );
  }
  sheet.heading('招标文件的规定');
  sheet.text(says.consequence);
}
