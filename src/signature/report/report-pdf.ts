import type { Bytes } from '#kernel/bytes.ts';
import { beijingDateTime } from '#kernel/clock.ts';
import { type Column, colours, openSheet, PORTRAIT, type Sheet } from '#print/sheet.ts';
import type { Check, SignatureReport, ValidationReport } from './report.ts';
import { certificationNames, checkNames, noteNames, placeText, resultNames, sealName } from './words.ts';

/** What the report is about beside its own facts. */
export interface ReportTitle {
  /** As the person who brought the file calls it; null: nobody said. */
  readonly name: string | null;
  /** Public address of the hub that checked. */
  readonly hub: string;
}

/** 电子签名校验报告: simple on top, then why, then what experts need. The pages only; attaching and sealing is the printer's. */
export async function layOutReport(
  report: ValidationReport,
  { name, hub }: ReportTitle,
  font: Bytes,
): Promise<{ sheet: Sheet; foot: string[] }> {
  const sheet = await openSheet(PORTRAIT, font);
  sheet.text('电子签名校验报告', { size: 18, bold: true, align: 'centre' });
  sheet.gap(10);
  sheet.facts(
    [
      ['文件', name ?? '（未提供文件名）'],
      ['文件 SM3', grouped(report.documentSm3)],
      ['大小', `${report.format.toUpperCase()}，${report.size} 字节，共 ${report.pages} 页`],
      ['校验时间', `${beijingDateTime(report.checkedAt)}（北京时间）`],
      ['校验平台', hub],
    ],
    1,
  );
  sheet.heading('结论');
  sheet.text(report.sentence, { size: 14, bold: true, colour: colourOf(report.verdict) });
  sheet.gap(4);
  for (const note of report.notes) sheet.text(`提示：${noteNames[note]}。`, { colour: colours.soft });
  for (const [index, one] of report.signatures.entries()) await writeSignature(sheet, one, index + 1);
  writeExplanation(sheet);
  return {
    sheet,
    foot: [`本报告由 ${hub} 签名生成，适用于上列 SM3 的文件`, '校验本报告：ca-interop-hub verify 本文件'],
  };
}

const CHECKS: readonly Column[] = [
  { title: '检查项', share: 18 },
  { title: '结果', share: 14, align: 'centre' },
  { title: '说明', share: 68 },
];
const CHANGES: readonly Column[] = [
  { title: '页', share: 10, align: 'centre' },
  { title: '签署之后的改动', share: 62 },
  { title: '位置（毫米）', share: 28, size: 8 },
];

async function writeSignature(sheet: Sheet, one: SignatureReport, number: number): Promise<void> {
  const kind = one.kind === 'timestamp' ? '文件时间戳' : '签名';
  sheet.heading(`${kind} ${number}　${one.signer?.name ?? '签名人无法读出'}`, one.sentence);
  sheet.facts(factsOf(one), 1);
  sheet.gap(6);
  await sheet.table(
    CHECKS,
    one.checks.map((check) => [
      checkNames[check.id],
      { text: resultNames[check.result], colour: resultColour(check), bold: check.result !== 'passed' },
      check.detail,
    ]),
  );
  if (one.changes.length > 0) {
    sheet.gap(6);
    await sheet.table(
      CHANGES,
      one.changes.map(({ page, detail, area }) => [
        page === null ? '—' : String(page + 1),
        detail,
        area === null ? '—' : `左 ${area.x} 上 ${area.y}，${area.width} × ${area.height}`,
      ]),
    );
  }
  sheet.gap(4);
  const facts = Object.entries(one.diagnostic).map(([key, value]) => `${key}: ${value}`);
  sheet.text(facts.join('　'), { size: 7.5, colour: colours.soft });
}

function factsOf({ signer, time, coverage, seal, certification, places }: SignatureReport): [string, string][] {
  const facts: [string, string][] = [];
  if (signer !== null)
    facts.push([
      '证书',
      `${signer.authority ?? '签发机构未接入'}　尾号 ${signer.tail}　有效期至 ${beijingDateTime(signer.notAfter)}${signer.gm ? '' : '　非国密算法'}`,
    ]);
  if (time === null) facts.push(['签署时间', '没有写明']);
  else
    facts.push([
      '签署时间',
      `${beijingDateTime(time.at)}（${time.source === 'timestamp' ? '时间戳证明' : '签名人自述，未经时间戳证明'}）`,
    ]);
  facts.push(['覆盖', coverageText(coverage)]);
  if (seal !== null) facts.push(['印章', sealName(seal)]);
  if (certification !== null) facts.push(['认证级别', certificationNames[certification]]);
  const pages = [...new Set(places.map(({ page }) => page + 1))];
  // Beside a PDF its pages can be looked at; of an OFD these numbers are all there is here.
  if (coverage.parts !== undefined)
    facts.push(...places.slice(0, MOST_PLACES).map((place): [string, string] => ['签章位置', placeText(place)]));
  else if (pages.length > 0) facts.push(['显示于', `第 ${pages.join('、')} 页`]);
  return facts;
}

const MOST_PLACES = 20;

function coverageText({ whole, to, parts }: SignatureReport['coverage']): string {
  if (whole) return '整个文件';
  return parts === undefined
    ? `文件的前 ${to} 字节，之后还有内容`
    : `文件包内 ${parts.of} 个文件中的 ${parts.covered} 个`;
}

function writeExplanation(sheet: Sheet): void {
  sheet.heading('说明');
  const lines = [
    '“签名有效”表示：签名覆盖的内容自签署后没有改变，签名由证书的私钥产生，证书由已接入的机构签发且在签署时有效。',
    '“签名有效，但签署后文件有改动”表示：签名本身有效，但现在看到的文件与签署时不同，改动逐条列在上面，请对照签署时的版本。',
    '“无法判定”表示缺少判断所需的资料，既不能说有效，也不能说无效。',
    '本报告末尾有平台对全部内容的签名，并附有同样内容的数据（附件 validation-report.json）。报告有任何改动，校验都不会通过。',
  ];
  lines.forEach((line, i) => {
    sheet.text(`${i + 1}. ${line}`, { size: 9, colour: colours.soft });
  });
}

function colourOf(verdict: ValidationReport['verdict']): (typeof colours)['ok' | 'bad' | 'ink' | 'soft'] {
  switch (verdict) {
    case 'valid':
      return colours.ok;
    case 'invalid':
    case 'valid-changed':
      return colours.bad;
    case 'indeterminate':
      return colours.ink;
    case 'unsigned':
      return colours.soft;
  }
}

const resultColour = ({ result }: Check): (typeof colours)['ok' | 'bad' | 'ink'] =>
  result === 'passed' ? colours.ok : result === 'failed' ? colours.bad : colours.ink;

/** In groups of eight, so that digests can be compared by eye. */
const grouped = (digest: string): string => digest.match(/.{1,8}/g)?.join(' ') ?? '';
