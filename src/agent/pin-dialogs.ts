import { base64url } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Random } from '#kernel/random.ts';
import type { Secret } from '#kernel/secret.ts';
import { agentError } from './errors.ts';
import type { AgentError } from './protocol.ts';
import type { LoginOutcome, OpenKey, Token } from './token.ts';

/** How a dialog ended, for the connection that asked for it. */
export type DialogEnd =
  | { readonly ok: true; readonly remaining: number; readonly key: OpenKey }
  | { readonly ok: false; readonly error: AgentError };

/** What the dialog's page shows next. */
type DialogAnswer =
  | { readonly state: 'done' }
  | { readonly state: 'again'; readonly error: AgentError }
  | { readonly state: 'ended'; readonly error: AgentError };

interface Dialog {
  readonly token: Token;
  /** The page that shows it in an iframe, and nobody else may. */
  readonly origin: string;
  /** Pages that may hold that page in turn: browsers ask for the whole row of them. */
  readonly frames: readonly string[];
}

export interface PinDialogs {
  /** The path of a new dialog, unguessable; `ended` is called exactly once, unless it is dropped. */
  open(dialog: Dialog, ended: (end: DialogEnd) => void): { readonly path: string; readonly drop: () => void };
  find(secret: string): Dialog | undefined;
  attempt(secret: string, pin: Secret<string>): Promise<DialogAnswer | undefined>;
  cancel(secret: string): DialogAnswer | undefined;
  /** The key was pulled: its dialogs end. */
  unplugged(token: Token): void;
  close(): void;
}

export const PIN_PATH = '/pin/';
const LIFE_MS = 3 * 60_000;

interface Open extends Dialog {
  readonly expiresAt: number;
  readonly ended: (end: DialogEnd) => void;
}

/** The agent's own PIN windows. A page gets an address, shows it, and hears by an event how it ended; the PIN is typed into the agent's origin. */
export function createPinDialogs({ clock, random }: { clock: Clock; random: Random }): PinDialogs {
  const open = new Map<string, Open>();

  const end = (secret: string, how: DialogEnd): void => {
    const dialog = open.get(secret);
    open.delete(secret);
    dialog?.ended(how);
  };
  const find = (secret: string): Open | undefined => {
    const dialog = open.get(secret);
    if (dialog === undefined || clock.monotonic() < dialog.expiresAt) return dialog;
    end(secret, { ok: false, error: agentError('PIN_CANCELLED') });
    return undefined;
  };
  const sweep = setInterval(() => {
    for (const secret of [...open.keys()]) find(secret);
  }, 5_000);
  sweep.unref();

  return {
    open(dialog, ended) {
      const secret = base64url(random.bytes(32));
      open.set(secret, { ...dialog, ended, expiresAt: clock.monotonic() + LIFE_MS });
      return { path: `${PIN_PATH}${secret}`, drop: () => open.delete(secret) };
    },
    find,
    async attempt(secret, pin) {
      const dialog = find(secret);
      if (dialog === undefined) return undefined;
      const outcome = await dialog.token.login(pin);
      if (outcome.outcome === 'open') {
        end(secret, { ok: true, remaining: outcome.remaining, key: outcome.key });
        return { state: 'done' };
      }
      const error = loginError(outcome);
      if (outcome.outcome === 'wrong' || outcome.outcome === 'length') return { state: 'again', error };
      end(secret, { ok: false, error });
      return { state: 'ended', error };
    },
    cancel(secret) {
      if (find(secret) === undefined) return undefined;
      const error = agentError('PIN_CANCELLED');
      end(secret, { ok: false, error });
      return { state: 'ended', error };
    },
    unplugged(token) {
      for (const [secret, dialog] of [...open]) {
        if (dialog.token === token) end(secret, { ok: false, error: agentError('KEY_REMOVED') });
      }
    },
    close() {
      clearInterval(sweep);
      open.clear();
    },
  };
}

/** The error of a login that did not open the key. */
export function loginError(outcome: Exclude<LoginOutcome, { outcome: 'open' }>): AgentError {
  switch (outcome.outcome) {
    case 'wrong':
      return agentError('PIN_INCORRECT', outcome.remaining);
    case 'length':
      return { ...agentError('BAD_REQUEST'), sar: '0x0A000027', message: 'PIN 码为 4 至 32 个字符，请重新输入。' };
    case 'locked':
      return agentError('PIN_LOCKED', 0);
    case 'removed':
      return agentError('KEY_REMOVED');
  }
}
