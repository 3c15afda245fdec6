import { Hono } from 'hono';
import { jsonAnswer } from '#http/answer.ts';
import type { EdgeEnv } from '#http/context.ts';
import { base64, hex } from '#kernel/bytes.ts';
import { refusalOf } from '#kernel/errors.ts';
import type { HostedDeps } from './deps.ts';
import type { PublicOrigins } from './origins.ts';

/** What anybody may know of the hub: who it is to an agent that wants to pair, whether it lives, whether it can work. */
export function factRoutes(deps: HostedDeps & { readonly origins: PublicOrigins }): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  const spki = deps.gm.sm2.spki(deps.signingKey);
  const publicKey = base64(spki);
  const fingerprint = hex(deps.gm.sm3(spki));

  /** `publicKey` base64 SubjectPublicKeyInfo; `fingerprint` its SM3, lower hex: what the person compares when he pairs an agent. */
  app.get('/.well-known/ca-interop-hub', async (c) =>
    jsonAnswer(c, { origin: await deps.origins.ofHost(c.req.header('host')), publicKey, fingerprint }),
  );
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
