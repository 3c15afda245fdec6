import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentOf, pagesOf } from '#signature/pdf/document.ts';
import { straddle } from '#signature/pdf/placement.ts';
import { fillContents, prepareSignature, type SigningPlan } from '#signature/pdf/prepare.ts';
import { plainPdf, through } from './base.ts';
import { ringSeal } from './seal-picture.ts';

const folder = mkdtempSync(join(tmpdir(), 'sign-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => {
  const subject = '/C=CN/O=Example Construction/CN=Example';
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      '-days',
      '30',
      '-subj',
      subject,
    ],
    { cwd: folder, stdio: 'ignore' },
  );
});

const plan = (more: Partial<SigningPlan> = {}): SigningPlan => ({
  signer: '辽宁示例建设有限公司',
  at: Date.UTC(2026, 2, 18, 1, 30),
  subFilter: 'adbe.pkcs7.detached',
  room: 8192,
  placements: [{ page: 0, x: 120, y: 200, width: 40, height: 40 }],
  picture: ringSeal(),
  ...more,
});

async function sign(pdf: Buffer, more: Partial<SigningPlan> = {}): Promise<Buffer> {
  const prepared = await prepareSignature(await documentOf(pdf), plan(more));
  const whole = Buffer.concat([pdf, prepared.bytes]);
  const [, start, end] = prepared.byteRange;
  const signed = Buffer.concat([whole.subarray(0, start), whole.subarray(end)]);
  writeFileSync(join(folder, 'tbs'), signed);
  execFileSync(
    'openssl',
    [
      'cms',
      '-sign',
      '-binary',
      '-in',
      'tbs',
      '-signer',
      'cert.pem',
      '-inkey',
      'key.pem',
      '-outform',
      'DER',
      '-out',
      'cms.der',
      '-md',
      'sha256',
    ],
    { cwd: folder },
  );
  const filled = fillContents(prepared, readFileSync(join(folder, 'cms.der')));
  if (filled === undefined) throw new Error('no room');
  return Buffer.concat([pdf, filled]);
}

const structures: Readonly<Record<string, (pdf: Buffer) => Buffer>> = {
  'a table': (pdf) => pdf,
  'object streams': (pdf) => through(pdf, 'qpdf', (i, o) => [i, '--object-streams=generate', o]).file as Buffer,
  linearised: (pdf) => through(pdf, 'qpdf', (i, o) => [i, '--linearize', o]).file as Buffer,
};

describe('a signature revision', () => {
  for (const [title, make] of Object.entries(structures)) {
    it(`behind a document with ${title} is clean for qpdf, and pdfsig and mutool verify it; a second leaves the first valid`, async () => {
      const base = make(plainPdf([{}, { rotate: 90 }, {}]));
      const once = await sign(base);
      expect(once.subarray(0, base.length).equals(base)).toBe(true);
      expect(through(once, 'qpdf', (i) => ['--check', i]).text).toContain('No syntax or stream encoding errors');
      const twice = await sign(once, { placements: [{ page: 1, x: 20, y: 20, width: 18, height: 18 }] });
      expect(through(twice, 'qpdf', (i) => ['--check', i]).text).toContain('No syntax or stream encoding errors');
      const said = through(twice, 'pdfsig', (i) => ['-nocert', i]).text;
      expect(said.match(/Signature Validation: Signature is Valid/g)).toHaveLength(2);
      expect(said).toContain('Total document signed');
      const mutool = through(twice, 'mutool', (i) => ['sign', '-v', i]).text;
      expect(mutool).toContain('The signature is valid but there have been edits since signing');
      expect(mutool).toContain('The document is unchanged since signing');
    });
  }

  it('shows the seal upright on pages of every rotation, whole and inside', async () => {
    const base = plainPdf([{}, { rotate: 90 }, { rotate: 180 }, { rotate: 270 }]);
    const placements = [0, 1, 2, 3].map((page) => ({ page, x: 100, y: 30, width: 40, height: 40 }));
    const signed = await sign(base, { placements });
    for (const page of [1, 2, 3, 4]) {
      // The ring stands 1 mm inside its picture, a pixel is a third of a millimetre.
      const off = inkBox(rendered(signed, page)).map((side, i) => Math.abs(side - ([101, 31, 139, 69][i] ?? 0)));
      expect([page, Math.max(...off) < 1]).toEqual([page, true]);
    }
  });

  it('puts one strip of a straddle seal on each page, together the whole seal', async () => {
    const base = plainPdf([{}, {}, {}, {}]);
    const pages = await pagesOf(await documentOf(base));
    const signed = await sign(base, { placements: straddle(pages, { width: 40, height: 40 }, 150) });
    const inks = [1, 2, 3, 4].map((page) => red(rendered(signed, page)));
    expect(inks.every((ink) => ink > 50)).toBe(true);
    const whole = red(
      rendered(await sign(base, { placements: [{ page: 0, x: 100, y: 130, width: 40, height: 40 }] }), 1),
    );
    expect(inks.reduce((a, b) => a + b, 0)).toBeGreaterThan(whole * 0.85);
  });

  it('refuses a seal that hangs over the edge of its page', async () => {
    const wish = plan({ placements: [{ page: 0, x: 190, y: 10, width: 40, height: 40 }] });
    await expect(prepareSignature(await documentOf(plainPdf()), wish)).rejects.toThrow('placement outside the page');
  });
});

function rendered(pdf: Buffer, page: number): PNG {
  const file = join(folder, 'shown.pdf');
  writeFileSync(file, pdf);
  const args = ['-png', '-r', '72', '-f', String(page), '-l', String(page), '-singlefile', file];
  return PNG.sync.read(execFileSync('pdftoppm', args));
}

const isRed = (png: PNG, at: number): boolean => (png.data[at] ?? 0) > 150 && (png.data[at + 1] ?? 255) < 120;
const red = (png: PNG): number => {
  let count = 0;
  for (let at = 0; at < png.data.length; at += 4) if (isRed(png, at)) count += 1;
  return count;
};

/** Millimetres: left, top, right, bottom of what is red. */
function inkBox(png: PNG): number[] {
  const box = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0] as [number, number, number, number];
  for (let y = 0; y < png.height; y += 1) {
    for (let x = 0; x < png.width; x += 1) {
      if (!isRed(png, (y * png.width + x) * 4)) continue;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x + 1);
      box[3] = Math.max(box[3], y + 1);
    }
  }
  return box.map((pixels) => (pixels / 72) * 25.4);
}
