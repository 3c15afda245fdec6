/**
 * The page's two neighbours, scripted: the hub's page API (src/hosted/api.ts) and an agent (src/agent/protocol.ts). Pages, islands and headers
 * are our own, built and served as in production; what the neighbours say is the test's script.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AgentError, AgentRequest, KeyInfo, SignedGrant } from '#agent/protocol.ts';
import type { AuthorityView, CertificateView, LoginView, PageApi, PageError } from '#hosted/api.ts';
import type { Assets } from '#hosted/assets.ts';
import { type Looked, mountPages } from '#hosted/pages/mount.ts';

export const beichen: AuthorityView = {
  id: 'beichen',
  name: '北辰数字认证',
  media: ['key', 'mobile'],
  support: {
    hotline: '400-000-0101',
    install: 'https://beichen.example/install',
    renew: 'https://beichen.example/renew',
    unlock: 'https://beichen.example/unlock',
  },
};
export const bohai: AuthorityView = {
  id: 'bohai',
  name: '渤海电子认证',
  media: ['key'],
  support: {
    hotline: '400-000-0202',
    install: 'https://bohai.example/install',
    renew: 'https://bohai.example/renew',
    unlock: 'https://bohai.example/unlock',
  },
};

export const error = (code: string, message: string, retry = false): PageError => ({
  code,
  message,
  supportCode: 'K7Q4-2M9D',
  retry,
});

/** A key as the agent lists it and as the hub judges it. */
export interface ScriptedKey extends KeyInfo {
  readonly pin: string;
  readonly certificate: string;
  readonly view: Omit<CertificateView, 'key'>;
}

let keyCount = 0;
export function key(patch: Partial<ScriptedKey> = {}, view: Partial<CertificateView> = {}): ScriptedKey {
  keyCount += 1;
  return {
    key: `k${keyCount}`,
    label: '示例 UKey',
    pinEntry: 'page',
    pinRemaining: 6,
    loggedIn: false,
    pin: '135246',
    certificate: Buffer.from(`certificate ${keyCount}`).toString('base64'),
    ...patch,
    view: {
      holder: '辽宁示例建设有限公司',
      kind: 'organisation',
      authority: beichen,
      tail: '91A4',
      notAfter: '2026-10-17',
      daysLeft: 213,
      status: 'ready',
      error: null,
      ...view,
    },
  };
}

type Handlers = {
  [N in keyof PageApi]?: (
    request: PageApi[N]['request'],
  ) => PageApi[N]['answer'] | Promise<PageApi[N]['answer']> | 'drop';
};

/** The hub's side: one login, whose view the test changes; `set` tells the live channel. */
export class ScriptedHub {
  readonly requests: { readonly name: string; readonly body: string; readonly headers: Record<string, unknown> }[] = [];
  readonly handlers: Handlers = {};
  keys: ScriptedKey[] = [];
  agentEndpoints: readonly string[] = [];
  claimSecret: string | null = null;
  down = false;
  /** 0: any free one. */
  port = 0;
  frameAncestors: readonly string[] = [];
  /** Whether WebSockets come through. */
  live = true;
  looked: Looked = { asker: null, fault: null };
  view: LoginView;
  readonly #live = new Set<WebSocket>();
  #server: Server | undefined;
  url = '';

  constructor() {
    const now = Date.now();
    this.view = {
      interaction: 'int_0123456789abcdefghjkmnpqrs',
      version: 1,
      state: 'claimed',
      platform: {
        name: '示例市公共资源交易中心电子交易系统',
        host: 'ggzy.shili.example',
        homeUrl: 'https://ggzy.shili.example/home',
      },
      supportCode: 'K7Q4-2M9D',
      now,
      expiresAt: now + 272_000,
      authorities: [beichen, bohai],
      mobile: null,
      delivery: null,
      error: null,
      next: null,
    };
  }

