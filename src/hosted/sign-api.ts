/**
 * What the signing page and the hub say to each other: JSON over same-origin POST under `/hosted/api/sign/…`, in the manner of api.ts (same cookie, claim
 * secret, answers, live channel). The document itself: `GET /hosted/sign/document/:interaction?v=<version>` (ranges allowed; the bytes that will be signed, no
 * others) and `PUT /hosted/sign/document/:interaction` for a local file in iframe mode, both with the cookie or `X-Ca-Claim`. Pages: `GET /sign/:token` (first
 * open) and `GET /sign/i/:interaction` (reload of the bound browser).
 *
 * The order: `claim` → look at the document → choose a certificate → `challenge`, the key signs it (grant operation `sign-login`, purpose=sign) → `identify` →
 * seals appear → `prepare` (the hub makes the revision; its text to sign comes back) → the key signs it (agent `signDocument`, grant operation
 * `sign-document`) → `complete`. `last` of `complete` false: the person goes on with another seal on the same document.
 */
import type { KeptPlan } from '#signature/signing.ts';
import type { Answer, AuthorityView, LoginView, MobileView, PageError, ProvingApi, VisitApi } from './api.ts';

export interface SignView {
  readonly interaction: string;
  readonly version: number;
  /** `proved`: signed, on its way to the trading system. */
  readonly state: LoginView['state'];
  /** `document`: startSignature brought the file. `local`: startiframesign; the person loads one, and takes the signed one away. */
  readonly mode: 'document' | 'local';
  readonly platform: { readonly name: string; readonly host: string; readonly homeUrl: string };
  readonly supportCode: string;
  /** UTC epoch ms; the server's now. */
  readonly now: number;
  readonly expiresAt: number;
  readonly authorities: readonly AuthorityView[];
  /** Bytes of the largest file that may be loaded here (mode `local`). */
  readonly largest: number;
  /** null: none loaded yet (mode `local`). */
  readonly document: DocumentView | null;
  /** Where the trading system wants the seal (`standBy.hub`); the person may move it. */
  readonly wish: PlacementWish | null;
  /** Who must sign, where the trading system said so: masked code of the organisation. */
  readonly demanded: string | null;
  /** Who has proved himself on this page; null: nobody yet. */
  readonly signer: SignerView | null;
  /** His seals; empty until he has proved himself. */
  readonly seals: readonly SealView[];
  /** A signing between `prepare` and `complete`. */
  readonly prepared: PreparedView | null;
  /** Signatures made on this page, oldest first. */
  readonly made: readonly MadeView[];
  /** What was placed on this page and not signed yet, for a page that is loaded again; null: nobody has proved himself. */
  readonly plan: { readonly revision: number; readonly kept: PlanView | null } | null;
  /** The mobile road (or a vendor's own page), when begun. */
  readonly mobile: SignMobileView | null;
  readonly delivery: { readonly attempt: number; readonly nextAt: number | null } | null;
  readonly error: PageError | null;
  readonly next: { readonly kind: 'redirect'; readonly url: string } | { readonly kind: 'stay' } | null;
}

export interface DocumentView {
  /** Grows when bytes are added: fetch it again. */
  readonly version: number;
  readonly name: string;
  readonly bytes: number;
  /** SM3 of all bytes, lower hex: 文件指纹. */
  readonly sm3: string;
  readonly pages: readonly PageSize[];
  /** Signatures that were in it when it came, oldest first. */
  readonly signatures: readonly ExistingSignatureView[];
  /** What a signer should know of it. */
  readonly notes: readonly DocumentNote[];
}

/** Millimetres as seen, rotation applied. */
export interface PageSize {
  readonly width: number;
  readonly height: number;
}

export type DocumentNote = 'form' | 'javascript' | 'layers' | 'attachments' | 'certified' | 'changed-after-signing';

export interface ExistingSignatureView {
  readonly signer: string;
  /** `2026-03-15 16:20`, Beijing; null: not said. */
  readonly at: string | null;
  readonly verdict: 'valid' | 'valid-changed' | 'invalid' | 'indeterminate';
}

export interface PlacementWish {
  readonly keyword?: string;
  /** 1-based, as a person counts. */
  readonly page?: number;
  /** Millimetres from the upper left corner to the seal's centre. */
  readonly x?: number;
  readonly y?: number;
}

export interface SignerView {
  readonly holder: string;
  readonly kind: 'organisation' | 'person';
  readonly authority: AuthorityView;
  readonly tail: string;
  /** `2026-10-17`, Beijing. */
  readonly notAfter: string;
  readonly road: 'key' | 'mobile';
}

