import { describe, expect, it } from 'vitest';
import { changesSince, standingOf } from '#signature/pdf/changes.ts';
import { documentOf, pagesOf } from '#signature/pdf/document.ts';
import { dict, name, type PdfObject, ref } from '#signature/pdf/objects.ts';
import { fillContents, prepareSignature, type SigningPlan } from '#signature/pdf/prepare.ts';
import { makeRevision } from '#signature/pdf/revision.ts';
import type { NewObject } from '#signature/pdf/serialise.ts';
import { signaturesOf } from '#signature/pdf/signatures.ts';
import { plainPdf } from './base.ts';

const plan: SigningPlan = {
  signer: '示例',
  at: 0,
  subFilter: 'adbe.pkcs7.detached',
  room: 64,
  placements: [{ page: 0, x: 10, y: 10, width: 20, height: 20 }],
  picture: null,
};

/** The container's own validity is no matter here. */
async function signed(pdf: Buffer, more: Partial<SigningPlan> = {}): Promise<Buffer> {
  const prepared = await prepareSignature(await documentOf(pdf), { ...plan, ...more });
  return Buffer.concat([pdf, fillContents(prepared, Buffer.from('3003020101', 'hex')) ?? Buffer.alloc(0)]);
}

async function revised(pdf: Buffer, make: (page: number) => ReadonlyMap<number, NewObject>): Promise<Buffer> {
  const document = await documentOf(pdf);
  const page = (await pagesOf(document))[0]?.ref.number ?? 0;
  return Buffer.concat([pdf, makeRevision(document, make(page)).bytes]);
}

async function standing(pdf: Buffer): Promise<{ standing: string; kinds: string[]; faults: (string | null)[] }> {
  const document = await documentOf(pdf);
  const signatures = await signaturesOf(document);
  const changes = await changesSince(document, signatures[0]?.coveredTo ?? 0);
  return {
    standing: standingOf(changes),
    kinds: changes.map((change) => change.kind),
    faults: signatures.map((one) => one.rangeFault),
  };
}

const base = plainPdf([{}, {}]);

describe('what came after a signature', () => {
  it('is nothing when the file ends with it', async () => {
    expect(await standing(await signed(base))).toEqual({ standing: 'unchanged', kinds: [], faults: [null] });
  });

  it('is a further signature with its stamps, and both ranges are right', async () => {
    const further = { placements: [0, 1].map((page) => ({ page, x: 50, y: 50, width: 20, height: 20 })) };
    const twice = await standing(await signed(await signed(base), further));
    expect(twice).toEqual({
      standing: 'extended',
      kinds: ['signature-added', 'stamp-with-signature'],
      faults: [null, null],
    });
  });

  it('is named when the text of a page was replaced', async () => {
    const content: NewObject = {
      kind: 'new-stream',
      dict: new Map(),
      data: Buffer.from('BT /F1 24 Tf 72 720 Td (Price 1) Tj ET'),
    };
    const other = await revised(await signed(base), () => new Map([[5, content]]));
    expect(await standing(other)).toEqual({ standing: 'changed', kinds: ['page-changed'], faults: [null] });
  });

  it('is named when a font under the text was replaced', async () => {
    const font = dict({ Type: name('Font'), Subtype: name('Type1'), BaseFont: name('Symbol') });
    const other = await revised(await signed(base), () => new Map<number, NewObject>([[3, font]]));
    expect((await standing(other)).kinds).toEqual(['page-changed', 'page-changed']);
  });

  it('is named when something was laid over the page, by whatever kind of annotation', async () => {
    for (const subtype of ['FreeText', 'Stamp', 'Widget']) {
      const other = await revised(await signed(base), (page) => {
        const annotation = dict({ Type: name('Annot'), Subtype: name(subtype), Rect: [0, 0, 500, 800], F: 644 });
        return new Map<number, NewObject>([
          [900, annotation],
          [page, addAnnotation(page)],
        ]);
      });
      expect([subtype, (await standing(other)).kinds.includes('annotation-added')]).toEqual([subtype, true]);
    }
  });

  it('is named when an action was hung on the document', async () => {
    const action = dict({ S: name('JavaScript'), JS: ref(901) });
    const other = await revised(await signed(base), () => {
      const catalog = dict({
        Type: name('Catalog'),
        Pages: ref(2),
        AcroForm: dict({ Fields: [ref(9)], SigFlags: 3 }),
        OpenAction: action,
      });
      return new Map<number, NewObject>([[1, catalog]]);
    });
    expect((await standing(other)).kinds).toContain('document-changed');
  });
});

/** The page as plainPdf wrote it, with the signature's widget and one more annotation. */
const addAnnotation = (page: number): PdfObject =>
  dict({
    Type: name('Page'),
    Parent: ref(2),
    Resources: dict({ Font: dict({ F1: ref(3) }) }),
    Contents: ref(page + 1),
    Annots: [ref(9), ref(900)],
  });

describe('a signature’s range', () => {
  it('that leaves out more than its container is refused', async () => {
    const file = await signed(base);
    const text = file.toString('latin1');
    const at = text.indexOf('/ByteRange [') + '/ByteRange ['.length;
    const numbers = text.slice(at, text.indexOf(']', at)).trim().split(/\s+/).map(Number) as [
      number,
      number,
      number,
      number,
    ];
    const wider = Buffer.from(file);
    wider.write([0, numbers[1] - 10, numbers[2], numbers[3]].map((n) => String(n).padEnd(12)).join(' '), at, 'latin1');
    const [one] = await signaturesOf(await documentOf(wider));
    expect(one?.rangeFault).toBe('gap-not-contents');
  });

  it('whose dictionary a later revision has put elsewhere is refused', async () => {
    const file = await signed(base);
    const document = await documentOf(file);
    const [before] = await signaturesOf(document);
    const raw = file.toString('latin1');
    const number = Number(/\/V (\d+) 0 R/.exec(raw)?.[1]);
    const start = raw.indexOf(`${number} 0 obj\n`) + `${number} 0 obj\n`.length;
    const copy: NewObject = {
      kind: 'raw',
      bytes: Buffer.from(raw.slice(start, raw.indexOf('\nendobj', start)), 'latin1'),
    };
    const moved = Buffer.concat([file, makeRevision(document, new Map([[number, copy]])).bytes]);
    const [after] = await signaturesOf(await documentOf(moved));
    expect([before?.rangeFault, after?.rangeFault]).toEqual([null, 'gap-not-contents']);
  });
});
