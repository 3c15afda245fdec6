import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';

/** Pictures of pages, and how alike they are. */

/** The page as poppler prints it, as large as another picture of it. `page` 0-based; the page's width in millimetres as seen. */
export function printed(pdf: Uint8Array, page: number, { width }: PNG, widthMm: number): PNG {
  const folder = mkdtempSync(join(tmpdir(), 'ink-'));
  try {
    const file = join(folder, 'in.pdf');
    writeFileSync(file, pdf);
    const number = String(page + 1);
    execFileSync(
      'pdftoppm',
      [
        '-png',
        '-cropbox',
        '-f',
        number,
        '-l',
        number,
        '-r',
        String((width * 25.4) / widthMm),
        file,
        join(folder, 'out'),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const out = readdirSync(folder).find((name) => name.endsWith('.png')) ?? '';
    return PNG.sync.read(readFileSync(join(folder, out)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The page as the viewer shows it, seals and all. It must fit into the window. */
export async function seen(page: Page, index: number): Promise<PNG> {
  const leaf = page.locator(`.page[data-page="${index}"]`);
  return PNG.sync.read(await leaf.screenshot());
}

/** The canvas alone, as the reader drew it. */
export async function drawn(page: Page, index: number): Promise<PNG> {
  const url = await page.evaluate(
    (at) => document.querySelector<HTMLCanvasElement>(`.page[data-page="${at}"] canvas`)?.toDataURL('image/png') ?? '',
    index,
  );
  return PNG.sync.read(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
}

type Pixel = readonly [r: number, g: number, b: number];
type Wanted = (pixel: Pixel) => boolean;

export const isDark: Wanted = ([r, g, b]) => r + g + b < 380;
export const isRed: Wanted = ([r, g, b]) => r > 120 && g < 120 && b < 120;
export const isBlue: Wanted = ([r, g, b]) => b > 120 && r < 120 && g < 120;

const pixel = (png: PNG, x: number, y: number): Pixel => {
  const at = (y * png.width + x) * 4;
  return [png.data[at] ?? 0, png.data[at + 1] ?? 0, png.data[at + 2] ?? 0];
};

/** Share of wanted pixels in each cell of a grid over the page. */
export function cells(png: PNG, wanted: Wanted, columns = 21, rows = 30): number[] {
  const sums = new Array<number>(columns * rows).fill(0);
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++)
      if (wanted(pixel(png, x, y))) {
        const cell = Math.floor((y * rows) / png.height) * columns + Math.floor((x * columns) / png.width);
        sums[cell] = (sums[cell] ?? 0) + 1;
      }
  return sums.map((sum) => (sum * columns * rows) / (png.width * png.height));
}

/** How alike two distributions of ink are: 1 the same, 0 nothing in common. */
export function alike(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const [na, nb] = [a, b].map((list) => Math.sqrt(list.reduce((sum, value) => sum + value * value, 0)));
  return na === 0 || nb === 0 ? 0 : dot / ((na ?? 1) * (nb ?? 1));
}

export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Where the wanted colour stands, in millimetres of a page so wide. */
export function extent(png: PNG, wanted: Wanted, widthMm: number): Extent {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1];
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++)
      if (wanted(pixel(png, x, y))) {
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
  const mm = widthMm / png.width;
  return { left: left * mm, top: top * mm, right: right * mm, bottom: bottom * mm };
}

/** Largest difference of two extents, millimetres. */
export const apart = (a: Extent, b: Extent): number =>
  Math.max(
    Math.abs(a.left - b.left),
    Math.abs(a.top - b.top),
    Math.abs(a.right - b.right),
    Math.abs(a.bottom - b.bottom),
  );
