/** Malformed and treacherous documents, made here so that none need be kept: each with what it is. The same bytes in every run. */
import { deflateSync } from 'node:zlib';
import { content, written } from './attack-kit.ts';
import { plainPdf } from './pdf/base.ts';

export interface Sample {
  readonly title: string;
  readonly file: Buffer;
  /** `refused`: at every door, in words. A list: taken, and this is said of it. */
  readonly expect: 'refused' | readonly string[];
}

const page = '<</Type/Page/Parent 2 0 R/Contents 5 0 R>>';
const tree = '<</Type/Pages/Kids[4 0 R]/Count 1/MediaBox[0 0 595 842]>>';
const font = '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>';
const catalog = (more = ''): string => `<</Type/Catalog/Pages 2 0 R${more}>>`;

/** A document of one page with these entries in its catalogue, and these objects from number 6 on. */
const document = (more: string, ...objects: readonly string[]): Buffer =>
  written([catalog(more), tree, font, page, content('BT ET'), ...objects]);

/** The first occurrence, nothing else. */
const changed = (from: string | RegExp, to: string, base = plainPdf()): Buffer => {
  const text = base.toString('latin1');
  const made = text.replace(from, to);
  if (made === text) throw new Error(`nothing changed: ${from}`);
  return Buffer.from(made, 'latin1');
};

const refused = (title: string, file: Buffer): Sample => ({ title, file, expect: 'refused' });
const taken = (title: string, file: Buffer, ...notes: string[]): Sample => ({ title, file, expect: notes });

export const corpus = (): readonly Sample[] => [
  ...strangers(),
  ...cutOff(),
  ...crossReferences(),
  ...structures(),
  ...bombs(),
  ...masses(),
  ...lively(),
];

const strangers = (): Sample[] => [
  refused('nothing', Buffer.alloc(0)),
  refused('a zip (OFD, office)', Buffer.from('PK\u0003\u0004\u0014\u0000')),
  refused('a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')),
  refused('a page of the web', Buffer.from('<!doctype html><script>1</script>')),
  refused('zeros', Buffer.alloc(100_000)),
  refused('a head alone', Buffer.from('%PDF-1.7\n')),
  refused('bytes before the head', Buffer.concat([Buffer.from('MZ\n'), plainPdf()])),
  refused('a head of another version', changed('%PDF-1.7', '%PDF-9.x')),
  refused('encrypted', changed('/Root 1 0 R', '/Root 1 0 R/Encrypt<</Filter/Standard/V 4>>')),
  refused('encrypted by an earlier revision', changed('/Root 1 0 R', '/Encrypt 3 0 R/Root 1 0 R')),
];

/** At every twentieth of its length. */
const cutOff = (): Sample[] => {
  const whole = plainPdf([{}, {}]);
  return Array.from({ length: 20 }, (_, i) =>
    refused(`cut off after ${i * 5} %`, whole.subarray(0, Math.floor((whole.length * i) / 20))),
  );
};

const crossReferences = (): Sample[] => {
  const base = plainPdf().toString('latin1');
  const start = /startxref\n(\d+)/.exec(base)?.[1] ?? '';
  return [
    refused('startxref into nothing', changed(/startxref\n\d+/, 'startxref\n999999999')),
    refused('startxref into the middle', changed(/startxref\n\d+/, 'startxref\n30')),
    refused('startxref of no number', changed(/startxref\n\d+/, 'startxref\nten')),
    refused('more entries announced than there are', changed('xref\n0 6', 'xref\n0 60')),
    refused('entries of no numbers', changed('0000000000 65535 f', '000000000x 65535 f')),
    refused('a previous revision that is itself', changed('/Root 1 0 R', `/Root 1 0 R/Prev ${start}`)),
    refused('a previous revision before the file', changed('/Root 1 0 R', '/Root 1 0 R/Prev -5')),
    refused('a previous revision that is a name', changed('/Root 1 0 R', '/Root 1 0 R/Prev/x')),
    refused('objects that are not where they should be', changed(/0000000\d\d\d 00000 n/, '0000000011 00000 n')),
    refused('hybrid with a stream that is none', changed('/Root 1 0 R', '/Root 1 0 R/XRefStm 15')),
    refused('two documents in one', hybrid()),
    refused('no root', changed('/Root 1 0 R', '/Info 1 0 R')),
    refused('a root that is a page', changed('/Root 1 0 R', '/Root 4 0 R')),
  ];
};

