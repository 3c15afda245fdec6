/** The decryption page between its two scripted neighbours: what hub and key say is the test's script, page and island are our own. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Browser } from 'playwright-core';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Assets } from '#hosted/assets.ts';
import type { DecryptItemView, DecryptView, NeededKey, UnwrappedKey } from '#hosted/decrypt-api.ts';
import { mountPages } from '#hosted/pages/mount.ts';
import { beichen, bohai, error, grantOf, key, ScriptedAgent, type ScriptedKey } from './peers.ts';

export const needed = (patch: Partial<NeededKey> = {}): NeededKey => ({
  holder: '辽宁示例建设有限公司',
  authority: beichen,
  tail: '91A4',
  notAfter: '2026-10-17',
  expired: false,
  renewed: false,
  ...patch,
});

const NAMES = [
  '商务标.sdoc',
  '投标保函.sdoc',
  '技术标.sdoc',
  '资格审查文件.sdoc',
  '已标价工程量清单.sdoc',
  '附件一.sdoc',
  '附件二.sdoc',
];
const SIZES = [6_501_171, 419_430, 51_065_651, 12_687_769, 3_984_588, 2_411_724, 1_100_000];

export const item = (n: number, patch: Partial<DecryptItemView> = {}): DecryptItemView => ({
  id: `item-${n}`,
  interaction: 'int_0123456789abcdefghjkmnpqrs',
  name: NAMES[n % NAMES.length] ?? '',
  kind: 'envelope',
  bytes: SIZES[n % SIZES.length] ?? 1,
  state: 'waiting',
  wraps: [{ id: `w${n}`, wrapped: Buffer.from(`wrap ${n}`).toString('base64') }],
  needed: [needed()],
  error: null,
  ...patch,
});

/** The hub's side of one decryption: items open when a key for them comes. */
export class ScriptedDecryption {
  readonly requests: { readonly name: string; readonly body: string }[] = [];
  view: DecryptView;
  keys: ScriptedKey[] = [];
  /** By the certificate that the agent shows: items it opens. */
  opens: (certificate: string) => readonly string[] = () => this.view.items.map((one) => one.id);
  expired: (certificate: string) => boolean = () => false;
  agentEndpoints: readonly string[] = [];
  /** Called with the keys that came; false: nothing opened. */
  opened: (one: UnwrappedKey) => boolean = () => true;
  delivers = true;
  readonly handlers: Record<string, (request: Record<string, unknown>) => unknown> = {};
  url = '';
  readonly #live = new Set<WebSocket>();
  #server: Server | undefined;
  #assets: Assets | undefined;

  constructor(items: readonly DecryptItemView[]) {
    this.view = {
      interaction: 'int_0123456789abcdefghjkmnpqrs',
      version: 1,
      state: 'claimed',
      platform: {
        name: '示例市公共资源交易中心电子交易系统',
        host: 'ggzy.shili.example',
        homeUrl: 'https://ggzy.shili.example/home',
      },
      supportCode: 'E3R8-4AVN',
      now: Date.now(),
      expiresAt: Date.now() + 1_868_000,
      opensAt: null,
      authorities: [beichen, bohai],
      items,
      mobile: null,
      delivery: null,
      error: null,
      next: null,
    };
  }

