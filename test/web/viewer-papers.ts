import { join } from 'node:path';
import * as fontkit from 'fontkit';
import { degrees, PDFDocument, rgb } from 'pdf-lib';
import { loadFont } from '#print/font.ts';

/** Documents that the viewer is tried with. */

const font = loadFont(join(import.meta.dirname, '../../src/print/fonts'));

export interface PaperWish {
  readonly rotate?: 0 | 90 | 180 | 270;
  /** Lines from the top, in the page's own coordinates before rotation; millimetres. */
  readonly lines?: readonly { readonly text: string; readonly x: number; readonly y: number; readonly size?: number }[];
  readonly width?: number;
  readonly height?: number;
}

const PT = 72 / 25.4;

/** A document with an embedded Chinese font; sizes in millimetres, A4 unless said. */
export async function paper(pages: readonly PaperWish[]): Promise<Buffer> {
  const doc = await PDFDocument.create();
  doc.registerFontkit(fontkit as unknown as Parameters<PDFDocument['registerFontkit']>[0]);
  const face = await doc.embedFont(font(), { subset: true });
  for (const wish of pages) {
    const [width, height] = [(wish.width ?? 210) * PT, (wish.height ?? 297) * PT];
    const sheet = doc.addPage([width, height]);
    if (wish.rotate !== undefined) sheet.setRotation(degrees(wish.rotate));
    for (const { text, x, y, size = 14 } of wish.lines ?? [])
      sheet.drawText(text, { x: x * PT, y: height - y * PT, size, font: face, color: rgb(0, 0, 0) });
  }
  return Buffer.from(await doc.save());
}

/** A tender letter's page as a person writes it. */
export const letterLines: NonNullable<PaperWish['lines']> = [
  { text: '投标函', x: 90, y: 30, size: 24 },
  { text: '致：示例市城市建设管理中心', x: 25, y: 55 },
  { text: '一、我方已仔细研究南湖大街道路改造工程施工招标文件的全部内容，', x: 25, y: 70 },
  { text: '愿意以人民币叁仟捌佰肆拾陆万伍仟元整的投标总报价承包工程。', x: 25, y: 80 },
  { text: '投标人：辽宁示例建设有限公司（盖单位章）', x: 70, y: 200 },
  { text: '法定代表人：（签名或盖章）', x: 70, y: 215 },
];

/** One page by hand around these objects; 4 0 R is its content. */
export function handmade(
  content: string,
  more: {
    readonly resources?: string;
    readonly page?: string;
    readonly catalog?: string;
    readonly objects?: readonly string[];
  } = {},
): Buffer {
  const objects = [
    `<</Type/Catalog/Pages 2 0 R${more.catalog ?? ''}>>`,
    '<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>',
    `<</Type/Page/Parent 2 0 R/Resources<<${more.resources ?? ''}>>/Contents 4 0 R${more.page ?? ''}>>`,
    `<</Length ${Buffer.byteLength(content, 'latin1')}>>\nstream\n${content}\nendstream`,
    ...(more.objects ?? []),
  ];
  return written(objects);
}

/** The objects as a file; the first is the catalogue. */
function written(objects: readonly string[]): Buffer {
  let out = '%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n';
  const offsets = objects.map((body, i) => {
    const at = out.length;
    out += `${i + 1} 0 obj\n${body}\nendobj\n`;
    return at;
  });
  const start = out.length;
  const rows = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(out, 'latin1');
}

/** Text in a font that is not in the file: readers need the character map and a font of their own. */
export function unembedded(text: string): Buffer {
  const hex = Buffer.from(text, 'utf16le').swap16().toString('hex');
  return handmade(`BT /F1 28 Tf 72 720 Td <${hex}> Tj ET`, {
    resources: '/Font<</F1 5 0 R>>',
    objects: [
      '<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>',
      '<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 7 0 R/DW 1000>>',
      '<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>',
    ],
  });
}

