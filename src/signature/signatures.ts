import { setTimeout as timeout } from 'node:timers/promises';
import type { SignedGrant } from '#agent/protocol.ts';
import type { Outcome } from '#delivery/dispatcher.ts';
import { cancel } from '#interaction/cancel.ts';
import { claimLink } from '#interaction/claim.ts';
import { type ClassifiedCertificate, classify, type ShownCertificate } from '#interaction/classify.ts';
import { beginExchange } from '#interaction/exchange.ts';
import { grantFor } from '#interaction/grant.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { type IssuedChallenge, issueChallenge } from '#interaction/issue-challenge.ts';
import { type LookedPage, look, type PageLink, standing } from '#interaction/look.ts';
import type { SignedChallenge } from '#interaction/proof.ts';
import { createSight } from '#interaction/sight.ts';
import { type TaskStatus, taskStatus } from '#interaction/status.ts';
import { sweep } from '#interaction/sweep.ts';
import { createVendorPoll } from '#interaction/vendor-poll.ts';
import { boundTo, type Visit } from '#interaction/visit.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result } from '#kernel/result.ts';
import { frameOrigins, type Platform, type Unit } from '#relying-party/party.ts';
import type { InteractionState } from '#store/schema.ts';
import { complete } from './complete.ts';
import { createOutcome, finish, redeliver, signedDocument } from './deliver.ts';
import { judgeExisting } from './existing.ts';
import { admits, identify } from './identify.ts';
import { heardFromVendor, identifyRoad, isLive, resumeSigning, signRoad } from './mobile.ts';
import { moveOut } from './move.ts';
import type { OpenDocument } from './open-document.ts';
import { pageDocument, putLocal } from './page-document.ts';
import { keepPlan } from './plan.ts';
import { prepare } from './prepare.ts';
import type { PrepareWish } from './prepare-wish.ts';
import type {
  LocalSignRequest,
  SignatureRequest,
  SigningInterface,
  StagedDocument,
  StartedSigning,
} from './requests.ts';
import { createRoom, type SignatureDeps } from './room.ts';
import type { KeptPlan } from './signing.ts';
import { stage, startLocal, startSignature } from './start.ts';
import { createTidying } from './tidy.ts';
import { type SigningSnapshot, snapshot } from './view.ts';
import { signingOf } from './write.ts';

/** startSignature, startiframesign … onSignature. The first four for trading systems, then the signing page, and what runs by itself. */
export interface Signatures {
  /**
   * Takes a decoded document in, before anything is known of its request. BODY_TOO_LARGE beyond `limit` bytes (`limits.document`); throws what
   * `source` throws. What no request takes up is swept.
   */
  stage(source: AsyncIterable<Bytes>, limit?: number): Promise<Result<StagedDocument>>;
  /** DOCUMENT_NOT_PDF, DOCUMENT_ENCRYPTED, DOCUMENT_BROKEN, DOCUMENT_TOO_COMPLEX, DOCUMENT_CERTIFIED; the staged document is the hub's from here on. */
  startSignature(unit: Unit, platform: Platform, request: SignatureRequest): Promise<Result<StartedSigning>>;
  startLocal(unit: Unit, platform: Platform, request: LocalSignRequest): Promise<Result<StartedSigning>>;
  status(unit: Unit, taskId: string, of: SigningInterface): Promise<Result<TaskStatus>>;

  look(link: PageLink, secret: string | null): Promise<LookedPage>;
  /** How the signing of this link stands. */
  watch(token: string): Promise<Result<InteractionState>>;
  claim(link: PageLink, secret: string | null): Promise<Result<{ view: SigningSnapshot; claim: string | null }>>;
  view(visit: Visit): Promise<Result<SigningSnapshot>>;
  /** Operations `enumerate`, `certificates`, `sign-login`, `sign-document`. */
  grant(visit: Visit, nonce: string): Promise<Result<SignedGrant>>;
  certificates(visit: Visit, shown: readonly ShownCertificate[]): Promise<Result<readonly ClassifiedCertificate[]>>;
  challenge(visit: Visit): Promise<Result<IssuedChallenge>>;
  identify(visit: Visit, signed: SignedChallenge): Promise<Result<SigningSnapshot>>;
  prepare(visit: Visit, wish: PrepareWish): Promise<Result<SigningSnapshot>>;
  /** `signature`: the token's answer, base64. */
  complete(
    visit: Visit,
    answer: { readonly prepared: string; readonly signature: string; readonly last: boolean },
  ): Promise<Result<SigningSnapshot>>;
  finish(visit: Visit): Promise<Result<SigningSnapshot>>;
  beginMobile(visit: Visit, authority: string, last: boolean): Promise<Result<SigningSnapshot>>;
  /** What is placed and not signed; `revision`: the one that this page has seen. Answers the new one. PLAN_CHANGED, DOCUMENT_CHANGED. */
  keepPlan(visit: Visit, plan: KeptPlan, revision: number): Promise<Result<number>>;
  /** Lays the claim down for a window of its own: the page token of the fresh link. */
  moveOut(visit: Visit): Promise<Result<string>>;
  redeliver(visit: Visit): Promise<Result<SigningSnapshot>>;
  cancel(visit: Visit): Promise<Result<SigningSnapshot>>;
  /** The bound browser's interaction, for the live channel. */
  bound(visit: Visit): Promise<Result<Interaction>>;
  versions(ids: readonly string[]): Promise<Map<string, number>>;

