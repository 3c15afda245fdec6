import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentOf } from '#signature/pdf/document.ts';
import { prepareSignature } from '#signature/pdf/prepare.ts';
import { launchChromium } from '#test/support/chromium.ts';
import { through } from '../signature/pdf/base.ts';
import { ringSeal } from '../signature/pdf/seal-picture.ts';
import { builtPages } from './built.ts';
import { alike, apart, cells, drawn, extent, isDark, isRed, printed } from './viewer-ink.ts';
import { handmade, heavy, layered, letterLines, paper, scanned, scripted, unembedded } from './viewer-papers.ts';
import { type Harness, type SeatOptions, seat, type ViewerHall, type ViewerSeat, viewerHall } from './viewer-stage.ts';

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

async function showing(name: string, pdf: Uint8Array, options: SeatOptions = {}): Promise<ViewerSeat> {
  hall.documents.set(name, pdf);
  hall.sent.delete(name);
  const s = await seat(browser, hall, options);
  await s.open(name);
  return s;
}

const find = (s: ViewerSeat, text: string) =>
  s.page.evaluate((words) => (window as unknown as Harness).viewer.findKeyword(words), text);
const goTo = async (s: ViewerSeat, page: number) => {
  await s.page.evaluate((to) => (window as unknown as Harness).viewer.goTo(to), page);
  await s.page.waitForSelector(`.page[data-page="${page}"] canvas`);
};

