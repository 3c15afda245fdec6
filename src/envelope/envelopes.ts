import type { SignedGrant } from '#agent/protocol.ts';
import type { Outcome } from '#delivery/dispatcher.ts';
import { cancel } from '#interaction/cancel.ts';
import { claimAgain, claimByToken } from '#interaction/claim.ts';
import { beginExchange, resumeExchange, vendorCallback } from '#interaction/exchange.ts';
import { grantFor } from '#interaction/grant.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { type LookedPage, look, type PageLink } from '#interaction/look.ts';
import { createSight } from '#interaction/sight.ts';
import { type TaskStatus, taskStatus } from '#interaction/status.ts';
import { sweep } from '#interaction/sweep.ts';
import { createVendorPoll } from '#interaction/vendor-poll.ts';
import { boundTo, type Visit } from '#interaction/visit.ts';
import { ok, type Result } from '#kernel/result.ts';
import { createWaitingLine } from '#kernel/waiting-line.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { Tx } from '#store/store.ts';
import type { OnCertificateChanged } from '#subscriber/workbench.ts';
import { candidatesFor } from './candidates.ts';
import type { PageReport } from './capsule-port.ts';
import { changedKey } from './changed-key.ts';
import { encrypt } from './encrypt.ts';
import type { OpenedContent } from './event.ts';
import { acceptKeys } from './keys.ts';
import { tendHeld } from './lost-contents.ts';
import { type MatchedKey, matchKeys, type ShownKey } from './match.ts';
import { mobileRoad } from './mobile.ts';
import { type CapsulesRequest, openCapsules } from './open-capsules.ts';
import { createOutcome } from './outcome.ts';
import { noteCapsules, noteKeys, notingResume, notingVendor, reportOf } from './page-notes.ts';
import { redeliver } from './redeliver.ts';
import type { DecryptRequest, Encrypted, EncryptRequest, StartedDecrypt } from './requests.ts';
import { createRoom, type EnvelopeDeps } from './room.ts';
import { startDecrypt } from './start.ts';
import { type DecryptSnapshot, snapshot } from './view.ts';
import { windowMoved } from './window-moved.ts';

/** encrypt, startdecrypt … decrypt. The first four for trading systems, then the hall, the decryption page, and what runs by itself. */
export interface Envelopes {
  /** Ids of units that may have sent an `encrypt` that names nobody, in groups, likeliest first (readings L6). */
  candidatesFor(
    request: Pick<EncryptRequest, 'taskId' | 'idNumber' | 'unitCode'>,
  ): Promise<readonly (readonly string[])[]>;
  encrypt(unit: Unit, request: EncryptRequest): Promise<Result<Encrypted>>;
  startDecrypt(unit: Unit, platform: Platform, request: DecryptRequest): Promise<Result<StartedDecrypt>>;
  status(unit: Unit, taskId: string): Promise<Result<TaskStatus>>;

  openCapsules(unit: Unit, platform: Platform, request: CapsulesRequest): Promise<Result<StartedDecrypt>>;
  /** The hall extended the window of these capsules; in its transaction. */
  windowMoved(tx: Tx, capsules: readonly string[], endsAt: number): Promise<void>;

  look(link: PageLink, secret: string | null): Promise<LookedPage>;
  claim(link: PageLink, secret: string | null): Promise<Result<{ view: DecryptSnapshot; claim: string | null }>>;
  view(visit: Visit): Promise<Result<DecryptSnapshot>>;
  /** Operations `enumerate`, `certificates`, `unwrap`. */
  grant(visit: Visit, nonce: string): Promise<Result<SignedGrant>>;
  certificates(visit: Visit, shown: readonly ShownKey[]): Promise<Result<readonly MatchedKey[]>>;
  keys(
    visit: Visit,
    given: readonly { item: string; wrap: string; key: string; layout?: string | undefined }[],
    notUnwrapped?: readonly { item: string; wrap: string }[],
  ): Promise<Result<DecryptSnapshot>>;
  beginMobile(visit: Visit, authority: string): Promise<Result<DecryptSnapshot>>;
  /** What the page met, of capsules alone; elsewhere it is heard and forgotten. */
  report(visit: Visit, report: PageReport, tail: string | null): Promise<Result<void>>;
  redeliver(visit: Visit): Promise<Result<DecryptSnapshot>>;
  cancel(visit: Visit): Promise<Result<DecryptSnapshot>>;
  /** The bound browser's interaction, for the live channel. */
  bound(visit: Visit): Promise<Result<Interaction>>;
  versions(ids: readonly string[]): Promise<Map<string, number>>;

