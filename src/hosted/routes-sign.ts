import { Hono } from 'hono';
import { z } from 'zod';
import type { EdgeEnv } from '#http/context.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { Signatures } from '#signature/signatures.ts';
import type { SigningSnapshot } from '#signature/view.ts';
import { agentViews } from './agent-view.ts';
import { certificateView } from './certificate-view.ts';
import type { BrowserCookie } from './cookies.ts';
import type { HostedDeps } from './deps.ts';
import { refuse } from './guard.ts';
import { onPageCalls, pageCalls } from './page-calls.ts';
import type { Limiter } from './rates.ts';
import type { SignPageApi, SignView } from './sign-api.ts';
import { signView } from './sign-view.ts';

const interaction = z.string().regex(/^int_[0-9a-z]{26}$/);
const certificate = z.string().min(1).max(limits.certificateField);
const only = z.strictObject({ interaction });
const seal = z.string().min(1).max(100);
const authority = z.string().min(1).max(64);
/** Millimetres; the largest PDF page measures 5 m. */
const mm = z.number().min(-100_000).max(100_000);
const page = z.int().min(0).max(limits.sealPlaces);
/** More seals than anybody holds. */
const MOST_PLANNED_SEALS = 50;

const requests = {
  claim: z.union([z.strictObject({ token: z.string().min(1).max(200) }), only]),
  view: only,
  grant: z.strictObject({ interaction, nonce: z.string().length(64) }),
  certificates: z.strictObject({
    interaction,
    certificates: z.array(z.strictObject({ key: z.string().min(1).max(200), sign: certificate })).max(16),
  }),
  challenge: only,
  identify: z.strictObject({ interaction, certificate, signature: z.string().min(1).max(2048) }),
  prepare: z.strictObject({
    interaction,
    seal: seal.nullable(),
    placements: z.array(z.strictObject({ page, x: mm, y: mm, width: mm, height: mm })).max(limits.sealPlaces),
    straddle: z
      .strictObject({
        pages: z.array(page).max(limits.sealPlaces),
        centre: mm,
        width: mm,
        height: mm,
        each: z.int().min(3).max(limits.sealPlaces).exactOptional(),
      })
      .nullable(),
    reason: z.string().max(200).exactOptional(),
    version: z.int().min(1).exactOptional(),
  }),
  complete: z.strictObject({
    interaction,
    prepared: z.string().regex(/^sgn_[0-9a-z]{26}$/),
    signature: z.string().min(1).max(2048),
    last: z.boolean(),
  }),
  finish: only,
  mobile: z.strictObject({ interaction, authority, last: z.boolean().exactOptional() }),
  plan: z.strictObject({
    interaction,
    revision: z.int().min(0),
    plan: z.strictObject({
      version: z.int().min(1),
      seals: z
        .array(z.strictObject({ seal, at: z.array(z.tuple([page, mm, mm])).max(limits.sealPlaces) }))
        .max(MOST_PLANNED_SEALS),
      straddle: z.strictObject({ seal, from: page, to: page, centre: mm, each: page }).nullable(),
      invisible: z.boolean(),
      chosen: seal.nullable(),
      page,
      zoom: z.number().min(0.1).max(10).nullable(),
      run: z.strictObject({ last: z.boolean() }).nullable(),
    }),
  }),
  move: only,
  redeliver: only,
  watch: z.strictObject({ token: z.string().min(1).max(200) }),
  cancel: only,
} as const satisfies { [Route in keyof SignPageApi]: z.ZodType<SignPageApi[Route]['request']> };

export interface SignRoutesDeps extends HostedDeps {
  readonly signatures: Signatures;
  readonly cookie: BrowserCookie;
  readonly limiter: Limiter;
}

/** `/hosted/api/sign/*`: the signing page's calls, in the shapes of sign-api.ts. The document goes through routes-document.ts. */
export function signRoutes(deps: SignRoutesDeps): Hono<EdgeEnv> {
  const { signatures } = deps;
  const app = new Hono<EdgeEnv>();
  const { secretOf, visit } = pageCalls(deps.cookie);
  const on = onPageCalls<SignPageApi, typeof requests>(app, requests, deps.limiter, limits.prepareBody);
  const viewed = async (result: Result<SigningSnapshot>): Promise<Result<{ view: SignView }>> =>
    result.ok ? ok({ view: await signView(result.value) }) : result;

  on('claim', async (c, link) => {
    const claimed = await signatures.claim(link, secretOf(c));
    if (!claimed.ok) return claimed;
    const { view, claim } = claimed.value;
    return ok({ view: await signView(view), agents: await agentViews(deps), claim });
  });
  on('view', async (c, request) => viewed(await signatures.view(visit(c, request.interaction))));
  on('grant', async (c, request) => {
    const grant = await signatures.grant(visit(c, request.interaction), request.nonce);
    return grant.ok ? ok({ grant: grant.value }) : grant;
  });
  on('certificates', async (c, request) => {
    const classified = await signatures.certificates(visit(c, request.interaction), request.certificates);
    if (!classified.ok) return classified;
    const now = deps.clock.now();
    return ok({ certificates: classified.value.map((one) => certificateView(one, now, c.get('supportCode'))) });
  });
  on('challenge', async (c, request) => {
    const issued = await signatures.challenge(visit(c, request.interaction));
    return issued.ok ? ok({ text: issued.value.text, expiresAt: issued.value.expiresAt }) : issued;
  });
  on('identify', async (c, { interaction: id, certificate: der, signature }) =>
    viewed(await signatures.identify(visit(c, id), { certificate: der, signature })),
  );
  on('prepare', async (c, { interaction: id, ...wish }) => viewed(await signatures.prepare(visit(c, id), wish)));
  on('complete', async (c, { interaction: id, ...answer }) => viewed(await signatures.complete(visit(c, id), answer)));
  on('finish', async (c, request) => viewed(await signatures.finish(visit(c, request.interaction))));
  on('mobile', async (c, { interaction: id, authority: vendor, last }) =>
    viewed(await signatures.beginMobile(visit(c, id), vendor, last ?? true)),
  );
  on('plan', async (c, { interaction: id, plan, revision }) => {
    const kept = await signatures.keepPlan(visit(c, id), plan, revision);
    return kept.ok ? ok({ revision: kept.value }) : kept;
  });
  on('move', async (c, request) => {
    const token = await signatures.moveOut(visit(c, request.interaction));
    return token.ok ? ok({ token: token.value }) : token;
  });
  on('redeliver', async (c, request) => viewed(await signatures.redeliver(visit(c, request.interaction))));
  on('watch', async (_, { token }) => {
    const state = await signatures.watch(token);
    return state.ok ? ok({ state: state.value }) : state;
  });
  on('cancel', async (c, request) => viewed(await signatures.cancel(visit(c, request.interaction))));
  app.all('/*', (c) => refuse(c, refusal('ROUTE_UNKNOWN')));
  return app;
}
