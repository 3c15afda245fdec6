/**
 * The agent's protocol: JSON over a loopback WebSocket at `ws://127.0.0.1:<port>/ca-agent/v1`, shaped on GM/T 0020 (list, export certificate,
 * login, PIN retry count, sign, private-key decrypt) and carrying GM/T 0016 result codes.
 *
 * 1. The agent greets with a nonce. 2. The page fetches a grant from the hub, bound to that nonce and its own origin. 3. `authorize`.
 * 4. Only then anything else, and only the operations granted.
 */

import type { Gm, Sm2CiphertextLayout, Sm2PublicKey } from '#crypto/gm.ts';

export type AgentGreeting = {
  readonly event: 'hello';
  readonly protocol: 1;
  readonly agent: string;
  readonly version: string;
  /** 32 random bytes, hex; new on each connection. */
  readonly nonce: string;
};

/**
 * `unwrap` and `rehearse` open a wrapped key for the page, or for another key; `release` opens it for another key only, so that a custodian's share
 * is never bare outside this program; `rewrap` carries a bid over to a renewed certificate; `sign-document` signs what stands for a document.
 */
export type Operation =
  | 'enumerate'
  | 'certificates'
  | 'sign-login'
  | 'unwrap'
  | 'release'
  | 'rewrap'
  | 'rehearse'
  | 'sign-document';

/** Signed by the hub: SM2 (default id) over the UTF-8 of `grantText(grant)`. */
export interface Grant {
  readonly v: 1;
  readonly nonce: string;
  /** Origin of the page, e.g. `https://hub.ca.example`. */
  readonly origin: string;
  readonly interaction: string;
  readonly operations: readonly Operation[];
  /** ISO Z; at most 60 s ahead. */
  readonly expires: string;
  /** Origins whose pages may hold the granted page in a frame: a PIN window may stand under them. Absent: none. */
  readonly frames?: readonly string[];
}

export interface SignedGrant {
  readonly grant: Grant;
  /** Base64 DER. */
  readonly signature: string;
}

/** The one spelling of a grant that is signed and verified. */
export const grantText = (grant: Grant): string =>
  [
    'caihub-grant/1',
    `nonce=${grant.nonce}`,
    `origin=${grant.origin}`,
    `interaction=${grant.interaction}`,
    `operations=${grant.operations.join(',')}`,
    `expires=${grant.expires}`,
    ...(grant.frames === undefined ? [] : [`frames=${grant.frames.join(' ')}`]),
  ].join('\n');

export type AgentRequest =
  | { readonly id: string; readonly method: 'authorize'; readonly params: SignedGrant }
  | { readonly id: string; readonly method: 'enumerate'; readonly params?: undefined }
  | { readonly id: string; readonly method: 'certificates'; readonly params: { readonly key: string } }
  | { readonly id: string; readonly method: 'pinStatus'; readonly params: { readonly key: string } }
  /** pinEntry `page`: the PIN travels over loopback only, inside this message. */
  | { readonly id: string; readonly method: 'login'; readonly params: { readonly key: string; readonly pin: string } }
  /** pinEntry `agent`: answers the agent's own page to show in an iframe; `pinDone` follows as an event. */
  | { readonly id: string; readonly method: 'pinDialog'; readonly params: { readonly key: string } }
  /** Signs only a challenge text of the hub (design 5) with purpose login or sign that names this grant's interaction and origin. */
  | { readonly id: string; readonly method: 'sign'; readonly params: { readonly key: string; readonly text: string } }
  /** Opens a wrapped key (at most 64 bytes) with the encryption key: grant operation `unwrap` or `rehearse`, or `release` with `to`. */
  | {
      readonly id: string;
      readonly method: 'unwrap';
      readonly params: {
        readonly key: string;
        /** Base64, any layout of an SM2 ciphertext. */
        readonly wrapped: string;
        /** Hex of a 65-byte point: the opened key is wrapped to it at once and never leaves bare. */
        readonly to?: string;
      };
    }
  /** Wraps a bid's key anew to a renewed certificate and signs that with the old key (grant operation `rewrap`). Whose it is the hub judges. */
  | {
      readonly id: string;
      readonly method: 'rewrap';
      readonly params: {
        /** The old key. */
        readonly key: string;
        /** Base64, as in `unwrap`. */
        readonly wrapped: string;
        /** Base64 DER of the new encryption certificate. */
        readonly certificate: string;
        /** `rewrapText` of this very act; anything else is refused. */
        readonly text: string;
      };
    }
  /**
   * Signs what stands for a document, and only that: DER signed attributes (SET OF: content type, message digest, signing time near now, this key's
   * signing certificate where named) or the TBS_Sign of a seal (v4 of an SM2 key). A bare digest or any other bytes: TEXT_REFUSED. Operation `sign-document`.
   */
  | {
      readonly id: string;
      readonly method: 'signDocument';
      readonly params: {
        readonly key: string;
        /** Base64 of those bytes, at most 256 KiB of them. */
        readonly toSign: string;
      };
    };

