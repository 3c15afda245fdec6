import type { Browser } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPicture } from '#pki/picture.ts';
import { documentOf, pagesOf } from '#signature/pdf/document.ts';
import { type Placement, straddle } from '#signature/pdf/placement.ts';
import { prepareSignature } from '#signature/pdf/prepare.ts';
import { launchChromium } from '#test/support/chromium.ts';
import type { PlacedSeal, PlacingSeal } from '#web/hosted/sign/viewer/viewer.ts';
import { builtPages } from './built.ts';
import { apart, extent, isBlue, isRed, printed, seen } from './viewer-ink.ts';
import { letterLines, type PaperWish, paper } from './viewer-papers.ts';
import { type Harness, seat, type ViewerHall, type ViewerSeat, viewerHall } from './viewer-stage.ts';

/** Half a millimetre: a pixel and a half of the screenshots. */
const NEAR = 0.6;

let built: Awaited<ReturnType<typeof builtPages>>;
let hall: ViewerHall;
let browser: Browser;
beforeAll(async () => {
  built = await builtPages(['hosted.css', 'viewer.css', 'pdf.js']);
  hall = await viewerHall(built.assets);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await hall.close();
  built.remove();
});

/** Red, with a blue upper left quarter: whoever turns or mirrors it is found out. */
const pictureBytes = (() => {
  const png = new PNG({ width: 120, height: 120 });
  for (let y = 0; y < 120; y++)
    for (let x = 0; x < 120; x++)
      png.data.set(x < 60 && y < 60 ? [20, 20, 220, 255] : [220, 20, 20, 255], (y * 120 + x) * 4);
  return PNG.sync.write(png);
})();
const picture = (() => {
  const read = readPicture(pictureBytes);
  if (typeof read === 'string') throw new Error(read);
  return read;
})();

const seal: PlacingSeal = {
  id: 'seal-1',
  name: '投标专用章',
  picture: `data:image/png;base64,${pictureBytes.toString('base64')}`,
  width: 40,
  height: 40,
};

/** The document as the hub prepares it with these places. */
async function sealed(pdf: Buffer, placements: readonly Placement[]): Promise<Buffer> {
  const prepared = await prepareSignature(await documentOf(pdf), {
    signer: '辽宁示例建设有限公司',
    at: Date.UTC(2026, 2, 18, 1, 30),
    subFilter: 'adbe.pkcs7.detached',
    room: 8192,
    placements,
    picture,
  });
  return Buffer.concat([pdf, prepared.bytes]);
}

const asPlacement = ({ page, x, y, width, height }: PlacedSeal): Placement => ({ page, x, y, width, height });

async function at(name: string, pages: readonly PaperWish[], options = {}): Promise<{ s: ViewerSeat; pdf: Buffer }> {
  const pdf = await paper(pages);
  hall.documents.set(name, pdf);
  const s = await seat(browser, hall, { width: 1300, height: 1300, ...options });
  await s.open(name);
  await s.page.evaluate(() => (window as unknown as Harness).viewer.zoom(1));
  return { s, pdf };
}

const place = (s: ViewerSeat, page: number, x: number, y: number): Promise<PlacedSeal | null> =>
  s.page.evaluate((to) => (window as unknown as Harness).viewer.place(to), { seal, page, x, y });
const places = (s: ViewerSeat): Promise<readonly PlacedSeal[]> =>
  s.page.evaluate(() => (window as unknown as Harness).viewer.places());
const drawnPage = (s: ViewerSeat, page: number) => s.page.waitForSelector(`.page[data-page="${page}"] canvas`);

/** Where both colours stand, in the preview and in the sealed document. */
async function compared(s: ViewerSeat, sealedPdf: Buffer, page: number, widthMm: number): Promise<readonly number[]> {
  await drawnPage(s, page);
  // What only belongs to choosing is not printed.
  await s.page.evaluate(() => (window as unknown as Harness).viewer.setPreview('locked'));
  const preview = await seen(s.page, page);
  const result = printed(sealedPdf, page, preview, widthMm);
  return [isRed, isBlue].map((colour) => apart(extent(preview, colour, widthMm), extent(result, colour, widthMm)));
}