/** The table names one place of the page's content, the stream behind it another: old and new readers show different pages. */
function hybrid(): Buffer {
  const base = plainPdf().toString('latin1');
  const at = base.indexOf('xref\n');
  const rows = Buffer.from([1, 0, 17, 0]);
  const stream = `7 0 obj\n<</Type/XRef/Size 8/W[1 2 1]/Index[5 1]/Length ${rows.length}>>\nstream\n${rows.toString('latin1')}\nendstream\nendobj\n`;
  const table = base
    .slice(at)
    .replace('/Root 1 0 R', `/Root 1 0 R/XRefStm ${at}`)
    .replace(/startxref\n\d+/, `startxref\n${at + stream.length}`);
  return Buffer.from(base.slice(0, at) + stream + table, 'latin1');
}

const structures = (): Sample[] => [
  refused('a dictionary with one key twice', changed('/Type/Catalog', '/Type/Catalog/Type/Catalog')),
  refused('a page tree in a circle', changed('/Kids[4 0 R]', '/Kids[2 0 R]')),
  refused('a catalogue that is its own page tree', changed('/Pages 2 0 R', '/Pages 1 0 R')),
  refused('a page that is not there', changed('/Kids[4 0 R]', '/Kids[9 0 R]')),
  refused('a page that is a stream', written([catalog(), tree, font, content('BT ET')])),
  refused('no page at all', changed('/Kids[4 0 R]', '/Kids[     ]')),
  refused('a string without end', changed('<</Type/Catalog', '<</T(((((((')),
  refused('a hexadecimal string of other letters', changed('<</Type/Catalog', '<</T<zzzzzz>')),
  refused('an object of nothing', changed('<</Type/Catalog/Pages 2 0 R>>', 'endobj')),
  refused('nested without end', written([`<</Type/Catalog/Pages 2 0 R/X ${'['.repeat(5_000)}>>`, tree, font, page])),
  refused('a name without end', written([`<</Type/Catalog/Pages 2 0 R/${'x'.repeat(50_000)} 1>>`, tree, font, page])),
  refused('a reference that leads to itself', written(['2 0 R', '1 0 R', font, page])),
  taken('boxes that are none', changed('/MediaBox[0 0 595 842]', '/MediaBox[/a (b) 1 2]  ')),
  taken('a box turned around', changed('/MediaBox[0 0 595 842]', '/MediaBox[595 842 0 0]')),
  taken('a rotation of no quarter', written([catalog(), tree, font, page.replace('>>', '/Rotate 45>>'), content('')])),
  refused('a length that lies in a structure stream', lyingStream(999_999)),
  refused('a negative length in a structure stream', lyingStream(-1)),
  refused('an object stream within itself', objectStream('<</Type/ObjStm/N 1/First 4/Length 9>>', '6 0 (x)  ')),
];

/** A document whose catalogue lies in object stream 6. */
function objectStream(head: string, data: string | Buffer): Buffer {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
  const objects = [
    `2 0 obj\n${tree}\nendobj\n`,
    `4 0 obj\n${page}\nendobj\n`,
    `5 0 obj\n${content('BT ET')}\nendobj\n`,
    `6 0 obj\n${head}\nstream\n${bytes.toString('latin1')}\nendstream\nendobj\n`,
  ];
  let out = '%PDF-1.7\n';
  const offsets = objects.map((text) => {
    const at = out.length;
    out += text;
    return at;
  });
  const start = out.length;
  const place = (type: number, second: number, third: number): Buffer => {
    const row = Buffer.alloc(6);
    row.writeUInt8(type, 0);
    row.writeUInt32BE(second, 1);
    row.writeUInt8(third, 5);
    return row;
  };
  const [two = 0, four = 0, five = 0, six = 0] = offsets;
  const free = place(0, 0, 0);
  const rows = [free, place(2, 6, 0), place(1, two, 0), free, place(1, four, 0), place(1, five, 0), place(1, six, 0)];
  const table = Buffer.concat([...rows, place(1, start, 0)]);
  const xref = `7 0 obj\n<</Type/XRef/Size 8/Root 1 0 R/W[1 4 1]/Length ${table.length}>>\nstream\n`;
  return Buffer.concat([
    Buffer.from(out + xref, 'latin1'),
    table,
    Buffer.from(`\nendstream\nendobj\nstartxref\n${start}\n%%EOF\n`),
  ]);
}

