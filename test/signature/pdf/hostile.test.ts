import { describe, expect, it } from 'vitest';
import { MAX_SIDE, readPicture } from '#pki/picture.ts';
import { changesSince } from '#signature/pdf/changes.ts';
import { documentOf, pagesOf } from '#signature/pdf/document.ts';
import { PdfFault } from '#signature/pdf/objects.ts';
import { fillContents, prepareSignature } from '#signature/pdf/prepare.ts';
import { signaturesOf } from '#signature/pdf/signatures.ts';
import { plainPdf } from './base.ts';
import { ringSeal } from './seal-picture.ts';

/** What a hub does with a file that somebody sent: pages, signatures, changes, and one more signature. */
async function takenBy(pdf: Buffer): Promise<string> {
  try {
    const document = await documentOf(pdf);
    await pagesOf(document);
    for (const one of await signaturesOf(document)) await changesSince(document, one.coveredTo);
    await prepareSignature(document, plan);
    return 'taken';
  } catch (error) {
    if (error instanceof PdfFault) return error.fault;
    throw error;
  }
}

const plan = {
  signer: '示例',
  at: 0,
  subFilter: 'adbe.pkcs7.detached',
  room: 64,
  placements: [{ page: 0, x: 10, y: 10, width: 20, height: 20 }],
  picture: null,
} as const;

const signedFile = async (): Promise<Buffer> => {
  const base = plainPdf([{}, {}]);
  const prepared = await prepareSignature(await documentOf(base), plan);
  return Buffer.concat([base, fillContents(prepared, Buffer.from('3003020101', 'hex')) ?? Buffer.alloc(0)]);
};

/** The same numbers in every run. */
function* numbers(seed: number): Generator<number, never, undefined> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

describe('a file that somebody broke', () => {
  it('is taken or refused with its reason, never anything else, over 3 000 mutations', async () => {
    const base = await signedFile();
    const random = numbers(20_260_318);
    const seen = new Map<string, number>();
    for (let i = 0; i < 3_000; i += 1) {
      const file = Buffer.from(base);
      const changes = 1 + (random.next().value % 4);
      for (let k = 0; k < changes; k += 1) file[random.next().value % file.length] = random.next().value & 0xff;
      const verdict = await takenBy(i % 5 === 0 ? file.subarray(0, random.next().value % file.length) : file);
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(expect.arrayContaining(['broken', 'taken']));
  });

  it('that is none, encrypted, cut off, or has bytes before its head is refused with that reason', async () => {
    const base = plainPdf();
    const encrypted = Buffer.from(
      base.toString('latin1').replace('/Root 1 0 R', '/Root 1 0 R/Encrypt 3 0 R'),
      'latin1',
    );
    expect(await takenBy(Buffer.from('PK\u0003\u0004'))).toBe('not-pdf');
    expect(await takenBy(Buffer.alloc(0))).toBe('not-pdf');
    expect(await takenBy(encrypted)).toBe('encrypted');
    expect(await takenBy(base.subarray(0, base.length - 20))).toBe('broken');
    expect(await takenBy(Buffer.concat([Buffer.from('x'), base]))).toBe('broken');
  });

  it('whose cross references, pages, arrays or lengths are made to run on without end is refused', async () => {
    const base = plainPdf().toString('latin1');
    const start = /startxref\n(\d+)/.exec(base)?.[1] ?? '';
    const made: Record<string, string> = {
      'previous revision is itself': base.replace('/Root 1 0 R', `/Root 1 0 R/Prev ${start}`),
      'page tree in a circle': base.replace('/Kids[4 0 R]', '/Kids[2 0 R]'),
      'catalogue in a circle': base.replace('/Pages 2 0 R', '/Pages 1 0 R'),
      'a million objects': base.replace('xref\n0 6', 'xref\n0 999999999'),
      'dictionary with one key twice': base.replace('/Type/Catalog', '/Type/Catalog/Type/Catalog'),
      'nested without end': `${base.slice(0, 40)}${'['.repeat(100_000)}${base.slice(40)}`,
    };
    for (const [title, file] of Object.entries(made)) {
      const verdict = await takenBy(Buffer.from(file, 'latin1'));
      expect([title, ['broken', 'too-large'].includes(verdict)]).toEqual([title, true]);
    }
  });

  it('with 10 000 pages is refused before they are all held', async () => {
    const pages = Array.from({ length: 10_000 }, () => ({}));
    expect(await takenBy(plainPdf(pages))).toBe('too-large');
  });
});

describe('a seal’s picture', () => {
  it('of 30 000 × 30 000 pixels, a GIF, an SVG with script, or cut off is refused before a pixel is decoded', () => {
    const huge = Buffer.from(ringSeal().bytes);
    huge.writeUInt32BE(30_000, 16);
    huge.writeUInt32BE(30_000, 20);
    expect(readPicture(huge)).toBe('too-large');
    expect(readPicture(Buffer.from('GIF89a'))).toBe('unknown-format');
    expect(readPicture(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'))).toBe(
      'unknown-format',
    );
    expect(readPicture(Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 1]))).toBe('broken');
    expect(MAX_SIDE).toBeLessThan(30_000);
  });

  it('whose pixels do not decode is refused when it is to be drawn', async () => {
    const bytes = Buffer.from(ringSeal().bytes);
    bytes.fill(0, 60, 200);
    const picture = readPicture(bytes);
    if (typeof picture === 'string') throw new Error(picture);
    await expect(prepareSignature(await documentOf(plainPdf()), { ...plan, picture })).rejects.toThrow(
      'does not decode',
    );
  });
});