describe('the viewer shows', () => {
  it.each([0, 90, 180, 270] as const)('a Chinese letter as it is printed, page turned by %i', async (rotate) => {
    const pdf = await paper([{ lines: letterLines, rotate }]);
    const s = await showing(`letter-${rotate}`, pdf);
    const screen = await drawn(s.page, 0);
    const widthMm = rotate % 180 === 0 ? 210 : 297;
    const print = printed(pdf, 0, screen, widthMm);
    expect(screen.width > screen.height).toBe(rotate % 180 === 90);
    expect(alike(cells(screen, isDark), cells(print, isDark))).toBeGreaterThan(0.97);
    expect(apart(extent(screen, isDark, widthMm), extent(print, isDark, widthMm))).toBeLessThan(0.8);
    expect([s.complaints, (await s.said()).faults]).toEqual([[], []]);
    await s.close();
  });

  it('Chinese words in a font that is not in the file, by the character maps of the hub', async () => {
    const asked: string[] = [];
    hall.documents.set('unembedded', unembedded('投标函甲方：测试'));
    const s = await seat(browser, hall);
    s.page.on('request', (request) => asked.push(new URL(request.url()).pathname.split('/').at(-1) ?? ''));
    await s.open('unembedded');
    expect(asked).toContain('UniGB-UCS2-H.bcmap');
    const width = (595 * 25.4) / 72;
    const ink = extent(await drawn(s.page, 0), isDark, width);
    // Eight letters of 28 points from 72 points on.
    expect(Math.abs(ink.left - 25.4)).toBeLessThan(2);
    expect(Math.abs(ink.right - ((72 + 8 * 28) * 25.4) / 72)).toBeLessThan(3);
    expect(await s.page.evaluate(() => (window as unknown as Harness).viewer.textOf(0))).toContain('投标函甲方：测试');
    expect(s.complaints).toEqual([]);
    await s.close();
  });

  it('the seals that are already there', async () => {
    const pdf = await paper([{ lines: letterLines }]);
    const prepared = await prepareSignature(await documentOf(pdf), {
      signer: '辽宁示例建设有限公司',
      at: Date.UTC(2026, 2, 18),
      subFilter: 'adbe.pkcs7.detached',
      room: 8192,
      placements: [{ page: 0, x: 120, y: 200, width: 40, height: 40 }],
      picture: ringSeal(),
    });
    const signed = Buffer.concat([pdf, prepared.bytes]);
    const s = await showing('sealed', signed);
    const screen = await drawn(s.page, 0);
    const there = extent(printed(signed, 0, screen, 210), isRed, 210);
    expect(apart(extent(screen, isRed, 210), there)).toBeLessThan(0.5);
    await s.close();
  });

  it('a scanned page, and the layers that are printed', async () => {
    const asked: string[] = [];
    hall.documents.set('scan', scanned());
    const scan = await seat(browser, hall);
    scan.page.on('request', (request) => asked.push(new URL(request.url()).pathname.split('/').at(-1) ?? ''));
    await scan.open('scan');
    const screen = await drawn(scan.page, 0);
    expect(
      alike(cells(screen, isDark), cells(printed(scanned(), 0, screen, (595 * 25.4) / 72), isDark)),
    ).toBeGreaterThan(0.97);
    expect([asked.includes('jbig2.wasm'), scan.complaints]).toEqual([true, []]);
    await scan.close();
    const s = await showing('layers', layered());
    expect(await s.page.evaluate(() => (window as unknown as Harness).viewer.textOf(0))).toContain('Printed');
    const ink = cells(await drawn(s.page, 0), isDark, 1, 8);
    // From above: printed only, screen only, always.
    expect(ink.map((share) => share > 0)).toEqual([false, true, false, false, false, true, false, false]);
    await s.close();
  });

  it('sharp letters on a fine screen, and a page too large for any canvas in fewer points', async () => {
    const fine = await showing('fine', await paper([{ lines: letterLines }]), { ratio: 2 });
    const { css, own } = await fine.page.evaluate(() => {
      const canvas = document.querySelector('canvas');
      return { css: canvas?.clientWidth ?? 0, own: canvas?.width ?? 0 };
    });
    expect(Math.abs(own - 2 * css)).toBeLessThan(3);
    await fine.close();
    const large = await showing('large', handmade('0 0 20000 20000 re f', { page: '/MediaBox[0 0 30000 30000]' }));
    const area = await large.page.evaluate(() => (document.querySelector('canvas')?.width ?? 0) ** 2);
    expect(area > 0 && area <= 12_100_000).toBe(true);
    await large.close();
  });

  it('a file of this computer that is sent nowhere', async () => {
    const s = await seat(browser, hall);
    const bytes = [...(await paper([{ lines: letterLines }, {}]))];
    const asked: string[] = [];
    s.page.on('request', (request) => asked.push(request.method() + new URL(request.url()).pathname));
    await s.page.evaluate(
      (list) => (window as unknown as Harness).viewer.open({ file: new Blob([new Uint8Array(list)]) }),
      bytes,
    );
    expect((await s.said()).pages).toHaveLength(2);
    expect(extent(await drawn(s.page, 0), isDark, 210).left).toBeLessThan(30);
    expect(asked.filter((path) => !path.startsWith('GET/assets/'))).toEqual([]);
    await s.close();
  });

  it('frames over a page, and their names', async () => {
    const s = await showing('frames', await paper([{ lines: letterLines }, { lines: letterLines }]), {
      readOnly: true,
    });
    await s.page.evaluate(() => {
      const { viewer } = window as unknown as Harness;
      const box = { x: 20, y: 190, width: 100, height: 20 };
      viewer.highlight([
        { id: 'a', page: 0, ...box, tone: 'bad', label: '签章后增加' },
        { id: 'b', page: 1, ...box, tone: 'mark', label: '' },
      ]);
      viewer.reveal({ page: 0, x: 70, y: 200 });
    });
    const frame = await s.page.locator('.page[data-page="0"] .frame').boundingBox();
    const leaf = await s.page.locator('.page[data-page="0"]').boundingBox();
    const mm = 210 / (leaf?.width ?? 1);
    expect(Math.abs(((frame?.x ?? 0) - (leaf?.x ?? 0)) * mm - 20)).toBeLessThan(0.3);
    expect(Math.abs((frame?.width ?? 0) * mm - 100)).toBeLessThan(0.3);
    expect(await s.page.locator('.frame.is-bad').textContent()).toBe('签章后增加');
    await s.close();
  });

  it('the words of a page to who does not see it', async () => {
    const s = await showing('aloud', await paper([{ lines: letterLines }]));
    await s.page.waitForFunction(() => (document.querySelector('.page__text')?.textContent ?? '') !== '');
    const tree = await s.page.locator('.pages').ariaSnapshot();
    expect(tree).toContain('文件内容，共 1 页');
    expect(tree).toContain('第 1 页');
    expect(tree).toContain('投标人：辽宁示例建设有限公司');
    await s.close();
  });
});