/** Scripts wherever a document can carry them. */
export function scripted(): Buffer {
  const script = "app.alert('ran'); this.getField('a'); document.title = 'ran'; window.ran = true;";
  return handmade('BT /F1 24 Tf 72 720 Td (Scripted) Tj ET', {
    resources: '/Font<</F1 5 0 R>>',
    catalog:
      '/OpenAction 6 0 R/AA<</WC 6 0 R>>/Names<</JavaScript<</Names[(a) 6 0 R]>>>>/AcroForm<</Fields[7 0 R]/DA(/Helv 0 Tf 0 g)>>',
    page: '/AA<</O 6 0 R>>/Annots[7 0 R 8 0 R]',
    objects: [
      '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
      `<</S/JavaScript/JS(${script.replaceAll('(', '\\(').replaceAll(')', '\\)')})>>`,
      '<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/Rect[72 600 300 640]/F 4/AA<</K 6 0 R/F 6 0 R/C 6 0 R>>/V(x)/DA(/Helv 12 Tf 0 g)>>',
      '<</Type/Annot/Subtype/Link/Rect[72 500 300 540]/A 6 0 R>>',
    ],
  });
}

/** Three lines in three layers: printed and not on the screen, on the screen and not printed, always. */
export function layered(): Buffer {
  const line = (layer: string, y: number, text: string) =>
    `/OC /${layer} BDC BT /F1 40 Tf 72 ${y} Td (${text}) Tj ET EMC`;
  return handmade(`${line('P', 680, 'Printed')} ${line('S', 480, 'Screen')} BT /F1 40 Tf 72 260 Td (Always) Tj ET`, {
    resources: '/Font<</F1 5 0 R>>/Properties<</P 6 0 R/S 7 0 R>>',
    catalog:
      '/OCProperties<</OCGs[6 0 R 7 0 R]/D<</BaseState/ON/AS[<</Event/Print/OCGs[6 0 R 7 0 R]/Category[/Print]>><</Event/View/OCGs[6 0 R 7 0 R]/Category[/View]>>]>>>>',
    objects: [
      '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
      '<</Type/OCG/Name(p)/Usage<</Print<</PrintState/ON>>/View<</ViewState/OFF>>>>>>',
      '<</Type/OCG/Name(s)/Usage<</Print<</PrintState/OFF>>/View<</ViewState/ON>>>>>>',
    ],
  });
}

/** A page as a scanner writes it: one fax picture (CCITT group 4), left half black. */
export function scanned(): Buffer {
  // First line: horizontal mode, no white, eight black, then as the white line above; each further line like the one before.
  const bits = `001${'00110101'}${'000101'}1${'111'.repeat(7)}${'000000000001'.repeat(2)}`;
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((part) => Number.parseInt(part.padEnd(8, '0'), 2));
  const hex = Buffer.from(bytes).toString('hex');
  return handmade('q 400 0 0 600 100 100 cm /I Do Q', {
    resources: '/XObject<</I 5 0 R>>',
    objects: [
      `<</Type/XObject/Subtype/Image/Width 16/Height 8/BitsPerComponent 1/ColorSpace/DeviceGray/Filter[/ASCIIHexDecode/CCITTFaxDecode]/DecodeParms[null<</K -1/Columns 16/Rows 8>>]/Length ${hex.length}>>\nstream\n${hex}\nendstream`,
    ],
  });
}

/** Pages that weigh 60 KB each: one picture of noise. */
export function heavy(count: number): Buffer {
  let seed = 1;
  const noise = () => {
    const bytes = Buffer.alloc(140 * 140 * 3);
    for (let at = 0; at < bytes.length; at++) {
      seed = (Math.imul(seed, 1103515245) + 12345) | 0;
      bytes[at] = seed >>> 24;
    }
    return bytes.toString('latin1');
  };
  const kids = Array.from({ length: count }, (_, i) => `${4 + i * 3} 0 R`).join(' ');
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${kids}]/Count ${count}/MediaBox[0 0 595 842]>>`,
  ];
  objects.push('<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>');
  for (let i = 0; i < count; i++) {
    const content = `BT /F1 40 Tf 72 720 Td (Page ${i + 1}) Tj ET q 400 0 0 400 72 200 cm /I Do Q`;
    const picture = noise();
    objects.push(
      `<</Type/Page/Parent 2 0 R/Resources<</Font<</F1 3 0 R>>/XObject<</I ${6 + i * 3} 0 R>>>>/Contents ${5 + i * 3} 0 R>>`,
      `<</Length ${content.length}>>\nstream\n${content}\nendstream`,
      `<</Type/XObject/Subtype/Image/Width 140/Height 140/BitsPerComponent 8/ColorSpace/DeviceRGB/Length ${picture.length}>>\nstream\n${picture}\nendstream`,
    );
  }
  return written(objects);
}
