import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '#cli/commands.ts';
import { packed } from '#fixtures/ofd/letter.ts';
import { writeZip } from '#fixtures/ofd/zip.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { changed, type OfdWorld, openOfdWorld } from '#test/signature/ofd/kit.ts';
import { printedBy } from '#test/support/printed.ts';

const folder = mkdtempSync(join(tmpdir(), 'verify-ofd-'));
let world: OfdWorld;
let signed: string;
const trust = (...more: string[]): string[] => [
  '--trust',
  join(folder, 'root.cer'),
  '--crl',
  join(folder, 'list.crl'),
  ...more,
];
const makers = ['--seal-makers', join(folder, 'makers.cer')];
const write = (name: string, content: Bytes): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};
const verify = (...args: string[]) => printedBy(() => runCommand(['verify', ...args]));

describe('verify of OFD documents, without a hub', () => {
  beforeAll(async () => {
    // The command goes by the computer's own clock.
    world = await openOfdWorld(Date.now());
    write('root.cer', world.root);
    write('list.crl', world.crl);
    write('makers.cer', world.sealMakers);
    signed = write('保函.ofd', packed(await world.sealed(world.unsigned)));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('says what they are worth, with the seal and where it stands', async () => {
    const { exit, out } = await verify(signed, ...trust(...makers));
    expect([exit, out]).toEqual([0, expect.stringContaining('结论：签名有效（2 页')]);
    for (const words of [
      '保函专用章（GB/T 38540-2020）',
      '覆盖：文件包内 9 个文件中的 8 个',
      '位置：第 1 页，左 130 上 100，40 × 40 毫米',
    ])
      expect(out).toContain(words);
    expect((await verify(signed, ...trust())).exit).toBe(3);
  });

  it('names what stands beside the signature, and fails', async () => {
    const parts = await world.sealed(world.unsigned);
    const file = write('changed.ofd', packed(changed(parts, { 'Doc_0/Pages/Page_9/Content.xml': '<a/>' })));
    const { exit, out } = await verify(file, ...trust(...makers));
    expect([exit, out]).toEqual([
      1,
      expect.stringContaining('改动：页面文件不在本签名的保护范围内：Doc_0/Pages/Page_9/Content.xml'),
    ]);
  });

  it('refuses in words what it cannot read', async () => {
    const broken = write('broken.ofd', packed(world.unsigned).subarray(0, 900));
    const office = write('office.docx', writeZip([{ name: 'word/document.xml', data: Buffer.from('<w/>') }]));
    const { exit, out } = await verify(broken, office, ...trust());
    expect([exit, out]).toEqual([1, expect.stringContaining('文件不完整、结构有误或夹带其他数据')]);
    expect(out).toContain('文件既不是 PDF，也不是 OFD');
  });
});