describe('an old browser', () => {
  /** What Chromium 86 does not have, of all that pdf.js uses. */
  const lacks = [
    'delete globalThis.structuredClone',
    'delete ArrayBuffer.prototype.transfer',
    'delete ArrayBuffer.prototype.transferToFixedLength',
    'delete ReadableStream.prototype[Symbol.asyncIterator]',
    'delete ReadableStream.prototype.values',
    'delete Object.hasOwn',
    'delete Promise.withResolvers',
    'delete URL.parse',
    ...['Array', 'Uint8Array', 'String'].flatMap((type) =>
      ['at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'with'].map(
        (name) => `for (let of = ${type}.prototype; of; of = Object.getPrototypeOf(of)) delete of.${name}`,
      ),
    ),
  ].join(';');

  it('shows a letter, finds its words, and takes a second document', async () => {
    const s = await seat(browser, hall);
    await s.context.addInitScript(lacks);
    await s.page.route('**/assets/pdf-worker.*.js', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: `${lacks};${await answer.text()}` });
    });
    await s.page.reload();
    await s.page.waitForFunction(() => 'viewer' in window);
    for (const name of ['old-1', 'old-2']) {
      hall.documents.set(name, await paper([{ lines: letterLines }]));
      await s.open(name);
      expect(extent(await drawn(s.page, 0), isDark, 210).left).toBeLessThan(30);
      expect(await find(s, '投标人：')).toHaveLength(1);
    }
    expect([s.complaints, (await s.said()).faults]).toEqual([[], []]);
    await s.close();
  });
});

describe('a keyword', () => {
  /** Where a point of the unturned page stands when it is turned clockwise; A4, millimetres. */
  const turned = (rotate: 0 | 90 | 180 | 270, x: number, y: number): readonly [number, number] => {
    switch (rotate) {
      case 0:
        return [x, y];
      case 90:
        return [297 - y, x];
      case 180:
        return [210 - x, 297 - y];
      case 270:
        return [y, 210 - x];
    }
  };

  it.each([0, 90, 180, 270] as const)('is found where it stands, page turned by %i', async (rotate) => {
    const s = await showing(`find-${rotate}`, await paper([{ lines: letterLines, rotate }]));
    const hits = await find(s, '投标人：');
    expect(hits).toHaveLength(1);
    const letter = (14 * 25.4) / 72;
    // Four letters from 70 mm on; their middle a third of a letter above the line at 200 mm.
    const [x, y] = turned(rotate, 70 + 2 * letter, 200 - 0.36 * letter);
    expect(Math.hypot((hits[0]?.x ?? 0) - x, (hits[0]?.y ?? 0) - y)).toBeLessThan(1);
    expect(hits[0]).toMatchObject({ page: 0, text: '投标人：', after: '辽宁示例建设有限公司（盖单位章）' });
    await s.close();
  });

  it('is found whatever its width, spaces and pieces, on every page, and printed twice it is one', async () => {
    const s = await showing(
      'pieces',
      await paper([
        {
          lines: [
            { text: '投', x: 20, y: 50 },
            { text: '标', x: 32, y: 50 },
            { text: '人:', x: 44, y: 50 },
          ],
        },
        {
          lines: [
            { text: '投 标 人：', x: 20, y: 80 },
            { text: '投 标 人：', x: 20.1, y: 80 },
          ],
        },
        { lines: [{ text: '招标人', x: 20, y: 80 }] },
        {
          lines: [
            { text: '请投标', x: 150, y: 80 },
            { text: '人：盖章', x: 20, y: 88 },
          ],
        },
      ]),
    );
    const hits = await find(s, '投标人：');
    expect(hits.map(({ page }) => page)).toEqual([0, 1, 3]);
    // Spread letters: the middle of them all. Broken over two lines: where it ends.
    expect(Math.abs((hits[0]?.x ?? 0) - 36)).toBeLessThan(3);
    expect(Math.abs((hits[2]?.x ?? 0) - 25)).toBeLessThan(2);
    expect(Math.abs((hits[2]?.y ?? 0) - 86.5)).toBeLessThan(1.5);
    expect(await find(s, '投标人（盖章）')).toEqual([]);
    expect(await find(s, '   ')).toEqual([]);
    await s.close();
  });
});

