/** The signing page between its scripted neighbours: what hub and key say is the test's script; page, viewer and island are our own. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { Browser } from 'playwright-core';
import { type WebSocket, WebSocketServer } from 'ws';
import type { PageError } from '#hosted/api.ts';
import type { Assets } from '#hosted/assets.ts';
import { mountPages } from '#hosted/pages/mount.ts';
import type { DocumentView, PlanView, SealView, SignView } from '#hosted/sign-api.ts';
import { beichen, bohai, error, grantOf, key, mobileView, ScriptedAgent, type ScriptedKey } from './peers.ts';
import { legalSeal, seal, signer, signView } from './sign-views.ts';
import { letterLines, type PaperWish, paper } from './viewer-papers.ts';

type Handler = (request: Record<string, unknown>) => unknown;

/** The hub's side of one signing: whoever proves himself gets these seals; every signature is taken. */
export class ScriptedSigning {
  readonly requests: { readonly name: string; readonly body: string }[] = [];
  readonly handlers: Record<string, Handler> = {};
  view: SignView = signView();
  seals: readonly SealView[] = [seal(), legalSeal()];
  /** What the page has asked the hub to keep. */
  plan: NonNullable<SignView['plan']> = { revision: 0, kept: null };
  keys: readonly ScriptedKey[] = [];
  agentEndpoints: readonly string[] = [];
  /** Bytes of every version of the document. */
  bytes: Buffer = Buffer.alloc(0);
  /** A refusal for the next document that is put. */
  refusesFile: PageError | null = null;
  uploaded: { readonly name: string; readonly size: number } | null = null;
  url = '';
  readonly #live = new Set<WebSocket>();
  #server: Server | undefined;
  #assets: Assets | undefined;

