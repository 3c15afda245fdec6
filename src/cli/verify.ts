import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { sameFingerprint } from '#agent/pairings.ts';
import { fingerprintOf } from '#agent/protocol.ts';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { fromHex } from '#kernel/bytes.ts';
import { beijingDateTime } from '#kernel/clock.ts';
import { CapsuleFault } from '#opening/capsule/fault.ts';
import { receiptMismatches } from '#opening/capsule/receipt.ts';
import { sm3Of } from '#opening/capsule/sdk.ts';
import { checkStructure } from '#opening/capsule/structure.ts';
import { contentsOf, type Fault, type Genuine, statementFits, verifyPaper } from '#opening/minutes/verify.ts';

const usage = `verify 文件… [--key 指纹或公钥] [--capsule 密封文件] [--content 解密后的文件]
    离线校验密封回执、开标记录、开标情况说明、校验报告（JSON 或 PDF）；不需要数据库和网络
verify 文件.pdf 文件.ofd… --trust 证书 [--crl 吊销列表] [--seal-makers 证书] [--report 报告.json]
    离线校验 PDF、OFD 文件中的电子签名，文件不限大小（OFD 解开后不超过 512 MB）
  --trust FILE     受信任的根证书与中间证书（PEM 或 DER），可重复；时间戳机构的证书也在此给出
  --crl FILE       签发机构的证书吊销列表，可重复；缺少时无法判定
  --seal-makers FILE  受信任的制章机构证书（根证书，或制章人自己的证书），可重复；缺少时印章无法判定
  --report FILE    把完整的校验结果写成 JSON
  --key KEY        另行取得的平台签名公钥（130 位十六进制）或其指纹，可重复
  --capsule FILE   核对密封文件是否就是回执所记的那一份
  --content FILE   核对解密后的文件是否就是开标记录所记的内容，可重复
  --json           输出 JSON
  退出码：0 有效，公钥已核对；3 有效而公钥未核对，或有电子签名未校验、无法判定；1 无效；2 用法不对或文件读不出`;

const EXIT = { valid: 0, invalid: 1, usage: 2, unconfirmed: 3 } as const;

const faults: Readonly<Record<Fault, string>> = {
  unreadable: '不是密封回执、开标记录、开标情况说明或校验报告，或格式已被改动。',
  seal: '文件末尾没有有效的平台签名：文件被改动过，或不是平台生成的。校验 PDF、OFD 中的电子签名请用 --trust 给出受信任的证书。',
  signature: '签名无效：内容被改动过，或不是平台签发的。',
  inside: '文件有平台签名，但其中没有与之相符的签名记录。',
};

interface Finding {
  readonly file: string;
  readonly good: boolean;
  /** The key is one the reader was told of; undefined: none was given. */
  readonly known: boolean | undefined;
  readonly lines: readonly string[];
  /** Persons have signed behind the hub: who they are, and what their stamps show, is not judged here. */
  readonly signedLater?: boolean;
}

/** Answers the exit code; the verdict goes to standard output in Chinese. */
export async function runVerify(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true },
      capsule: { type: 'string' },
      content: { type: 'string', multiple: true },
      trust: { type: 'string', multiple: true },
      crl: { type: 'string', multiple: true },
      'seal-makers': { type: 'string', multiple: true },
      report: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return say(usage, 0);
  const { content = [], capsule, trust = [], crl = [], 'seal-makers': makers = [] } = values;
  const named = [...positionals, ...content, ...trust, ...crl, ...makers, ...(capsule === undefined ? [] : [capsule])];
  const missing = named.find((file) => !existsSync(file));
  if (positionals.length === 0) return complain(usage);
  if (missing !== undefined) return complain(`文件 ${missing} 不存在。`);
  if (values.trust !== undefined) return (await import('./verify-document.ts')).verifyDocuments(positionals, values);
  const gm = createGm();
  const papers = await Promise.all(
    positionals.map(async (file) => ({ file, paper: await verifyPaper(gm, readFileSync(file)) })),
  );
  const findings = papers.map(({ file, paper }) => findingOf(gm, file, paper, values.key ?? []));
  const genuine = papers.flatMap(({ paper }) => (typeof paper === 'string' ? [] : [paper]));
  findings.push(...crossChecks(gm, genuine));
  if (values.capsule !== undefined) findings.push(await capsuleFinding(gm, values.capsule, genuine));
  for (const file of values.content ?? []) findings.push(await contentFinding(file, genuine));
  const code = exitOf(findings);
  if (values.json)
    return say(JSON.stringify({ valid: code !== EXIT.invalid, keyConfirmed: code === EXIT.valid, findings }), code);
  for (const { file, lines } of findings) say(`${file}\n${lines.map((line) => `  ${line}`).join('\n')}`, 0);
  const open = code === EXIT.unconfirmed && findings.every(({ known }) => known !== undefined);
  return say(open ? SIGNED_LATER : verdicts[code], code);
}

const SIGNED_LATER = '结论：平台签名有效，原文未改动；其后的电子签名尚未校验，请用 --trust 给出受信任的证书另行校验。';

const verdicts: Readonly<Record<0 | 1 | 3, string>> = {
  0: '结论：有效。',
  1: '结论：无效。',
  3: '结论：签名与内容相符，但签名公钥尚未核对。请把指纹与平台公布的比对，或用 --key 给出后再次校验。',
};

function exitOf(findings: readonly Finding[]): 0 | 1 | 3 {
  if (findings.some(({ good }) => !good)) return EXIT.invalid;
  const confirmed = findings.every(({ known, signedLater }) => known !== undefined && signedLater !== true);
  return confirmed ? EXIT.valid : EXIT.unconfirmed;
}