describe('a document', () => {
  it('runs nothing that it brings', async () => {
    const s = await seat(browser, hall);
    const happened: string[] = [];
    s.page.on('dialog', (dialog) => {
      happened.push(dialog.type());
      void dialog.dismiss();
    });
    s.page.on('popup', () => happened.push('popup'));
    hall.documents.set('scripted', scripted());
    await s.open('scripted');
    await s.page.mouse.click(300, 300);
    await s.page.waitForTimeout(300);
    expect(happened).toEqual([]);
    expect(
      await s.page.evaluate(() => [
        'ran' in window,
        document.title,
        document.querySelectorAll('.pages a, .pages input').length,
      ]),
    ).toEqual([false, '阅读器', 0]);
    expect(s.complaints).toEqual([]);
    await s.close();
  });

  it('is decoded in a thread that can reach nothing', async () => {
    const s = await showing('alone', await paper([{ lines: letterLines }]));
    const [worker] = s.page.workers();
    const reached = await worker?.evaluate(async (origin) => {
      const tried = [
        () => fetch(`${origin}/doc/alone`),
        () =>
          new Promise((done, failed) => {
            const socket = new WebSocket(origin.replace('http', 'ws'));
            socket.onopen = done;
            socket.onerror = failed;
          }),
      ];
      return Promise.all(
        tried.map((attempt) =>
          attempt().then(
            () => 'reached',
            () => 'refused',
          ),
        ),
      );
    }, hall.origin);
    expect(reached).toEqual(['refused', 'refused']);
    await s.close();
  });

  it('that cannot be shown is told by its kind', async () => {
    const pdf = await paper([{ lines: letterLines }]);
    const locked = through(pdf, 'qpdf', (input, output) => [
      '--encrypt',
      'secret',
      'owner',
      '256',
      '--',
      input,
      output,
    ]).file;
    hall.documents.set('locked', locked ?? new Uint8Array());
    hall.documents.set('garbage', Buffer.from('this is no document at all'.repeat(50)));
    const s = await seat(browser, hall);
    for (const name of ['locked', 'garbage', 'missing']) await s.open(name);
    expect((await s.said()).faults).toEqual(['encrypted', 'broken', 'unreachable']);
    // The next one is shown none the less.
    hall.documents.set('good', pdf);
    await s.open('good');
    expect((await s.said()).first).toBeGreaterThan(0);
    await s.close();
  });

  it('is asked for with the claim of this page', async () => {
    hall.claim = 'a-claim';
    const s = await seat(browser, hall);
    hall.documents.set('claimed', await paper([{ lines: letterLines }]));
    await s.open('claimed');
    expect((await s.said()).faults).toEqual(['unreachable']);
    await s.open('claimed', { headers: { 'X-Ca-Claim': 'a-claim' } });
    expect((await s.said()).first).toBeGreaterThan(0);
    hall.claim = null;
    await s.close();
  });

  it('of another version stands where the person was', async () => {
    const s = await showing('v1', await paper(Array.from({ length: 8 }, () => ({ lines: letterLines }))));
    await goTo(s, 5);
    hall.documents.set('v2', hall.documents.get('v1') ?? new Uint8Array());
    await s.open('v2');
    expect(await s.page.evaluate(() => (window as unknown as Harness).viewer.page)).toBe(5);
    await s.close();
  });

  it('whose reader is not the one that was built is not shown', async () => {
    const s = await seat(browser, hall);
    await s.page.route('**/assets/pdf.*.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: 'export {}' }),
    );
    await s.page.reload();
    await s.page.waitForFunction(() => 'viewer' in window);
    hall.documents.set('other', await paper([{}]));
    await s.open('other');
    expect((await s.said()).faults).toEqual(['engine']);
    await s.close();
  });
});

describe('a long document', () => {
  it('shows its first page long before it is there whole', async () => {
    const pdf = heavy(100);
    const s = await showing('hundred', pdf);
    expect(extent(await drawn(s.page, 0), isDark, 210).left).toBeLessThan(30);
    expect(pdf.length).toBeGreaterThan(5_000_000);
    expect(hall.sent.get('hundred') ?? pdf.length).toBeLessThan(pdf.length / 4);
    await goTo(s, 99);
    expect((await s.said()).page).toBe(99);
    await s.close();
  });

  it('of five hundred pages is leafed through with a few pages in memory', async () => {
    const pdf = await paper(
      Array.from({ length: 500 }, (_, i) => ({ lines: [{ text: `第 ${i + 1} 页`, x: 30, y: 40 }] })),
    );
    const s = await showing('five-hundred', pdf);
    let most = { pages: 0, pixels: 0 };
    for (let page = 0; page < 500; page += 25) {
      await goTo(s, page);
      const now = await s.page.evaluate(() => {
        const all = [...document.querySelectorAll('canvas')];
        return {
          pages: document.querySelectorAll('.page').length,
          pixels: all.reduce((sum, canvas) => sum + canvas.width * canvas.height, 0),
        };
      });
      most = { pages: Math.max(most.pages, now.pages), pixels: Math.max(most.pixels, now.pixels) };
    }
    expect(most.pages).toBeLessThan(9);
    expect(most.pixels).toBeLessThan(12_000_000);
    await s.page.evaluate(() => (window as unknown as Harness).viewer.close());
    expect(await s.page.evaluate(() => document.querySelectorAll('canvas, .pages').length)).toBe(0);
    await s.page.waitForTimeout(200);
    expect(s.page.workers()).toHaveLength(0);
    await s.close();
  });
});
