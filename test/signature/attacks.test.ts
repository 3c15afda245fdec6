import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { documentOf } from '#signature/pdf/document.ts';
import { formFields } from '#signature/pdf/form-fields.ts';
import { dict, name, type PdfObject, ref, text } from '#signature/pdf/objects.ts';
import { makeRevision } from '#signature/pdf/revision.ts';
import type { NewObject } from '#signature/pdf/serialise.ts';
import type { ValidationReport } from '#signature/report/report.ts';
import { anatomy, annotated, content, inPlace, stream, withCatalog, withRange, written } from './attack-kit.ts';
import { plainPdf } from './pdf/base.ts';
import { openSigning, revised, type Signing } from './signing.ts';

/**
 * The published attacks on PDF signatures: universal forgery, wrapping and incremental saving (Mladenov et al. 2019), shadow attacks (Mainka et al. 2021), evil
 * annotations and sneaky signatures (Rohlmann et al. 2021). None may leave a document that the report calls valid.
 */
let world: Signing;
let signer: KeyPair;
let attacker: KeyPair;
let signed: Buffer;
beforeAll(async () => {
  world = await openSigning();
  [signer, attacker] = [await world.signer(), await world.signer()];
  signed = await world.sign(plainPdf([{}, {}]), signer);
});

const said = async (pdf: Buffer): Promise<ValidationReport['verdict'] | 'refused'> => {
  try {
    return (await world.report(pdf)).verdict;
  } catch (error) {
    if ((error as Error).name === 'PdfFault') return 'refused';
    throw error;
  }
};
const kinds = async (pdf: Buffer): Promise<readonly string[]> => [
  ...new Set((await world.report(pdf)).signatures[0]?.changes.map(({ kind }) => kind)),
];

it('the document that all this is done to is valid', async () => {
  expect(await said(signed)).toBe('valid');
});

describe('universal signature forgery', () => {
  /** Same length: whatever is taken out is replaced by blanks. */
  const blanked = (pattern: RegExp): Buffer => {
    const whole = signed.toString('latin1');
    const found = pattern.exec(whole)?.[0] ?? '';
    expect(found).not.toBe('');
    return inPlace(signed, found, ' '.repeat(found.length));
  };
  const withText = (pattern: RegExp, to: string): Buffer => {
    const found = pattern.exec(signed.toString('latin1'))?.[0] ?? '';
    return inPlace(signed, found, to.padEnd(found.length));
  };

  it('without a range, without a container, or with empty ones is invalid', async () => {
    const forged: Record<string, Buffer> = {
      'no range': blanked(/\/ByteRange \[[^\]]*\]/),
      'no container': blanked(/\/Contents <[0-9a-f]+>/),
      'an empty range': withText(/\/ByteRange \[[^\]]*\]/, '/ByteRange []'),
      'a range of null': withText(/\/ByteRange \[[^\]]*\]/, '/ByteRange null'),
      'negative numbers': withRange(signed, [0, -1, -1, 0]),
      'a container of nothing': withText(/\/Contents <[0-9a-f]+>/, '/Contents <>'),
      'a container of null': withText(/\/Contents <[0-9a-f]+>/, '/Contents null'),
      'a container of zeros': withText(/\/Contents <[0-9a-f]+>/, `/Contents <${'0'.repeat(64)}>`),
    };
    for (const [title, file] of Object.entries(forged)) expect([title, await said(file)]).toEqual([title, 'invalid']);
  });

  it('over a range that covers nothing, or not from the start, is invalid', async () => {
    const [, start, end, rest] = anatomy(signed).range;
    for (const range of [
      [0, 0, 0, 0],
      [0, start, end, 0],
      [0, start, start, 0],
      [10, start - 10, end, rest],
      [0, start, end, rest + 1],
      [0, start, end, 2 ** 53],
    ])
      expect([range.join(' '), await said(withRange(signed, range))]).toEqual([range.join(' '), 'invalid']);
  });

  it('with a field whose value is not there counts as nobody’s signature', async () => {
    const empty = inPlace(plainPdf(), '/Type/Catalog/Pages 2 0 R', '/Type/Catalog/Pages 2 0 R');
    const field = dict({ FT: name('Sig'), T: text(Buffer.from('S')), V: ref(4711) });
    const catalog = await withCatalog(empty, { AcroForm: dict({ Fields: [ref(90)], SigFlags: 3 }) });
    const file = await revised(
      empty,
      new Map<number, NewObject>([
        [90, field],
        [1, catalog],
      ]),
    );
    expect(await said(file)).toBe('invalid');
  });
});

