import { Hono } from 'hono';
import { jsonAnswer } from '#http/answer.ts';
import { readBody } from '#http/body.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { clientKey } from '#http/presence.ts';
import { fromUtf8Strict } from '#kernel/bytes.ts';
import { refusalOf } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import type { HostedDeps } from './deps.ts';
import type { Limiter } from './rates.ts';

/**
 * `POST /drivers/:authority/callback/:exchange`: the vendor says that something happened. One answer for every call, known or not, right or forged: the
 * door tells nobody which exchanges exist. Whether the message is the vendor's is the driver's to judge, and even then it only brings evidence.
 */
export function vendorRoutes(deps: HostedDeps & { readonly vendorLimiter: Limiter }): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  app.post('/:authority/callback/:exchange', async (c) => {
    const wait = deps.vendorLimiter.take(clientKey(c, deps.trustProxy));
    if (wait > 0) {
      c.header('Retry-After', String(wait));
      return jsonAnswer(c, { code: 429, msg: '请求过于频繁，请稍后重试。' }, 429);
    }
    const read = await readBody(c, limits.vendorReturn);
    const body = read.ok ? fromUtf8Strict(read.value) : undefined;
    if (body === undefined) return received(c);
    const { authority, exchange } = c.req.param();
    try {
      const message = { headers: headersOf(c), body };
      // An exchange is one room's alone; the others do not know it.
      await deps.logins.vendorCallback(authority, exchange, message);
      await deps.envelopes.vendorCallback(authority, exchange, message);
      await deps.signatures?.vendorCallback(authority, exchange, message);
      await deps.hall?.desk.vendorCallback(authority, exchange, message);
    } catch (error) {
      // The exchange is unharmed and the poll goes on asking; 503 lets a patient vendor call again.
      const { code, detail } = refusalOf(error);
      deps.log.warn({ requestId: c.get('requestId'), authority, code, detail }, 'vendor callback could not be handled');
      return jsonAnswer(c, { code: 503, msg: '系统繁忙，请稍后重试。' }, 503);
    }
    return received(c);
  });
  return app;
}

const received = (c: EdgeContext): Response => jsonAnswer(c, { code: 200, msg: '已收到' });

/** Names in lower case; a browser's cookie is none of a driver's business. */
function headersOf(c: EdgeContext): Record<string, string> {
  const { cookie: _, ...headers } = c.req.header();
  return headers;
}
