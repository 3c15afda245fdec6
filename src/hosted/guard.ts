import type { MiddlewareHandler } from 'hono';
import { jsonAnswer } from '#http/answer.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { clientKey } from '#http/presence.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { PublicOrigins } from './origins.ts';
import { pageError } from './page-error.ts';
import type { Limiter } from './rates.ts';

/**
 * Before any page call is read: it comes from a script of our own page (exact Origin, and Sec-Fetch-Site where the browser says it), and its address
 * has not used up its share.
 */
export function pageGuard(deps: {
  origins: PublicOrigins;
  limiter: Limiter;
  trustProxy: boolean;
}): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const wait = deps.limiter.take(clientKey(c, deps.trustProxy));
    if (wait > 0) return tooMany(c, wait);
    const site = c.req.header('sec-fetch-site');
    if (site !== undefined && site !== 'same-origin') return refuse(c, refusal('INPUT_NOT_ALLOWED'));
    // Browsers name no origin when a page reads of its own site; nothing is changed by reading, and no other site can read the answer.
    const origin = c.req.header('origin');
    const reads = (c.req.method === 'GET' || c.req.method === 'HEAD') && origin === undefined;
    if (!reads && !(await deps.origins.has(origin))) return refuse(c, refusal('INPUT_NOT_ALLOWED'));
    return next();
  };
}

/** A body that says JSON: no foreign form can send one without being asked first. */
export const jsonOnly: MiddlewareHandler<EdgeEnv> = async (c, next) =>
  /^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')
    ? next()
    : refuse(c, refusal('INPUT_NOT_ALLOWED'));

/** `{ok:false, error}` with HTTP 200: the page reads the code, not the status (413, 429 and 5xx are transport). */
export const refuse = (c: EdgeContext, why: Refusal, supportCode = c.get('supportCode')): Response =>
  jsonAnswer(c, { ok: false, error: { ...pageError(why, supportCode) } }, transportStatus(why));

function transportStatus({ code }: Refusal): 200 | 413 | 429 | 500 | 503 {
  switch (code) {
    case 'BODY_TOO_LARGE':
      return 413;
    case 'RATE_LIMITED':
      return 429;
    case 'SERVICE_BUSY':
      return 503;
    case 'INTERNAL':
      return 500;
    default:
      return 200;
  }
}

export function tooMany(c: EdgeContext, seconds: number): Response {
  c.header('Retry-After', String(seconds));
  return refuse(c, refusal('RATE_LIMITED', { seconds: String(seconds) }));
}