  set(patch: Partial<DecryptView>): void {
    this.view = { ...this.view, ...patch, version: this.view.version + 1, now: Date.now() };
    for (const socket of this.#live) socket.send(JSON.stringify({ version: this.view.version }));
  }

  async start(assets: Assets): Promise<void> {
    const app = new Hono();
    const answer = async (name: string, body: string): Promise<object> => {
      this.requests.push({ name, body });
      const request = JSON.parse(body) as Record<string, unknown>;
      return ((await this.handlers[name]?.(request)) ?? this.#usual(name, request)) as object;
    };
    app.post('/hosted/api/hello', async (c) => c.json({ ok: true }));
    app.post('/hosted/api/decrypt/:name', async (c) => c.json(await answer(c.req.param('name'), await c.req.text())));
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#assets = assets;
    mountPages(app, {
      assets,
      publicOrigin: this.url,
      agentEndpoints: this.agentEndpoints,
      now: () => Date.now(),
      authorities: async () => [beichen, bohai],
    });
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

  #usual(name: string, request: Record<string, unknown>): unknown {
    const view = { ...this.view, now: Date.now() };
    switch (name) {
      case 'claim': {
        const dialect = 'dialects/standard-key.js';
        const integrity = this.#assets?.integrity(dialect) ?? '';
        const agent = {
          endpoints: this.agentEndpoints,
          dialect: { url: this.#assets?.url(dialect) ?? '', integrity },
          vendors: [],
        };
        return { ok: true, view, agents: [agent], claim: null };
      }
      case 'grant':
        return { ok: true, grant: grantOf(String(request['nonce']), this.url) };
      case 'certificates':
        return this.#certificates(request['certificates'] as { key: string; sign: string }[]);
      case 'keys':
        return this.#keys(request['keys'] as UnwrappedKey[], (request['failed'] ?? []) as { item: string }[]);
      case 'cancel':
        this.set({ state: 'cancelled' });
        return { ok: true, view: this.view };
      default:
        return { ok: true, view };
    }
  }

  #certificates(asked: readonly { key: string; sign: string }[]) {
    const wraps: Record<string, object[]> = {};
    const certificates = asked.flatMap(({ key: handle, sign }) => {
      const known = this.keys.find((one) => one.certificate === sign);
      if (known === undefined) return [];
      const { status: _, error: __, ...rest } = known.view;
      const opens = this.opens(sign);
      wraps[handle] = this.view.items
        .filter((one) => opens.includes(one.id) && (one.state === 'waiting' || one.state === 'failed'))
        .flatMap((one) => one.wraps.map((wrap) => ({ item: one.id, wrap: wrap.id, wrapped: wrap.wrapped })));
      return [{ ...rest, key: handle, expired: this.expired(sign), opens, tries: [] }];
    });
    return { ok: true, certificates, wraps };
  }

  #keys(keys: readonly UnwrappedKey[], failed: readonly { item: string }[]) {
    const wrong = error('DECRYPT_FAILED', '解密未成功，文件未受影响，可重试。', true);
    const items = this.view.items.map((one): DecryptItemView => {
      const came = keys.find((sent) => sent.item === one.id);
      if (came !== undefined && this.opened(came))
        return { ...one, state: this.delivers ? 'delivered' : 'opened', wraps: [] };
      if (came !== undefined || failed.some((sent) => sent.item === one.id))
        return { ...one, state: 'failed', error: wrong };
      return one;
    });
    const all = items.every((one) => one.state === 'delivered' || one.state === 'opened');
    this.set({
      items,
      ...(all && this.delivers && { state: 'succeeded', next: { kind: 'stay' } }),
      ...(all && !this.delivers && { state: 'proved', delivery: { attempt: 2, nextAt: Date.now() + 28_000 } }),
    });
    return { ok: true, view: this.view };
  }
}

export interface DecryptStageOptions {
  readonly items?: readonly DecryptItemView[];
  readonly keys?: readonly ScriptedKey[];
  readonly agent?: 'running' | 'absent';
  readonly phone?: boolean;
  readonly touch?: boolean;
  readonly hub?: (hub: ScriptedDecryption, agent: ScriptedAgent) => void;
}

export async function decryptStage(browser: Browser, assets: Assets, options: DecryptStageOptions = {}) {
  const hub = new ScriptedDecryption(options.items ?? [0, 1, 2, 3, 4].map((n) => item(n)));
  const agent = new ScriptedAgent();
  await agent.start();
  agent.keys = [...(options.keys ?? [key({ label: '北辰 UKey' })])];
  agent.opensWrap = () => true;
  hub.keys = agent.keys;
  hub.agentEndpoints = [agent.endpoint];
  if (options.agent === 'absent') await agent.stop();
  options.hub?.(hub, agent);
  await hub.start(assets);
  const context = await browser.newContext({
    locale: 'zh-CN',
    reducedMotion: 'reduce',
    viewport: options.phone || options.touch ? { width: 390, height: 844 } : { width: 1440, height: 900 },
    ...(options.touch && { hasTouch: true, isMobile: true }),
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (problem) => complaints.push(problem.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused to|integrity/.test(message.text()))
      complaints.push(message.text());
  });
  await page.goto(`${hub.url}/decrypt/page-token`);
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
