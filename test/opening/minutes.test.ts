import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, concat, hex, utf8 } from '#kernel/bytes.ts';
import { recordSm3, type SignedRecord, signRecord } from '#opening/capsule/record.ts';
import { checkRecord, type OpeningRecord, readRecord } from '#opening/minutes/record.ts';
import { type BidStatement, statementOf } from '#opening/minutes/statement.ts';
import { statementFits, verifyPaper } from '#opening/minutes/verify.ts';
import { breakLines } from '#print/lines.ts';
import { checkPdfSeal, sealPdf } from '#print/pdf-seal.ts';
import { gm, key, printer, record } from './minutes-support.ts';

let signed: SignedRecord<OpeningRecord>;
let minutes: Bytes;
let statement: SignedRecord<BidStatement>;
let paper: Bytes;
const folder = mkdtempSync(join(tmpdir(), 'minutes-'));
beforeAll(async () => {
  signed = await signRecord(gm, key, checkRecord(record));
  minutes = await printer.minutesPdf(signed);
  const made = await printer.statement(record, 'b3');
  if (made === undefined) throw new Error('no statement');
  statement = made;
  paper = await printer.statementPdf(statement);
});
afterAll(() => rmSync(folder, { recursive: true }));

const json = (value: unknown) => utf8(JSON.stringify(value));
const toolOf = (name: string): boolean => {
  try {
    execFileSync('which', [name], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`${name} is not installed: what it would see is not checked`);
    return false;
  }
};

/** Share of dark pixels in a rectangle of the first page, in points from its upper left corner: a glyph that is blank leaves none. */
function ink(pdf: Bytes, box: { x: number; y: number; width: number; height: number }): number {
  const file = join(folder, 'page.pdf');
  writeFileSync(file, pdf);
  const scale = 2;
  const at = [box.x, box.y, box.width, box.height].map((one) => String(Math.round(one * scale)));
  const [x = '0', y = '0', w = '0', h = '0'] = at;
  const args = ['-r', String(72 * scale), '-f', '1', '-l', '1', '-gray', '-x', x, '-y', y, '-W', w, '-H', h];
  execFileSync('pdftoppm', [...args, '-singlefile', file, join(folder, 'page')]);
  const image = readFileSync(join(folder, 'page.pgm'));
  const pixels = image.subarray(image.length - Number(w) * Number(h));
  return pixels.filter((value) => value < 128).length / pixels.length;
}

describe('the printed minutes', () => {
  it.skipIf(!toolOf('pdftoppm'))('show every Chinese character in ink', () => {
    // The title 开标记录表, 20 points, in the middle; then white paper beside it.
    expect(ink(minutes, { x: 365, y: 44, width: 112, height: 26 })).toBeGreaterThan(0.12);
    expect(ink(minutes, { x: 60, y: 44, width: 112, height: 26 })).toBe(0);
    expect(ink(minutes, { x: 126, y: 100, width: 130, height: 14 })).toBeGreaterThan(0.08);
  });

  it.skipIf(!toolOf('pdftotext'))('say who bid, what opened, why one did not, and what two persons decided', () => {
    const file = join(folder, 'minutes.pdf');
    writeFileSync(file, minutes);
    const text = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).replace(/\s+/g, '');
    for (const words of [
      '开标记录表',
      '辽宁示例建设有限公司',
      '已解密09:32:14',
      '投标人原因',
      '不足三家',
      '解密窗口延长10分钟',
      '第三章5.2.4',
      '未表示意见',
      '异议（10:06:00）：对唱标',
      '开标前撤回1家',
      recordSm3(gm, record),
    ])
      expect(text, words).toContain(words.replace(/\s+/g, ''));
  });

  it.skipIf(!toolOf('pdftotext'))('write a character that the font lacks as its code, never as nothing', () => {
    const file = join(folder, 'statement.pdf');
    writeFileSync(file, paper);
    expect(execFileSync('pdftotext', [file, '-'], { encoding: 'utf8' })).toContain('〔U+20BB7〕');
  });

  it.skipIf(!toolOf('qpdf'))('are whole PDF files in a second program’s eyes', () => {
    for (const pdf of [minutes, paper]) {
      const file = join(folder, 'check.pdf');
      writeFileSync(file, pdf);
      expect(execFileSync('qpdf', ['--check', file], { encoding: 'utf8' })).toContain(
        'No syntax or stream encoding errors',
      );
    }
  });

  it('take a thousand bids', async () => {
    const [lot] = record.lots;
    const bid = lot?.bids[0];
    if (lot === undefined || bid === undefined) throw new Error('no bid');
    const bids = Array.from({ length: 1000 }, (_, i) => ({ ...bid, id: `b${i}` }));
    const many = { ...record, lots: [{ ...lot, received: 1000, bids }] };
    const pdf = await printer.minutesPdf(await signRecord(gm, key, many));
    expect(await verifyPaper(gm, pdf)).toMatchObject({ kind: 'minutes' });
  });
});

