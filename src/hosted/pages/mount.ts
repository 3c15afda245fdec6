import type { Context, Hono } from 'hono';
import type { SignedGrant } from '#agent/protocol.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { AuthorityView, PageError } from '../api.ts';
import type { Assets } from '../assets.ts';
import type { Language } from '../words.ts';
import { diagnosePage } from './diagnose.ts';
import { type FaultPage, faultPage, stateOfFault } from './fault.ts';
import { pageHeaders } from './headers.ts';
import { helpPage, protectionPage } from './help.ts';
import type { Markup, PageContext } from './layout.ts';
import { type Asker, loginPage } from './login.ts';

export type PageLink = { readonly token: string } | { readonly interaction: string };

/** What a link leads to, read without changing anything. */
export interface Looked {
  readonly asker: (Asker & { readonly homeUrl: string }) | null;
  /** Set where the link cannot be used: the fault page is served. */
  readonly fault: PageError | null;
}

export interface PagesDeps {
  readonly assets: Assets;
  readonly publicOrigin: string;
  /** Loopback WebSocket URLs of the agent, in the order in which they are tried. */
  readonly agentEndpoints: readonly string[];
  /** Registered origins that may frame the login page; none when absent. */
  readonly frameAncestors?: readonly string[];
  /** UTC epoch ms. */
  readonly now: () => number;
  /** Active authorities, for the help and check pages. */
  readonly authorities: () => Promise<readonly AuthorityView[]>;
  /** Reads only (link scanners come first). Without it the page learns everything from the claim. */
  readonly look?: (link: PageLink, request: Request) => Promise<Looked>;
  /** A grant for `enumerate` alone, interaction `diagnose`: the check page lists keys, it never signs. */
  readonly diagnoseGrant?: (nonce: string) => Promise<SignedGrant>;
}

/** Puts the hosted pages and their files on an app. GET only, but for the check page's own small endpoint. */
export function mountPages(app: Hono, deps: PagesDeps): void {
  const headers = pageHeaders(deps);
  const host = new URL(deps.publicOrigin).host;
  const contextOf = (c: Context): PageContext => ({ lang: languageOf(c), assets: deps.assets, host });
  const send = async (c: Context, page: Markup, status: 200 | 403 | 404 | 410 = 200): Promise<Response> =>
    c.html(await page, status, headers);

  const login = async (c: Context, link: PageLink): Promise<Response> => {
    const looked = (await deps.look?.(link, c.req.raw)) ?? { asker: null, fault: null };
    const page = contextOf(c);
    if (looked.fault === null) return send(c, loginPage({ ...page, link, asker: looked.asker }));
    return send(c, faultPage(faultOf(page, looked, looked.fault)), statusOf(looked.fault));
  };

  app.get('/check/i/:interaction', (c) => login(c, { interaction: c.req.param('interaction') }));
  app.get('/check/:token', (c) => login(c, { token: c.req.param('token') }));
  app.get('/diagnose', async (c) => send(c, diagnosePage({ ...contextOf(c), authorities: await deps.authorities() })));
  app.get('/help', async (c) => send(c, helpPage({ ...contextOf(c), authorities: await deps.authorities() })));
  app.get('/help/protection', (c) => send(c, protectionPage(contextOf(c))));
  app.post('/hosted/diagnose', async (c) =>
    c.json(await diagnose(deps, await nonceOf(c)), 200, { 'cache-control': 'no-store' }),
  );
  app.get('/assets/*', (c) => {
    const asset = deps.assets.find(c.req.path, c.req.header('accept-encoding'));
    if (asset === undefined) return c.notFound();
    return c.body(bodyOf(asset.bytes), 200, {
      ...asset.headers,
      'content-type': asset.type,
      'x-content-type-options': 'nosniff',
    });
  });
}

const languageOf = (c: Context): Language => (c.req.query('lang') === 'en' ? 'en' : 'zh');

const faultOf = (page: PageContext, looked: Looked, error: PageError): FaultPage => ({
  ...page,
  error,
  asker: looked.asker,
  homeUrl: looked.asker?.homeUrl ?? null,
});

function statusOf(error: PageError): 403 | 404 | 410 {
  const state = stateOfFault(error);
  if (state === 'link-invalid') return 404;
  return state === 'taken' ? 403 : 410;
}

/** 64 hex digits, or nothing: the body is ours and tiny. */
async function nonceOf(c: Context): Promise<string | null> {
  const text = c.req.query('nonce') ?? '';
  return /^[0-9a-f]{64}$/.test(text) ? text : null;
}

async function diagnose(deps: PagesDeps, nonce: string | null) {
  return {
    ok: true,
    now: deps.now(),
    agent: {
      endpoints: deps.agentEndpoints,
      dialect: {
        url: deps.assets.url('dialects/standard-key.js'),
        integrity: deps.assets.integrity('dialects/standard-key.js'),
      },
    },
    grant: nonce === null || deps.diagnoseGrant === undefined ? null : await deps.diagnoseGrant(nonce),
  };
}

/** Hono wants a plain ArrayBuffer view. */
const bodyOf = (bytes: Bytes): ArrayBuffer => new Uint8Array(bytes).buffer;
