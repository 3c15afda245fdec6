import { open, readFile, writeFile } from 'node:fs/promises';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { beijingDateTime, systemClock } from '#kernel/clock.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import { type Crl, parseCrl } from '#pki/crl.ts';
import { OfdFault, type OfdFaultKind } from '#signature/ofd/fault.ts';
import { judgesOfFiles } from '#signature/offline/trust-files.ts';
import { PdfFault, type PdfFaultKind } from '#signature/pdf/objects.ts';
import type { SignaturePlace } from '#signature/pdf/signature-places.ts';
import { fileSource } from '#signature/pdf/source.ts';
import type { DocumentVerdict, SignatureReport, ValidationReport } from '#signature/report/report.ts';
import { checkNames, noteNames, placeText, sealName } from '#signature/report/words.ts';
import { validateDocument } from '#signature/validation.ts';

/** As `verify` has them; 3: nothing is wrong, and yet it could not be judged. */
const EXIT = { valid: 0, invalid: 1, usage: 2, indeterminate: 3 } as const;

const exits: Readonly<Record<DocumentVerdict, number>> = {
  valid: EXIT.valid,
  'valid-changed': EXIT.invalid,
  invalid: EXIT.invalid,
  unsigned: EXIT.invalid,
  indeterminate: EXIT.indeterminate,
};

/** Behind 文件. */
export const documentFaults: Readonly<Record<PdfFaultKind, string>> = {
  'not-pdf': '不是 PDF 文件。',
  encrypted: '设有密码或权限加密，请取消加密后校验。',
  broken: '不完整或结构有误，请向出具方索取原文件。',
  'too-large': '页数、对象数或结构超出可处理的范围。',
  unsupported: '使用了不支持的结构，请另存后校验。',
};

/** Behind 文件. */
const ofdFaults: Readonly<Record<OfdFaultKind, string>> = {
  'not-ofd': '既不是 PDF，也不是 OFD。',
  encrypted: '已加密，请取消加密后校验。',
  broken: '不完整、结构有误或夹带其他数据，请向出具方索取原文件。',
  'too-large': '大小、文件数或结构超出可处理的范围。',
  unsupported: '使用了不支持的结构。',
};

interface Options {
  readonly trust?: string[] | undefined;
  readonly crl?: string[] | undefined;
  readonly 'seal-makers'?: string[] | undefined;
  readonly report?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Signatures of PDF and OFD documents, judged by the certificates and lists in files. Reads where structure stands: the documents may be of any size. */
export async function verifyDocuments(files: readonly string[], options: Options): Promise<number> {
  const gm = createGm();
  const now = systemClock.now();
  const certificates = await readAll(options.trust ?? [], (bytes) => readCertificates(gm, bytes));
  if (typeof certificates === 'string') return complain(`文件 ${certificates} 中没有可读的证书。`);
  const sealMakers = await readAll(options['seal-makers'] ?? [], (bytes) => readCertificates(gm, bytes));
  if (typeof sealMakers === 'string') return complain(`文件 ${sealMakers} 中没有可读的证书。`);
  const crls = await readAll(options.crl ?? [], (bytes) => readList(gm, bytes));
  if (typeof crls === 'string') return complain(`文件 ${crls} 不是可读的吊销列表。`);
  const judges = judgesOfFiles({ gm, certificates, crls, sealMakers, now });
  const results: { file: string; report: ValidationReport | null; fault: string | null }[] = [];
  for (const file of files) {
    const handle = await open(file, 'r');
    try {
      results.push({
        file,
        report: await validateDocument({ gm, judges, now }, await fileSource(handle)),
        fault: null,
      });
    } catch (error) {
      const fault =
        error instanceof PdfFault
          ? documentFaults[error.fault]
          : error instanceof OfdFault
            ? ofdFaults[error.fault]
            : undefined;
      if (fault === undefined) throw error;
      results.push({ file, report: null, fault: `文件${fault}` });
    } finally {
      await handle.close();
    }
  }
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(results, null, 2)}\n`);
  const code = Math.max(...results.map(({ report }) => (report === null ? EXIT.invalid : exits[report.verdict])));
  const worst = results.some(({ report }) => report === null || exits[report.verdict] === EXIT.invalid)
    ? EXIT.invalid
    : code;
  if (options.json) say(JSON.stringify({ valid: worst === EXIT.valid, results }));
  else for (const { file, report, fault } of results) say([file, ...linesOf(report, fault)].join('\n  '));
  return worst;
}

function linesOf(report: ValidationReport | null, fault: string | null): string[] {
  if (report === null) return [`无法校验：${fault ?? ''}`];
  return [
    `结论：${report.sentence}（${report.pages} 页，SM3 ${report.documentSm3}）`,
    ...report.notes.map((note) => `提示：${noteNames[note]}`),
    ...report.signatures.flatMap(linesOfSignature),
  ];
}

function linesOfSignature(one: SignatureReport, index: number): string[] {
  const time =
    one.time === null
      ? '没有写明签署时间'
      : `${beijingDateTime(one.time.at)}${one.time.source === 'timestamp' ? '（时间戳）' : '（签名人自述）'}`;
  return [
    `${one.kind === 'timestamp' ? '文件时间戳' : '签名'} ${index + 1}：${one.sentence}，${one.signer?.name ?? '签名人无法读出'}，尾号 ${one.signer?.tail ?? '—'}，${time}`,
    ...(one.seal === null ? [] : [`  印章：${sealName(one.seal)}`]),
    ...(one.coverage.parts === undefined
      ? []
      : [`  ${coveredParts(one.coverage.parts)}`, ...one.places.map(placeLine)]),
    ...one.checks.filter(({ result }) => result !== 'passed').map(({ id, detail }) => `  ${checkNames[id]}：${detail}`),
    ...one.changes.map(({ detail }) => `  改动：${detail}`),
  ];
}

const coveredParts = ({ covered, of }: { readonly covered: number; readonly of: number }): string =>
  `覆盖：文件包内 ${of} 个文件中的 ${covered} 个`;
const placeLine = (place: SignaturePlace): string => `  位置：${placeText(place)}`;

/** The first file that cannot be read as such, by name. */
async function readAll<T>(files: readonly string[], read: (bytes: Buffer) => readonly T[]): Promise<T[] | string> {
  const all: T[] = [];
  for (const file of files) {
    const found = read(await readFile(file));
    if (found.length === 0) return file;
    all.push(...found);
  }
  return all;
}

/** One file of DER, or any number of PEM blocks. */
export function readCertificates(gm: Gm, bytes: Buffer): readonly Certificate[] {
  const blocks = bytes.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const texts = blocks ?? [bytes.toString('base64')];
  return texts.flatMap((text) => readCertificateText(gm, text) ?? []);
}

function readList(gm: Gm, bytes: Buffer): readonly Crl[] {
  const block = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/.exec(bytes.toString('latin1'))?.[1];
  const crl = parseCrl(gm, block === undefined ? bytes : Buffer.from(block, 'base64'));
  return crl === undefined ? [] : [crl];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function complain(text: string): number {
  process.stderr.write(`${text}\n`);
  return EXIT.usage;
}
