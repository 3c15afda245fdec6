import type { SignedGrant } from '#agent/protocol.ts';
import type { Outcome } from '#delivery/dispatcher.ts';
import { cancel } from '#interaction/cancel.ts';
import { claimLink } from '#interaction/claim.ts';
import { type ClassifiedCertificate, classify, type ShownCertificate } from '#interaction/classify.ts';
import { beginExchange, resumeExchange, vendorCallback } from '#interaction/exchange.ts';
import { diagnoseGrant, grantFor } from '#interaction/grant.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { type IssuedChallenge, issueChallenge } from '#interaction/issue-challenge.ts';
import { type LookedPage, look, type PageLink } from '#interaction/look.ts';
import type { SignedChallenge } from '#interaction/proof.ts';
import { createSight } from '#interaction/sight.ts';
import { type TaskStatus, taskStatus } from '#interaction/status.ts';
import { sweep } from '#interaction/sweep.ts';
import { createVendorPoll } from '#interaction/vendor-poll.ts';
import { boundTo, type Visit } from '#interaction/visit.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import { acceptEvidence } from './evidence.ts';
import { mobileRoad } from './mobile.ts';
import { createOutcome } from './outcome.ts';
import { redeliver } from './redeliver.ts';
import { createRoom, type LoginDeps } from './room.ts';
import { type LoginRequest, type StartedLogin, start } from './start.ts';
import { type RedeemedTicket, redeemTicket } from './ticket.ts';
import { type LoginSnapshot, snapshot } from './view.ts';

/** startCheck … feedbackResult: everything that may be asked of a login. The first three for trading systems, the rest for its page. */
export interface Logins {
  start(unit: Unit, platform: Platform, request: LoginRequest): Promise<Result<StartedLogin>>;
  status(unit: Unit, taskId: string): Promise<Result<TaskStatus>>;
  redeemTicket(unit: Unit, taskId: string, ticket: string): Promise<Result<RedeemedTicket>>;

  /** Reads where a link leads and changes nothing (link scanners come first, readings L52). */
  look(link: PageLink, secret: string | null): Promise<LookedPage>;
  claim(link: PageLink, secret: string | null): Promise<Result<{ view: LoginSnapshot; claim: string | null }>>;
  view(visit: Visit): Promise<Result<LoginSnapshot>>;
  challenge(visit: Visit): Promise<Result<IssuedChallenge>>;
  grant(visit: Visit, nonce: string): Promise<Result<SignedGrant>>;
  diagnoseGrant(nonce: string, origin: string): Promise<SignedGrant>;
  certificates(visit: Visit, shown: readonly ShownCertificate[]): Promise<Result<readonly ClassifiedCertificate[]>>;
  evidence(visit: Visit, signed: SignedChallenge): Promise<Result<LoginSnapshot>>;
  beginMobile(visit: Visit, authority: string): Promise<Result<LoginSnapshot>>;
  redeliver(visit: Visit): Promise<Result<LoginSnapshot>>;
  cancel(visit: Visit): Promise<Result<LoginSnapshot>>;
  /** The bound browser's interaction, for the live channel. */
  bound(visit: Visit): Promise<Result<Interaction>>;
  /** Present version of each interaction that exists. */
  versions(ids: readonly string[]): Promise<Map<string, number>>;

  vendorCallback(authority: string, exchange: string, message: VendorMessage): Promise<void>;
  /** Asks the vendors of exchanges under way; at most once a second each. */
  pollVendors(): Promise<void>;
  /** Writes the end of overdue logins; returns how many. */
  sweep(): Promise<number>;
  /** For the dispatcher. */
  readonly outcome: Outcome;
}

interface VendorMessage {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function createLogins(deps: LoginDeps): Logins {
  const room = createRoom(deps);
  const road = mobileRoad(room);
  const poll = createVendorPoll(room, (interaction) => resumeExchange(road, interaction, { from: 'poll' }));

  const { seen, after } = createSight(room, snapshot);

  return {
    start: (unit, platform, request) => start(room, unit, platform, request),
    status: (unit, taskId) => taskStatus(room, unit, taskId),
    redeemTicket: (unit, taskId, ticket) => redeemTicket(room, unit, taskId, ticket),

    look: (link, secret) => look(room, link, secret),
    async claim(link, secret) {
      const claimed = await claimLink(room, link, secret);
      if (!claimed.ok) return claimed;
      const { interaction, bound, claim } = claimed.value;
      return ok({ view: await snapshot(room, interaction, bound), claim });
    },
    async view(visit) {
      const view = await seen(visit);
      if (view.ok) poll.hint(visit.interaction);
      return view;
    },
    challenge: (visit) => issueChallenge(room, visit),
    grant: (visit, nonce) => grantFor(room, visit, nonce, ['enumerate', 'certificates', 'sign-login']),
    diagnoseGrant: (nonce, origin) => diagnoseGrant(room, nonce, origin),
    certificates: (visit, shown) => classify(room, visit, shown),
    evidence: async (visit, signed) => after(visit, await acceptEvidence(room, visit, signed)),
    beginMobile: async (visit, authority) => after(visit, await beginExchange(road, visit, authority)),
    redeliver: async (visit) => after(visit, await redeliver(room, visit)),
    cancel: async (visit) => after(visit, await cancel(room, visit)),
    bound: (visit) => boundTo(room, visit),
    versions: (ids) => room.interactions.versions(room.store.read, ids),

    vendorCallback: (authority, exchange, message) => vendorCallback(road, authority, exchange, message),
    pollVendors: () => poll.round(),
    sweep: () => sweep(room),
    outcome: createOutcome(room),
  };
}
