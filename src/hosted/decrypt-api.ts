/**
 * What the decryption page and the hub say to each other: JSON over same-origin POST under `/hosted/api/decrypt/…`, in the manner of api.ts (same cookie,
 * claim secret, answers, live channel). Only the wrapped content key goes to the token and only the content key comes back; the content never reaches
 * the page. Pages: `GET /decrypt/:token` (first open) and `GET /decrypt/i/:interaction` (reload of the bound browser).
 */
import type { Answer, AuthorityView, CertificateView, LoginView, MobileView, PageError, VisitApi } from './api.ts';

/** One per interaction; re-read by the page whenever the live channel names a newer version. */
export interface DecryptView {
  readonly interaction: string;
  readonly version: number;
  /** `proved`: everything of this interaction is open and on its way to the trading system. */
  readonly state: LoginView['state'];
  readonly platform: { readonly name: string; readonly host: string; readonly homeUrl: string };
  readonly supportCode: string;
  /** UTC epoch ms; the server's now. */
  readonly now: number;
  /** End of the window. */
  readonly expiresAt: number;
  /** When a capsule among the items may be opened, where that is still ahead; null: now. */
  readonly opensAt: number | null;
  readonly authorities: readonly AuthorityView[];
  /** This interaction's own items first, then those of sibling tasks that the same key opens (本次可一并解密 n 份). */
  readonly items: readonly DecryptItemView[];
  /** The mobile road, when begun. */
  readonly mobile: MobileView | null;
  /** Results of this interaction under way to the trading system. */
  readonly delivery: { readonly attempt: number; readonly nextAt: number | null } | null;
  /** Why it ended, or what was refused last. */
  readonly error: PageError | null;
  /** `redirect`: the registered return URL, with taskId and no ticket; nothing is proved by it. */
  readonly next: { readonly kind: 'redirect'; readonly url: string } | { readonly kind: 'stay' } | null;
}

export interface DecryptItemView {
  readonly id: string;
  /** Own or a sibling's. */
  readonly interaction: string;
  /** What a person may call it: file name, lot, else the tail of the task. Text, never markup. */
  readonly name: string;
  readonly kind: 'envelope' | 'capsule';
  /** Of the ciphertext. */
  readonly bytes: number;
  /** `failed`: the last try did not open it; it may be tried again, with another key as well. */
  readonly state: 'waiting' | 'opened' | 'delivered' | 'failed' | 'undelivered';
  /** What the token unwraps: one of them is enough. `wrapped` base64. Empty once the item is open. */
  readonly wraps: readonly { readonly id: string; readonly wrapped: string }[];
  /** The keys that open it, where the hub knows them; empty: any key of this person may be tried. */
  readonly needed: readonly NeededKey[];
  readonly error: PageError | null;
}

/** Named when another key is plugged in: 需要：张三 · 北辰CA · 尾号 3F2A · 2026-10-17 到期. */
export interface NeededKey {
  readonly holder: string;
  readonly authority: AuthorityView | null;
  /** Last four of the encryption certificate's serial. */
  readonly tail: string;
  /** `2026-10-17`, Beijing. */
  readonly notAfter: string;
  /** Expired ones still decrypt. */
  readonly expired: boolean;
  /** The person has a newer key since: this is the old one, which must be kept until the opening. */
  readonly renewed: boolean;
}

/** What the hub says of a plugged key. */
export interface DecryptCertificateView extends Omit<CertificateView, 'status' | 'error'> {
  /** Its encryption certificate has expired; it still decrypts. */
  readonly expired: boolean;
  /** Items this key opens. */
  readonly opens: readonly string[];
  /** Items whose ciphertext does not say for whom it is: worth a try. */
  readonly tries: readonly string[];
}

/** Wraps to hand to the token for one plugged key: every item of `opens`, then of `tries`; the hub names the wrap. */
export interface WrapForKey {
  readonly item: string;
  readonly wrap: string;
  /** Base64. */
  readonly wrapped: string;
}

/** One unwrapped content key, base64. `layout`: the ciphertext layout the agent recognised. */
export interface UnwrappedKey {
  readonly item: string;
  readonly wrap: string;
  readonly key: string;
  readonly layout?: string;
}

/** Route under `/hosted/api/decrypt/` → request and answer. Grant for `enumerate`, `certificates`, `unwrap`. */
export interface DecryptPageApi extends VisitApi<DecryptView> {
  /** What the page met and the hub cannot see; `tail` of the plugged certificate. A report, never proof. */
  report: {
    request: { interaction: string; kind: import('#envelope/capsule-port.ts').PageReport; tail: string | null };
    answer: Answer<Record<never, never>>;
  };
  /** Base64 DER of both certificates of each plugged key. `wraps`: for the keys of `certificates`, by `key`. */
  certificates: {
    request: {
      interaction: string;
      certificates: readonly { key: string; sign: string; encrypt: string }[];
    };
    answer: Answer<{
      certificates: readonly DecryptCertificateView[];
      wraps: Readonly<Record<string, readonly WrapForKey[]>>;
    }>;
  };
  /** Items the token could not unwrap are left out, or named in `failed` so that the journal says so. */
  keys: {
    request: { interaction: string; keys: readonly UnwrappedKey[]; failed?: readonly { item: string; wrap: string }[] };
    answer: Answer<{ view: DecryptView }>;
  };
  /** Begins or renews the mobile road with one authority, for every item that a certificate of that authority opens. */
  mobile: { request: { interaction: string; authority: string }; answer: Answer<{ view: DecryptView }> };
}