/** What `rewrap` signs. Digests are SM3 in lower hex: of the certificates' DER, and of the wrap's bytes as given. */
export interface RewrapFacts {
  readonly opening: string;
  readonly capsule: string;
  readonly old: string;
  readonly new: string;
  readonly wrap: string;
}

/** The one spelling of a re-wrap that is signed and verified. */
export const rewrapText = (facts: RewrapFacts): string =>
  [
    'caihub-rewrap/1',
    `opening=${facts.opening}`,
    `capsule=${facts.capsule}`,
    `old=${facts.old}`,
    `new=${facts.new}`,
    `wrap=${facts.wrap}`,
  ].join('\n');

export interface KeyInfo {
  /** Opaque handle of this connection's agent. */
  readonly key: string;
  readonly label: string;
  readonly pinEntry: 'page' | 'agent';
  readonly pinRemaining: number;
  readonly loggedIn: boolean;
}

export type AgentResult = {
  authorize: { readonly ok: true };
  enumerate: { readonly keys: readonly KeyInfo[] };
  /** Base64 DER each. */
  certificates: { readonly sign: string; readonly encrypt: string };
  pinStatus: { readonly remaining: number; readonly locked: boolean };
  login: { readonly remaining: number };
  pinDialog: { readonly url: string };
  /** Base64 DER SM2Signature; of an RSA key the raw PKCS#1 v1.5 SHA-256 block. */
  sign: KeySignature;
  unwrap: BareKey | WrappedKey;
  rewrap: Rewrapped;
  /** As `sign`, over the bytes given. */
  signDocument: KeySignature;
};

/** Base64 signature, and base64 DER of the certificate whose key made it. */
export interface KeySignature {
  readonly signature: string;
  readonly certificate: string;
}

export interface BareKey {
  /** Base64 of the opened key. */
  readonly key: string;
  /** How the opened wrap was written. */
  readonly layout: Sm2CiphertextLayout;
}

export interface WrappedKey {
  /** Base64 GM/T 0009 DER to the key asked for. */
  readonly wrapped: string;
  readonly layout: Sm2CiphertextLayout;
}

export interface Rewrapped {
  /** Base64 GM/T 0009 DER to the new certificate's key. */
  readonly wrapped: string;
  /** Base64 DER SM2Signature over the text, by the old signing key. */
  readonly signature: string;
  /** Base64 DER of the old signing certificate. */
  readonly certificate: string;
}

export type AgentErrorCode =
  | 'NOT_AUTHORIZED'
  | 'GRANT_INVALID'
  | 'OPERATION_NOT_GRANTED'
  | 'TEXT_REFUSED'
  | 'KEY_NOT_FOUND'
  | 'KEY_REMOVED'
  | 'PIN_INCORRECT'
  | 'PIN_LOCKED'
  | 'PIN_REQUIRED'
  | 'PIN_CANCELLED'
  | 'PIN_ENTRY_WRONG'
  | 'UNWRAP_FAILED'
  | 'BAD_REQUEST'
  | 'INTERNAL';

export interface AgentError {
  readonly code: AgentErrorCode;
  /** GM/T 0016 SAR_* as `0x0A000024`, where one fits. */
  readonly sar?: string;
  readonly remaining?: number;
  readonly message: string;
}

export type AgentReply =
  | { readonly id: string; readonly ok: true; readonly result: AgentResult[keyof AgentResult] }
  | { readonly id: string; readonly ok: false; readonly error: AgentError };

export type AgentEvent =
  | AgentGreeting
  | { readonly event: 'plugged'; readonly key: string }
  | { readonly event: 'unplugged'; readonly key: string }
  | { readonly event: 'pinDone'; readonly key: string; readonly ok: boolean; readonly error?: AgentError };

/** What a hub says of itself at `/.well-known/ca-interop-hub`; pairing pins `publicKey`. */
export interface HubIdentity {
  readonly origin: string;
  /** Hex of the 65-byte point that verifies grants. */
  readonly publicKey: string;
  /** `fingerprintOf` that key. The agent computes its own and compares. */
  readonly fingerprint: string;
}

export const HUB_IDENTITY_PATH = '/.well-known/ca-interop-hub';

/** What a person compares when pairing: the first 16 bytes of SM3 over the key's SubjectPublicKeyInfo, as `7F3A-…` in eight groups. */
export function fingerprintOf(gm: Pick<Gm, 'sm3' | 'sm2'>, key: Sm2PublicKey): string {
  const digest = gm.sm3(gm.sm2.spki(key)).subarray(0, 16);
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
  return digits.match(/.{4}/g)?.join('-') ?? digits;
}

/** First port tried; the next nine follow. */
export const AGENT_PORT = 21160;
export const AGENT_PATH = '/ca-agent/v1';
