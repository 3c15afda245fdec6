/**
 * What a CA vendor's driver is: data plus one `open(config, context)`. Everything that crosses is plain JSON, so that a driver runs in a child
 * process, survives a restart, and can be written in any language (the host speaks one JSON message a line).
 *
 * Drivers bring evidence; the hub decides. A driver never sees a document, a database, a key of the hub, or another vendor's tasks.
 */
import type { Json, JsonObject } from '#kernel/json.ts';

export interface DriverManifest {
  /** Folder name, e.g. `standard-key`. */
  readonly id: string;
  readonly title: string;
  /** Semantic version of the contract it was written for. */
  readonly contract: 1;
  readonly media: readonly Medium[];
  readonly channels: readonly ('auth' | 'crypto' | 'seal')[];
  /** The driver can have its vendor's own service make an envelope (`OpenDriver.encrypt`). */
  readonly encrypts?: boolean;
  /** Browser half: the agent dialect's module name under web/hosted/dialects, when the medium is a key at this PC. */
  readonly dialect?: string;
  /** The service behind that dialect draws PIN windows of its own, which a page shows in a frame. */
  readonly pinWindow?: boolean;
}

/** A key at this PC, the vendor's app on a phone, or the vendor's own page in the browser. */
export type Medium = 'key' | 'mobile' | 'page';

export interface Driver {
  readonly manifest: DriverManifest;
  open(config: JsonObject, context: DriverContext): OpenDriver;
}

export interface OpenDriver {
  readonly auth?: Exchange<AuthRequest, Evidence>;
  /** Opens wrapped keys with a person's encryption key, and hands them back wrapped anew to the hub's one-time key. */
  readonly crypto?: Exchange<CryptoRequest, UnwrappedKeys>;
  /** Signs what stands for a document. The document itself never passes through a driver. */
  readonly seal?: Exchange<SealRequest, SealEvidence>;
  /** The vendor's own encrypt service, where this vendor offers one: its server sees the content. */
  readonly encrypt?: (request: EncryptRequest) => Promise<EncryptAnswer>;
  /** Cheap and side-effect free: is the vendor's service there? */
  readonly health?: () => Promise<{ ok: boolean; detail: string }>;
}

/** One exchange with a person through a vendor. `state` is opaque to the hub and stored sealed between the steps. */
export interface Exchange<Request, Value> {
  begin(request: Request): Promise<Step<Value>>;
  resume(state: Json, event: ResumeEvent): Promise<Step<Value>>;
}

export type Step<Value> =
  | {
      readonly step: 'pending';
      readonly prompt: Prompt;
      readonly state: Json;
      /** Why the event was not believed (forged, replayed, stale): nothing has changed. For the operator's log. */
      readonly ignored?: string;
    }
  | { readonly step: 'done'; readonly value: Value }
  | { readonly step: 'refused'; readonly reason: VendorReason; readonly detail: string };

export type VendorReason = 'cancelled' | 'expired' | 'locked' | 'unavailable' | 'rejected';

/** What the page must show or do now. */
export type Prompt =
  | { readonly kind: 'agent'; readonly operation: 'sign'; readonly text: string }
  /** Each wrap is opened by the key that holds `certificate` and wrapped anew `to` this point (hex, 65 bytes). */
  | {
      readonly kind: 'agent';
      readonly operation: 'unwrap';
      readonly wraps: readonly Wrap[];
      readonly certificate: string;
      readonly to: string;
    }
  /** `toSign` by the key that holds `certificate`, both as in `SealRequest`. */
  | {
      readonly kind: 'agent';
      readonly operation: 'signDocument';
      readonly toSign: string;
      readonly certificate: string;
    }
  | {
      readonly kind: 'qr';
      readonly content: string;
      readonly digits: string;
      readonly expiresAt: number;
      readonly status: 'waiting' | 'scanned';
    }
  | { readonly kind: 'redirect'; readonly url: string }
  | { readonly kind: 'wait'; readonly message: string };

