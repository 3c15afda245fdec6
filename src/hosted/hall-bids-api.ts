/** The bids as a seat of the opening hall sees them: the board of all, and a bidder's own. */
import type { RemedyKind } from '#opening/hall/acts.ts';
import type { CauseKind } from '#opening/hall/cause.ts';
import type { AuthorityView } from './api.ts';
import type { ProposalView } from './hall-view-api.ts';

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

export interface ConfirmationView {
  readonly kind: 'confirmed' | 'objected';
  readonly at: number;
  /** The objection's words; host, supervisor and its own bidder see them. */
  readonly text: string | null;
  /** The host's answer on record. */
  readonly answer: string | null;
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