const lyingStream = (length: number): Buffer =>
  objectStream(`<</Type/ObjStm/N 1/First 4/Length ${length}>>`, `1 0 ${catalog()}`);

const manyParts = (more: string): Buffer => {
  const data = deflateSync(Buffer.from(`1 0 ${catalog(more)}`, 'latin1'));
  return objectStream(`<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length ${data.length}>>`, data);
};

/** Small files that grow: 200 KB of deflate are 200 MB of blanks. */
const bombs = (): Sample[] => {
  const bomb = deflateSync(Buffer.alloc(200 * 1024 * 1024, 32));
  const head = (more: string): string => `<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length ${bomb.length}${more}>>`;
  return [
    refused('an object stream that inflates to 200 MB', objectStream(head(''), bomb)),
    refused('filters upon filters', objectStream(head('').replace('/FlateDecode', '[/FlateDecode/FlateDecode]'), bomb)),
    refused(
      'a predictor of a row without end',
      objectStream(head('/DecodeParms<</Predictor 12/Columns 99999999>>'), deflateSync(Buffer.alloc(9))),
    ),
    refused('half a compressed stream', objectStream(head(''), bomb.subarray(0, 500))),
    // within every size, and gigabytes when they stand in memory
    refused('three million empty dictionaries', manyParts(`/X[${'<<>>'.repeat(3_000_000)}]`)),
    refused('five million numbers', manyParts(`/X[${'1 '.repeat(5_000_000)}]`)),
    refused('a string of six million letters', manyParts(`/X(${'a'.repeat(6_000_000)})`)),
  ];
};

const masses = (): Sample[] => [
  refused('10 000 pages', plainPdf(Array.from({ length: 10_000 }, () => ({})))),
  refused('a million objects', changed('xref\n0 6', 'xref\n0 999999999')),
  refused('25 000 fields', document(`/AcroForm<</Fields[${'<</FT/Tx/T(a)>>'.repeat(25_000)}]>>`)),
];

/** Sound, and able to show something else later: taken, and told. */
const lively = (): Sample[] => [
  taken('a form', document('/AcroForm<</Fields[<</FT/Tx/T(a)>>]>>'), 'form'),
  taken('an XFA form', document('/AcroForm<</Fields[]/XFA 6 0 R>>', content('<xdp/>')), 'form'),
  taken('a script that starts by itself', document('/OpenAction<</S/JavaScript/JS(app.alert(1))>>'), 'javascript'),
  taken(
    'a named script',
    document('/Names<</JavaScript<</Names[(a) 6 0 R]>>>>', '<</S/JavaScript/JS(1)>>'),
    'javascript',
  ),
  taken(
    'a script behind a page, at the end of a chain',
    written([
      catalog(),
      tree,
      font,
      page.replace('>>', '/AA<</O<</S/GoTo/Next[<</S/JavaScript/JS(1)>>]>>>>>>'),
      content(''),
    ]),
    'javascript',
  ),
  taken(
    'layers that can be hidden',
    document('/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>', '<</Type/OCG/Name(x)>>'),
    'layers',
  ),
  taken(
    'an attached file',
    document('/Names<</EmbeddedFiles<</Names[(a) 6 0 R]>>>>', '<</Type/Filespec>>'),
    'attachments',
  ),
  taken('a chain of actions in a circle', document('/OpenAction 6 0 R', '<</S/GoTo/Next 6 0 R>>')),
];