  set(patch: Partial<LoginView>): void {
    this.view = { ...this.view, ...patch, version: this.view.version + 1, now: Date.now() };
    for (const socket of this.#live) socket.send(JSON.stringify({ version: this.view.version }));
  }

  async start(assets: Assets): Promise<void> {
    const app = new Hono();
    app.post('/hosted/api/:name', async (c) => {
      const name = c.req.param('name') as keyof PageApi;
      const body = await c.req.text();
      this.requests.push({ name, body, headers: c.req.header() });
      if (this.down) return c.text('bad gateway', 502);
      const handler = this.handlers[name] as ((request: unknown) => unknown) | undefined;
      const answer = await (handler ?? ((request: unknown) => this.#usual(name, request as never)))(JSON.parse(body));
      return answer === 'drop' ? c.text('bad gateway', 502) : c.json(answer as object);
    });
    const server = createServer();
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    mountPages(app, {
      assets,
      publicOrigin: this.url,
      agentEndpoints: this.agentEndpoints,
      frameAncestors: this.frameAncestors,
      now: () => Date.now(),
      authorities: async () => [beichen, bohai],
      look: async () => this.looked,
      diagnoseGrant: async (nonce) => grantOf(nonce, this.url),
    });
    this.#assets = assets;
    const listener = getRequestListener(app.fetch);
    server.on('request', listener);
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request: IncomingMessage, socket, head) => {
      if (!this.live || !request.url?.startsWith('/hosted/live')) {
        socket.destroy();
        return;
      }
      sockets.handleUpgrade(request, socket, head, (opened) => {
        this.#live.add(opened);
        opened.on('close', () => this.#live.delete(opened));
        opened.send(JSON.stringify({ version: this.view.version }));
      });
    });
    this.#server = server;
  }

  #assets: Assets | undefined;

  async stop(): Promise<void> {
    for (const socket of this.#live) socket.terminate();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }

  agentView() {
    const name = 'dialects/standard-key.js';
    return {
      endpoints: this.agentEndpoints,
      dialect: { url: this.#assets?.url(name) ?? '', integrity: this.#assets?.integrity(name) ?? '' },
      vendors: [],
    };
  }

  #usual(name: keyof PageApi, request: Record<string, unknown>): unknown {
    const view = { ...this.view, now: Date.now() };
    switch (name) {
      case 'hello':
        return { ok: true };
      case 'claim':
        return { ok: true, view, agents: [this.agentView()], claim: this.claimSecret };
      case 'view':
        return { ok: true, view };
      case 'challenge':
        return { ok: true, text: 'caihub/1\npurpose=login', expiresAt: Date.now() + 300_000 };
      case 'grant':
        return { ok: true, grant: grantOf(String(request['nonce']), this.url) };
      case 'certificates': {
        const asked = request['certificates'] as { key: string; sign: string }[];
        const certificates = asked.flatMap(({ key: handle, sign }) => {
          const known = this.keys.find((one) => one.certificate === sign);
          return known === undefined ? [] : [{ ...known.view, key: handle }];
        });
        return { ok: true, certificates };
      }
      case 'evidence':
        // The page says that it verifies before it has asked: a test that ends the task there must not see it begun again.
        if (this.view.state === 'claimed') this.set({ state: 'proved', delivery: { attempt: 1, nextAt: null } });
        return { ok: true, view: this.view };
      case 'mobile':
        this.set({ mobile: mobileView() });
        return { ok: true, view: this.view };
      case 'redeliver':
        this.set({ delivery: { attempt: 3, nextAt: null } });
        return { ok: true, view: this.view };
      case 'cancel':
        this.set({ state: 'cancelled' });
        return { ok: true, view: this.view };
    }
  }
}

export const mobileView = (
  patch: Partial<NonNullable<LoginView['mobile']>> = {},
): NonNullable<LoginView['mobile']> => ({
  authority: 'beichen',
  status: 'waiting',
  qrSvg: QR,
  digits: '47',
  expiresAt: Date.now() + 108_000,
  ...patch,
});

export const grantOf = (nonce: string, origin: string): SignedGrant => ({
  grant: {
    v: 1,
    nonce,
    origin,
    interaction: 'int_0123456789abcdefghjkmnpqrs',
    operations: ['enumerate', 'certificates', 'sign-login'],
    expires: new Date(Date.now() + 60_000).toISOString(),
  },
  signature: 'c2lnbmF0dXJl',
});

/** What every opened wrap holds: a test looks for it where it must not be. */
export const CONTENT_KEY = Buffer.from('0123456789abcdef').toString('base64');

/** The agent's side: keys that the test plugs and pulls. It counts PIN tries as a key does. */
export class ScriptedAgent {
  keys: ScriptedKey[] = [];
  paired = true;
  /** Holds back the answer to these methods until `release`. */
  readonly held = new Set<AgentRequest['method']>();
  readonly frames: AgentRequest[] = [];
  signError: AgentError | null = null;
  /** Which wraps (base64) a key opens; none by itself. */
  opensWrap: (key: string, wrapped: string) => boolean = () => false;
  /** What comes out of a wrap that is wrapped anew to a point. */
  rewrapsTo: (to: string) => string = (to) => Buffer.from(to).toString('base64');
  rewraps: () => { wrapped: string; signature: string; certificate: string } | null = () => null;
  /** Where it says its PIN window is, if not at its own address. */
  dialogUrl: string | null = null;
  port = 0;
  #server: Server | undefined;
  #dialog: { key: string; socket: WebSocket } | null = null;
  readonly #sockets = new Set<WebSocket>();
  #waiting: (() => void)[] = [];

  get endpoint(): string {
    return `ws://127.0.0.1:${this.port}/ca-agent/v1`;
  }

  async start(port = 0): Promise<void> {
    const server = createServer((request, reply) => this.#page(request, reply));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => this.#greet(socket));
    this.#server = server;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }

  plug(one: ScriptedKey): void {
    this.keys = [...this.keys, one];
    this.#tell({ event: 'plugged', key: one.key });
  }

  pull(one: ScriptedKey): void {
    this.keys = this.keys.filter((other) => other.key !== one.key);
    this.#tell({ event: 'unplugged', key: one.key });
  }

  release(): void {
    this.held.clear();
    for (const go of this.#waiting.splice(0)) go();
  }

  /** What a person does in the agent's own PIN window. */
  pinDone(failure: AgentError | null): void {
    const dialog = this.#dialog;
    if (dialog === null) throw new Error('no PIN window is open');
    dialog.socket.send(
      JSON.stringify({ event: 'pinDone', key: dialog.key, ok: failure === null, ...(failure && { error: failure }) }),
    );
  }

  #tell(event: object): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify(event));
  }

  #page(request: IncomingMessage, reply: import('node:http').ServerResponse): void {
    reply.setHeader('content-type', 'text/html; charset=utf-8');
    reply.end('<!doctype html><title>PIN</title><p>证书助手的 PIN 窗口</p>');
    request.resume();
  }

  #greet(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('message', (data) => void this.#hear(socket, JSON.parse(String(data)) as AgentRequest));
    socket.send(
      JSON.stringify({ event: 'hello', protocol: 1, agent: '证书助手', version: '1.0.0', nonce: 'ab'.repeat(32) }),
    );
  }

  async #hear(socket: WebSocket, request: AgentRequest): Promise<void> {
    this.frames.push(request);
    if (this.held.has(request.method)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const said = this.#answer(socket, request);
    socket.send(
      JSON.stringify(
        'code' in said ? { id: request.id, ok: false, error: said } : { id: request.id, ok: true, result: said },
      ),
    );
  }

  #answer(socket: WebSocket, request: AgentRequest): object | AgentError {
    if (request.method === 'authorize') return this.paired ? { ok: true } : { code: 'GRANT_INVALID', message: '' };
    if (request.method === 'enumerate')
      return {
        keys: this.keys.map(({ key: handle, label, pinEntry, pinRemaining, loggedIn }) => ({
          key: handle,
          label,
          pinEntry,
          pinRemaining,
          loggedIn,
        })),
      };
    const one = this.keys.find((other) => other.key === request.params.key);
    if (one === undefined) return { code: 'KEY_REMOVED', sar: '0x0A000023', message: '' };
    switch (request.method) {
      case 'certificates':
        return { sign: one.certificate, encrypt: one.certificate };
      case 'pinStatus':
        return { remaining: one.pinRemaining, locked: one.pinRemaining === 0 };
      case 'login':
        return this.#login(one, request.params.pin);
      case 'pinDialog':
        this.#dialog = { key: one.key, socket };
        return { url: this.dialogUrl ?? `http://127.0.0.1:${this.port}/pin/1` };
      case 'sign':
        return this.signError ?? { signature: 'c2lnbmVk', certificate: one.certificate };
      case 'unwrap':
        if (!one.loggedIn) return { code: 'PIN_REQUIRED', message: '' };
        if (request.params.to !== undefined) return { wrapped: this.rewrapsTo(request.params.to), layout: 'C1C3C2' };
        return this.opensWrap(one.key, request.params.wrapped)
          ? { key: CONTENT_KEY, layout: 'C1C3C2' }
          : { code: 'UNWRAP_FAILED', message: '' };
      case 'rewrap':
        return this.rewraps() ?? { code: 'OPERATION_NOT_GRANTED', message: '' };
      case 'signDocument':
        if (!one.loggedIn) return { code: 'PIN_REQUIRED', message: '' };
        return this.signError ?? { signature: 'c2VhbGVk', certificate: one.certificate };
    }
  }

  #login(one: ScriptedKey, pin: string): object | AgentError {
    if (one.pinRemaining === 0) return { code: 'PIN_LOCKED', sar: '0x0A000025', remaining: 0, message: '' };
    if (pin === one.pin) {
      this.#put({ ...one, loggedIn: true });
      return { remaining: one.pinRemaining };
    }
    const remaining = one.pinRemaining - 1;
    this.#put({ ...one, pinRemaining: remaining });
    return remaining === 0
      ? { code: 'PIN_LOCKED', sar: '0x0A000025', remaining, message: '' }
      : { code: 'PIN_INCORRECT', sar: '0x0A000024', remaining, message: '' };
  }

  #put(one: ScriptedKey): void {
    this.keys = this.keys.map((other) => (other.key === one.key ? one : other));
  }
}

/** 25 × 25 dots that look like a code; nobody scans it. */
const QR = ((): string => {
  const dots: string[] = [];
  const finder = (x: number, y: number) =>
    x < 7 && y < 7 && (x === 0 || x === 6 || y === 0 || y === 6 || (x > 1 && x < 5 && y > 1 && y < 5));
  for (let y = 0; y < 25; y += 1) {
    for (let x = 0; x < 25; x += 1) {
      const corner = finder(x, y) || finder(24 - x, y) || finder(x, 24 - y);
      const inside = (x < 8 && y < 8) || (x > 16 && y < 8) || (x < 8 && y > 16);
      if (corner || (!inside && (x * 7 + y * 13 + x * y * 3) % 5 < 2)) dots.push(`M${x + 2} ${y + 2}h1v1h-1z`);
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h29v29H0z"/><path fill="#16202e" d="${dots.join('')}"/></svg>`;
})();
