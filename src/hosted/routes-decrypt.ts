import { Hono } from 'hono';
import { z } from 'zod';
import { pageReports } from '#envelope/capsule-port.ts';
import type { Envelopes } from '#envelope/envelopes.ts';
import type { MatchedKey } from '#envelope/match.ts';
import type { DecryptSnapshot } from '#envelope/view.ts';
import type { EdgeEnv } from '#http/context.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result } from '#kernel/result.ts';
import { agentViews } from './agent-view.ts';
import { factsOf } from './certificate-view.ts';
import type { BrowserCookie } from './cookies.ts';
import type { DecryptCertificateView, DecryptPageApi, DecryptView, WrapForKey } from './decrypt-api.ts';
import { decryptView } from './decrypt-view.ts';
import type { HostedDeps } from './deps.ts';
import { refuse } from './guard.ts';
import { onPageCalls, pageCalls } from './page-calls.ts';
import type { Limiter } from './rates.ts';

const interaction = z.string().regex(/^int_[0-9a-z]{26}$/);
const item = z.string().regex(/^itm_[0-9a-z]{26}$/);
const wrap = z.string().min(1).max(64);
const certificate = z.string().min(1).max(limits.certificateField);
const only = z.strictObject({ interaction });

/** A content key is 16 bytes; a token gives out at most 64. */
const key = z.string().min(1).max(128);

const requests = {
  claim: z.union([z.strictObject({ token: z.string().min(1).max(200) }), only]),
  view: only,
  grant: z.strictObject({ interaction, nonce: z.string().length(64) }),
  certificates: z.strictObject({
    interaction,
    certificates: z
      .array(z.strictObject({ key: z.string().min(1).max(200), sign: certificate, encrypt: certificate }))
      .max(16),
  }),
  keys: z.strictObject({
    interaction,
    keys: z.array(z.strictObject({ item, wrap, key, layout: z.string().max(32).exactOptional() })).max(64),
    failed: z.array(z.strictObject({ item, wrap })).max(64).exactOptional(),
  }),
  report: z.strictObject({
    interaction,
    kind: z.enum(pageReports),
    tail: z
      .string()
      .regex(/^[0-9A-Fa-f]{1,8}$/)
      .nullable(),
  }),
  mobile: z.strictObject({ interaction, authority: z.string().min(1).max(64) }),
  redeliver: only,
  cancel: only,
} as const satisfies { [Route in keyof DecryptPageApi]: z.ZodType<DecryptPageApi[Route]['request']> };

export interface DecryptRoutesDeps extends HostedDeps {
  readonly envelopes: Envelopes;
  readonly cookie: BrowserCookie;
  readonly limiter: Limiter;
}

/** `/hosted/api/decrypt/*`: the decryption page's calls, in the shapes of decrypt-api.ts. No content ever passes here. */
export function decryptRoutes(deps: DecryptRoutesDeps): Hono<EdgeEnv> {
  const { envelopes } = deps;
  const app = new Hono<EdgeEnv>();
  const { secretOf, visit } = pageCalls(deps.cookie);
  const on = onPageCalls<DecryptPageApi, typeof requests>(app, requests, deps.limiter);
  const viewed = async (result: Result<DecryptSnapshot>): Promise<Result<{ view: DecryptView }>> =>
    result.ok ? ok({ view: await decryptView(result.value) }) : result;

  on('claim', async (c, link) => {
    const claimed = await envelopes.claim(link, secretOf(c));
    if (!claimed.ok) return claimed;
    const { view, claim } = claimed.value;
    return ok({ view: await decryptView(view), agents: await agentViews(deps), claim });
  });
  on('view', async (c, request) => viewed(await envelopes.view(visit(c, request.interaction))));
  on('grant', async (c, request) => {
    const grant = await envelopes.grant(visit(c, request.interaction), request.nonce);
    return grant.ok ? ok({ grant: grant.value }) : grant;
  });
  on('certificates', async (c, request) => {
    const matched = await envelopes.certificates(visit(c, request.interaction), request.certificates);
    if (!matched.ok) return matched;
    const now = deps.clock.now();
    return ok({
      certificates: matched.value.map((one) => certificateView(one, now)),
      wraps: Object.fromEntries(matched.value.map((one) => [one.key, wrapsFor(one)])),
    });
  });
  on('keys', async (c, request) =>
    viewed(await envelopes.keys(visit(c, request.interaction), request.keys, request.failed)),
  );
  on('mobile', async (c, request) =>
    viewed(await envelopes.beginMobile(visit(c, request.interaction), request.authority)),
  );
  on('report', async (c, request) => {
    const heard = await envelopes.report(visit(c, request.interaction), request.kind, request.tail);
    return heard.ok ? ok({}) : heard;
  });
  on('redeliver', async (c, request) => viewed(await envelopes.redeliver(visit(c, request.interaction))));
  on('cancel', async (c, request) => viewed(await envelopes.cancel(visit(c, request.interaction))));
  app.all('/*', (c) => refuse(c, refusal('ROUTE_UNKNOWN')));
  return app;
}

const certificateView = (one: MatchedKey, now: number): DecryptCertificateView => ({
  key: one.key,
  ...factsOf(one.certificate, one.authority, now),
  expired: one.certificate !== undefined && one.certificate.notAfter < now,
  opens: one.opens.map(({ item: { id } }) => id),
  tries: one.tries.map(({ item: { id } }) => id),
});

const wrapsFor = ({ opens, tries }: MatchedKey): WrapForKey[] =>
  [...opens, ...tries].map(({ item: { id }, wrap: { id: name, wrapped } }) => ({ item: id, wrap: name, wrapped }));
