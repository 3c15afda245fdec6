/** The papers of the demo trading system, and the way of one to the hub's signing page and back. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import { chooseKey, homeOf, keyOf } from './journey.ts';

export type PaperId = 'tender' | 'guarantee';

/** A machine that does many things at once is slow, and nothing else. */
const PATIENCE = 60_000;

export const papersOf = (world: World): string => new URL('/documents', homeOf(world)).href;

/** From the trading system's list to the hub's page with this paper before its person, who has logged in already. */
export async function openPaper(page: Page, world: World, id: PaperId): Promise<void> {
  page.setDefaultTimeout(PATIENCE);
  await page.goto(papersOf(world));
  await page.click(`[data-document=${id}] [data-act=sign]`);
  await page.waitForURL(/\/sign\//);
  await paperShown(page);
}

export const paperShown = (page: Page) => page.waitForSelector('#viewer-bar .tag.is-ok', { state: 'attached' });

/** By key and PIN; his seals are there, and one stands where the trading system wishes it. */
export async function provedByKey(page: Page, world: World, name: string): Promise<void> {
  await chooseKey(page, keyOf(world, name));
  await page.fill('#pin', DEMO_PIN);
  await page.click('#submit');
  await sealsThere(page);
}

export async function sealsThere(page: Page): Promise<void> {
  await page.waitForSelector('[data-state="placing"]');
  await page.waitForSelector('.stamps > li');
}

/** Beside these words, wherever they stand. */
export async function sealBeside(page: Page, seal: string, words: string): Promise<void> {
  await page.click(`.seal:has-text("${seal}")`);
  await page.click('[data-act=way][data-value=keyword]');
  await page.fill('#keyword', words);
  await page.click('[data-act=find]');
  await page.waitForSelector('.hits > li');
  await page.click('[data-act=place-hits]');
}

/** Back at the trading system with the paper signed; what the end said. Nobody waits for the page to go back by itself. */
export async function submitted(page: Page): Promise<string> {
  await page.click('#submit');
  return delivered(page);
}

export async function delivered(page: Page): Promise<string> {
  const end = await page.waitForFunction(
    () => document.querySelector('html[data-state="signed"] #signed')?.textContent ?? null,
  );
  const said = (await end.jsonValue()) ?? '';
  // On a busy machine it has gone back by itself meanwhile, and the link with it.
  await page
    .evaluate(() => document.querySelector<HTMLElement>('#signed .notice__do a')?.click())
    .catch(() => undefined);
  await page.waitForURL(/\/documents\?taskId=S/);
  return said;
}

export const versionRow = (page: Page, id: PaperId, version: number): Locator =>
  page.locator(`[data-document=${id}] [data-version="${version}"]`);

/** What the hub says of this version, line by line: of the file, then of each signature. */
export async function checkedVersion(page: Page, id: PaperId, version: number): Promise<string[]> {
  const row = versionRow(page, id, version);
  await row.locator('[data-act=check]').click();
  const verdict = row.locator('[data-field=checked]');
  await verdict.waitFor();
  return [await verdict.locator('b').innerText(), ...(await verdict.locator('li').allInnerTexts())];
}

export async function downloadVersion(
  page: Page,
  id: PaperId,
  version: number,
): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    versionRow(page, id, version).locator('[data-act=download]').click(),
  ]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

export interface SignatureOnPaper {
  /** End of what it covers. */
  readonly upTo: number;
  readonly whole: boolean;
}

/** What readers that are not ours say of a PDF. */
export interface Judged {
  /** qpdf found nothing wrong. */
  readonly clean: boolean;
  /** pdfsig's list, in its order. */
  readonly signatures: readonly SignatureOnPaper[];
  /** Signatures that mutool found. */
  readonly found: number;
}

export function judgedElsewhere(pdf: Buffer): Judged {
  return withFile(pdf, (file) => {
    const listed = run('pdfsig', ['-nocert', file]).split(/^Signature #/m);
    return {
      clean: run('qpdf', ['--check', file]).includes('No syntax or stream encoding errors found'),
      signatures: listed.slice(1).map((text) => ({
        upTo: Number(/\[\d+ - \d+\], \[\d+ - (\d+)\]/.exec(text)?.[1]),
        whole: text.includes('Total document signed'),
      })),
      found: run('mutool', ['sign', '-v', file]).match(/^Verifying signature/gm)?.length ?? 0,
    };
  });
}

/** Where a page, rendered by poppler, is seal red: shares of its width and height, the number of such points. */
export function redOn(
  pdf: Buffer,
  page: number,
  part: { x: number; y: number; width: number; height: number },
): number {
  const dpi = 50;
  const box = ['-x', part.x, '-y', part.y, '-W', part.width, '-H', part.height].map((one) =>
    typeof one === 'number' ? String(Math.round((one * dpi) / 25.4)) : one,
  );
  const only = ['-f', String(page), '-l', String(page)];
  const image = withFile(pdf, (file) =>
    execFileSync('pdftoppm', ['-r', String(dpi), ...only, ...box, file], { maxBuffer: 1 << 26 }),
  );
  const [header = ''] = /^P6\s+\d+\s+\d+\s+\d+\s/.exec(image.toString('latin1', 0, 40)) ?? [];
  let red = 0;
  for (let at = header.length; at + 2 < image.length; at += 3)
    if ((image[at] ?? 0) > 120 && (image[at + 1] ?? 0) < 90 && (image[at + 2] ?? 0) < 90) red += 1;
  return red;
}

/** Some of them answer 1 for a signature whose algorithm they do not know: what they print is what counts. */
function run(tool: string, args: readonly string[]): string {
  try {
    return execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? '');
  }
}

function withFile<T>(pdf: Buffer, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'papers-'));
  try {
    const file = join(folder, 'paper.pdf');
    writeFileSync(file, pdf);
    return use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