  set(patch: Partial<SignView>): void {
    const next = { ...this.view, ...patch, version: this.view.version + 1, now: Date.now() };
    this.view = { ...next, plan: next.signer === null ? null : this.plan };
    for (const socket of this.#live) socket.send(JSON.stringify({ version: this.view.version }));
  }

  async start(assets: Assets): Promise<void> {
    this.#assets = assets;
    if (this.view.signer !== null) this.view = { ...this.view, plan: this.plan };
    const app = new Hono();
    app.post('/hosted/api/hello', (c) => c.json({ ok: true }));
    app.post('/hosted/api/sign/:name', async (c) => {
      const [name, body] = [c.req.param('name'), await c.req.text()];
      this.requests.push({ name, body });
      const request = JSON.parse(body) as Record<string, unknown>;
      return c.json(((await this.handlers[name]?.(request)) ?? this.#usual(name, request)) as object);
    });
    app.get('/hosted/sign/document/:id', (c) => this.#document(c));
    app.put('/hosted/sign/document/:id', async (c) => {
      const body = Buffer.from(await c.req.arrayBuffer());
      const name = decodeURIComponent(c.req.header('x-document-name') ?? '');
      this.uploaded = { name, size: body.length };
      if (this.refusesFile !== null) return c.json({ ok: false, error: this.refusesFile });
      this.bytes = body;
      this.set({ document: documentOf(body, 1, { name }) });
      return c.json({ ok: true, view: this.view });
    });
    mountPages(app, {
      assets,
      publicOrigin: '',
      originOf: async () => this.url,
      agentEndpoints: this.agentEndpoints,
      now: () => Date.now(),
      authorities: async () => [beichen, bohai],
    });
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', getRequestListener(app.fetch));
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (opened) => {
        this.#live.add(opened);
        opened.on('close', () => this.#live.delete(opened));
      }),
    );
    this.#server = server;
  }

  async stop(): Promise<void> {
    for (const socket of this.#live) socket.terminate();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }

  asked(name: string): Record<string, unknown>[] {
    return this.requests
      .filter((one) => one.name === name)
      .map((one) => JSON.parse(one.body) as Record<string, unknown>);
  }

  /** What was prepared is signed now, by key or phone. */
  sign(last: boolean): void {
    const { prepared, made, document, mode } = this.view;
    if (prepared === null || document === null) throw new Error('nothing is prepared');
    const asked = this.asked('prepare').at(-1) as { placements: unknown[]; straddle: unknown } | undefined;
    const one = {
      seal: prepared.seal,
      places: asked?.placements.length ?? 0,
      straddle: asked?.straddle != null,
      timestamped: true,
      at: Date.now(),
    };
    const signed = { made: [...made, one], prepared: null, mobile: null };
    this.#takeOut(prepared.seal);
    this.set({ ...signed, document: { ...document, version: document.version + 1 }, ...(last && this.#end(mode)) });
  }

  #takeOut(seal: string | null): void {
    const { kept } = this.plan;
    if (kept === null) return;
    const seals = kept.seals.filter((one) => one.seal !== seal);
    const straddle = kept.straddle?.seal === seal ? null : kept.straddle;
    const left = { seals, straddle, invisible: kept.invisible && seal !== null, version: kept.version + 1 };
    this.plan = { ...this.plan, kept: { ...kept, ...left } };
  }

  /** As another window would: nobody is told. */
  keep(kept: PlanView): void {
    this.plan = { revision: this.plan.revision + 1, kept };
    this.view = { ...this.view, plan: this.plan };
  }

  #end(mode: SignView['mode']): Partial<SignView> {
    if (mode === 'local') return { state: 'succeeded', next: { kind: 'stay' } };
    return { state: 'succeeded', next: { kind: 'redirect', url: `${this.url}/back` } };
  }

  #document(c: Context): Response {
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(c.req.header('range') ?? '') ?? [];
    const end = to === '' ? this.bytes.length : Math.min(this.bytes.length, Number(to) + 1);
    const part = new Uint8Array(this.bytes.subarray(Number(from), end));
    const whole = c.req.header('range') === undefined;
    return c.body(part.buffer, whole ? 200 : 206, {
      'content-type': 'application/pdf',
      'accept-ranges': 'bytes',
      'content-length': String(part.length),
      ...(!whole && { 'content-range': `bytes ${from}-${end - 1}/${this.bytes.length}` }),
    });
  }

  #usual(name: string, request: Record<string, unknown>): unknown {
    switch (name) {
      case 'claim': {
        const dialect = 'dialects/standard-key.js';
        const integrity = this.#assets?.integrity(dialect) ?? '';
        const agent = {
          endpoints: this.agentEndpoints,
          dialect: { url: this.#assets?.url(dialect) ?? '', integrity },
          vendors: [],
        };
        return { ok: true, view: { ...this.view, now: Date.now() }, agents: [agent], claim: null };
      }
      case 'grant':
        return { ok: true, grant: grantOf(String(request['nonce']), this.url) };
      case 'challenge':
        return { ok: true, text: 'caihub/1\npurpose=sign', expiresAt: Date.now() + 300_000 };
      case 'certificates': {
        const asked = request['certificates'] as { key: string; sign: string }[];
        const certificates = asked.flatMap(({ key: handle, sign }) => {
          const known = this.keys.find((one) => one.certificate === sign);
          return known === undefined ? [] : [{ ...known.view, key: handle }];
        });
        return { ok: true, certificates };
      }
      case 'identify': {
        const one = this.keys.find((other) => other.certificate === request['certificate']);
        const { holder, tail, authority } = one?.view ?? {};
        this.set({
          signer: signer({
            ...(holder !== undefined && { holder }),
            ...(tail !== undefined && { tail }),
            ...(authority != null && { authority }),
          }),
          seals: this.seals,
        });
        return { ok: true, view: this.view };
      }
      case 'prepare':
        this.set({
          prepared: {
            id: `sgn_${'0'.repeat(26)}`,
            seal: request['seal'] as string | null,
            version: (this.view.document?.version ?? 0) + 1,
            toSign: Buffer.from('what the key signs').toString('base64'),
            digest: 'ab'.repeat(32),
            algorithm: 'sm2',
            expiresAt: Date.now() + 300_000,
          },
        });
        return { ok: true, view: this.view };
      case 'plan': {
        if (request['revision'] !== this.plan.revision)
          return { ok: false, error: error('PLAN_CHANGED', '印章位置已在另一个窗口中改动，请选择以哪一边为准。') };
        this.keep(request['plan'] as PlanView);
        return { ok: true, revision: this.plan.revision };
      }
      case 'move':
        return { ok: true, token: 'fresh-token' };
      case 'complete':
        this.sign(request['last'] === true);
        return { ok: true, view: this.view };
      case 'finish':
        this.set(this.#end(this.view.mode));
        return { ok: true, view: this.view };
      case 'mobile': {
        const authority = String(request['authority']);
        const step = this.view.signer === null ? 'identify' : 'sign';
        this.set({ mobile: { ...mobileView({ authority }), step } });
        return { ok: true, view: this.view };
      }
      case 'cancel':
        this.set({ state: 'cancelled' });
        return { ok: true, view: this.view };
      default:
        return { ok: true, view: { ...this.view, now: Date.now() } };
    }
  }
}

export const documentOf = (bytes: Buffer, pages: number, patch: Partial<DocumentView> = {}): DocumentView => ({
  version: 1,
  name: '投标函（一标段）.pdf',
  bytes: bytes.length,
  sm3: '5f2c91d0'.repeat(8),
  pages: Array.from({ length: pages }, () => ({ width: 210, height: 297 })),
  signatures: [],
  notes: [],
  ...patch,
});

/** A tender letter; its last page is to be signed too. */
export const letter = (pages: number): Promise<Buffer> => {
  const more: PaperWish[] = Array.from({ length: pages - 1 }, (_, at) => ({
    lines: [
      { text: `附件 ${at + 1}`, x: 90, y: 30, size: 20 },
      { text: '投标人：（盖章）', x: 70, y: 220 },
    ],
  }));
  return paper([{ lines: letterLines }, ...more]);
};

export interface SignStageOptions {
  readonly keys?: readonly ScriptedKey[];
  readonly pages?: number;
  readonly agent?: 'running' | 'absent';
  readonly phone?: boolean;
  readonly touch?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly english?: boolean;
  /** Nothing is loaded yet. */
  readonly local?: boolean;
  readonly document?: Partial<DocumentView>;
  readonly hub?: (hub: ScriptedSigning, agent: ScriptedAgent) => void;
}

export async function signStage(browser: Browser, assets: Assets, options: SignStageOptions = {}) {
  const hub = new ScriptedSigning();
  const agent = new ScriptedAgent();
  await agent.start();
  agent.keys = [...(options.keys ?? [key({ label: '北辰 UKey' })])];
  hub.keys = agent.keys;
  hub.agentEndpoints = [agent.endpoint];
  if (options.agent === 'absent') await agent.stop();
  const pages = options.pages ?? 6;
  if (options.local) hub.view = signView({ mode: 'local' });
  else {
    hub.bytes = await letter(pages);
    hub.view = signView({ document: documentOf(hub.bytes, pages, options.document) });
  }
  options.hub?.(hub, agent);
  await hub.start(assets);
  const small = options.phone || options.touch;
  const context = await browser.newContext({
    locale: 'zh-CN',
    reducedMotion: 'reduce',
    acceptDownloads: true,
    viewport: { width: options.width ?? (small ? 390 : 1440), height: options.height ?? (small ? 844 : 900) },
    ...(options.touch && { hasTouch: true, isMobile: true }),
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (problem) => complaints.push(problem.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused to|integrity/.test(message.text()))
      complaints.push(message.text());
  });
  await page.goto(`${hub.url}/sign/page-token${options.english ? '?lang=en' : ''}`);
  return {
    hub,
    agent,
    page,
    complaints,
    close: async () => {
      await context.close();
      await hub.stop();
      if (options.agent !== 'absent') await agent.stop();
    },
  };
}