describe('signature wrapping', () => {
  it('that moves the second half of what is signed behind new content is invalid', async () => {
    const { range, contentsEnd } = anatomy(signed);
    const [zero, start, end, rest] = range;
    const tail = signed.subarray(contentsEnd);
    const evil = Buffer.from('\n5 0 obj\n<</Length 5>>\nstream\nBT ET\nendstream\nendobj\n');
    const moved = Buffer.concat([signed.subarray(0, contentsEnd), evil, tail]);
    expect(await said(withRange(moved, [zero, start, end + evil.length, rest]))).not.toBe('valid');
  });

  it('that leaves more out of the range than the container is invalid', async () => {
    const [zero, start, end, rest] = anatomy(signed).range;
    expect(await said(withRange(signed, [zero, start - 8, end, rest]))).toBe('invalid');
    expect(await said(withRange(signed, [zero, start, end + 1, rest - 1]))).toBe('invalid');
  });

  it('that puts something behind the container’s end inside its place is invalid', async () => {
    const { contentsEnd } = anatomy(signed);
    const file = Buffer.from(signed);
    file.write('3003020101', contentsEnd - 11, 'latin1');
    expect(await said(file)).toBe('invalid');
  });
});

describe('incremental saving', () => {
  it('of another page, another font or another content is told', async () => {
    const updates: Record<string, ReadonlyMap<number, NewObject>> = {
      content: new Map([[5, stream('BT /F1 24 Tf 72 720 Td (Price 1) Tj ET')]]),
      font: new Map<number, NewObject>([
        [3, dict({ Type: name('Font'), Subtype: name('Type1'), BaseFont: name('Symbol') })],
      ]),
      'page tree': new Map<number, NewObject>([[2, dict({ Type: name('Pages'), Kids: [ref(6)], Count: 1 })]]),
    };
    for (const [title, objects] of Object.entries(updates))
      expect([title, await said(await revised(signed, objects))]).toEqual([title, 'valid-changed']);
  });

  it('without cross references, or cut short, is refused: readers that repair would show what was not judged', async () => {
    const evil = '5 0 obj\n<</Length 5>>\nstream\nBT ET\nendstream\nendobj\n';
    for (const tail of [evil, `${evil}%%EOF\n`, `${evil}trailer\n<</Root 1 0 R>>\n%%EOF\n`])
      expect(await said(Buffer.concat([signed, Buffer.from(tail)]))).toBe('refused');
  });

  it('that copies the signature into the update is invalid', async () => {
    const raw = signed.toString('latin1');
    const number = Number(/\/V (\d+) 0 R/.exec(raw)?.[1]);
    const start = raw.indexOf(`${number} 0 obj\n`) + `${number} 0 obj\n`.length;
    const copy = {
      kind: 'raw',
      bytes: Buffer.from(raw.slice(start, raw.indexOf('\nendobj', start)), 'latin1'),
    } as const;
    const file = await revised(
      signed,
      new Map<number, NewObject>([
        [number, copy],
        [5, stream('BT ET')],
      ]),
    );
    expect(await said(file)).toBe('invalid');
  });

  it('of another root, or of another revision’s page tree, is told', async () => {
    const document = await documentOf(signed);
    const other = await withCatalog(signed, { Pages: ref(900) });
    const page = dict({ Type: name('Page'), Parent: ref(900), MediaBox: [0, 0, 595, 842], Contents: ref(902) });
    const objects = new Map<number, NewObject>([
      [document.catalog.ref.number, other],
      [900, dict({ Type: name('Pages'), Kids: [ref(901)], Count: 1 })],
      [901, page],
      [902, stream('BT ET')],
    ]);
    expect(await said(await revised(signed, objects))).toBe('valid-changed');
  });

  it('of what a page inherits from the tree above it is told', async () => {
    const base = written([
      '<</Type/Catalog/Pages 2 0 R>>',
      '<</Type/Pages/Kids[4 0 R]/Count 1/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>>>',
      '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
      '<</Type/Page/Parent 2 0 R/Contents 5 0 R>>',
      content('BT /F1 24 Tf 72 720 Td (Page 1) Tj ET'),
    ]);
    const file = await world.sign(base, signer);
    const tree = dict({
      ...{ Type: name('Pages'), Kids: [ref(4)], Count: 1, MediaBox: [0, 0, 595, 842] },
      Resources: dict({ Font: dict({ F1: ref(800) }) }),
    });
    const font = dict({ Type: name('Font'), Subtype: name('Type1'), BaseFont: name('Symbol') });
    expect(
      await said(
        await revised(
          file,
          new Map<number, NewObject>([
            [2, tree],
            [800, font],
          ]),
        ),
      ),
    ).toBe('valid-changed');
  });

  it('of an action, a script or a layer’s setting is told', async () => {
    const entries: Readonly<Record<string, PdfObject>>[] = [
      { OpenAction: dict({ S: name('JavaScript'), JS: text(Buffer.from('app.alert(1)')) }) },
      { Names: dict({ JavaScript: dict({ Names: [text(Buffer.from('a')), ref(5)] }) }) },
      { OCProperties: dict({ OCGs: [], D: dict({}) }) },
      { AA: dict({ WC: dict({ S: name('JavaScript') }) }) },
    ];
    for (const entry of entries)
      expect(
        await said(await revised(signed, new Map<number, NewObject>([[1, await withCatalog(signed, entry)]]))),
      ).toBe('valid-changed');
  });
});

