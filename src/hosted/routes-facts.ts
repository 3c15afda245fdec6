import { Hono } from 'hono';
import { fingerprintOf, HUB_IDENTITY_PATH, type HubIdentity } from '#agent/protocol.ts';
import { jsonAnswer } from '#http/answer.ts';
import type { EdgeEnv } from '#http/context.ts';
import { hex } from '#kernel/bytes.ts';
import { refusalOf } from '#kernel/errors.ts';
import type { HostedDeps } from './deps.ts';
import type { PublicOrigins } from './origins.ts';

/** What anybody may know of the hub: who it is to an agent that wants to pair, whether it lives, whether it can work. */
export function factRoutes(deps: HostedDeps & { readonly origins: PublicOrigins }): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  const publicKey = hex(deps.signingKey.point);
  const fingerprint = fingerprintOf(deps.gm, deps.signingKey);

  app.get(HUB_IDENTITY_PATH, async (c) => {
    const identity: HubIdentity = { origin: await deps.origins.ofHost(c.req.header('host')), publicKey, fingerprint };
    return jsonAnswer(c, { ...identity });
  });
  app.get('/healthz', (c) => jsonAnswer(c, { status: 'ok' }));
  app.get('/readyz', async (c) => {
    try {
      await deps.ready();
      return jsonAnswer(c, { status: 'ready' });
    } catch (error) {
      deps.log.warn({ err: error, code: refusalOf(error).code }, 'not ready');
      return jsonAnswer(c, { status: 'not ready' }, 503);
    }
  });
  return app;
}
