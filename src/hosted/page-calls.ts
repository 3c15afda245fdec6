import type { Hono } from 'hono';
import type { z } from 'zod';
import { jsonAnswer } from '#http/answer.ts';
import { readBody } from '#http/body.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { isBrowserSecret } from '#interaction/browser.ts';
import type { Visit } from '#interaction/visit.ts';
import { refusal } from '#kernel/errors.ts';
import { type Json, readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Result } from '#kernel/result.ts';
import type { BrowserCookie } from './cookies.ts';
import { refuse, tooMany } from './guard.ts';
import type { Limiter } from './rates.ts';

/** Route → shape of its request. */
type Requests = Readonly<Record<string, z.ZodType>>;
/** Route → request and answer, as a page's API declares them. */
type Api<R extends Requests> = { [Route in keyof R]: { request: unknown; answer: unknown } };
/** What an answer holds besides `ok: true`. */
export type Told<A extends Record<Route, { answer: unknown }>, Route extends keyof A> = Omit<
  Extract<A[Route]['answer'], { ok: true }>,
  'ok'
>;

export interface PageCalls {
  /** Where no cookie survives (foreign frame) the page carries the claim secret itself. */
  secretOf(c: EdgeContext): string | null;
  visit(c: EdgeContext, interaction: string): Visit;
}

export const pageCalls = (cookie: BrowserCookie): PageCalls => {
  const secretOf = (c: EdgeContext): string | null => {
    const claim = c.req.header('x-ca-claim');
    return claim !== undefined && isBrowserSecret(claim) ? claim : cookie.read(c.req.header('cookie'));
  };
  return { secretOf, visit: (c, interaction) => ({ interaction, secret: secretOf(c) }) };
};

/** Puts one page API's calls on an app: each is bounded, read strictly, limited by interaction, and answered as `{ok, …}`. */
export function onPageCalls<A extends Api<R>, R extends Requests>(
  app: Hono<EdgeEnv>,
  requests: R,
  limiter: Limiter,
  limit: number = limits.pageBody,
): <Route extends keyof R & keyof A & string>(
  route: Route,
  handle: (c: EdgeContext, request: z.output<R[Route]>) => Promise<Result<Told<A, Route>>>,
) => void {
  return (route, handle) => {
    app.post(`/${route}`, async (c) => {
      const body = await readBody(c, limit);
      const read = body.ok ? readJsonObject(body.value, { size: limit, depth: 8 }) : body;
      if (!read.ok) return refuse(c, read.refusal);
      const parsed = requests[route]?.safeParse(read.value);
      if (parsed?.success !== true) return refuse(c, refusal('BODY_NOT_JSON', { reason: '参数有误' }));
      const { interaction } = read.value;
      const wait = typeof interaction === 'string' ? limiter.take(interaction) : 0;
      if (wait > 0) return tooMany(c, wait);
      const answer = await handle(c, parsed.data as z.output<R[typeof route]>);
      return answer.ok
        ? jsonAnswer(c, { ok: true, ...(answer.value as { [name: string]: Json }) })
        : refuse(c, answer.refusal);
    });
  };
}
