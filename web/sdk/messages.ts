/**
 * What the SDK in a trading system's page and the hub's frame in it say to each other. Two window messages, each to one exact origin and from one exact
 * window, then a private MessagePort: nobody else in the browser can read or write it.
 *
 *   frame → page   {caHub: 1, say: 'ready'}      once it listens; to the one origin its session was opened for
 *   page  → frame  {caHub: 1, say: 'connect'}    with a port; to the frame's own origin; the first one counts, later ones are not read
 *   frame → page   {say: 'welcome', …}           over the port from here on
 */
import type { ControlEvent, ControlOperation } from './ca-hub.d.ts';
import { type Failure, isFailureCode } from './errors.ts';

export type Hello = { readonly caHub: 1; readonly say: 'ready' | 'connect' };

export const isHello = (data: unknown, say: Hello['say']): boolean => {
  const hello = data as Partial<Hello> | null;
  return typeof data === 'object' && hello?.caHub === 1 && hello.say === say;
};

/** The control's calls as they travel; bytes as base64, so that what arrives is plain data. */
export interface Calls {
  version: { ask: Record<string, never>; answer: string };
  list: { ask: Record<string, never>; answer: readonly import('./ca-hub.d.ts').UserCertificate[] };
  export: { ask: { certId: string; which: 'sign' | 'encrypt' }; answer: string };
  retries: { ask: { certId: string }; answer: number };
  login: { ask: { certId: string }; answer: null };
  logout: { ask: Record<string, never>; answer: null };
  sign: { ask: { certId: string; content: string; text: boolean; detached: boolean }; answer: string };
  verify: {
    ask: { content: string | null; signature: string; certificate: string | null };
    answer: import('./ca-hub.d.ts').VerifyResult;
  };
  encrypt: { ask: { recipients: readonly string[]; content: string }; answer: string };
  decrypt: { ask: { certId: string; envelope: string }; answer: string };
  close: { ask: Record<string, never>; answer: null };
}
export type CallName = keyof Calls;

export type ToFrame = {
  [N in CallName]: { readonly say: 'call'; readonly id: number; readonly name: N; readonly ask: Calls[N]['ask'] };
}[CallName];

export type ToPage =
  | {
      readonly say: 'welcome';
      readonly operations: readonly ControlOperation[];
      readonly expiresInMs: number;
      readonly hub: string;
    }
  /** The session cannot be used at all. */
  | { readonly say: 'refused'; readonly failure: Failure }
  | { readonly say: 'answer'; readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly say: 'answer'; readonly id: number; readonly ok: false; readonly failure: Failure }
  /** The frame has something to ask the person, or is done with it. */
  | { readonly say: 'show' | 'hide' }
  | { readonly say: 'event'; readonly event: ControlEvent };

/** What the signing page tells the page around it. `end` is said once, and nothing after it. */
export type SigningToPage =
  | { readonly say: 'event'; readonly event: import('./ca-hub.d.ts').SigningEvent }
  | { readonly say: 'end'; readonly end: SigningEndMessage };

/** As `SigningEnd`, with bytes instead of a Blob, and the hub's refusal instead of a code of ours. */
export type SigningEndMessage =
  | {
      readonly type: 'signed';
      readonly name: string;
      readonly sm3: string | null;
      readonly bytes: ArrayBuffer | null;
    }
  | { readonly type: 'cancelled' | 'expired' }
  | { readonly type: 'failed'; readonly hubCode: string; readonly message: string; readonly supportCode: string };

/** A failure as it arrived; what is not one reads as the frame's own trouble. */
export function readFailure(given: unknown): Failure | null {
  const one = given as Partial<Failure> | null;
  if (typeof given !== 'object' || one === null || !isFailureCode(one.code) || typeof one.message !== 'string')
    return null;
  return {
    code: one.code,
    message: one.message,
    sar: one.sar ?? null,
    remaining: one.remaining ?? null,
    hubCode: one.hubCode ?? null,
    supportCode: one.supportCode ?? null,
  };
}