describe('shadow attacks', () => {
  /** A page whose true text lies below something that the signer saw. */
  const prepared = (): Buffer =>
    written([
      '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[8 0 R]>>>>',
      '<</Type/Pages/Kids[4 0 R]/Count 1/MediaBox[0 0 595 842]>>',
      '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
      '<</Type/Page/Parent 2 0 R/Resources<</Font<</F1 3 0 R>>/XObject<</P 6 0 R>>>>/Contents 5 0 R/Annots[8 0 R]>>',
      content('BT /F1 24 Tf 72 720 Td (Price 100) Tj ET /P Do'),
      `<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Length 24>>\nstream\n1 g 72 700 300 60 re f   \nendstream`,
      `<</Type/XObject/Subtype/Form/BBox[0 0 200 30]/Length 5>>\nstream\nBT ET\nendstream`,
      '<</Type/Annot/Subtype/Widget/FT/Tx/T(price)/V(100)/Rect[72 600 272 630]/P 4 0 R/AP<</N 7 0 R>>>>',
    ]);

  it('hide: an overlay that is taken away after signing is told, by replacing it or by freeing its number', async () => {
    const file = await world.sign(prepared(), signer);
    const replaced = await revised(file, new Map([[6, stream('', { Subtype: name('Form'), BBox: [0, 0, 1, 1] })]]));
    expect([await said(replaced), await kinds(replaced)]).toEqual(['valid-changed', ['page-changed']]);
    const update = makeRevision(await documentOf(file), new Map([[900, null]])).bytes;
    const at = file.length + Buffer.from(update).toString('latin1').indexOf('xref');
    const table = 'xref\n6 1\n0000000000 00001 f \n';
    const trailer = Buffer.from(update)
      .toString('latin1')
      .replace(/xref[\s\S]*?trailer/, `${table}trailer`);
    const freed = Buffer.concat([file, Buffer.from(trailer.replace(/startxref\n\d+/, `startxref\n${at}`), 'latin1')]);
    expect([await said(freed), await kinds(freed)]).toEqual(['valid-changed', ['page-changed']]);
  });

  it('replace: a form’s value or its look that changes after signing is told as a change of the document', async () => {
    const file = await world.sign(prepared(), signer);
    const field = (value: string, look: number): PdfObject =>
      dict({
        ...{ Type: name('Annot'), Subtype: name('Widget'), FT: name('Tx'), T: text(Buffer.from('price')) },
        ...{ V: text(Buffer.from(value)), Rect: [72, 600, 272, 630], P: ref(4), AP: dict({ N: ref(look) }) },
      });
    const looks = new Map<number, NewObject>([
      [8, field('1', 800)],
      [800, stream('BT ET', { Subtype: name('Form') })],
    ]);
    for (const objects of [
      looks,
      new Map<number, NewObject>([[7, stream('BT (1) Tj ET', { Subtype: name('Form') })]]),
    ]) {
      const changed = await revised(file, objects);
      expect([await said(changed), (await kinds(changed)).length]).toEqual(['valid-changed', 1]);
    }
  });

  it('replace: fonts of a form, or the wish to draw its fields anew, that come after signing are told', async () => {
    const form = (more: Readonly<Record<string, PdfObject>>) => dict({ Fields: [ref(8)], SigFlags: 3, ...more });
    const base = prepared();
    const withFont = await revised(
      base,
      new Map<number, NewObject>([
        [1, await withCatalog(base, { AcroForm: form({ DR: dict({ Font: dict({ Helv: ref(3) }) }) }) })],
      ]),
    );
    const file = await world.sign(withFont, signer);
    const number = (await documentOf(file)).catalog.ref.number;
    const signature = (await documentOf(file)).catalog.dict.get('AcroForm');
    const fields = signature instanceof Map ? signature.get('Fields') : null;
    const next = async (more: Readonly<Record<string, PdfObject>>) =>
      revised(
        file,
        new Map<number, NewObject>([
          [number, await withCatalog(file, { AcroForm: form({ Fields: fields ?? null, ...more }) })],
        ]),
      );
    expect(await said(await next({ DR: dict({ Font: dict({ Helv: ref(5) }) }) }))).toBe('valid-changed');
    const kept = { DR: dict({ Font: dict({ Helv: ref(3), More: ref(3) }) }) };
    expect(await said(await next(kept))).toBe('valid');
    expect(await said(await next({ ...kept, NeedAppearances: true }))).toBe('valid-changed');
  });

  it('hide and replace: a second set of pages that lies ready under the signature and is switched to is told', async () => {
    const base = written([
      '<</Type/Catalog/Pages 2 0 R>>',
      '<</Type/Pages/Kids[4 0 R]/Count 1/MediaBox[0 0 595 842]>>',
      '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
      '<</Type/Page/Parent 2 0 R/Contents 5 0 R>>',
      content('BT ET'),
      '<</Type/Page/Parent 2 0 R/Contents 7 0 R>>',
      content('BT /F1 24 Tf (Price 1) Tj ET'),
    ]);
    const file = await world.sign(base, signer);
    const raw = file.toString('latin1');
    // Only cross references are appended: number 5 now names the bytes of number 7, which are under the signature too.
    const number = 5;
    const from = raw.indexOf('\n7 0 obj') + 1;
    const swapped = inPlace(file, '7 0 obj', '7 0 obj');
    const tree = dict({ Type: name('Pages'), Kids: [ref(6)], Count: 1, MediaBox: [0, 0, 595, 842] });
    expect(await said(await revised(file, new Map<number, NewObject>([[2, tree]])))).toBe('valid-changed');
    const start = swapped.length;
    const previous = /startxref\n(\d+)\n%%EOF\n$/.exec(raw)?.[1];
    const table = `xref\n${number} 1\n${String(from).padStart(10, '0')} 00000 n \ntrailer\n<</Size 60/Root 1 0 R/Prev ${previous}>>\nstartxref\n${start}\n%%EOF\n`;
    expect(await said(Buffer.concat([swapped, Buffer.from(table)]))).not.toBe('valid');
  });

  it('an object that is page content and form field, or annotation and resource, at once does not hide its change', async () => {
    const base = written([
      '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R 7 0 R]>>>>',
      '<</Type/Pages/Kids[4 0 R]/Count 1/MediaBox[0 0 595 842]>>',
      '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
      '<</Type/Page/Parent 2 0 R/Resources<</Font<</F1 3 0 R>>/XObject 7 0 R>>/Contents 5 0 R>>',
      content('BT /F1 24 Tf (Price 100) Tj ET /V Do'),
      '<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 5>>\nstream\nBT ET\nendstream',
      '<</FT/Tx/T(a)/V 6 0 R>>',
    ]);
    const file = await world.certify(base, signer, 2);
    expect(await said(file)).toBe('valid');
    for (const objects of [
      new Map<number, NewObject>([[5, stream('BT /F1 24 Tf (Price 999) Tj ET /V Do')]]),
      new Map<number, NewObject>([[6, stream('BT (x) Tj ET', { Subtype: name('Form') })]]),
      new Map<number, NewObject>([[7, dict({ FT: name('Tx'), T: text(Buffer.from('a')), V: ref(5) })]]),
    ])
      expect(await said(await revised(file, objects))).toBe('invalid');
  });
});

