import { Hono } from 'hono';
import { z } from 'zod';
import { pageReports } from '#envelope/capsule-port.ts';
import type { Envelopes } from '#envelope/envelopes.ts';
import type { MatchedKey } from '#envelope/match.ts';
import type { EdgeEnv } from '#http/context.ts';
import { refusal } from '#kernel/errors.ts';
import { ok } from '#kernel/result.ts';
import type { OwnCalls } from './api.ts';
import { factsOf } from './certificate-view.ts';
import type { DecryptCertificateView, DecryptPageApi, WrapForKey } from './decrypt-api.ts';
import { decryptView } from './decrypt-view.ts';
import { authority, certificate, interaction, keyHandle } from './fields.ts';
import { refuse } from './guard.ts';
import { onPageCalls } from './page-calls.ts';
import { onVisitCalls, type VisitDeps } from './visit-calls.ts';

const item = z.string().regex(/^itm_[0-9a-z]{26}$/);
const wrap = z.string().min(1).max(64);

/** A content key is 16 bytes; a token gives out at most 64. */
const key = z.string().min(1).max(128);

type DecryptCalls = OwnCalls<DecryptPageApi>;

const requests = {
  certificates: z.strictObject({
    interaction,
    certificates: z.array(z.strictObject({ key: keyHandle, sign: certificate, encrypt: certificate })).max(16),
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
  mobile: z.strictObject({ interaction, authority }),
} as const satisfies { [Route in keyof DecryptCalls]: z.ZodType<DecryptCalls[Route]['request']> };

export interface DecryptRoutesDeps extends VisitDeps {
  readonly envelopes: Envelopes;
}

/** `/hosted/api/decrypt/*`: the decryption page's calls, in the shapes of decrypt-api.ts. No content ever passes here. */
export function decryptRoutes(deps: DecryptRoutesDeps): Hono<EdgeEnv> {
  const { envelopes } = deps;
  const app = new Hono<EdgeEnv>();
  const { visit, viewed } = onVisitCalls(app, deps, envelopes, decryptView);
  const on = onPageCalls<DecryptCalls, typeof requests>(app, requests, deps.limiter);

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
