import type { Hono } from 'hono';
import { z } from 'zod';
import type { SignedGrant } from '#agent/protocol.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import type { ClassifiedCertificate, ShownCertificate } from '#interaction/classify.ts';
import type { IssuedChallenge } from '#interaction/issue-challenge.ts';
import type { PageLink } from '#interaction/look.ts';
import type { Visit } from '#interaction/visit.ts';
import { ok, type Result } from '#kernel/result.ts';
import { agentViews } from './agent-view.ts';
import type { ProvingApi, VisitApi } from './api.ts';
import { certificateView } from './certificate-view.ts';
import type { BrowserCookie } from './cookies.ts';
import type { HostedDeps } from './deps.ts';
import { agentNonce, interaction, only, pageToken, shownCertificates } from './fields.ts';
import { onPageCalls, pageCalls } from './page-calls.ts';
import type { Limiter } from './rates.ts';

const requests = {
  claim: z.union([z.strictObject({ token: pageToken }), only]),
  view: only,
  grant: z.strictObject({ interaction, nonce: agentNonce }),
  redeliver: only,
  cancel: only,
} as const satisfies { [Route in keyof VisitApi<unknown>]: z.ZodType<VisitApi<unknown>[Route]['request']> };

/** The room that a page's interaction belongs to, as far as every page asks it the same. */
export interface VisitedRoom<Snapshot> {
  claim(link: PageLink, secret: string | null): Promise<Result<{ view: Snapshot; claim: string | null }>>;
  view(visit: Visit): Promise<Result<Snapshot>>;
  grant(visit: Visit, nonce: string): Promise<Result<SignedGrant>>;
  redeliver(visit: Visit): Promise<Result<Snapshot>>;
  cancel(visit: Visit): Promise<Result<Snapshot>>;
}

export interface VisitDeps extends HostedDeps {
  readonly cookie: BrowserCookie;
  readonly limiter: Limiter;
}

/**
 * Puts the calls of `VisitApi` on an app; `show` makes the page's view of what the room tells. Answers what the page's own calls need: which visit a
 * request is of, and a result as the page reads it.
 */
export function onVisitCalls<Snapshot, View extends object>(
  app: Hono<EdgeEnv>,
  deps: VisitDeps,
  room: VisitedRoom<Snapshot>,
  show: (snapshot: Snapshot) => Promise<View>,
): {
  visit(c: EdgeContext, interaction: string): Visit;
  viewed(result: Result<Snapshot>): Promise<Result<{ view: View }>>;
} {
  const { secretOf, visit } = pageCalls(deps.cookie);
  const on = onPageCalls<VisitApi<View>, typeof requests>(app, requests, deps.limiter);
  const viewed = async (result: Result<Snapshot>): Promise<Result<{ view: View }>> =>
    result.ok ? ok({ view: await show(result.value) }) : result;

  on('claim', async (c, link) => {
    const claimed = await room.claim(link, secretOf(c));
    if (!claimed.ok) return claimed;
    const { view, claim } = claimed.value;
    return ok({ view: await show(view), agents: await agentViews(deps), claim });
  });
  on('view', async (c, request) => viewed(await room.view(visit(c, request.interaction))));
  on('grant', async (c, request) => {
    const grant = await room.grant(visit(c, request.interaction), request.nonce);
    return grant.ok ? ok({ grant: grant.value }) : grant;
  });
  on('redeliver', async (c, request) => viewed(await room.redeliver(visit(c, request.interaction))));
  on('cancel', async (c, request) => viewed(await room.cancel(visit(c, request.interaction))));
  return { visit, viewed };
}

const proving = {
  challenge: only,
  certificates: shownCertificates,
} as const satisfies { [Route in keyof ProvingApi]: z.ZodType<ProvingApi[Route]['request']> };

/** A room that finds out by a signed challenge who somebody is. */
export interface ProvingRoom {
  challenge(visit: Visit): Promise<Result<IssuedChallenge>>;
  certificates(visit: Visit, shown: readonly ShownCertificate[]): Promise<Result<readonly ClassifiedCertificate[]>>;
}

/** Puts the calls of `ProvingApi` on an app. */
export function onProvingCalls(app: Hono<EdgeEnv>, deps: VisitDeps, room: ProvingRoom): void {
  const { visit } = pageCalls(deps.cookie);
  const on = onPageCalls<ProvingApi, typeof proving>(app, proving, deps.limiter);
  on('challenge', async (c, request) => {
    const issued = await room.challenge(visit(c, request.interaction));
    return issued.ok ? ok({ text: issued.value.text, expiresAt: issued.value.expiresAt }) : issued;
  });
  on('certificates', async (c, request) => {
    const classified = await room.certificates(visit(c, request.interaction), request.certificates);
    if (!classified.ok) return classified;
    const now = deps.clock.now();
    return ok({ certificates: classified.value.map((one) => certificateView(one, now, c.get('supportCode'))) });
  });
}
