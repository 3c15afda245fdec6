/**
 * What the pages of the opening hall and the hub say to each other: JSON over same-origin POST under `/hosted/api/hall/…`.
 *
 * One page, `/hall/<openingId>`; what it shows follows from `HallView.seat`: nobody (audience, projector without login), host, supervisor, custodian, bidder.
 * Every view is made by the hub for exactly that seat: a page hides nothing, it shows what it is given. Before `opensAt` no view of any role holds a
 * name, a count or an amount of bids; `board` is null then, and a bidder's own state is told to nobody but him.
 *
 * Times are UTC epoch ms by the hub's clock; count down from `now`, never from the PC's clock. Answers are `{ok:true, …}` or `{ok:false, error}`, HTTP 200.
 */
import type { HallAct } from '#opening/hall/acts.ts';
import type { AgentView, Answer, CertificateView } from './api.ts';
import type { CauseView, EvidenceView, NeededCertificateView } from './hall-bids-api.ts';
import type { AskedView, HallRole, HallView } from './hall-view-api.ts';

/** What the custodian's agent unwraps and re-wraps (`unwrap` with `to`, grant operation `release`). */
export interface ShareTask {
  readonly what: 'check-in' | 'release';
  /** Base64 of the wrap to the custodian's encryption certificate. */
  readonly wrapped: string;
  /** Hex of the 65-byte point of the release key (a test key for the check-in). */
  readonly to: string;
  /** Base64 DER of the encryption certificate the share is wrapped to: picks the plugged key. */
  readonly certificate: string;
  readonly needed: NeededCertificateView;
}

/** One file's share of a recovery custodian, handled like `ShareTask`. */
export interface RecoveryTask {
  readonly capsule: string;
  readonly wrapped: string;
  readonly to: string;
  readonly certificate: string;
  readonly needed: NeededCertificateView;
}

export interface RehearseTask {
  readonly rehearsal: string;
  /** One for each certificate that a sealed file of this bidder needs; random values, never a file's key. */
  readonly tests: readonly {
    readonly id: string;
    readonly wrapped: string;
    readonly certificate: string;
    readonly needed: NeededCertificateView;
  }[];
}

/** What the agent's `rewrap` is given; nothing of the key is ever seen by page or hub. */
export interface RewrapTask {
  readonly offer: string;
  readonly wrapped: string;
  /** Base64 DER of the new encryption certificate. */
  readonly certificate: string;
  /** Base64 DER of the old one: picks the plugged key. */
  readonly old: string;
  readonly text: string;
}

/** What the page saw and the hub cannot: reports, never proof. */
export type ReportKind =
  | 'no-agent'
  | 'agent-blocked'
  | 'no-key'
  | 'wrong-key'
  | 'pin-wrong'
  | 'pin-locked'
  | 'key-pulled'
  | 'network';

/** Route → request and answer, under `/hosted/api/hall/`. `interaction` is the seat's, except where said. */
export interface HallApi {
  /** First call of the page, and its reload: who sits here (by cookie), and the view. Creates nothing. */
  open: { request: { opening: string }; answer: Answer<{ view: HallView; agents: readonly AgentView[] }> };
  /** `interaction` null: audience. */
  view: { request: { opening: string; interaction: string | null }; answer: Answer<{ view: HallView }> };
  /** Begins the login in the hall; the cookie of `/hosted/api/hello` must be there. Role comes from the certificate that signs. */
  sit: { request: { opening: string }; answer: Answer<{ asked: AskedView }> };
  /** Grant for the agent: `ask` for a text to sign (interaction = asked.interaction), the others with the seat's. */
  grant: {
    request: { interaction: string; nonce: string; what: 'ask' | 'share' | 'rehearse' | 'rewrap' };
    answer: Answer<{ grant: import('#agent/protocol.ts').SignedGrant }>;
  };
  /** Forecast for plugged keys: which role each would have here. `interaction` = asked.interaction. */
  certificates: {
    request: { interaction: string; certificates: readonly { key: string; sign: string }[] };
    answer: Answer<{ certificates: readonly (CertificateView & { readonly roles: readonly HallRole[] })[] }>;
  };
  /** The signature over `asked.text`. `interaction` = asked.interaction. */
  signed: {
    request: { interaction: string; certificate: string; signature: string };
    answer: Answer<{ view: HallView }>;
  };
  /** The same question by phone; poll `asked` each 2 s (or hear the live channel). `interaction` = asked.interaction. */
  mobile: { request: { interaction: string; authority: string }; answer: Answer<{ asked: AskedView }> };
  /** How the question stands; when it is answered, `view` is the seat's new view. `interaction` = asked.interaction. */
  asked: { request: { interaction: string }; answer: Answer<{ asked: AskedView | null; view: HallView | null }> };
  leave: { request: { interaction: string }; answer: Answer<{ view: HallView }> };
  /** Unsigned acts answer the new view and `asked: null`; signed ones the text to sign. */
  act: { request: { interaction: string; act: HallAct }; answer: Answer<{ view: HallView; asked: AskedView | null }> };
  /** Custodian: what to re-wrap now; then `shared` with the agent's answer. */
  share: { request: { interaction: string; what: 'check-in' | 'release' }; answer: Answer<{ task: ShareTask }> };
  shared: {
    request: { interaction: string; what: 'check-in' | 'release'; wrapped: string };
    answer: Answer<{ view: HallView }>;
  };
  /** Recovery custodian: his shares of the files of a bid; each goes back through `recovered`. Grant `share`. */
  recover: { request: { interaction: string; bid: string }; answer: Answer<{ tasks: readonly RecoveryTask[] }> };
  recovered: {
    request: { interaction: string; capsule: string; wrapped: string };
    answer: Answer<{ view: HallView }>;
  };
  evidence: {
    request: { interaction: string; bid: string };
    answer: Answer<{ cause: CauseView; evidence: readonly EvidenceView[] }>;
  };
  /** Bidder: a decrypt page for all his files of this opening. */
  decrypt: { request: { interaction: string }; answer: Answer<{ url: string }> };
  rehearse: { request: { interaction: string }; answer: Answer<{ task: RehearseTask }> };
  /** What the agent unwrapped (base64 of the test values), or why not. */
  rehearsed: {
    request: { interaction: string; rehearsal: string; results: readonly { id: string; key: string }[] };
    answer: Answer<{ view: HallView; opened: readonly string[] }>;
  };
  rewrap: { request: { interaction: string }; answer: Answer<{ tasks: readonly RewrapTask[] }> };
  rewrapped: {
    request: { interaction: string; offer: string; wrapped: string; signature: string; certificate: string };
    answer: Answer<{ view: HallView }>;
  };
  /** Bidder's page (hall or decrypt page) says what it met. Evidence of the weakest kind. */
  report: {
    request: { interaction: string; kind: ReportKind; tail: string | null };
    answer: Answer<Record<never, never>>;
  };
}

/** `ws(s)://<this origin>/hosted/hall/live?o=<openingId>`: one `{version}` a change; no login needed, it says nothing but that. Else poll `view` each 2 s. */
export const HALL_LIVE_PATH = '/hosted/hall/live';
