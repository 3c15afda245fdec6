/** The hall's page between its scripted neighbours; page and island are our own. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Browser } from 'playwright-core';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Assets } from '#hosted/assets.ts';
import type { HallView } from '#hosted/hall-view-api.ts';
import { mountPages } from '#hosted/pages/mount.ts';
import { beichen, bohai, grantOf, key, ScriptedAgent, type ScriptedKey } from './peers.ts';

type Handler = (request: Record<string, unknown>) => unknown;

/** The hub's side: what it answers is the test's script. Its clock stands where the view says and runs on from there. */
export class ScriptedHall {
  readonly requests: { readonly name: string; readonly body: Record<string, unknown> }[] = [];
  readonly handlers: Record<string, Handler> = {};
  view: HallView;
  down = false;
  agentEndpoints: readonly string[] = [];
  url = '';
  readonly #born = Date.now();
  readonly #live = new Set<WebSocket>();
  #server: Server | undefined;
  #assets: Assets | undefined;

  constructor(view: HallView) {
    this.view = view;
  }

  now(): HallView {
    return { ...this.view, now: this.view.now + (Date.now() - this.#born) };
  }

  set(patch: Partial<HallView>): void {
    this.view = { ...this.view, ...patch, version: this.view.version + 1 };
    for (const socket of this.#live) socket.send(JSON.stringify({ version: this.view.version }));
  }

  /** Dead to everybody until `down` is taken back. */
  cut(): void {
    this.down = true;
    for (const socket of this.#live) socket.terminate();
  }

  of(name: string): readonly Record<string, unknown>[] {
    return this.requests.filter((request) => request.name === name).map((request) => request.body);
  }

  async start(assets: Assets): Promise<void> {
    const app = new Hono();
    app.post('/hosted/api/hello', async (c) => c.json({ ok: true }));
    app.post('/hosted/api/hall/:name', async (c) => {
      if (this.down) return c.text('bad gateway', 502);
      const name = c.req.param('name');
      const body = (await c.req.json()) as Record<string, unknown>;
      this.requests.push({ name, body });
      return c.json(((await this.handlers[name]?.(body)) ?? this.#usual(name, body)) as object);
    });
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
    switch (name) {
      case 'open': {
        const dialect = 'dialects/standard-key.js';
        const integrity = this.#assets?.integrity(dialect) ?? '';
        const agent = {
          endpoints: this.agentEndpoints,
          dialect: { url: this.#assets?.url(dialect) ?? '', integrity },
          vendors: [],
        };
        return { ok: true, view: this.now(), agents: [agent] };
      }
      case 'grant':
        return { ok: true, grant: grantOf(String(request['nonce']), this.url) };
      case 'act':
        return { ok: true, view: this.now(), asked: null };
      default:
        return { ok: true, view: this.now() };
    }
  }
}

export interface HallStageOptions {
  readonly view: HallView;
  readonly keys?: readonly ScriptedKey[];
  readonly width?: number;
  readonly height?: number;
  readonly hub?: (hub: ScriptedHall, agent: ScriptedAgent) => void;
}

export async function hallStage(browser: Browser, assets: Assets, options: HallStageOptions) {
  const hub = new ScriptedHall(options.view);
  const agent = new ScriptedAgent();
  await agent.start();
  agent.keys = [...(options.keys ?? [key({ label: '北辰 UKey' })])];
  agent.opensWrap = () => true;
  hub.agentEndpoints = [agent.endpoint];
  options.hub?.(hub, agent);
  await hub.start(assets);
  const context = await browser.newContext({
    locale: 'zh-CN',
    reducedMotion: 'reduce',
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (problem) => complaints.push(problem.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused to|integrity/.test(message.text()))
      complaints.push(message.text());
  });
  await page.goto(`${hub.url}/hall/open_demo`);
  return {
    hub,
    agent,
    page,
    complaints,
    close: async () => {
      await context.close();
      await hub.stop();
      await agent.stop();
    },
  };
}
