import { Hono } from 'hono';
import { z } from 'zod';
import type { EdgeEnv } from '#http/context.ts';
import { newBrowserSecret } from '#interaction/browser.ts';
import { refusal } from '#kernel/errors.ts';
import { ok } from '#kernel/result.ts';
import type { OwnCalls, PageApi, ProvingApi } from './api.ts';
import { authority, certificate, interaction } from './fields.ts';
import { refuse } from './guard.ts';
import { loginView } from './login-view.ts';
import { onPageCalls } from './page-calls.ts';
import { onProvingCalls, onVisitCalls, type VisitDeps } from './visit-calls.ts';

type LoginCalls = Omit<OwnCalls<PageApi>, keyof ProvingApi>;

const requests = {
  hello: z.strictObject({ framed: z.boolean().exactOptional() }),
  evidence: z.strictObject({ interaction, certificate, signature: z.string().min(1).max(1024) }),
  mobile: z.strictObject({ interaction, authority }),
} as const satisfies { [Route in keyof LoginCalls]: z.ZodType<PageApi[Route]['request']> };

/** `/hosted/api/*`: each call is read, bounded, asked of the login, and answered in the shapes of api.ts. */
export function pageRoutes(deps: VisitDeps): Hono<EdgeEnv> {
  const { logins, cookie } = deps;
  const app = new Hono<EdgeEnv>();
  const { visit, viewed } = onVisitCalls(app, deps, logins, loginView);
  onProvingCalls(app, deps, logins);
  const on = onPageCalls<LoginCalls, typeof requests>(app, requests, deps.limiter);

  on('hello', async (c, { framed = false }) => {
    if (cookie.read(c.req.header('cookie')) === null) cookie.give(c, newBrowserSecret(deps.random), framed);
    return ok({});
  });
  on('evidence', async (c, { interaction: id, certificate: der, signature }) =>
    viewed(await logins.evidence(visit(c, id), { certificate: der, signature })),
  );
  on('mobile', async (c, request) =>
    viewed(await logins.beginMobile(visit(c, request.interaction), request.authority)),
  );
  app.all('/*', (c) => refuse(c, refusal('ROUTE_UNKNOWN')));
  return app;
}