describe('a paper', () => {
  it('is genuine as JSON, as PDF, and inside an API’s answer', async () => {
    const point = hex(key.publicKey.point);
    for (const [file, form] of [
      [json(signed), 'json'],
      [json({ code: 200, data: { minutes: signed } }), 'json'],
      [minutes, 'pdf'],
    ] as const)
      expect(await verifyPaper(gm, file)).toEqual({
        kind: 'minutes',
        record,
        key: point,
        sm3: recordSm3(gm, record),
        form,
      });
    expect(await verifyPaper(gm, paper)).toMatchObject({ kind: 'statement', record: statement.record, key: point });
  });

  it('with one bit of the PDF turned, anywhere, is no longer the hub’s', async () => {
    for (let i = 0; i < 200; i += 1) {
      const at = Math.floor((minutes.length * i) / 200);
      const turned = Uint8Array.from(minutes);
      turned[at] = (turned[at] ?? 0) ^ 1;
      expect(typeof (await verifyPaper(gm, turned)), `byte ${at}`).toBe('string');
    }
  });

  it.each<[string, (pdf: Bytes) => Bytes]>([
    ['something behind it', (pdf) => concat(pdf, utf8('\n'))],
    ['its end cut off', (pdf) => pdf.subarray(0, -1)],
    ['a second edition behind it', (pdf) => concat(pdf, pdf)],
    ['no seal', (pdf) => pdf.subarray(0, pdf.length - 300)],
  ])('with %s is refused', async (_, change) => {
    expect(await verifyPaper(gm, change(minutes))).toBe('seal');
  });

  it('sealed by another key than the record inside is refused, and so is one with nothing inside', async () => {
    const body = minutes.subarray(0, Buffer.from(minutes).lastIndexOf('%caihub-pdf/1'));
    const forged = await sealPdf(gm, gm.sm2.generateKey(), body);
    expect(checkPdfSeal(gm, forged)).toBeDefined();
    expect(await verifyPaper(gm, forged)).toBe('inside');
  });

  it.each<[string, (value: SignedRecord<OpeningRecord>) => unknown, string]>([
    [
      'a later opening time',
      (s) => ({ ...s, record: { ...s.record, madeAt: '2026-03-18T03:00:00.000Z' } }),
      'signature',
    ],
    [
      'a cause moved to somebody else',
      (s) => JSON.parse(JSON.stringify(s).replace('"party":"bidder"', '"party":"vendor"')),
      'signature',
    ],
    ['a bid left out', (s) => ({ ...s, record: { ...s.record, lots: s.record.lots.slice(1) } }), 'signature'],
    ['another key named', (s) => ({ ...s, key: hex(gm.sm2.generateKey().publicKey.point) }), 'signature'],
    ['a member added', (s) => ({ ...s, note: 'x' }), 'signature'],
    ['no signature', ({ record: r, key: k }) => ({ record: r, key: k }), 'unreadable'],
    ['nothing of ours', () => ({ hello: 'world' }), 'unreadable'],
  ])('as JSON with %s is refused', async (_, change, fault) => {
    expect(await verifyPaper(gm, json(change(signed)))).toBe(fault);
  });

  it('that the hub signed for something else is no minutes', async () => {
    const other = await signRecord(gm, key, { type: 'sealing-ticket', v: 1 });
    expect(await verifyPaper(gm, json(other))).toBe('unreadable');
  });

  it.each(['', '%PDF-', 'not a paper', '[1,2,3]', '{"record":1,"key":2,"signature":3}', '\u0000\u0001'])(
    'that is none (%j) is refused without a fuss',
    async (text) => {
      expect(typeof (await verifyPaper(gm, utf8(text)))).toBe('string');
    },
  );
});

