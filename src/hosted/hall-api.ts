/**
 * What the pages of the opening hall and the hub say to each other: JSON over same-origin POST under `/hosted/api/hall/…`.
 *
 * One page, `/hall/<openingId>`; what it shows follows from `HallView.seat`: nobody (audience, projector without login), host, supervisor, custodian, bidder.
 * Every view is made by the hub for exactly that seat: a page hides nothing, it shows what it is given. Before `opensAt` no view of any role holds a
 * name, a count or an amount of bids; `board` is null then, and a bidder's own state is told to nobody but him.
 *
 * Times are UTC epoch ms by the hub's clock; count down from `now`, never from the PC's clock. Answers are `{ok:true, …}` or `{ok:false, error}`, HTTP 200.
 */
import type { HallAct, ProposalKind, RemedyKind } from '#opening/hall/acts.ts';
import type { CauseKind } from '#opening/hall/cause.ts';
import type { AgentView, Answer, AuthorityView, CertificateView, MobileView, PageError } from './api.ts';

/** One person may hold several (行政监督 who is a custodian, too). */
export type HallRole = 'host' | 'supervisor' | 'custodian' | 'bidder';

/**
 * before    before opensAt (also while time is distrusted: see `time`)
 * due       opensAt reached; the host knows the number and starts the release (or ends a lot with too few)
 * releasing custodians are asked for their shares; with the last one needed the window begins
 * window    bidders decrypt
 * closed    window over; bidders confirm or object until `minutes.confirmUntil`
 * finished  minutes are signed and final
 * ended     ended by the host before any release (too few): capsules stay closed
 * aborted   ended by two persons
 */
export type HallPhase = 'before' | 'due' | 'releasing' | 'window' | 'closed' | 'finished' | 'ended' | 'aborted';

export interface HallView {
  readonly opening: string;
  /** Grows with each change that a page may see; the live channel names it. */
  readonly version: number;
  readonly now: number;
  readonly supportCode: string;
  readonly phase: HallPhase;
  /** 工程名称 */
  readonly title: string;
  /** 交易中心 */
  readonly venue: string;
  /** 开标室; '' where none was given */
  readonly room: string;
  readonly lots: readonly LotView[];
  readonly opensAt: number;
  /** Signed amendments, newest first. */
  readonly postponed: readonly {
    readonly from: number;
    readonly to: number;
    readonly reason: string;
    readonly at: number;
  }[];
  readonly time: TimeView;
  readonly keys: KeysView;
  /** null until enough custodians have released: that begins it. */
  readonly window: WindowView | null;
  /** null until this seat may know (host: from opensAt; supervisor, custodians, bidders, audience: from the start of the release). */
  readonly board: BoardView | null;
  /** Proposals waiting for a second person, and those of the last minutes that were decided; newest first. */
  readonly proposals: readonly ProposalView[];
  /** Host and supervisor only. */
  readonly incidents: readonly IncidentView[];
  /** Newest first, at most 200; each seat sees its own cut. */
  readonly events: readonly HallEventView[];
  /** Newest digest of the record chain, 8 hex digits as `c41f 0b7e`; null before opensAt. */
  readonly digest: string | null;
  readonly minutes: MinutesView | null;
  /** null: not logged in here (audience). */
  readonly seat: SeatView | null;
  /** Bidder seats only. */
  readonly mine: MyBidsView | null;
  /** What this seat may do now: only these buttons are shown. */
  readonly may: readonly MayDo[];
  /** A question of this seat that waits for a signature or a phone (seat login, signed act); null otherwise. */
  readonly asked: AskedView | null;
  /** CA vendors, for "log in with phone" and the support links. */
  readonly authorities: readonly AuthorityView[];
}

export interface LotView {
  readonly lot: string;
  readonly name: string;
  readonly state: 'open' | 'too-few';
  /** Reason in the host's words when ended. */
  readonly reason: string | null;
}

export interface TimeView {
  /** false: the hub does not trust its clock; the opening stays closed until a time witness agrees or two persons override. */
  readonly trusted: boolean;
  /** Chinese sentence; '' while trusted. */
  readonly note: string;
}

/** 开标密钥 */
export interface KeysView {
  /** t and n of the split. */
  readonly needed: number;
  readonly of: number;
  readonly released: number;
  readonly checkedIn: number;
  /** Check-in is possible from here on (opensAt − 60 min). */
  readonly checkInFrom: number;
  readonly custodians: readonly CustodianView[];
}

export interface CustodianView {
  readonly index: number;
  /** 交易中心托管人 */
  readonly title: string;
  readonly state: 'absent' | 'checked-in' | 'released' | 'not-needed' | 'bad-share';
  /** When he reached that state. */
  readonly at: number | null;
  /** His deputy acts. */
  readonly deputy: boolean;
}

export interface WindowView {
  readonly startedAt: number;
  readonly endsAt: number;
  /** null while it runs. */
  readonly closedAt: number | null;
  /** Each in effect, oldest first. */
  readonly extensions: readonly { readonly minutes: number; readonly reason: string; readonly at: number }[];
}

