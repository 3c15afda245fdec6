import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { loadFont } from '#print/font.ts';
import { createReportPrinter } from '#signature/report/printer.ts';
import { toolOf } from '#test/support/tools.ts';
import { plainPdf } from './pdf/base.ts';
import { gm, openSigning, revised, type Signing } from './signing.ts';

const printer = createReportPrinter({
  ...{ gm, key: gm.sm2.generateKey(), hub: 'https://hub.ca.example' },
  font: loadFont(join(import.meta.dirname, '../../src/print/fonts')),
});

describe('the printed report', () => {
  let world: Signing;
  let signer: KeyPair;
  let paper: Bytes;
  beforeAll(async () => {
    world = await openSigning();
    signer = await world.signer();
    const file = await world.sign(plainPdf(), signer);
    const content = { kind: 'new-stream', dict: new Map(), data: Buffer.from('BT ET') } as const;
    const changed = await revised(file, new Map([[5, content]]));
    paper = await printer.reportPdf(await world.report(changed), '投标函（第一标段）.pdf');
  });

  it.skipIf(!toolOf('pdftotext'))('says the verdict, each check and each change in words', () => {
    const text = tool('pdftotext', ['-layout', 'in.pdf', '-'], paper).text.replace(/\s+/g, '');
    for (const words of ['投标函（第一标段）.pdf', '签名有效，但签署后文件有改动', '证书链', '第1页的内容在签署后改变'])
      expect(text).toContain(words);
  });

  it.skipIf(!toolOf('pdftoppm'))('shows its Chinese title and verdict in ink', () => {
    const { file } = tool(
      'pdftoppm',
      ['-png', '-r', '100', '-f', '1', '-l', '1', '-singlefile', 'in.pdf', 'out'],
      paper,
    );
    const page = PNG.sync.read(file);
    expect(inkOf(page, { x: 290, y: 60, width: 250, height: 30 })).toBeGreaterThan(0.08);
    expect(inkOf(page, { x: 60, y: 60, width: 150, height: 30 })).toBe(0);
  });

  it.skipIf(!toolOf('qpdf'))('is a sound PDF', () => {
    expect(tool('qpdf', ['--check', 'in.pdf'], paper).text).toContain('No syntax or stream encoding errors');
  });
});

function tool(name: string, args: readonly string[], pdf: Bytes): { text: string; file: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  try {
    writeFileSync(join(folder, 'in.pdf'), pdf);
    const text = execFileSync(name, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const file = name === 'pdftoppm' ? readFileSync(join(folder, 'out.png')) : Buffer.alloc(0);
    return { text, file };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Share of dark pixels. */
function inkOf(page: PNG, box: { x: number; y: number; width: number; height: number }): number {
  let dark = 0;
  for (let y = box.y; y < box.y + box.height; y += 1)
    for (let x = box.x; x < box.x + box.width; x += 1)
      if ((page.data[(y * page.width + x) * 4] ?? 255) < 128) dark += 1;
  return dark / (box.width * box.height);
}