  vendorCallback(
    authority: string,
    exchange: string,
    message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  ): Promise<void>;
  pollVendors(): Promise<void>;
  /** Ends overdue interactions and gives back lost contents; returns how many of both. */
  sweep(): Promise<number>;
  /** For the dispatcher. */
  readonly outcome: Outcome;
  /** For the encoder of message 7: a `memory-only` content that this process holds. */
  held(item: string): Promise<OpenedContent | undefined>;
  /** For the subscriber's port: warnings about ciphertexts that only an old key opens. */
  readonly changedKey: OnCertificateChanged;
}

/**
 * A thousand bidders who decrypt in one moment wait here, and not in the queue of transactions, where who stands for 5 s is turned away. So many side by side
 * share a commit; each waits for his turn as long as a page waits for its answer.
 */
const RUSH = { atOnce: 24, patienceMs: 25_000, busy: 'too many decryptions at once' };

export function createEnvelopes(deps: EnvelopeDeps): Envelopes {
  const room = createRoom(deps);
  const road = mobileRoad(room);
  // Each in a queue of its own: who is half way must not wait for those who are only coming.
  const [starts, claims, keys] = [createWaitingLine(RUSH), createWaitingLine(RUSH), createWaitingLine(RUSH)];
  const poll = createVendorPoll(room, (interaction) =>
    notingResume(room, interaction, () => resumeExchange(road, interaction, { from: 'poll' })),
  );

  const { seen, after } = createSight(room, snapshot);

  return {
    candidatesFor: (request) => candidatesFor(room, request),
    encrypt: (unit, request) => encrypt(room, unit, request),
    startDecrypt: (unit, platform, request) => starts.through(() => startDecrypt(room, unit, platform, request)),
    status: (unit, taskId) => taskStatus(room, unit, taskId),
    openCapsules: (unit, platform, request) => openCapsules(room, unit, platform, request),
    windowMoved: (tx, capsules, endsAt) => windowMoved(room, tx, capsules, endsAt),

    look: (link, secret) => look(room, link, secret),
    async claim(link, secret) {
      const claimed =
        'token' in link
          ? await claims.through(() => claimByToken(room, link.token, secret))
          : await claimAgain(room, link.interaction, secret);
      if (!claimed.ok) return claimed;
      const { interaction, bound, claim } = claimed.value;
      if (bound) await noteCapsules(room, interaction, { what: 'entered' });
      return ok({ view: await snapshot(room, interaction, bound), claim });
    },
    async view(visit) {
      const view = await seen(visit);
      if (view.ok) poll.hint(visit.interaction);
      return view;
    },
    grant: (visit, nonce) => grantFor(room, visit, nonce, ['enumerate', 'certificates', 'unwrap']),
    async certificates(visit, shown) {
      const matched = await matchKeys(room, visit, shown);
      if (matched.ok) await noteKeys(room, visit, matched.value);
      return matched;
    },
    keys: async (visit, given, notUnwrapped) =>
      after(visit, await keys.through(() => acceptKeys(room, visit, given, notUnwrapped))),
    beginMobile: async (visit, authority) =>
      after(visit, await notingVendor(room, visit, authority, () => beginExchange(road, visit, authority))),
    report: (visit, report, tail) => reportOf(room, visit, { what: 'reported', report, tail }),
    redeliver: async (visit) => after(visit, await redeliver(room, visit)),
    cancel: async (visit) => after(visit, await cancel(room, visit)),
    bound: (visit) => boundTo(room, visit),
    versions: (ids) => room.interactions.versions(room.store.read, ids),

    vendorCallback: (authority, exchange, message) => vendorCallback(road, authority, exchange, message),
    pollVendors: () => poll.round(),
    sweep: async () => (await sweep(room)) + (await tendHeld(room)),
    outcome: createOutcome(room),
    held: async (item) => room.held.get(item),
    changedKey: (tx, change) => changedKey(room, tx, change),
  };
}
