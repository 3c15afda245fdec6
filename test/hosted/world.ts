import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import type { PageApi } from '#hosted/api.ts';
import { type Assets, loadAssets } from '#hosted/assets.ts';
import type { Rates } from '#hosted/rates.ts';
import { createHosted, type HostedDeps } from '#hosted/routes.ts';
import type { EdgeEnv } from '#http/context.ts';
import { systemRandom } from '#kernel/random.ts';
import { gm, type LoginWorld } from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';

const generous: Rates = {
  address: { burst: 1e6, perSecond: 1e6 },
  interaction: { burst: 1e6, perSecond: 1e6 },
  document: { burst: 1e6, perSecond: 1e6 },
  vendor: { burst: 1e6, perSecond: 1e6 },
};

/** The edge over a login world; `signing` is the public part of the world's key. */
export function hostedOf(
  world: LoginWorld,
  rates: Partial<Rates> = {},
  ready = () => world.store.ping(),
  more: Partial<HostedDeps> = {},
): Hono<EdgeEnv> {
  const { logins, envelopes, signatures, store, relyingParties, authorities, clock, publicUrl, signingKey } = world;
  return createHosted({
    ...{ logins, envelopes, signatures, store, relyingParties, authorities, clock, publicUrl, gm, ready },
    assets: emptyAssets(),
    random: systemRandom,
    log: quietLog,
    dialects: new Map([['standard-key', { module: 'standard-key', pinWindow: true }]]),
    agentEndpoints: ['ws://127.0.0.1:21160/ca-agent/v1'],
    signingKey: signingKey.publicKey,
    trustProxy: true,
    rates: { ...generous, ...rates },
    ...more,
  });
}

/** Files of the right names with nothing in them: these tests are about what the hub answers, not about the pages' scripts. */
function emptyAssets(): Assets {
  const folder = mkdtempSync(join(tmpdir(), 'caihub-assets-'));
  const names = [
    'login.js',
    'decrypt.js',
    'hall.js',
    'sign.js',
    'sign-fault.js',
    'sign.css',
    'pdf.js',
    'diagnose.js',
    'control.js',
    'control.css',
    'sdk/ca-hub.mjs',
    'sdk/ca-hub.js',
    'sdk/ca-hub.d.ts',
    'dialects/standard-key.js',
    'guard.js',
    'hosted.css',
    'favicon.svg',
  ];
  const entries = names.map((name) => {
    const file = name.replace('/', '-');
    writeFileSync(join(folder, file), '');
    return [name, { file, integrity: 'sha384-none', type: 'text/plain' }];
  });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(Object.fromEntries(entries)));
  const assets = loadAssets(folder);
  rmSync(folder, { recursive: true });
  return assets;
}

/** One browser on one page: keeps cookies, sends its own Origin. */
export class PageBrowser {
  cookies = new Map<string, string>();
  lastSetCookie: string[] = [];
  readonly #app: Hono<EdgeEnv>;
  readonly #origin: string;

  constructor(app: Hono<EdgeEnv>, origin: string) {
    this.#app = app;
    this.#origin = origin;
  }

  async send(
    path: string,
    init: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { host: new URL(this.#origin).host, ...(cookie !== '' && { cookie }), ...init.headers };
    const reply = await this.#app.request(`${this.#origin}${path}`, { ...init, headers });
    this.lastSetCookie = reply.headers.getSetCookie();
    for (const line of this.lastSetCookie) {
      const [pair = ''] = line.split(';');
      this.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return reply;
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const own = { origin: this.#origin, 'content-type': 'application/json' };
    return this.send(path, { method: 'POST', body: JSON.stringify(body), headers: { ...own, ...headers } });
  }

  async call<Route extends keyof PageApi>(
    route: Route,
    request: PageApi[Route]['request'],
    headers: Record<string, string> = {},
  ): Promise<PageApi[Route]['answer']> {
    return (await (await this.post(`/hosted/api/${route}`, request, headers)).json()) as PageApi[Route]['answer'];
  }
}

export const codeOfAnswer = (answer: { ok: boolean; error?: { code: string } }): string =>
  answer.ok ? 'ok' : (answer.error?.code ?? 'no code');

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
