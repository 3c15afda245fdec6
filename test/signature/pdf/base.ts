/** Base documents of every structure that producers write, made by hand and by qpdf. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PageWish {
  readonly rotate?: 0 | 90 | 180 | 270;
  readonly text?: string;
}

/** A plain document with a cross-reference table: one Helvetica line a page. */
export function plainPdf(pages: readonly PageWish[] = [{}]): Buffer {
  const objects: string[] = [];
  const kids = pages.map((_, i) => `${4 + i * 2} 0 R`).join(' ');
  objects.push(
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${kids}]/Count ${pages.length}/MediaBox[0 0 595 842]>>`,
  );
  objects.push('<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>');
  pages.forEach((page, i) => {
    const content = `BT /F1 24 Tf 72 720 Td (${page.text ?? `Page ${i + 1}`}) Tj ET`;
    const turned = page.rotate === undefined ? '' : `/Rotate ${page.rotate}`;
    objects.push(
      `<</Type/Page/Parent 2 0 R${turned}/Resources<</Font<</F1 3 0 R>>>>/Contents ${5 + i * 2} 0 R>>`,
      `<</Length ${content.length}>>\nstream\n${content}\nendstream`,
    );
  });
  let out = '%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n';
  const offsets = objects.map((body, i) => {
    const at = Buffer.byteLength(out, 'latin1');
    out += `${i + 1} 0 obj\n${body}\nendobj\n`;
    return at;
  });
  const start = Buffer.byteLength(out, 'latin1');
  const rows = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(out, 'latin1');
}

/** Runs a tool over `pdf` written to a file and returns what it wrote to `out.pdf`, or its standard output. */
export function through(
  pdf: Buffer,
  tool: string,
  args: (input: string, output: string) => string[],
): { text: string; file: Buffer | undefined } {
  const folder = mkdtempSync(join(tmpdir(), 'pdf-'));
  try {
    const [input, output] = [join(folder, 'in.pdf'), join(folder, 'out.pdf')];
    writeFileSync(input, pdf);
    const text = execFileSync(tool, args(input, output), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    let file: Buffer | undefined;
    try {
      file = readFileSync(output);
    } catch {
      file = undefined;
    }
    return { text, file };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