describe('certified documents', () => {
  const note = { Subtype: name('FreeText'), Rect: [100, 600, 300, 640], F: 4 };

  it('evil annotation: notes break a certification that allows none, and are told where they are allowed', async () => {
    for (const [level, verdict] of [
      [1, 'invalid'],
      [2, 'invalid'],
      [3, 'valid-changed'],
    ] as const) {
      const file = await world.certify(plainPdf(), signer, level);
      expect([level, await said(file)]).toEqual([level, 'valid']);
      for (const Subtype of ['FreeText', 'Stamp', 'Redact', 'Highlight', 'Ink'])
        expect([level, Subtype, await said(await annotated(file, { ...note, Subtype: name(Subtype) }))]).toEqual([
          level,
          Subtype,
          verdict,
        ]);
    }
  });

  it('sneaky signature: a field that is blank, merely drawn, or covers the page is no further signature', async () => {
    const file = await world.certify(plainPdf(), signer, 2);
    const widget = {
      Subtype: name('Widget'),
      FT: name('Sig'),
      T: text(Buffer.from('Sneaky')),
      Rect: [0, 0, 595, 842],
      F: 4,
    };
    expect(await said(await annotated(file, widget))).toBe('invalid');
    const drawn = await annotated(file, { ...widget, V: dict({ Type: name('Sig'), SubFilter: name('x') }) });
    expect(await said(drawn)).toBe('invalid');
    const covering = await world.sign(file, attacker, {
      placements: [{ page: 0, x: 0, y: 0, width: 205, height: 290 }],
    });
    expect(await said(covering)).toBe('invalid');
    const proper = await world.sign(file, attacker);
    expect(await said(proper)).toBe('valid');
  });

  it('level 1 allows no further signature, level 2 none but signatures and filled forms', async () => {
    expect(await said(await world.sign(await world.certify(plainPdf(), signer, 1), attacker))).toBe('invalid');
    expect(await said(await world.sign(await world.certify(plainPdf(), signer, 2), attacker))).toBe('valid');
    const changed = await revised(await world.certify(plainPdf(), signer, 2), new Map([[5, stream('BT ET')]]));
    expect(await said(changed)).toBe('invalid');
  });

  it('let forms be filled from level 2 on, and a certification that is taken off the catalogue still counts', async () => {
    const form = written([
      '<</Type/Catalog/Pages 2 0 R/AcroForm 7 0 R>>',
      '<</Type/Pages/Kids[4 0 R]/Count 1/MediaBox[0 0 595 842]>>',
      '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
      '<</Type/Page/Parent 2 0 R/Contents 5 0 R/Annots[6 0 R]>>',
      content('BT ET'),
      '<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/Rect[72 600 272 630]/P 4 0 R>>',
      '<</Fields[6 0 R]>>',
    ]);
    const filled = dict({
      ...{ Type: name('Annot'), Subtype: name('Widget'), FT: name('Tx'), T: text(Buffer.from('name')), P: ref(4) },
      ...{ Rect: [72, 600, 272, 630], V: text(Buffer.from('x')) },
    });
    const fill = async (pdf: Buffer) => revised(pdf, new Map<number, NewObject>([[6, filled]]));
    const [one, two] = [await world.certify(form, signer, 1), await world.certify(form, signer, 2)];
    expect([await said(await fill(one)), await said(await fill(two))]).toEqual(['invalid', 'valid']);
    const { catalog } = await documentOf(two);
    const bare = new Map([...catalog.dict].filter(([key]) => key !== 'Perms'));
    expect(await said(await revised(two, new Map<number, NewObject>([[catalog.ref.number, bare]])))).toBe('invalid');
  });
});

describe('a signature of the attacker’s own', () => {
  it('does not let pictures beside it pass when it is nobody’s that is known', async () => {
    const stranger = await (await openSigning()).signer();
    expect(await said(await world.sign(signed, stranger))).toBe('indeterminate');
  });

  it('under a name that is there already, or on the field of another, is invalid', async () => {
    const twice = await world.sign(signed, attacker);
    const [first, second] = await formFields(await documentOf(twice));
    const stolen = new Map([...(first?.dict ?? []), ['V', second?.value ?? null] as const]);
    const field = first?.number ?? 0;
    expect(await said(await revised(twice, new Map<number, NewObject>([[field, stolen]])))).toBe('invalid');
  });
});
