/** What a seat of the opening hall sees, in the manner of hall-api.ts: times UTC epoch ms by the hub's clock, sentences in Chinese. */
import type { ProposalKind, RemedyKind } from '#opening/hall/acts.ts';
import type { AuthorityView, MobileView, PageError } from './api.ts';
import type { BoardView, CauseView, MyBidsView } from './hall-bids-api.ts';

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
