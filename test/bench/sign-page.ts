import type { Browser } from 'playwright-core';
import { chromiumPath, launchChromium } from '#test/support/chromium.ts';
import { builtPages } from '../web/built.ts';
import { heavy } from '../web/viewer-papers.ts';
import { type ViewerHall, viewerHall } from '../web/viewer-stage.ts';
import { number, type Report, ratios, shown, spread } from './figures.ts';
import { pick, type Scale } from './scale.ts';

/** How much slower the page's processor is made. */
const SLOWED = 4;
const FIRST_PAGE = '.page[data-page="0"] canvas';

/** From the navigation to the first page on the screen, milliseconds; `again` on the same page's warm cache. */
async function visible(browser: Browser, hall: ViewerHall, name: string): Promise<{ cold: number; again: number }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWED });
    const once = async (): Promise<number> => {
      await page.goto(`${hall.origin}/?open=${name}`);
      await page.waitForFunction(() => (window as unknown as { said: { first: number } }).said?.first > 0, undefined, {
        timeout: 60_000,
      });
      await page.waitForSelector(FIRST_PAGE);
      return page.evaluate(() => (window as unknown as { said: { first: number } }).said.first);
    };
    return { cold: await once(), again: await once() };
  } finally {
    await context.close();
  }
}

/** The first page of a long document against a document that is that page alone: the rest must cost nothing. */
export async function signPagePart(scale: Scale): Promise<Report> {
  if (chromiumPath() === undefined) throw new Error('no Chromium: apt-get install -y chromium');
  const pages = pick(scale, 20, 100);
  const built = await builtPages(['hosted.css', 'viewer.css', 'pdf.js']);
  const hall = await viewerHall(built.assets);
  const browser = await launchChromium();
  const long = heavy(pages);
  hall.documents.set('long', long);
  hall.documents.set('one', heavy(1));
  const [ours, alone] = [[] as { cold: number; again: number }[], [] as { cold: number; again: number }[]];
  try {
    // A browser that has just started is slow at everything.
    await visible(browser, hall, 'one');
    hall.sent.clear();
    for (let round = 0; round < scale.rounds; round++) {
      scale.progress(`sign-page: round ${round + 1} of ${scale.rounds}`);
      ours.push(await visible(browser, hall, 'long'));
      alone.push(await visible(browser, hall, 'one'));
    }
  } finally {
    await browser.close();
    await hall.close();
    built.remove();
  }
  const read = (hall.sent.get('long') ?? 0) / (2 * scale.rounds);
  const row = (what: string, of: 'cold' | 'again') => {
    const [a, b] = [ours.map((one) => one[of]), alone.map((one) => one[of])];
    return [what, shown(spread(a), ' ms'), shown(spread(b), ' ms'), shown(spread(ratios(a, b)), ' ×')];
  };
  return {
    tables: [
      {
        title: `sign page: first page of ${pages} on the screen, processor slowed ${SLOWED}×`,
        head: ['', `${pages} pages`, 'that page alone', 'ratio'],
        rows: [row('first visit', 'cold'), row('again, files in the cache', 'again')],
        notes: [
          `from the navigation on; ${number(long.length / 1e6)} MB of document, ${number(read / 1e3)} KB of it read for its first page`,
          'loopback without delay; the slowing is Chromium’s own and holds for the page’s thread',
        ],
      },
    ],
    figures: {
      'sign-page.cold': spread(ours.map(({ cold }) => cold)).median,
      'sign-page.again': spread(ours.map(({ again }) => again)).median,
      'sign-page.ratio': spread(
        ratios(
          ours.map(({ cold }) => cold),
          alone.map(({ cold }) => cold),
        ),
      ).median,
      'sign-page.read': read / long.length,
    },
  };
}