  /** The document as it stands, or at an earlier version. The caller closes it. */
  document(visit: Visit, version?: number): Promise<Result<OpenDocument>>;
  /** Mode `local`: the person's own file takes the place of what was there. */
  putLocal(visit: Visit, source: AsyncIterable<Bytes>, name: string): Promise<Result<SigningSnapshot>>;

  vendorCallback(
    authority: string,
    exchange: string,
    message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  ): Promise<void>;
  pollVendors(): Promise<void>;
  /** Ends overdue interactions and removes documents whose time is over; returns how many of both. */
  sweep(): Promise<number>;
  /** For the dispatcher. */
  readonly outcome: Outcome;
  /** For the encoder of message 9: the document of a `document.signed` event (`DocumentSigned`). Throws HubError INTERNAL when it is gone. */
  signedDocument(eventBody: JsonObject): Promise<OpenDocument>;
}

/** How long a claim waits for the judgement of signatures that a document brought; what takes longer comes by a newer version. */
const PATIENCE_MS = 2_000;

export function createSignatures(deps: SignatureDeps): Signatures {
  const room = createRoom(deps);
  const tidy = createTidying(room);
  const poll = createVendorPoll(room, (interaction) => resumeSigning(room, interaction));

  const { seen, after } = createSight(room, snapshot);
  const judging = (interaction: string): Promise<void> =>
    judgeExisting(room, interaction).catch((error: unknown) => {
      room.log.warn({ err: error, interaction }, 'the signatures of a document could not be judged');
    });

  return {
    stage: (source, limit) => stage(room, source, limit),
    startSignature: (unit, platform, request) => startSignature(room, unit, platform, request),
    startLocal: (unit, platform, request) => startLocal(room, unit, platform, request),
    status: (unit, taskId, of) => taskStatus(room, unit, taskId, of),

    look: (link, secret) => look(room, link, secret),
    watch: (token) => standing(room, token),
    async claim(link, secret) {
      const claimed = await claimLink(room, link, secret);
      if (!claimed.ok) return claimed;
      const { interaction, bound, claim } = claimed.value;
      if (bound) await Promise.race([judging(interaction.id), timeout(PATIENCE_MS, undefined, { ref: false })]);
      const present = (await room.interactions.find(room.store.read, interaction.id)) ?? interaction;
      return ok({ view: await snapshot(room, present, bound), claim });
    },
    async view(visit) {
      const view = await seen(visit);
      if (view.ok) poll.hint(visit.interaction);
      return view;
    },
    grant: (visit, nonce) =>
      grantFor(room, visit, nonce, ['enumerate', 'certificates', 'sign-login', 'sign-document'], frameOrigins),
    async certificates(visit, shown) {
      const bound = await boundTo(room, visit);
      if (!bound.ok) return bound;
      const { words } = await signingOf(room, visit.interaction);
      return classify(room, visit, shown, { allowNonGm: true, admits: (key) => admits(words, key) });
    },
    challenge: (visit) => issueChallenge(room, visit, 'sign'),
    identify: async (visit, signed) => after(visit, await identify(room, visit, signed)),
    prepare: async (visit, wish) => after(visit, await prepare(room, visit, wish)),
    complete: async (visit, answer) => after(visit, await complete(room, visit, answer)),
    finish: async (visit) => after(visit, await finish(room, visit)),
    async beginMobile(visit, authority, last) {
      const bound = await boundTo(room, visit);
      if (!bound.ok) return bound;
      const { signer, prepared } = await signingOf(room, visit.interaction);
      const signs = signer !== null && prepared !== null && isLive(room, prepared);
      return after(
        visit,
        signs
          ? await beginExchange(signRoad(room, last), visit, authority)
          : await beginExchange(identifyRoad(room), visit, authority),
      );
    },
    keepPlan: (visit, plan, revision) => keepPlan(room, visit, plan, revision),
    moveOut: (visit) => moveOut(room, visit),
    redeliver: async (visit) => after(visit, await redeliver(room, visit)),
    cancel: async (visit) => after(visit, await cancel(room, visit)),
    bound: (visit) => boundTo(room, visit),
    versions: (ids) => room.interactions.versions(room.store.read, ids),

    document: (visit, version) => pageDocument(room, visit, version),
    async putLocal(visit, source, name) {
      const put = await putLocal(room, visit, source, name);
      if (put.ok) await Promise.race([judging(visit.interaction), timeout(PATIENCE_MS, undefined, { ref: false })]);
      return after(visit, put);
    },

    vendorCallback: (authority, exchange, message) => heardFromVendor(room, authority, exchange, message),
    pollVendors: () => poll.round(),
    sweep: async () => (await sweep(room)) + (await tidy()),
    outcome: createOutcome(room),
    signedDocument: (body) => signedDocument(room, body),
  };
}
