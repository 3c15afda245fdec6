import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Assets } from '#hosted/assets.ts';
import { pageHeaders } from '#hosted/pages/headers.ts';
import { viewerEngine } from '#hosted/pages/viewer.ts';
import { zhViewer } from '#hosted/words-viewer.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { PlacedSeal, Reader, Viewer } from '#web/hosted/sign/viewer/viewer.ts';

/** What the harness puts on `window`. */
export interface Harness {
  readonly viewer: Viewer & Reader;
  readonly said: {
    readonly pages: readonly { readonly width: number; readonly height: number }[];
    readonly first: number;
    readonly faults: readonly string[];
    readonly page: number;
    readonly places: readonly PlacedSeal[];
    readonly armed: string | null;
    readonly selected: string | null;
  };
}

export interface ViewerHall {
  readonly origin: string;
  /** Documents by name: `/doc/<name>`, with ranges. */
  readonly documents: Map<string, Bytes>;
  /** Bytes sent of each document. */
  readonly sent: Map<string, number>;
  /** Milliseconds before each answer with document bytes. */
  delay: number;
  /** Answers with 403 where the header is not this. */
  claim: string | null;
  close(): Promise<void>;
}

const harness = (): Promise<string> =>
  build({
    entryPoints: [join(import.meta.dirname, 'viewer-harness.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'chrome86',
    logLevel: 'warning',
  }).then((result) => result.outputFiles[0]?.text ?? '');

/** A small site: one page with the viewer under the hub's own page policy, its files, and documents. */
export async function viewerHall(assets: Assets): Promise<ViewerHall> {
  const script = await harness();
  const documents = new Map<string, Bytes>();
  const sent = new Map<string, number>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (pathname === '/') return page(response, searchParams);
    if (pathname === '/harness.js')
      return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    const asset = assets.find(pathname, String(request.headers['accept-encoding'] ?? ''));
    if (asset !== undefined)
      return void response
        .writeHead(200, { ...asset.headers, 'content-type': asset.type, 'x-content-type-options': 'nosniff' })
        .end(asset.bytes);
    const name = pathname.replace('/doc/', '');
    const bytes = documents.get(name);
    if (bytes === undefined) return void response.writeHead(404).end();
    if (hall.claim !== null && request.headers['x-ca-claim'] !== hall.claim) return void response.writeHead(403).end();
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers.range ?? ''));
    const [from, to] = range ? [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)] : [0, bytes.length - 1];
    const part = bytes.subarray(from, to + 1);
    setTimeout(() => {
      response.writeHead(range ? 206 : 200, {
        'content-type': 'application/pdf',
        'accept-ranges': 'bytes',
        'content-length': part.length,
        ...(range && { 'content-range': `bytes ${from}-${to}/${bytes.length}` }),
      });
      trickle(response, part, name);
    }, hall.delay);
  });
  /** A reader that wants the head only hangs up: what was really sent is counted. */
  function trickle(response: ServerResponse, part: Bytes, name: string): void {
    const step = 64 * 1024;
    let at = 0;
    const next = () => {
      if (response.destroyed) return;
      if (at >= part.length) return void response.end();
      const piece = part.subarray(at, at + step);
      at += piece.length;
      sent.set(name, (sent.get(name) ?? 0) + piece.length);
      response.write(piece, () => setTimeout(next, 1));
    };
    next();
  }
  function page(response: ServerResponse, wish: URLSearchParams): void {
    const boot = JSON.stringify({ engine: viewerEngine(assets), words: zhViewer, ...wished(wish) }).replaceAll(
      '<',
      '\\u003c',
    );
    response
      .writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        ...pageHeaders({ publicOrigin: hall.origin, agentEndpoints: [], viewer: true }),
      })
      .end(
        `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>阅读器</title>` +
          `<link rel="stylesheet" href="${assets.url('hosted.css')}"><link rel="stylesheet" href="${assets.url('viewer.css')}"></head>` +
          `<body><main id="host"></main><script type="application/json" id="boot">${boot}</script><script type="module" src="/harness.js"></script></body></html>`,
      );
  }
  const wished = (wish: URLSearchParams) => ({
    readOnly: wish.has('read'),
    open: wish.has('open') ? `/doc/${wish.get('open')}` : null,
  });
  const hall = {
    origin: '',
    documents,
    sent,
    delay: 0,
    claim: null as string | null,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  hall.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hall;
}

export interface ViewerSeat {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Script errors and CSP violations. */
  readonly complaints: string[];
  /** Opens a document of the hall by name; resolves when its first page stands or a fault is told. */
  open(name: string, more?: { headers?: Record<string, string>; sized?: boolean }): Promise<void>;
  said(): Promise<Harness['said']>;
  close(): Promise<void>;
}

export interface SeatOptions {
  readonly readOnly?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly touch?: boolean;
  readonly ratio?: number;
}

/** A person in front of the viewer. */
export async function seat(browser: Browser, hall: ViewerHall, options: SeatOptions = {}): Promise<ViewerSeat> {
  const context = await browser.newContext({
    locale: 'zh-CN',
    reducedMotion: 'reduce',
    viewport: { width: options.width ?? 1000, height: options.height ?? 800 },
    deviceScaleFactor: options.ratio ?? 1,
    ...(options.touch === true && { hasTouch: true, isMobile: true }),
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/favicon|status of 40[34]/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(`${hall.origin}/${options.readOnly === true ? '?read' : ''}`);
  await page.waitForFunction(() => 'viewer' in window);
  return {
    page,
    context,
    complaints,
    open: (name, more = {}) =>
      page.evaluate(({ url, headers }) => (window as unknown as Harness).viewer.open({ url, headers }), {
        url: `${hall.origin}/doc/${name}`,
        headers: more.headers ?? {},
      }),
    said: () => page.evaluate(() => ({ ...(window as unknown as Harness).said })),
    close: () => context.close(),
  };
}