export interface BoardView {
  readonly total: number;
  readonly tally: Tally;
  readonly rows: readonly BidRowView[];
  /** Number of each lot; the host decides lot by lot. */
  readonly lots: readonly {
    readonly lot: string;
    readonly total: number;
    readonly tooFew: boolean;
    readonly tally: Tally;
  }[];
}

export interface Tally {
  readonly opened: number;
  readonly working: number;
  readonly failed: number;
  readonly waiting: number;
}

/** One bidder's bid for one lot: all its capsules. Bidder seats get only their own rows here; `tally` and `total` hold for all. */
export interface BidRowView {
  readonly bid: string;
  readonly place: number;
  readonly lot: string;
  readonly bidder: string;
  readonly state: 'waiting' | 'working' | 'opened' | 'failed';
  readonly files: { readonly opened: number; readonly total: number };
  /** From the first touch of the decrypt page to the last file opened. */
  readonly seconds: number | null;
  /** `尚未进入解密页`, `技术标 3 / 4，继续中`, `用时 14 秒` */
  readonly note: string;
  readonly openedAt: number | null;
  /** null for an opened bid, and for audience and other bidders. */
  readonly cause: CauseView | null;
  /** The remedy that opened it or is under way. */
  readonly remedy: ProposalView | null;
  /** 确认 / 异议 of the bidder. */
  readonly said: ConfirmationView | null;
}

export type CauseParty = 'bidder' | 'platform' | 'vendor' | 'network' | 'unknown';

/** Why a bid did not open. `unknown` is an honest answer; `bidder` is said only where it is proved. */
export interface CauseView {
  readonly party: CauseParty;
  /** 投标人原因 · 平台原因 · 机构原因 · 网络原因 · 原因待查 */
  readonly name: string;
  /** Stable code, e.g. `WRONG_KEY`; picks the icon. */
  readonly kind: CauseKind;
  readonly sentence: string;
  /** proved: by the hub's own evidence; reported: a page said so (no accusation follows); open: still possible to open. */
  readonly weight: 'proved' | 'reported' | 'open';
  readonly evidence: number;
}

/** One line of what is known about a bid; `proof` false: a page's or agent's report, which proves nothing. */
export interface EvidenceView {
  readonly at: number;
  readonly from: 'hub' | 'page' | 'vendor' | 'custodian' | 'platform';
  readonly sentence: string;
  readonly proof: boolean;
  /** Row of the hash-chained journal, where it stands there. */
  readonly journal: number | null;
}

/** 同一机构 5 分钟内 3 家以上 */
export interface IncidentView {
  readonly incident: string;
  readonly authority: string;
  readonly bids: number;
  readonly since: number;
  readonly minutes: number;
  /** 失败原因相同，均为机构服务无应答。建议延长窗口并改用 UKey。 */
  readonly sentence: string;
  readonly evidence: number;
  /** Suggested minutes for an extension; null once one is under way or in effect. */
  readonly suggest: number | null;
  readonly supportCode: string;
}

export interface ProposalView {
  readonly proposal: string;
  readonly kind: ProposalKind;
  readonly remedy: RemedyKind | null;
  /** 补救：使用投标时留存的密钥文件 · 延长解密窗口 10 分钟 */
  readonly title: string;
  readonly state: 'waiting' | 'confirmed' | 'refused' | 'lapsed' | 'withdrawn';
  readonly reason: string;
  /** 招标文件第三章 5.2.4; '' where none was named. */
  readonly basis: string;
  readonly bid: string | null;
  readonly bidder: string | null;
  readonly cause: CauseView | null;
  /** extend: minutes. */
  readonly minutes: number | null;
  /** extend: new end of the window; postpone: new opensAt. */
  readonly until: number | null;
  /** 开标主持人 */
  readonly proposedBy: string;
  readonly proposedAt: number;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  /** 确认意见 */
  readonly opinion: string | null;
  /** Nobody decides after this; then `lapsed` (视为不同意). */
  readonly lapsesAt: number;
  /** This seat proposed it (提议人不能自己确认). */
  readonly own: boolean;
}

export interface HallEventView {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly sentence: string;
  readonly tone: 'ok' | 'info' | 'warn' | 'bad' | 'mute';
}

export interface MinutesView {
  readonly state: 'confirming' | 'final';
  /** Bidders confirm or object until then. */
  readonly confirmUntil: number;
  readonly confirmed: number;
  readonly objected: number;
  readonly silent: number;
  readonly sentence: string;
  /** SM3 of the signed record, hex; null until final. */
  readonly digest: string | null;
  /** Same-origin GET with the seat's cookie; null until final. */
  readonly pdf: string | null;
  readonly record: string | null;
}

export interface ConfirmationView {
  readonly kind: 'confirmed' | 'objected';
  readonly at: number;
  /** The objection's words; host, supervisor and its own bidder see them. */
  readonly text: string | null;
  /** The host's answer on record. */
  readonly answer: string | null;
}

