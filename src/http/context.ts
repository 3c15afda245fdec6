import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, MiddlewareHandler } from 'hono';
import { newId, newSupportCode } from '#kernel/ids.ts';
import type { Random } from '#kernel/random.ts';

/** What every request of every edge carries. */
export interface EdgeEnv {
  /** Absent where an app is called without a server (tests). */
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse };
  Variables: {
    /** `req_…`, for the log and the header X-Request-Id. */
    requestId: string;
    /** `K7Q4-2M9D`, what a person reads to the help desk. */
    supportCode: string;
  };
}

export type EdgeContext = Context<EdgeEnv>;

/**
 * Ids and the headers that hold for every answer, set before the handler runs: setting them afterwards builds a second Response and halves
 * the throughput (dependencies 4). An edge that serves pages overrides Content-Security-Policy and Cache-Control for them.
 */
export function requestContext(deps: { random: Random; https: boolean }): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const requestId = newId('req', deps.random);
    c.set('requestId', requestId);
    c.set('supportCode', newSupportCode(deps.random));
    c.header('X-Request-Id', requestId);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cache-Control', 'no-store');
    c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    if (deps.https) c.header('Strict-Transport-Security', 'max-age=31536000');
    await next();
  };
}