export type ResumeEvent =
  /** From the page: what the agent dialect returned. */
  | { readonly from: 'page'; readonly payload: JsonObject }
  /** From the vendor's authenticated callback door: headers in lower case, raw body text. */
  | { readonly from: 'vendor'; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  /** The hub asks: anything new? */
  | { readonly from: 'poll' };

export interface AuthRequest {
  /** The hub's own id of the exchange; a vendor may echo it, it opens nothing. */
  readonly exchange: string;
  /** The challenge text to sign, UTF-8 (design 5). */
  readonly text: string;
  readonly digits: string;
  readonly platformName: string;
  readonly expiresAt: number;
  /** Where the vendor may call back: `<hub>/drivers/<authority>/callback/<exchange>`. */
  readonly callbackUrl: string;
  /** The hub's page of this person: where the vendor's own page sends the browser when it is done. Opens nothing by itself. */
  readonly returnUrl: string;
}

/** Evidence is not proof: the hub re-checks the text, signature, chain, status and record itself. */
export interface Evidence {
  /** Base64 DER of the signing certificate the vendor says was used. */
  readonly certificate: string;
  /** Base64; any form of domain 1.1. */
  readonly signature: string;
  /** The text that was signed, as the vendor says. */
  readonly text: string;
  /** Base64 DER of the electronic seals (SESeal) that this vendor keeps for the person; at most 8. The hub judges each. */
  readonly seals?: readonly string[];
}

export interface SealRequest extends AuthRequest {
  /** Base64: DER signed attributes (SET OF), or TBS_Sign of a seal (v4). */
  readonly toSign: string;
  /** Lower hex of the digest of the document's bytes that stands in it: what the person may compare. */
  readonly digest: string;
  readonly algorithm: 'sm2' | 'rsa';
  /** Base64 DER of the signing certificate whose key must sign: the person's who has proved himself. */
  readonly certificate: string;
  /** What the person reads on the vendor's screen. */
  readonly documentName: string;
  /** null: a signature without a seal. */
  readonly sealName: string | null;
  /** On how many places of the document the seal stands. */
  readonly places: number;
}

/** Evidence is not proof: the hub verifies it over the bytes that it asked for. */
export interface SealEvidence {
  /** Base64 DER of the signing certificate. */
  readonly certificate: string;
  /** Base64: DER SM2Signature, or the raw RSA block (PKCS#1 v1.5, SHA-256), over `toSign`. */
  readonly signature: string;
}

/** One wrapped key. */
export interface Wrap {
  /** The hub's own word for it; comes back with the key. At most 64 characters. */
  readonly id: string;
  /** Base64 of an SM2 ciphertext in any layout of domain 1.2. */
  readonly wrapped: string;
}

export interface CryptoRequest {
  /** As in `AuthRequest`. */
  readonly exchange: string;
  /** What the person is asked for, in the challenge form with `purpose=decrypt` or `purpose=release` (design 5). Nobody signs it: opening is the proof. */
  readonly text: string;
  /** 1 to 100. */
  readonly wraps: readonly Wrap[];
  /** How many files open by it, where that differs from the number of wraps: what the phone shows. */
  readonly files?: number;
  /** Base64 DER of the encryption certificate that they are wrapped to. */
  readonly certificate: string;
  /** Hex of the 65-byte point of the hub's one-time key: every answer is wrapped to it, so that no service on the way sees a content key. */
  readonly replyKey: string;
  readonly digits: string;
  readonly platformName: string;
  readonly expiresAt: number;
  readonly callbackUrl: string;
  readonly returnUrl: string;
}

/** Claims, not proof: the hub opens each with its one-time key and checks what it gets against what it knows. */
export interface UnwrappedKeys {
  readonly keys: readonly UnwrappedKey[];
}

export interface UnwrappedKey {
  /** Of the wrap asked for. */
  readonly id: string;
  /** Base64 of an SM2 ciphertext to `replyKey`. */
  readonly wrapped: string;
  /** How the wrap that was opened was written (`Sm2CiphertextLayout`), where the opener says so. */
  readonly layout?: string;
}

/** Only small contents go this road: at most `limits.vendorEncrypt` bytes. */
export interface EncryptRequest {
  /** Base64 DER of the recipient's encryption certificate. */
  readonly recipient: string;
  /** Base64. */
  readonly content: string;
}

export type EncryptAnswer =
  /** Base64 DER of an EnvelopedData to that recipient, in the vendor's own profile. */
  | { readonly step: 'done'; readonly envelope: string }
  | { readonly step: 'refused'; readonly reason: VendorReason; readonly detail: string };

/** What the text itself says that it is for (challenge form of design 5): whoever shows the order to a person compares the two. undefined: no challenge. */
export const purposeOf = ({ text }: Pick<AuthRequest, 'text'>): string | undefined =>
  /^caihub\/1\npurpose=([a-z]+)\n/.exec(text)?.[1];

/** The opened keys, if there are some: no others than those asked for, none twice. */
export function keysAskedFor(
  keys: readonly UnwrappedKey[] | undefined,
  asked: readonly string[],
): UnwrappedKeys | undefined {
  const left = new Set(asked);
  return keys !== undefined && keys.length > 0 && keys.every(({ id }) => left.delete(id)) ? { keys } : undefined;
}

/** A signature for a document, if it is one: an empty certificate or signature is no answer. */
export const sealEvidenceOf = ({
  certificate = '',
  signature = '',
}: {
  readonly certificate?: string | undefined;
  readonly signature?: string | undefined;
}): SealEvidence | undefined => (certificate === '' || signature === '' ? undefined : { certificate, signature });

/** What each channel is asked and brings. */
export interface Channels {
  readonly auth: { readonly request: AuthRequest; readonly value: Evidence };
  readonly crypto: { readonly request: CryptoRequest; readonly value: UnwrappedKeys };
  readonly seal: { readonly request: SealRequest; readonly value: SealEvidence };
}
export type Channel = keyof Channels;

export interface DriverContext {
  readonly egress: { request(request: EgressRequest): Promise<EgressReply> };
  readonly log: (level: 'info' | 'warn', message: string) => void;
  readonly now: () => number;
  /** `length` random bytes, base64. */
  readonly random: (length: number) => string;
}

export interface EgressRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** UTF-8 text. */
  readonly body?: string;
  readonly timeoutMs: number;
}

export type EgressReply =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | {
      readonly ok: false;
      readonly reason: 'forbidden' | 'timeout' | 'unreachable' | 'too-large';
      readonly detail: string;
    };