export interface SeatView {
  /** The session: names it in every call. */
  readonly interaction: string;
  readonly roles: readonly HallRole[];
  /** The one whose view is shown first. */
  readonly role: HallRole;
  /** 开标主持人 · 交易中心托管人 · the company's name */
  readonly title: string;
  readonly tail: string;
  readonly authority: string;
  /** Custodian's number. */
  readonly custodian: number | null;
  readonly deputy: boolean;
  readonly until: number;
}

/** A bidder's own page (phone). */
export interface MyBidsView {
  readonly bidder: string;
  /** Empty before opensAt. */
  readonly bids: readonly MyBidView[];
  /** Before opensAt: whether 开标前自检 can be done (a sealed file of this bidder or not, it can always be asked). */
  readonly rehearsal: RehearsalView | null;
  /** The decrypt page of all own files, while the window runs; null otherwise. POST `decrypt` makes the link. */
  readonly canDecrypt: boolean;
  readonly others: { readonly opened: number; readonly total: number } | null;
  /** Files that only an old certificate opens, with the offer to re-wrap (before opensAt). */
  readonly rewrap: readonly RewrapView[];
}

export interface MyBidView {
  readonly bid: string;
  readonly lot: string;
  readonly row: BidRowView;
  /** The certificates that open it: any one is enough. */
  readonly needed: readonly NeededCertificateView[];
  /** 投标文件完好，摘要与回执一致 · 开标密钥已释放 · 您的密钥 */
  readonly checks: readonly {
    readonly name: 'intact' | 'released' | 'own-key';
    readonly state: 'ok' | 'now' | 'waiting' | 'bad';
    readonly sentence: string;
  }[];
  /** Steps of a remedy, for the timeline. */
  readonly steps: readonly {
    readonly at: number | null;
    readonly title: string;
    readonly note: string;
    readonly done: boolean;
  }[];
  /** Remedies he may ask for by this opening's rules. */
  readonly remedies: readonly { readonly kind: RemedyKind; readonly title: string }[];
  /** 解密回执 / statement, same-origin GET; null until there is one. */
  readonly statement: string | null;
}

export interface NeededCertificateView {
  readonly holder: string;
  readonly authority: AuthorityView | null;
  readonly tail: string;
  /** `2026-10-17`, Beijing. */
  readonly notAfter: string;
  readonly expired: boolean;
  /** A newer certificate is on record; this older key is the one. */
  readonly renewed: boolean;
}

export interface RehearsalView {
  readonly last: { readonly at: number; readonly ok: boolean; readonly tail: string; readonly sentence: string } | null;
}

export interface RewrapView {
  readonly offer: string;
  readonly from: NeededCertificateView;
  readonly to: NeededCertificateView;
  readonly done: boolean;
}

/** Acts and whether each is signed with the key (`signed`: the answer of `act` is a text to sign, see `HallApi.act`). */
export type MayDo =
  | { readonly act: 'check-in'; readonly signed: false }
  | { readonly act: 'release'; readonly signed: false }
  /** Recovery custodian: two persons have allowed it for these bids. */
  | { readonly act: 'recover'; readonly signed: false; readonly bids: readonly string[] }
  /** Custodian, while the hub's clock is not believed. */
  | { readonly act: 'state-clock'; readonly signed: true }
  | { readonly act: 'start'; readonly signed: false }
  | { readonly act: 'end-lot'; readonly signed: true; readonly lots: readonly string[] }
  | { readonly act: 'close-window'; readonly signed: false }
  | {
      readonly act: 'propose';
      readonly signed: true;
      readonly kinds: readonly ProposalKind[];
      readonly remedies: readonly RemedyKind[];
    }
  | { readonly act: 'decide'; readonly signed: true; readonly proposals: readonly string[] }
  | { readonly act: 'withdraw'; readonly signed: false; readonly proposals: readonly string[] }
  | { readonly act: 'finish'; readonly signed: true }
  | { readonly act: 'answer-objection'; readonly signed: false; readonly bids: readonly string[] }
  | { readonly act: 'decrypt'; readonly signed: false }
  | { readonly act: 'rehearse'; readonly signed: false }
  | { readonly act: 'rewrap'; readonly signed: false }
  | {
      readonly act: 'ask-remedy';
      readonly signed: false;
      readonly bids: readonly string[];
      readonly remedies: readonly RemedyKind[];
    }
  | { readonly act: 'confirm'; readonly signed: true; readonly bids: readonly string[] }
  | { readonly act: 'object'; readonly signed: true; readonly bids: readonly string[] };

/** A text for the key: sign it with the agent (`sign`, grant of `grant`), then POST `signed`. Or show `mobile` after POST `mobile`. */
export interface AskedView {
  /** Interaction of this one question; not the seat's. */
  readonly interaction: string;
  readonly purpose: 'seat' | 'act';
  readonly text: string;
  readonly expiresAt: number;
  readonly mobile: MobileView | null;
  /** Why the last answer was not taken. */
  readonly error: PageError | null;
}

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
