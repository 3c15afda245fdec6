import { PDFDocument } from 'pdf-lib';
import { describe, expect, it } from 'vitest';
import { documentOf, pagesOf } from '#signature/pdf/document.ts';
import { seenSize } from '#signature/pdf/placement.ts';

/** Points, of a page of 595 × 842 with this crop box: left, bottom, width, height. */
async function seenWith(...crop: [number, number, number, number]): Promise<{ width: number; height: number }> {
  const made = await PDFDocument.create();
  made.addPage([595, 842]).setCropBox(...crop);
  const [page] = await pagesOf(await documentOf(await made.save({ useObjectStreams: false })));
  if (page === undefined) throw new Error('no page');
  const { width, height } = seenSize(page);
  return { width: Math.round((width * 72) / 25.4), height: Math.round((height * 72) / 25.4) };
}

describe('the page that a seal is placed on', () => {
  it('is the crop box', async () => {
    expect(await seenWith(100, 50, 400, 700)).toEqual({ width: 400, height: 700 });
  });

  it('is never larger than its medium', async () => {
    expect(await seenWith(-50, 100, 950, 800)).toEqual({ width: 595, height: 742 });
  });

  it('is its medium where the crop box lies beside it, as readers show it', async () => {
    expect(await seenWith(700, 0, 200, 842)).toEqual({ width: 595, height: 842 });
  });
});