export interface SealView {
  readonly id: string;
  readonly name: string;
  /** `image`: 印章图片由交易系统同步，未经制章机构签名. */
  readonly kind: 'ses' | 'image';
  /** Millimetres. */
  readonly width: number;
  readonly height: number;
  /** data: URL, PNG or JPEG. */
  readonly picture: string;
  /** `2026-10-17`; null: no end. */
  readonly validTo: string | null;
  readonly usable: boolean;
  /** Why not, for `usable` false. */
  readonly error: PageError | null;
}

/** One place of a seal on one page, millimetres from the page's upper left corner as seen. */
export interface PlacementView {
  /** 0-based. */
  readonly page: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** 骑缝章: one strip of the seal at the right edge of each page named. */
export interface StraddleView {
  /** 0-based, ascending; at least two. */
  readonly pages: readonly number[];
  /** Centre, millimetres from the upper edge. */
  readonly centre: number;
  readonly width: number;
  readonly height: number;
  /**
   * Most pages under one whole seal, at least 3; absent: one seal over all. The pages named are split in their order into as few groups as that allows,
   * as equal as can be, the larger ones first: 31 pages by 30 are 16 and 15.
   */
  readonly each?: number;
}

export interface PreparedView {
  readonly id: string;
  readonly seal: string | null;
  /** Version the document will have. */
  readonly version: number;
  /** Base64: what the key signs (DER signed attributes, or TBS_Sign of the seal). Never a bare digest. */
  readonly toSign: string;
  /** Lower hex, of the bytes that the signature will cover. */
  readonly digest: string;
  readonly algorithm: 'sm2' | 'rsa';
  /** UTC epoch ms; then `prepare` anew. */
  readonly expiresAt: number;
}

export interface MadeView {
  readonly seal: string | null;
  readonly places: number;
  readonly straddle: boolean;
  readonly timestamped: boolean;
  readonly at: number;
}

/** A draft, as the hub keeps it and the page says it. */
export type PlanView = KeptPlan;

export interface SignMobileView extends MobileView {
  /** `identify`: who signs; `sign`: the prepared signature. */
  readonly step: 'identify' | 'sign';
}

/** Route under `/hosted/api/sign/` → request and answer. Grant for `enumerate`, `certificates`, `sign-login`, `sign-document`; the challenge has purpose=sign. */
export interface SignPageApi extends VisitApi<SignView>, ProvingApi {
  /** The signed challenge: the hub finds out who it is and shows his seals. */
  identify: {
    request: { interaction: string; certificate: string; signature: string };
    answer: Answer<{ view: SignView }>;
  };
  /** Makes the revision. `seal` null: an invisible signature, no placements then. `placements` and `straddle` together at most 5 000 places. */
  prepare: {
    request: {
      interaction: string;
      seal: string | null;
      placements: readonly PlacementView[];
      straddle: StraddleView | null;
      reason?: string;
      /** Which version of the document the person saw; absent: the present one. */
      version?: number;
    };
    answer: Answer<{ view: SignView }>;
  };
  /** The token's answer over `toSign`: DER for SM2, the raw block for RSA; base64. */
  complete: {
    request: { interaction: string; prepared: string; signature: string; last: boolean };
    answer: Answer<{ view: SignView }>;
  };
  /** Ends the page's work and sends the document as it is; something must have been signed. */
  finish: { request: { interaction: string }; answer: Answer<{ view: SignView }> };
  /** Begins or renews the mobile (or vendor's page) road: identifies while nobody is, else signs what is prepared. */
  mobile: {
    request: { interaction: string; authority: string; last?: boolean };
    answer: Answer<{ view: SignView }>;
  };
  /** Keeps what is placed, over the plan of this `revision` and no newer one (PLAN_CHANGED). Rarely, and only while somebody has proved himself. */
  plan: {
    request: { interaction: string; revision: number; plan: PlanView };
    answer: Answer<{ revision: number }>;
  };
  /** The person leaves the frame for a window of its own, which has other cookies: this browser's claim ends, the fresh link's first browser has the next. */
  move: { request: { interaction: string }; answer: Answer<{ token: string }> };
  /** How the signing stands, for a frame whose person went on in a window of its own: whoever has the link may ask, and learns no more than this. */
  watch: { request: { token: string }; answer: Answer<{ state: 'open' | SignView['state'] }> };
}

/** Where the document is read from and (mode `local`) put; `<path>/<interaction>`. A PUT answers `Answer<{view: SignView}>`. */
export const SIGN_DOCUMENT_PATH = '/hosted/sign/document';
