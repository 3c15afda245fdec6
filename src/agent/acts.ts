import { type Bytes, base64, fromBase64, utf8 } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { Secret } from '#kernel/secret.ts';
import { type Admission, admitsLoginText } from './admission.ts';
import { agentError } from './errors.ts';
import { type DialogEnd, loginError, type PinDialogs } from './pin-dialogs.ts';
import type { AgentError, AgentErrorCode, AgentEvent, AgentRequest, AgentResult, KeyInfo } from './protocol.ts';
import type { Slots } from './slots.ts';
import type { OpenKey, Token } from './token.ts';

export class Refusal {
  readonly error: AgentError;
  constructor(error: AgentError) {
    this.error = error;
  }
}
export const no = (code: AgentErrorCode, remaining?: number): Refusal => new Refusal(agentError(code, remaining));

export type Answer = AgentResult[keyof AgentResult] | Refusal;
type KeyRequest = Exclude<AgentRequest, { method: 'authorize' | 'enumerate' }>;

export interface ActsDeps {
  readonly clock: Clock;
  readonly slots: Slots;
  readonly dialogs: PinDialogs;
  /** The agent's own origin, for the address of a PIN window. */
  readonly ownOrigin: string;
}

/** What one connection does with keys, and which of them its person has opened. */
export interface Acts {
  enumerate(): { readonly keys: readonly KeyInfo[] };
  perform(token: Token, request: KeyRequest, admission: Admission): Answer | Promise<Answer>;
  forget(token: Token): void;
  close(): void;
}

/** After its PIN a key stays open this long, on this connection only. */
const LOGIN_MS = 10 * 60_000;
/** An unwrapped session key; more would be somebody's data. */
const MAX_UNWRAPPED = 64;

export function createActs(
  deps: ActsDeps,
  handleOf: (token: Token) => string,
  tell: (event: AgentEvent) => void,
): Acts {
  const { clock, slots } = deps;
  const opened = new Map<Token, { readonly key: OpenKey; readonly until: number }>();
  let dropDialog: (() => void) | undefined;

  const openKey = (token: Token): OpenKey | undefined => {
    const login = opened.get(token);
    return login !== undefined && clock.monotonic() < login.until ? login.key : undefined;
  };
  const remember = (token: Token, key: OpenKey): void => {
    opened.set(token, { key, until: clock.monotonic() + LOGIN_MS });
  };

  const login = async (token: Token, pin: Secret<string>): Promise<Answer> => {
    if (token.pinEntry !== 'page') return no('PIN_ENTRY_WRONG');
    const outcome = await token.login(pin);
    if (outcome.outcome !== 'open') return new Refusal(loginError(outcome));
    remember(token, outcome.key);
    return { remaining: outcome.remaining };
  };

  const pinDialog = (token: Token, origin: string): Answer => {
    if (token.pinEntry !== 'agent') return no('PIN_ENTRY_WRONG');
    const status = token.pinStatus();
    if (status === 'removed') return no('KEY_REMOVED');
    if (status.locked) return no('PIN_LOCKED', 0);
    dropDialog?.();
    const dialog = deps.dialogs.open({ token, origin }, (end) => dialogEnded(token, end));
    dropDialog = dialog.drop;
    return { url: `${deps.ownOrigin}${dialog.path}` };
  };

  const dialogEnded = (token: Token, end: DialogEnd): void => {
    if (end.ok) remember(token, end.key);
    const key = handleOf(token);
    tell(end.ok ? { event: 'pinDone', key, ok: true } : { event: 'pinDone', key, ok: false, error: end.error });
  };

  /** The key's private half, if its PIN was given on this connection and it is still plugged in, before and after. */
  const use = async (token: Token, act: (key: OpenKey) => Promise<Bytes | Refusal>): Promise<Bytes | Refusal> => {
    if (token.pinStatus() === 'removed') return no('KEY_REMOVED');
    const key = openKey(token);
    if (key === undefined) return no('PIN_REQUIRED');
    const made = await act(key);
    const still = slots.list().some((slot) => slot.token === token) && token.pinStatus() !== 'removed';
    return still ? made : no('KEY_REMOVED');
  };

  const sign = async (token: Token, text: string, admission: Admission): Promise<Answer> => {
    if (!admitsLoginText(text, admission, clock.now())) return no('TEXT_REFUSED');
    const signature = await use(token, (key) => key.sign(utf8(text)));
    if (signature instanceof Refusal) return signature;
    return { signature: base64(signature), certificate: base64(token.certificates.sign) };
  };

  const unwrap = async (token: Token, wrapped: string): Promise<Answer> => {
    const bytes = fromBase64(wrapped);
    if (bytes === undefined) return no('BAD_REQUEST');
    const plain = await use(token, async (key) => (await key.unwrap(bytes)) ?? no('UNWRAP_FAILED'));
    if (plain instanceof Refusal) return plain;
    return plain.length > MAX_UNWRAPPED ? no('UNWRAP_FAILED') : { key: base64(plain) };
  };

  return {
    enumerate: () => ({
      keys: slots.list().flatMap(({ token }) => {
        const status = token.pinStatus();
        if (status === 'removed') return [];
        const { label, pinEntry } = token;
        const loggedIn = openKey(token) !== undefined;
        return [{ key: handleOf(token), label, pinEntry, pinRemaining: status.remaining, loggedIn }];
      }),
    }),
    perform(token, request, admission) {
      switch (request.method) {
        case 'certificates': {
          const { sign, encrypt } = token.certificates;
          return { sign: base64(sign), encrypt: base64(encrypt) };
        }
        case 'pinStatus': {
          const status = token.pinStatus();
          return status === 'removed' ? no('KEY_REMOVED') : { remaining: status.remaining, locked: status.locked };
        }
        case 'login':
          return login(token, new Secret(request.params.pin));
        case 'pinDialog':
          return pinDialog(token, admission.origin);
        case 'sign':
          return sign(token, request.params.text, admission);
        case 'unwrap':
          return unwrap(token, request.params.wrapped);
      }
    },
    forget: (token) => opened.delete(token),
    close() {
      dropDialog?.();
      opened.clear();
    },
  };
}