describe('a placed seal', () => {
  it.each([0, 90, 180, 270] as const)(
    'stands in the preview where the sealed document has it, page turned by %i',
    async (rotate) => {
      const { s, pdf } = await at(`turned-${rotate}`, [{ lines: letterLines, rotate }]);
      const placed = await place(s, 0, 70, 150);
      expect(placed).toMatchObject({ page: 0, x: 50, y: 130, width: 40, height: 40 });
      const result = await sealed(pdf, (await places(s)).map(asPlacement));
      const width = rotate % 180 === 0 ? 210 : 297;
      for (const difference of await compared(s, result, 0, width)) expect(difference).toBeLessThan(NEAR);
      expect(s.complaints).toEqual([]);
      await s.close();
    },
  );

  it('stands right on a page whose paper does not begin at zero', async () => {
    const { PDFDocument } = await import('pdf-lib');
    const doc = await PDFDocument.create();
    const sheet = doc.addPage([700, 900]);
    sheet.setMediaBox(-50, -40, 700, 900);
    sheet.setCropBox(20, 30, 400, 600);
    const pdf = Buffer.from(await doc.save());
    hall.documents.set('cropped', pdf);
    const s = await seat(browser, hall, { width: 1300, height: 1300 });
    await s.open('cropped');
    await s.page.evaluate(() => (window as unknown as Harness).viewer.zoom(1));
    await place(s, 0, 60, 90);
    const result = await sealed(pdf, (await places(s)).map(asPlacement));
    for (const difference of await compared(s, result, 0, (400 * 25.4) / 72)) expect(difference).toBeLessThan(NEAR);
    await s.close();
  });

  it('is put down by a press on the page where the pointer is, and never over its edge', async () => {
    const { s } = await at('press', [{ lines: letterLines }]);
    await s.page.evaluate((one) => (window as unknown as Harness).viewer.arm(one), seal);
    expect((await s.said()).armed).toBe('seal-1');
    const box = await s.page.locator('.page[data-page="0"]').boundingBox();
    const px = (box?.width ?? 0) / 210;
    await s.page.mouse.move((box?.x ?? 0) + 100 * px, (box?.y ?? 0) + 120 * px);
    await s.page.mouse.click((box?.x ?? 0) + 100 * px, (box?.y ?? 0) + 120 * px);
    const [first] = (await s.said()).places;
    expect(Math.hypot((first?.x ?? 0) - 80, (first?.y ?? 0) - 100)).toBeLessThan(0.5);
    expect((await s.said()).armed).toBeNull();
    await s.page.evaluate((one) => (window as unknown as Harness).viewer.arm(one), seal);
    await s.page.mouse.click((box?.x ?? 0) + 2, (box?.y ?? 0) + 2);
    expect((await s.said()).places[1]).toMatchObject({ x: 0, y: 0 });
    await s.close();
  });

  it('follows the pointer to another page, and Escape takes the move back', async () => {
    const { s } = await at('drag', [
      { width: 210, height: 100 },
      { width: 210, height: 100 },
    ]);
    await place(s, 0, 60, 50);
    const one = await s.page.locator('.page[data-page="0"]').boundingBox();
    const two = await s.page.locator('.page[data-page="1"]').boundingBox();
    const px = (one?.width ?? 0) / 210;
    await s.page.mouse.move((one?.x ?? 0) + 60 * px, (one?.y ?? 0) + 50 * px);
    await s.page.mouse.down();
    await s.page.mouse.move((two?.x ?? 0) + 100 * px, (two?.y ?? 0) + 40 * px, { steps: 5 });
    await s.page.mouse.up();
    const [moved] = (await s.said()).places;
    expect(moved?.page).toBe(1);
    expect(Math.hypot((moved?.x ?? 0) - 80, (moved?.y ?? 0) - 20)).toBeLessThan(0.6);
    await s.page.mouse.move((two?.x ?? 0) + 100 * px, (two?.y ?? 0) + 40 * px);
    await s.page.mouse.down();
    await s.page.mouse.move((two?.x ?? 0) + 140 * px, (two?.y ?? 0) + 60 * px, { steps: 4 });
    await s.page.keyboard.press('Escape');
    await s.page.mouse.up();
    expect(await places(s)).toEqual([moved]);
    await s.close();
  });

  it('comes from the list of seals by mouse and by finger', async () => {
    const { s } = await at('from-list', [{ lines: letterLines }], { touch: true, width: 900, height: 1200 });
    await s.page.evaluate((one) => {
      const item = document.createElement('button');
      item.id = 'item';
      item.textContent = one.name;
      Object.assign(item.style, {
        position: 'fixed',
        left: '0',
        top: '0',
        width: '64px',
        height: '64px',
        touchAction: 'none',
        zIndex: '9',
      });
      item.addEventListener('pointerdown', (event) => (window as unknown as Harness).viewer.dragFrom(one, event));
      document.body.append(item);
    }, seal);
    const box = await s.page.locator('.page[data-page="0"]').boundingBox();
    const px = (box?.width ?? 0) / 210;
    const to = { x: (box?.x ?? 0) + 100 * px, y: (box?.y ?? 0) + 60 * px };
    await s.page.mouse.move(20, 20);
    await s.page.mouse.down();
    await s.page.mouse.move(to.x, to.y, { steps: 4 });
    await s.page.mouse.up();
    expect((await s.said()).places).toHaveLength(1);
    const cdp = await s.context.newCDPSession(s.page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x = 0, y = 0) =>
      cdp.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
    await touch('touchStart', 20, 20);
    await touch('touchMove', 60, 60);
    await touch('touchMove', to.x, to.y + 100);
    await touch('touchEnd');
    const [, second] = (await s.said()).places;
    expect(Math.hypot((second?.x ?? 0) - 80, (second?.y ?? 0) - (40 + 100 / px))).toBeLessThan(0.6);
    await s.close();
  });

  it('is moved, taken to the next page and removed by keys alone, each said aloud', async () => {
    const { s } = await at('keys', [{ lines: letterLines }, { lines: letterLines }]);
    await s.page.evaluate((one) => {
      (window as unknown as Harness).viewer.arm(one);
      document.querySelector<HTMLElement>('.pages')?.focus();
    }, seal);
    await s.page.keyboard.press('Enter');
    const [before] = await places(s);
    await s.page.keyboard.press('ArrowRight');
    await s.page.keyboard.press('ArrowDown');
    await s.page.keyboard.press('Shift+ArrowLeft');
    const [after] = (await s.said()).places;
    expect(
      [(after?.x ?? 0) - (before?.x ?? 0), (after?.y ?? 0) - (before?.y ?? 0)].map((v) => Math.round(v * 100) / 100),
    ).toEqual([0.8, 1]);
    await s.page.keyboard.press('PageDown');
    expect((await places(s))[0]?.page).toBe(1);
    expect(await s.page.evaluate(() => document.querySelector('[role=status]')?.textContent)).toContain(
      '投标专用章，第 2 页',
    );
    expect(await s.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toContain('第 2 页');
    await s.page.keyboard.press('Delete');
    expect((await s.said()).places).toEqual([]);
    expect(await s.page.evaluate(() => document.activeElement?.className)).toContain('pages');
    await s.close();
  });

  it('does not move while the document is being signed', async () => {
    const { s } = await at('locked', [{ lines: letterLines }]);
    const placed = await place(s, 0, 100, 100);
    await s.page.evaluate(() => (window as unknown as Harness).viewer.setPreview('locked'));
    await s.page.locator('.placed').focus();
    await s.page.keyboard.press('ArrowRight');
    await s.page.keyboard.press('Delete');
    await s.page.evaluate((one) => (window as unknown as Harness).viewer.arm(one), seal);
    await s.page.mouse.click(650, 300);
    expect(await places(s)).toEqual([placed]);
    await s.page.evaluate(() => (window as unknown as Harness).viewer.setPreview('plain'));
    expect(await s.page.locator('.placed').count()).toBe(0);
    await s.close();
  });

  it('goes in the very frame in which the version that carries it is drawn', async () => {
    const { s, pdf } = await at('before', [{ lines: letterLines }, { lines: letterLines }]);
    await place(s, 0, 70, 150);
    await place(s, 1, 100, 60);
    await s.page.evaluate(
      (one) => (window as unknown as Harness).viewer.straddle(one, { pages: [0, 1], centre: 100 }),
      seal,
    );
    hall.documents.set('after', await sealed(pdf, (await places(s)).map(asPlacement)));
    await Promise.all([drawnPage(s, 0), drawnPage(s, 1)]);
    const frames = await s.page.evaluate(async (id) => {
      const { viewer } = window as unknown as Harness;
      const pages = () => [...document.querySelectorAll<HTMLElement>('.page')];
      const old = new Set(pages().map((page) => page.querySelector('canvas')));
      const seen: string[] = [];
      let over = false;
      const watch = () => {
        for (const page of pages()) {
          const canvas = page.querySelector('canvas');
          const paper = canvas === null ? 'blank' : old.has(canvas) ? 'old' : 'new';
          const seals = page.querySelectorAll('.placed, .strip').length;
          seen.push(`page ${page.dataset['page']}: ${paper}, ${seals} over it`);
        }
        if (!over) requestAnimationFrame(watch);
      };
      requestAnimationFrame(watch);
      viewer.setPreview('plain');
      await viewer.open({ url: '/doc/after' }, [id]);
      while (pages().some((page) => old.has(page.querySelector('canvas')))) await new Promise(requestAnimationFrame);
      over = true;
      return [...new Set(seen)].sort();
    }, seal.id);
    expect(frames).toEqual([
      'page 0: new, 0 over it',
      'page 0: old, 2 over it',
      'page 1: new, 0 over it',
      'page 1: old, 2 over it',
    ]);
    expect(await places(s)).toEqual([]);
    expect(s.complaints).toEqual([]);
    await s.close();
  });

  it('larger than the page is not put down, and the same place twice is one', async () => {
    const { s } = await at('small', [{ width: 30, height: 30 }, { lines: letterLines }]);
    expect(await place(s, 0, 15, 15)).toBeNull();
    const one = await place(s, 1, 100, 100);
    expect(await place(s, 1, 100, 100)).toEqual(one);
    expect(await places(s)).toHaveLength(1);
    await s.close();
  });
});

describe('a straddle seal', () => {
  it('shows on each page the strip that the sealed document has there', async () => {
    const pages: PaperWish[] = [{}, { rotate: 90 }, { width: 250, height: 200 }];
    const { s, pdf } = await at('straddle', pages);
    await s.page.evaluate(
      (one) => (window as unknown as Harness).viewer.straddle(one, { pages: [0, 1, 2], centre: 120 }),
      seal,
    );
    const strips = straddle(await pagesOf(await documentOf(pdf)), seal, 120);
    const result = await sealed(pdf, strips);
    for (const [page, width] of [210, 297, 250].entries()) {
      await s.page.evaluate((to) => (window as unknown as Harness).viewer.goTo(to), page);
      await drawnPage(s, page);
      const preview = await seen(s.page, page);
      const there = printed(result, page, preview, width);
      expect(apart(extent(preview, isRed, width), extent(there, isRed, width))).toBeLessThan(NEAR);
      // The upper left quarter is blue: the whole first strip's top, half of the second's, none of the third's.
      const [a, b] = [extent(preview, isBlue, width), extent(there, isBlue, width)];
      if (page === 2) expect([a.right < 0, b.right < 0]).toEqual([true, true]);
      else expect(apart(a, b)).toBeLessThan(NEAR);
    }
    await s.page.evaluate((one) => (window as unknown as Harness).viewer.straddle(one, null), seal);
    expect(await s.page.locator('.strip').count()).toBe(0);
    await s.close();
  });
});
