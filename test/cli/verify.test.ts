import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from '#agent/protocol.ts';
import { runCommand } from '#cli/commands.ts';
import { type Bytes, hex, utf8 } from '#kernel/bytes.ts';
import { makeReceipt, type SignedReceipt } from '#opening/capsule/receipt.ts';
import { signRecord } from '#opening/capsule/record.ts';
import { checkStructure } from '#opening/capsule/structure.ts';
import { holder, seal, ticketOf } from '#test/opening/capsule/support.ts';
import { gm, key, printer, record } from '#test/opening/minutes-support.ts';
import { printedBy } from '#test/support/printed.ts';

const folder = mkdtempSync(join(tmpdir(), 'verify-'));
const fingerprint = fingerprintOf(gm, key.publicKey);
let capsule: Bytes;
let receipt: SignedReceipt;
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: Bytes | object): string => {
  const file = join(folder, name);
  writeFileSync(file, content instanceof Uint8Array ? content : JSON.stringify(content));
  return file;
};

const verify = (...args: string[]) => printedBy(() => runCommand(['verify', ...args]));

let minutes: string;
let pdf: string;
let statement: string;
beforeAll(async () => {
  const signed = await signRecord(gm, key, record);
  minutes = write('minutes.json', signed);
  pdf = write('minutes.pdf', await printer.minutesPdf(signed));
  const made = await printer.statement(record, 'b3');
  statement = write('statement.pdf', made ? await printer.statementPdf(made) : {});
  capsule = await seal(await holder('示例投标人'), await ticketOf('joint'), utf8('投标文件'));
  const structure = await checkStructure(gm, [capsule]);
  const facts = { event: 'sealed', capsule: 'cap_1', version: 1, previous: null, at: Date.UTC(2026, 2, 18) } as const;
  receipt = await makeReceipt(gm, key, { ...facts, structure, wraps: structure.head.wraps });
});

describe('verify', () => {
  it('says in Chinese what the papers are, and that the key is the one the reader was told of', async () => {
    const { exit, out } = await verify(minutes, pdf, statement, write('receipt.json', receipt), '--key', fingerprint);
    expect(exit).toBe(0);
    for (const words of [
      '签名有效：开标记录',
      'PDF 全文未改动',
      '与开标记录一致',
      '密封回执',
      '结论：有效',
      fingerprint,
    ])
      expect(out).toContain(words);
    expect(out).toContain('投标 5 家，已解密 2 家，未解密 1 家');
  });

  it('says that nobody has told it the key, with an exit code of its own', async () => {
    const { exit, out } = await verify(pdf);
    expect([exit, out]).toEqual([3, expect.stringContaining('签名公钥尚未核对')]);
  });

  it('refuses a paper of another key than the one that was given', async () => {
    const { exit, out } = await verify(pdf, '--key', hex(gm.sm2.generateKey().publicKey.point));
    expect([exit, out]).toEqual([1, expect.stringContaining('不是这个平台签发的')]);
    expect((await verify(pdf, '--key', hex(key.publicKey.point))).exit).toBe(0);
  });

  it('refuses what was tampered with, and names the file', async () => {
    const turned = write('turned.pdf', Buffer.from('%PDF-1.7 not what was signed'));
    const { exit, out } = await verify(minutes, turned, '--key', fingerprint);
    expect(exit).toBe(1);
    expect(out).toContain('turned.pdf\n  无效：文件末尾没有有效的平台签名');
    const changed = write('changed.json', { ...receipt, record: { ...receipt.record, version: 9 } });
    expect((await verify(changed, '--key', fingerprint)).out).toContain('签名无效');
  });

  it('compares a capsule with its receipt', async () => {
    const paper = write('receipt.json', receipt);
    const own = await verify(paper, '--capsule', write('own.capsule', capsule), '--key', fingerprint);
    expect([own.exit, own.out]).toEqual([0, expect.stringContaining('就是回执所记的密封文件')]);
    const broken = Uint8Array.from(capsule);
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    const other = await verify(paper, '--capsule', write('broken.capsule', broken), '--key', fingerprint);
    expect(other.exit).toBe(1);
    expect(
      (await verify(paper, '--capsule', write('short.capsule', capsule.subarray(0, 99)), '--key', fingerprint)).out,
    ).toContain('已损坏');
  });

  it('finds an opened file in the minutes by its digest', async () => {
    const content = utf8('content b1 商务标');
    const found = await verify(minutes, '--content', write('content.bin', content), '--key', fingerprint);
    expect([found.exit, found.out]).toEqual([0, expect.stringContaining('辽宁示例建设有限公司 商务标')]);
    expect((await verify(minutes, '--content', write('other.bin', utf8('x')), '--key', fingerprint)).exit).toBe(1);
  });

  it('answers programs in JSON, and says how it is used', async () => {
    const { exit, out } = await verify(minutes, '--json', '--key', fingerprint);
    expect([exit, JSON.parse(out)]).toEqual([0, expect.objectContaining({ valid: true, keyConfirmed: true })]);
    expect((await verify()).exit).toBe(2);
    expect((await verify('--help')).exit).toBe(0);
    expect(await verify('no-such-file.pdf')).toEqual({ exit: 2, out: expect.stringContaining('不存在') });
  });
});
