import type { SignedGrant } from '#agent/protocol.ts';
import type { AgentView, Answer, PageError } from './api.ts';

/**
 * What the hub's frame in a trading system's page (the certificate control) and the hub say to each other: JSON over same-origin POST under
 * `/hosted/api/control/…`. The frame has no cookie there; every request but `claim` carries the claim secret in `X-Ca-Claim`. Bytes are base64.
 */
export interface ControlSessionView {
  readonly interaction: string;
  readonly platform: { readonly name: string };
  readonly operations: readonly ('sign' | 'verify' | 'encrypt' | 'decrypt')[];
  readonly supportCode: string;
  /** UTC epoch ms. */
  readonly now: number;
  readonly expiresAt: number;
}

export interface ControlCertificateView {
  /** Echo of the page's own handle. */
  readonly key: string;
  /** SM3 of the DER, lower hex: what the trading system's page knows the key by. */
  readonly certId: string;
  readonly holder: string;
  readonly kind: 'organisation' | 'person';
  readonly authority: string | null;
  readonly tail: string;
  /** ISO Z. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly algorithm: 'SM2' | 'RSA' | 'EC';
  /** Why it cannot sign now; null: it can. */
  readonly error: PageError | null;
}

/** As `VerifyReport` of the signature room writes it. */
export interface VerifyView {
  readonly result: 'valid' | 'invalid' | 'indeterminate';
  readonly sentence: string;
  readonly reason: string;
}

/** Route → request and answer. */
export interface ControlPageApi {
  /** Once: the session belongs to the page that came first. */
  claim: {
    request: { token: string };
    answer: Answer<{ session: ControlSessionView; agents: readonly AgentView[]; claim: string | null }>;
  };
  grant: { request: { interaction: string; nonce: string }; answer: Answer<{ grant: SignedGrant }> };
  certificates: {
    request: { interaction: string; certificates: readonly { key: string; sign: string }[] };
    answer: Answer<{ certificates: readonly ControlCertificateView[] }>;
  };
  /** What the key is to sign for this content; refuses a certificate that may not sign. */
  prepare: {
    request: { interaction: string; certificate: string; content: string };
    answer: Answer<{ toSign: string; signingTime: number; sm3: string }>;
  };
  assemble: {
    request: {
      interaction: string;
      certificate: string;
      content: string;
      signingTime: number;
      signature: string;
      detached: boolean;
    };
    answer: Answer<{ message: string }>;
  };
  /** Members as of POST /api/ca/ext/verify. */
  verify: {
    request: { interaction: string; signature: string; content?: string; certificate?: string };
    answer: Answer<{ report: VerifyView }>;
  };
  encrypt: {
    request: { interaction: string; content: string; certificates: readonly string[] };
    answer: Answer<{ envelope: string }>;
  };
  /** Where the wrapped key and the ciphertext stand in an envelope; `certificate` is the encryption certificate that opens it. */
  locate: {
    request: { interaction: string; envelope: string; certificate: string };
    answer: Answer<{ wraps: readonly string[]; iv: string; ciphertext: string }>;
  };
  close: { request: { interaction: string }; answer: Answer<Record<never, never>> };
}