function findingOf(gm: Gm, file: string, paper: Genuine | Fault, keys: readonly string[]): Finding {
  if (typeof paper === 'string') return { file, good: false, known: undefined, lines: [`无效：${faults[paper]}`] };
  const point = gm.sm2.importPublic(fromHex(paper.key) ?? Buffer.alloc(0));
  const fingerprint = point === undefined ? '' : fingerprintOf(gm, point);
  const matches = keys.some((key) => key.toLowerCase() === paper.key || sameFingerprint(key, fingerprint));
  const known = keys.length === 0 ? undefined : matches;
  const whose = known === undefined ? '未核对' : known ? '与给出的一致' : '与给出的不一致：不是这个平台签发的';
  const good = known !== false;
  const lines = [
    `${good ? '签名有效' : '无效'}：${titleOf(paper)}${paper.form === 'pdf' ? '，PDF 全文未改动' : ''}`,
    ...(paper.signedLater === undefined
      ? []
      : [`其后有 ${paper.signedLater} 个电子签名（可能带印章图形），此外没有别的内容；这些签名没有校验。`]),
    ...factsOf(paper),
    `SM3 ${paper.sm3}`,
    `签名公钥指纹 ${fingerprint}（${whose}）`,
  ];
  return { file, good, known, lines, signedLater: paper.signedLater !== undefined };
}

function titleOf(paper: Genuine): string {
  switch (paper.kind) {
    case 'minutes':
      return '开标记录';
    case 'statement':
      return '投标文件开标情况说明';
    case 'report':
      return '电子签名校验报告';
    case 'receipt':
      return { sealed: '密封回执', replaced: '密封回执（替换）', withdrawn: '撤回回执', rewrapped: '换证回执' }[
        paper.record.event
      ];
  }
}

function factsOf(paper: Genuine): string[] {
  switch (paper.kind) {
    case 'minutes': {
      const { opening, lots, hub } = paper.record;
      const bids = lots.flatMap((lot) => lot.bids);
      const opened = bids.filter(({ state }) => state === 'opened').length;
      return [
        `${opening.project}，编号 ${opening.id}，平台 ${hub}`,
        `开标时间 ${beijingDateTime(Date.parse(opening.opensAt))}，投标 ${lots.reduce((sum, { received }) => sum + received, 0)} 家，已解密 ${opened} 家，未解密 ${bids.length - opened} 家`,
      ];
    }
    case 'statement': {
      const { says, opening, lot } = paper.record;
      return [
        `${opening.project}，${lot.name}`,
        ...[says.outcome, says.cause, says.consequence].filter((line) => line !== ''),
      ];
    }
    case 'report': {
      const { name, hub, report } = paper.record;
      return [
        `文件 ${name ?? '（未提供文件名）'}，SM3 ${report.documentSm3}`,
        `${beijingDateTime(report.checkedAt)} 由 ${hub} 校验：${report.sentence}`,
      ];
    }
    case 'receipt': {
      const { at, opening, lot, bidder, version, opensAt, capsuleSm3, statement } = paper.record;
      return [
        `开标 ${opening}，标段 ${lot}，投标人 ${bidder}，第 ${version} 版`,
        `${beijingDateTime(at)} 收到，开标时间 ${beijingDateTime(opensAt)}`,
        `密封文件 SM3 ${capsuleSm3}`,
        statement,
      ];
    }
  }
}

/** Every statement against the minutes it was taken from, where both are here. */
function crossChecks(gm: Gm, papers: readonly Genuine[]): Finding[] {
  return papers.flatMap((paper) => {
    if (paper.kind !== 'statement') return [];
    return papers.flatMap((other) => {
      const fits = other.kind === 'minutes' ? statementFits(gm, paper.record, other.record) : undefined;
      if (fits === undefined) return [];
      const lines = [fits ? '与开标记录一致。' : '无效：与开标记录不一致。'];
      return [{ file: `情况说明 ${paper.record.bid.bidder.name}`, good: fits, known: true, lines }];
    });
  });
}

async function capsuleFinding(gm: Gm, file: string, papers: readonly Genuine[]): Promise<Finding> {
  const bad = (why: string): Finding => ({ file, good: false, known: true, lines: [`无效：${why}`] });
  const receipts = papers.flatMap((paper) => (paper.kind === 'receipt' ? [paper.record] : []));
  if (receipts.length === 0) return bad('没有同时给出密封回执。');
  try {
    const structure = await checkStructure(gm, createReadStream(file));
    const fits = receipts.some((receipt) => receiptMismatches(receipt, structure).length === 0);
    return fits
      ? { file, good: true, known: true, lines: ['就是回执所记的密封文件，结构完整。'] }
      : bad('与回执不符。');
  } catch (error) {
    if (error instanceof CapsuleFault) return bad('密封文件已损坏，或不是密封文件。');
    throw error;
  }
}

async function contentFinding(file: string, papers: readonly Genuine[]): Promise<Finding> {
  const sm3 = await sm3Of(createReadStream(file));
  const whose = papers.flatMap((paper) =>
    paper.kind === 'minutes' ? [contentsOf(paper.record).get(sm3) ?? []].flat() : [],
  );
  const [owner] = whose;
  return owner === undefined
    ? { file, good: false, known: true, lines: [`无效：开标记录中没有这份内容（SM3 ${sm3}）。`] }
    : { file, good: true, known: true, lines: [`就是开标记录所记的内容：${owner}`] };
}

function say(text: string, code: number): number {
  process.stdout.write(`${text}\n`);
  return code;
}

function complain(text: string): number {
  process.stderr.write(`${text}\n`);
  return EXIT.usage;
}