describe('a statement on a bid', () => {
  it('says the same as the minutes, and nothing of other bidders', () => {
    expect(statementFits(gm, statement.record, record)).toBe(true);
    const text = JSON.stringify(statement.record);
    for (const other of ['辽宁示例建设有限公司', '渤海示例路桥工程有限责任公司', '托管人甲'])
      expect(text).not.toContain(other);
  });

  it('of other minutes is none of these; one that was altered before signing is found out', () => {
    expect(statementFits(gm, statement.record, { ...record, revision: 2 })).toBeUndefined();
    const opened = { ...statement.record.bid, state: 'opened' as const };
    expect(statementFits(gm, { ...statement.record, bid: opened }, record)).toBe(false);
  });

  const withCause = (changes: object, rules: object = {}): BidStatement['says'] | undefined => {
    const changed = structuredClone(record) as OpeningRecord;
    const bid = changed.lots[0]?.bids[2];
    if (bid?.cause == null) throw new Error('no cause');
    Object.assign(bid.cause, changes);
    Object.assign(changed.opening.rules, rules);
    return statementOf(gm, changed, 'b3')?.says;
  };

  it('names a consequence in the tender’s own words only, for a cause that is proved', () => {
    expect(withCause({})?.consequence).toContain('“因投标人原因造成投标文件未解密的，视为撤销其投标文件。”');
    expect(withCause({}, { bidderCause: '' })?.consequence).toBe('招标文件对此没有规定，本说明不作法律后果的认定。');
    expect(withCause({ weight: 'reported' })?.consequence).toBe('原因没有证明，本说明不作责任认定。');
    expect(withCause({ party: 'unknown', weight: 'open' })?.consequence).toBe('原因没有证明，本说明不作责任认定。');
    for (const party of ['platform', 'vendor', 'network'])
      expect(withCause({ party })?.consequence).toBe('招标文件对此没有规定，本说明不作法律后果的认定。');
    expect(withCause({ party: 'vendor' }, { otherCause: '允许补救。' })?.consequence).toContain('“允许补救。”');
  });

  it('of a bid that opened has neither cause nor consequence; of an unknown bid there is none', () => {
    expect(statementOf(gm, record, 'b1')?.says).toEqual({
      outcome: '辽宁示例建设有限公司 的投标文件共 2 份，在开标中全部解密。',
      cause: '',
      consequence: '',
    });
    expect(statementOf(gm, record, 'nobody')).toBeUndefined();
  });
});

describe('the record', () => {
  it.each<[string, (text: string) => string]>([
    ['a member more', (text) => text.replace('"v":1', '"v":1,"more":1')],
    ['a control character in a name', (text) => text.replace('王五', '王\\u0007五')],
    ['a party that does not exist', (text) => text.replace('"party":"bidder"', '"party":"weather"')],
    ['a time without zone', (text) => text.replace(/"madeAt":"[^"]+"/, '"madeAt":"2026-03-18 09:30:00"')],
  ])('with %s is none', (_, change) => {
    expect(readRecord(JSON.parse(change(JSON.stringify(record))))).toBeUndefined();
  });
});

describe('lines', () => {
  const widths = (one: string) => (/[\u0020-\u007e]/.test(one) ? 500 : 1000);
  it.each<[string, number, string[]]>([
    ['', 10, ['']],
    ['一二三四五六', 4, ['一二三四', '五六']],
    ['一二三四，五六', 4, ['一二三', '四，五六']],
    ['一二三（四五', 4, ['一二三', '（四五']],
    ['用 UKey 解密', 4, ['用 UKey', '解密']],
    ['abcdefghijkl', 4, ['abcdefgh', 'ijkl']],
  ])('of %j at %i characters', (text, width, lines) => {
    expect(breakLines(text, 1, width, widths)).toEqual(lines);
  });
});
