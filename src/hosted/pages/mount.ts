import type { Context, Hono } from 'hono';
import type { SignedGrant } from '#agent/protocol.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { refusal, rowOf, sentence } from '#kernel/errors.ts';
import { agentView, allServices, type LocalService } from '../agent-view.ts';
import type { AuthorityView, PageError } from '../api.ts';
import type { Assets } from '../assets.ts';
import { stateOfCode } from '../states.ts';
import { decryptWordsOf, signWordsOf } from '../words.ts';
import type { Asker } from './ask.ts';
import { decryptFacts, decryptPage } from './decrypt.ts';
import { diagnosePage } from './diagnose.ts';
import { type FaultPage, faultPage, stateOfFault } from './fault.ts';
import { frontPage, lostPage } from './front.ts';
import { hallPage } from './hall.ts';
import { endpointsOf, type PagePolicy, pageHeaders } from './headers.ts';
import { helpPage, protectionPage } from './help.ts';
import type { Markup, PageContext } from './layout.ts';
import { loginPage } from './login.ts';
import { signFacts, signPage } from './sign.ts';
import { validatePage } from './validate.ts';

export type PageLink = { readonly token: string } | { readonly interaction: string };

/** What a link leads to, read without changing anything. */
export interface Looked {
  readonly asker: (Asker & { readonly homeUrl: string }) | null;
  /** Set where the link cannot be used: the fault page is served. */
  readonly fault: PageError | null;
  /** Registered origins that may show this very page in a frame (readings L41); none when absent. */
  readonly frameAncestors?: readonly string[];
}

export interface PagesDeps {
  readonly assets: Assets;
  readonly publicOrigin: string;
  /** The public origin under which this request came, where the hub has several (readings L55). */
  readonly originOf?: (request: Request) => Promise<string>;
  /** Loopback WebSocket URLs of the hub's own agent. */
  readonly agentEndpoints: readonly string[];
  /** Vendors' own programs beside it; none when absent. */
  readonly vendorServices?: () => Promise<readonly LocalService[]>;
  /** Registered origins that may frame the login page; none when absent. */
  readonly frameAncestors?: readonly string[];
  /** UTC epoch ms. */
  readonly now: () => number;
  /** Active authorities, for the help and check pages. */
  readonly authorities: () => Promise<readonly AuthorityView[]>;
  /** Reads only (link scanners come first). Without it the page learns everything from the claim. */
  readonly look?: (link: PageLink, request: Request) => Promise<Looked>;
  /** The same for a link to the decryption page. */
  readonly lookDecrypt?: (link: PageLink, request: Request) => Promise<Looked>;
  /** The same for a link to the signing page, and who may frame it. */
  readonly lookSign?: (link: PageLink, request: Request) => Promise<Looked>;
  /** A grant for `enumerate` alone, interaction `diagnose`: the check page lists keys, it never signs. */
  readonly diagnoseGrant?: (nonce: string, request: Request) => Promise<SignedGrant>;
}

