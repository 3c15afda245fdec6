/**
 * What the hosted pages and the hub say to each other: JSON over same-origin POST under `/hosted/api/…`, types shared with `web/`.
 * Every request carries the browser cookie, or, where no cookie survives (foreign frame), the claim secret in `X-Ca-Claim`.
 * Every answer is `{ok:true, …}` or `{ok:false, error}`; HTTP status 200 for both (413/429/5xx only for transport).
 */

export interface PageError {
  /** Stable code of kernel/catalogue.ts. */
  readonly code: string;
  /** Chinese sentence for the person. */
  readonly message: string;
  readonly supportCode: string;
  readonly retry: boolean;
}

export type Answer<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: PageError };

export interface Support {
  readonly hotline: string;
  readonly install: string;
  readonly renew: string;
  readonly unlock: string;
}

export interface AuthorityView {
  readonly id: string;
  readonly name: string;
  readonly media: readonly ('key' | 'mobile' | 'page')[];
  readonly support: Support;
}

/** One per interaction; re-read by the page whenever the live channel names a newer version. */
export interface LoginView {
  readonly interaction: string;
  readonly version: number;
  readonly state: 'claimed' | 'proved' | 'succeeded' | 'refused' | 'undelivered' | 'cancelled' | 'expired';
  readonly platform: { readonly name: string; readonly host: string; readonly homeUrl: string };
  readonly supportCode: string;
  /** UTC epoch ms; the server's now, so that a wrong PC clock does not matter. */
  readonly now: number;
  readonly expiresAt: number;
  readonly authorities: readonly AuthorityView[];
  /** The mobile road, when begun. */
  readonly mobile: MobileView | null;
  /** Result under way to the trading system. */
  readonly delivery: { readonly attempt: number; readonly nextAt: number | null } | null;
  /** Why it ended, or what was refused last. */
  readonly error: PageError | null;
  /** Where the browser goes now, when the trading system has taken the result. */
  readonly next: { readonly kind: 'redirect'; readonly url: string } | { readonly kind: 'stay' } | null;
}

export interface MobileView {
  readonly authority: string;
  /** `page`: the vendor's own page at `openUrl`, nothing to scan. Absent: `mobile`. */
  readonly medium?: 'mobile' | 'page';
  readonly status: 'waiting' | 'scanned' | 'cancelled' | 'expired' | 'failed';
  /** SVG markup made by the hub from the vendor's QR content. */
  readonly qrSvg: string;
  /** Page and phone show the same two digits. */
  readonly digits: string;
  readonly expiresAt: number;
  /** The code's content where it is an http(s) address: a phone cannot scan its own screen and opens it instead. */
  readonly openUrl?: string | null;
}

/** What the hub says of a certificate that the agent showed. */
export interface CertificateView {
  /** Echo of the page's own handle. */
  readonly key: string;
  readonly holder: string;
  readonly kind: 'organisation' | 'person';
  readonly authority: AuthorityView | null;
  /** Last four of the serial, never the whole. */
  readonly tail: string;
  /** `2026-10-17`, Beijing. */
  readonly notAfter: string;
  readonly daysLeft: number;
  readonly status:
    | 'ready'
    | 'expired'
    | 'not-yet-valid'
    | 'revoked'
    | 'superseded'
    | 'cancelled'
    | 'not-enrolled'
    | 'unknown-issuer'
    | 'suspended'
    | 'invalid'
    | 'status-unavailable';
  /** For every status but `ready`. */
  readonly error: PageError | null;
}

/** A program on the person's computer that stands in front of keys: the hub's own agent, or a vendor's. */
export interface AgentView {
  /** WebSocket URLs, all tried at once. */
  readonly endpoints: readonly string[];
  /** URL and SRI hash of the dialect module. */
  readonly dialect: { readonly url: string; readonly integrity: string };
  /** Whose program it is; none: the hub's own agent, for every vendor without one. */
  readonly vendors: readonly AuthorityView[];
}

/** What every page of one interaction asks: route → request and answer. */
export interface VisitApi<View> {
  /** By token (first open) or by interaction (reload of the same browser). `claim` only where the hub saw no cookie. */
  claim: {
    request: { token: string } | { interaction: string };
    answer: Answer<{ view: View; agents: readonly AgentView[]; claim: string | null }>;
  };
  view: { request: { interaction: string }; answer: Answer<{ view: View }> };
  /** For the agent's connection of this nonce, with the operations that this page needs. */
  grant: {
    request: { interaction: string; nonce: string };
    answer: Answer<{ grant: import('#agent/protocol.ts').SignedGrant }>;
  };
  /** Another try to deliver, now. */
  redeliver: { request: { interaction: string }; answer: Answer<{ view: View }> };
  cancel: { request: { interaction: string }; answer: Answer<{ view: View }> };
}

/** The calls that one page has beside those. */
export type OwnCalls<Api> = Omit<Api, keyof VisitApi<unknown>>;

/** What a page asks that proves who somebody is with his signing key. */
export interface ProvingApi {
  challenge: { request: { interaction: string }; answer: Answer<{ text: string; expiresAt: number }> };
  /** Which of the plugged keys may be used here. Base64 DER of the signing certificates. */
  certificates: {
    request: { interaction: string; certificates: readonly { key: string; sign: string }[] };
    answer: Answer<{ certificates: readonly CertificateView[] }>;
  };
}

/** Route → request and answer. */
export interface PageApi extends VisitApi<LoginView>, ProvingApi {
  /** Sets the browser cookie where there is none; `framed`: one that counts in this frame alone. Binds nothing. */
  hello: { request: { framed?: boolean }; answer: Answer<Record<never, never>> };
  evidence: {
    request: { interaction: string; certificate: string; signature: string };
    answer: Answer<{ view: LoginView }>;
  };
  /** Begins or renews the mobile road with one authority. */
  mobile: { request: { interaction: string; authority: string }; answer: Answer<{ view: LoginView }> };
}

/** `ws(s)://<this origin>/hosted/live?i=<interaction>`: opened with the cookie of the bound browser, one `{version}` a change; else poll `view` each 2 s. */
export const LIVE_PATH = '/hosted/live';
