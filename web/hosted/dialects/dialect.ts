import type {
  AgentErrorCode,
  BareKey,
  KeyInfo,
  KeySignature,
  Rewrapped,
  SignedGrant,
  WrappedKey,
} from '#agent/protocol.ts';

/**
 * Browser half of a driver: how to talk to one vendor's local service. A dialect is an ES module with one export, `connect`.
 * It is built and loaded by itself, so nothing but plain data and functions crosses: no classes, no exceptions as answers.
 *
 * The session opens only once the hub has granted it, and does what was granted and no more. A service that knows of no grant is asked all the same by a dialect
 * that does: the nonce is then the dialect's own.
 */
export interface Dialect {
  connect(options: ConnectOptions): Promise<Connected>;
}

export interface ConnectOptions {
  /** Loopback WebSocket URLs. */
  readonly endpoints: readonly string[];
  /** How long a greeting may take; longer while the browser asks the person for permission. Milliseconds. */
  readonly patienceMs: number;
  /** The hub's grant for the agent's nonce; null where the hub refused it (the page knows why). */
  readonly grant: (nonce: string) => Promise<SignedGrant | null>;
  readonly onEvent: (event: SessionEvent) => void;
}

export type Connected =
  | { readonly ok: true; readonly session: AgentSession }
  | { readonly ok: false; readonly reason: 'unreachable' | 'no-grant' | 'refused'; readonly version: string | null };

export type SessionEvent =
  | { readonly event: 'plugged' | 'unplugged'; readonly key: string }
  | { readonly event: 'pinDone'; readonly key: string; readonly failure: AgentFailure | null }
  /** The agent went away; the session is over. */
  | { readonly event: 'closed' };

export interface AgentFailure {
  /** `NOT_SUPPORTED`: this vendor's service has no such function, whatever the grant says. */
  readonly code: AgentErrorCode | 'CLOSED' | 'TIMEOUT' | 'NOT_SUPPORTED';
  readonly remaining: number | null;
}

export type Said<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: AgentFailure };

/** What a key can be asked for: `unwrap-to` opens a wrap for another key without this page seeing what was in it. */
export type Deed = 'sign' | 'sign-document' | 'unwrap' | 'unwrap-to' | 'rewrap';

/** A key and what its service can do with it: facts of the service, whatever is granted. */
export interface HeldKey extends KeyInfo {
  readonly can: readonly Deed[];
}

export interface AgentSession {
  /** `agent name version`, for people. */
  readonly version: string;
  keys(): Promise<Said<readonly HeldKey[]>>;
  /** Base64 DER. */
  certificates(key: string): Promise<Said<{ readonly sign: string; readonly encrypt: string }>>;
  /** pinEntry `page`. The PIN is in this one message and nowhere else. */
  login(key: string, pin: string): Promise<Said<null>>;
  /** pinEntry `agent`: address of the agent's own page, on its own loopback origin. */
  pinDialog(key: string): Promise<Said<string>>;
  /** Opens a wrapped key (base64 in, base64 out); grant operation `unwrap` or `rehearse`. */
  unwrap(key: string, wrapped: string): Promise<Said<BareKey>>;
  /** Opens it and wraps it at once `to` another key (hex, 65-byte point): the page never sees it. Also under grant operation `release`. */
  unwrap(key: string, wrapped: string, to: string): Promise<Said<WrappedKey>>;
  /** Carries a wrap over to a renewed certificate (base64 DER); `text` is `rewrapText` of the agent's protocol. Grant operation `rewrap`. */
  rewrap(key: string, wrapped: string, certificate: string, text: string): Promise<Said<Rewrapped>>;
  /** A challenge text with purpose login or sign. */
  sign(key: string, text: string): Promise<Said<KeySignature>>;
  /** What stands for a document (base64, `PreparedView.toSign`), never a bare digest. Grant operation `sign-document`. */
  signDocument(key: string, toSign: string): Promise<Said<KeySignature>>;
  close(): void;
}
