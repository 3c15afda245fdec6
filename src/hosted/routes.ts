import { Hono } from 'hono';
import { errorExit } from '#http/answer.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { createLive, type Live } from '#http/live.ts';
import type { Interaction } from '#interaction/interaction.ts';
import type { LookedPage } from '#interaction/look.ts';
import type { Visit } from '#interaction/visit.ts';
import type { Logger } from '#kernel/log.ts';
import type { Result } from '#kernel/result.ts';
import { frameOrigins } from '#relying-party/party.ts';
import { allServices, vendorServices } from './agent-view.ts';
import { LIVE_PATH } from './api.ts';
import { browserCookie } from './cookies.ts';
import type { HostedDeps } from './deps.ts';
import { jsonOnly, pageGuard, refuse } from './guard.ts';
import { createPublicOrigins, type PublicOrigins } from './origins.ts';
import { pageError } from './page-error.ts';
import { mountControlFrame } from './pages/control.ts';
import { mountPages } from './pages/mount.ts';
import { createLimiter, defaultRates } from './rates.ts';
import { pageRoutes } from './routes-api.ts';
import { controlRoutes } from './routes-control.ts';
import { decryptRoutes } from './routes-decrypt.ts';
import { documentRoutes } from './routes-document.ts';
import { factRoutes } from './routes-facts.ts';
import { hallFiles, hallRoutes } from './routes-hall.ts';
import { sdkRoutes } from './routes-sdk.ts';
import { signRoutes } from './routes-sign.ts';
import { validateRoutes } from './routes-validate.ts';
import { vendorRoutes } from './routes-vendor.ts';
import { SIGN_DOCUMENT_PATH } from './sign-api.ts';
import { authorityView } from './view-parts.ts';

export type { HostedDeps } from './deps.ts';

/** People's pages, their API, the vendors' callback door, and the hub's public facts, as one app. */
export function createHosted(deps: HostedDeps): Hono<EdgeEnv> {
  const https = deps.publicUrl.startsWith('https:');
  const rates = { ...defaultRates, ...deps.rates };
  const origins = createPublicOrigins(deps);
  const cookie = browserCookie(https);
  const app = new Hono<EdgeEnv>();

  app.use('*', requestContext({ random: deps.random, https }));
  app.onError(errorExit(deps.log, (c, refusal) => refuse(c, refusal)));
  app.use(
    '/hosted/*',
    pageGuard({ origins, limiter: createLimiter(rates.address, deps.clock), trustProxy: deps.trustProxy }),
  );
  app.use('/hosted/api/*', jsonOnly);
  const limiter = createLimiter(rates.interaction, deps.clock);
  app.route('/hosted/api/decrypt', decryptRoutes({ ...deps, cookie, limiter }));
  if (deps.hall !== undefined)
    app.route('/hosted/api/hall', hallRoutes({ ...deps, desk: deps.hall.desk, cookie, limiter }));
  const { controls, signatures } = deps;
  if (signatures !== undefined) {
    app.route('/hosted/api/sign', signRoutes({ ...deps, signatures, cookie, limiter }));
    const documents = createLimiter(rates.document, deps.clock);
    app.route(SIGN_DOCUMENT_PATH, documentRoutes({ signatures, cookie, limiter: documents }));
  }
  if (controls !== undefined) app.route('/hosted/api/control', controlRoutes({ ...deps, controls, cookie, limiter }));
  if (deps.checking !== undefined) app.route('/hosted/validate', validateRoutes({ ...deps, ...deps.checking }));
  app.route('/hosted/api', pageRoutes({ ...deps, cookie, limiter }));
  app.route('/drivers', vendorRoutes({ ...deps, vendorLimiter: createLimiter(rates.vendor, deps.clock) }));
  if (deps.hall !== undefined) app.route('/hall', hallFiles({ ...deps.hall, cookie }));
  app.route('/', factRoutes({ ...deps, origins }));
  // A driver whose browser half was not built is found out now, not by a person.
  for (const { module } of deps.dialects.values()) deps.assets.url(`dialects/${module}.js`);
  const services = async () => allServices(deps.agentEndpoints, await vendorServices(deps));
  const secretOf = (request: Request) => cookie.read(request.headers.get('cookie') ?? undefined);
  const originOf = (request: Request) => origins.ofHost(request.headers.get('host') ?? undefined);
  if (controls !== undefined) mountControlFrame(app, { ...deps, controls, originOf, services });
  app.route('/', sdkRoutes(deps));
  mountPages(app as unknown as Hono, {
    assets: deps.assets,
    publicOrigin: deps.publicUrl,
    originOf,
    agentEndpoints: deps.agentEndpoints,
    vendorServices: () => vendorServices(deps),
    now: () => deps.clock.now(),
    authorities: async () => {
      const all = await deps.authorities.list(deps.store.read);
      return all.filter((authority) => authority.status === 'active').map(authorityView);
    },
    look: async (link, request) => lookedOf(await deps.logins.look(link, secretOf(request))),
    lookDecrypt: async (link, request) => lookedOf(await deps.envelopes.look(link, secretOf(request))),
    ...(signatures && {
      lookSign: async (link, request) => {
        const looked = await signatures.look(link, secretOf(request));
        const frameAncestors = looked.platform === undefined ? [] : frameOrigins(looked.platform);
        return { ...lookedOf(looked), frameAncestors };
      },
    }),
    diagnoseGrant: async (nonce, request) => deps.logins.diagnoseGrant(nonce, await originOf(request)),
  });
  return app;
}

const lookedOf = ({ platform, refusal, supportCode }: LookedPage) => ({
  asker: platform === undefined ? null : askerOf(platform),
  fault: refusal === undefined ? null : pageError(refusal, supportCode ?? ''),
});

const askerOf = ({ name, homeUrl }: { name: string; homeUrl: string }) => ({
  name,
  homeUrl,
  host: new URL(homeUrl).host,
});

/** Whoever has interactions that a page can listen to. */
export interface LiveSource {
  bound(visit: Visit): Promise<Result<Interaction>>;
  versions(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/**
 * The live channel of logins and decryptions: only the bound browser, only from our own page. Give its `upgrade` to the server and `publish` to the
 * rooms. An interaction is one source's alone.
 */
export function createPageLive(deps: {
  sources: () => readonly LiveSource[];
  origins: PublicOrigins;
  https: boolean;
  log: Logger;
}): Live {
  const cookie = browserCookie(deps.https);
  return createLive({
    path: LIVE_PATH,
    log: deps.log,
    versions: async (ids) => {
      const found = await Promise.all(deps.sources().map((source) => source.versions(ids)));
      return new Map(found.flatMap((versions) => [...versions]));
    },
    admit: async (request, url) => {
      if (!(await deps.origins.has(request.headers.origin))) return undefined;
      const interaction = url.searchParams.get('i') ?? '';
      const visit = { interaction, secret: cookie.read(request.headers.cookie) };
      for (const source of deps.sources()) {
        const bound = await source.bound(visit);
        if (bound.ok) return { subject: interaction, version: bound.value.version };
      }
      return undefined;
    },
  });
}