/** Puts the hosted pages and their files on an app. GET only, but for the check page's own small endpoint. */
export function mountPages(app: Hono, deps: PagesDeps): void {
  const contextOf = async (c: Context): Promise<PageContext> => {
    const origin = (await deps.originOf?.(c.req.raw)) ?? deps.publicOrigin;
    return {
      lang: c.req.query('lang') === 'en' ? 'en' : 'zh',
      assets: deps.assets,
      origin,
      host: new URL(origin).host,
    };
  };
  const services = async () => allServices(deps.agentEndpoints, (await deps.vendorServices?.()) ?? []);
  const policy = async (page: PageContext, more: Partial<PagePolicy> = {}) =>
    pageHeaders({
      publicOrigin: page.origin,
      ...(deps.frameAncestors && { frameAncestors: deps.frameAncestors }),
      ...endpointsOf(await services()),
      ...more,
    });
  const send = async (c: Context, page: PageContext, body: Markup, status: 200 | 403 | 404 | 410 = 200) =>
    c.html(await body, status, await policy(page));
  const put = (path: string, make: (page: PageContext) => Markup | Promise<Markup>) =>
    app.get(path, async (c) => {
      const page = await contextOf(c);
      return send(c, page, await make(page));
    });

  const login = async (c: Context, link: PageLink): Promise<Response> => {
    const page = await contextOf(c);
    const looked = (await deps.look?.(link, c.req.raw)) ?? { asker: null, fault: null };
    if (looked.fault === null) return send(c, page, loginPage({ ...page, link, asker: looked.asker }));
    return send(c, page, faultPage(faultOf(page, looked, looked.fault)), statusOf(looked.fault));
  };

  const decrypt = async (c: Context, link: PageLink): Promise<Response> => {
    const page = await contextOf(c);
    const looked = (await deps.lookDecrypt?.(link, c.req.raw)) ?? { asker: null, fault: null };
    if (looked.fault === null) return send(c, page, decryptPage({ ...page, link, asker: looked.asker }));
    const words = decryptWordsOf(page.lang);
    const about = { words, facts: decryptFacts(words) };
    return send(c, page, faultPage(faultOf(page, looked, looked.fault), about), statusOf(looked.fault));
  };

  const sign = async (c: Context, link: PageLink): Promise<Response> => {
    const page = await contextOf(c);
    const looked = (await deps.lookSign?.(link, c.req.raw)) ?? { asker: null, fault: null };
    const headers = (viewer: boolean) => policy(page, { frameAncestors: looked.frameAncestors ?? [], viewer });
    if (looked.fault === null)
      return c.html(
        await signPage({ ...page, link, asker: looked.asker, embedders: looked.frameAncestors ?? [] }),
        200,
        await headers(true),
      );
    const { words, sign: own } = signWordsOf(page.lang);
    const about = { words, facts: signFacts(words, own) };
    const fault = { ...faultOf(page, looked, looked.fault), island: faultIsland(looked, looked.fault) };
    const body = await faultPage(fault, about);
    return c.html(body, statusOf(looked.fault), await headers(false));
  };

  app.get('/sign/i/:interaction', (c) => sign(c, { interaction: c.req.param('interaction') }));
  app.get('/sign/:token', (c) => sign(c, { token: c.req.param('token') }));
  app.get('/decrypt/i/:interaction', (c) => decrypt(c, { interaction: c.req.param('interaction') }));
  app.get('/decrypt/:token', (c) => decrypt(c, { token: c.req.param('token') }));
  app.get('/hall/:opening', async (c) => {
    const opening = c.req.param('opening');
    // Its address is drawn as a QR code, and anybody writes addresses: what no id can be is no hall.
    if (!/^\w{1,64}$/.test(opening)) return c.notFound();
    const page = await contextOf(c);
    return send(c, page, await hallPage({ ...page, opening }));
  });
  app.get('/check/i/:interaction', (c) => login(c, { interaction: c.req.param('interaction') }));
  app.get('/check/:token', (c) => login(c, { token: c.req.param('token') }));
  put('/', async (page) => frontPage({ ...page, authorities: await deps.authorities() }));
  put('/diagnose', async (page) => diagnosePage({ ...page, authorities: await deps.authorities() }));
  app.get('/validate', async (c) => {
    const page = await contextOf(c);
    return c.html(await validatePage(page), 200, await policy(page, { viewer: true }));
  });
  put('/help', async (page) => helpPage({ ...page, authorities: await deps.authorities() }));
  put('/help/protection', protectionPage);
  app.post('/hosted/diagnose', async (c) =>
    c.json(await diagnose(deps, await services(), nonceOf(c), c.req.raw), 200, { 'cache-control': 'no-store' }),
  );
  /** A person gets a page; a program that missed an address of ours gets the catalogue's answer. */
  app.notFound(async (c) => {
    const forPeople = c.req.method === 'GET' && !/^\/(hosted|drivers|assets)\//.test(c.req.path);
    if (!forPeople) return c.json({ code: rowOf('ROUTE_UNKNOWN').wire, msg: sentence(refusal('ROUTE_UNKNOWN')) }, 404);
    const page = await contextOf(c);
    return send(c, page, lostPage(page), 404);
  });
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

const faultOf = (page: PageContext, looked: Looked, error: PageError): FaultPage => ({
  ...page,
  error,
  asker: looked.asker,
  homeUrl: looked.asker?.homeUrl ?? null,
});

const faultIsland = ({ frameAncestors: embedders = [] }: Looked, fault: PageError) =>
  ({ script: 'sign-fault.js', boot: { embedders, fault, stateOfCode } }) as const;

function statusOf(error: PageError): 403 | 404 | 410 {
  const state = stateOfFault(error);
  if (state === 'link-invalid') return 404;
  return state === 'taken' || state === 'trouble' ? 403 : 410;
}

/** 64 hex digits, or nothing. */
function nonceOf(c: Context): string | null {
  const text = c.req.query('nonce') ?? '';
  return /^[0-9a-f]{64}$/.test(text) ? text : null;
}

async function diagnose(deps: PagesDeps, services: readonly LocalService[], nonce: string | null, request: Request) {
  return {
    ok: true,
    now: deps.now(),
    agents: services.map((service) => agentView(deps.assets, service)),
    grant: nonce === null || deps.diagnoseGrant === undefined ? null : await deps.diagnoseGrant(nonce, request),
  };
}

/** Hono wants a plain ArrayBuffer view. */
const bodyOf = (bytes: Bytes): ArrayBuffer => new Uint8Array(bytes).buffer;
