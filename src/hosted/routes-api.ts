import { Hono } from 'hono';
import { z } from 'zod';
import type { EdgeEnv } from '#http/context.ts';
import type { LoginSnapshot } from '#identity/view.ts';
import { newBrowserSecret } from '#interaction/browser.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result } from '#kernel/result.ts';
import { agentViews } from './agent-view.ts';
import type { LoginView, PageApi } from './api.ts';
import { certificateView } from './certificate-view.ts';
import type { BrowserCookie } from './cookies.ts';
import type { HostedDeps } from './deps.ts';
import { refuse } from './guard.ts';
import { loginView } from './login-view.ts';
import { onPageCalls, pageCalls } from './page-calls.ts';
import type { Limiter } from './rates.ts';

const interaction = z.string().regex(/^int_[0-9a-z]{26}$/);
const certificate = z.string().min(1).max(limits.certificateField);
const only = z.strictObject({ interaction });

const requests = {
  hello: z.strictObject({ framed: z.boolean().exactOptional() }),
  claim: z.union([z.strictObject({ token: z.string().min(1).max(200) }), only]),
  view: only,
  challenge: only,
  grant: z.strictObject({ interaction, nonce: z.string().length(64) }),
  certificates: z.strictObject({
    interaction,
    certificates: z.array(z.strictObject({ key: z.string().min(1).max(200), sign: certificate })).max(16),
  }),
  evidence: z.strictObject({ interaction, certificate, signature: z.string().min(1).max(1024) }),
  mobile: z.strictObject({ interaction, authority: z.string().min(1).max(64) }),
  redeliver: only,
  cancel: only,
} as const satisfies { [Route in keyof PageApi]: z.ZodType<PageApi[Route]['request']> };

export interface PageRoutesDeps extends HostedDeps {
  readonly cookie: BrowserCookie;
  readonly limiter: Limiter;
}

/** `/hosted/api/*`: each call is read, bounded, asked of the login, and answered in the shapes of api.ts. */
export function pageRoutes(deps: PageRoutesDeps): Hono<EdgeEnv> {
  const { logins, cookie } = deps;
  const app = new Hono<EdgeEnv>();

  const { secretOf, visit } = pageCalls(cookie);
  const on = onPageCalls<PageApi, typeof requests>(app, requests, deps.limiter);

  const viewed = async (result: Result<LoginSnapshot>): Promise<Result<{ view: LoginView }>> =>
    result.ok ? ok({ view: await loginView(result.value) }) : result;
  on('hello', async (c, { framed = false }) => {
    if (cookie.read(c.req.header('cookie')) === null) cookie.give(c, newBrowserSecret(deps.random), framed);
    return ok({});
  });
  on('claim', async (c, link) => {
    const claimed = await logins.claim(link, secretOf(c));
    if (!claimed.ok) return claimed;
    const { view, claim } = claimed.value;
    return ok({ view: await loginView(view), agents: await agentViews(deps), claim });
  });
  on('view', async (c, request) => viewed(await logins.view(visit(c, request.interaction))));
  on('challenge', async (c, request) => {
    const issued = await logins.challenge(visit(c, request.interaction));
    return issued.ok ? ok({ text: issued.value.text, expiresAt: issued.value.expiresAt }) : issued;
  });
  on('grant', async (c, request) => {
    const grant = await logins.grant(visit(c, request.interaction), request.nonce);
    return grant.ok ? ok({ grant: grant.value }) : grant;
  });
  on('certificates', async (c, request) => {
    const classified = await logins.certificates(visit(c, request.interaction), request.certificates);
    if (!classified.ok) return classified;
    const now = deps.clock.now();
    return ok({ certificates: classified.value.map((one) => certificateView(one, now, c.get('supportCode'))) });
  });
  on('evidence', async (c, { interaction: id, certificate: der, signature }) =>
    viewed(await logins.evidence(visit(c, id), { certificate: der, signature })),
  );
  on('mobile', async (c, request) =>
    viewed(await logins.beginMobile(visit(c, request.interaction), request.authority)),
  );
  on('redeliver', async (c, request) => viewed(await logins.redeliver(visit(c, request.interaction))));
  on('cancel', async (c, request) => viewed(await logins.cancel(visit(c, request.interaction))));
  app.all('/*', (c) => refuse(c, refusal('ROUTE_UNKNOWN')));
  return app;
}
