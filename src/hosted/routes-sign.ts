import { Hono } from 'hono';
import { z } from 'zod';
import type { EdgeEnv } from '#http/context.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok } from '#kernel/result.ts';
import type { Signatures } from '#signature/signatures.ts';
import type { OwnCalls, ProvingApi } from './api.ts';
import { authority, certificate, interaction, only, pageToken } from './fields.ts';
import { refuse } from './guard.ts';
import { onPageCalls } from './page-calls.ts';
import type { SignPageApi } from './sign-api.ts';
import { signView } from './sign-view.ts';
import { onProvingCalls, onVisitCalls, type VisitDeps } from './visit-calls.ts';

const seal = z.string().min(1).max(100);
/** Millimetres; the largest PDF page measures 5 m. */
const mm = z.number().min(-100_000).max(100_000);
const page = z.int().min(0).max(limits.sealPlaces);
/** More seals than anybody holds. */
const MOST_PLANNED_SEALS = 50;

type SignCalls = Omit<OwnCalls<SignPageApi>, keyof ProvingApi>;

const requests = {
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
  watch: z.strictObject({ token: pageToken }),
} as const satisfies { [Route in keyof SignCalls]: z.ZodType<SignCalls[Route]['request']> };

export interface SignRoutesDeps extends VisitDeps {
  readonly signatures: Signatures;
}

/** `/hosted/api/sign/*`: the signing page's calls, in the shapes of sign-api.ts. The document goes through routes-document.ts. */
export function signRoutes(deps: SignRoutesDeps): Hono<EdgeEnv> {
  const { signatures } = deps;
  const app = new Hono<EdgeEnv>();
  const { visit, viewed } = onVisitCalls(app, deps, signatures, signView);
  onProvingCalls(app, deps, signatures);
  const on = onPageCalls<SignCalls, typeof requests>(app, requests, deps.limiter, limits.prepareBody);

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
  on('watch', async (_, { token }) => {
    const state = await signatures.watch(token);
    return state.ok ? ok({ state: state.value }) : state;
  });
  app.all('/*', (c) => refuse(c, refusal('ROUTE_UNKNOWN')));
  return app;
}
