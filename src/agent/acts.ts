import type { Gm, Sm2PublicKey } from '#crypto/gm.ts';
import { type Bytes, base64, fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { Secret } from '#kernel/secret.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { type Admission, admitsBareKeys, admitsChallenge, admitsRewrapText } from './admission.ts';
import { admitsDocument } from './document.ts';
import { agentError } from './errors.ts';
import { type DialogEnd, loginError, type PinDialogs } from './pin-dialogs.ts';
import type { AgentError, AgentErrorCode, AgentEvent, AgentRequest, AgentResult, KeyInfo } from './protocol.ts';
import type { Slots } from './slots.ts';
import type { Opened, OpenKey, Token } from './token.ts';

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
  readonly gm: Gm;
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

type UnwrapParams = Extract<AgentRequest, { method: 'unwrap' }>['params'];
type RewrapParams = Extract<AgentRequest, { method: 'rewrap' }>['params'];
const answer = (said: Answer): Promise<Answer> => Promise.resolve(said);

/** What is behind a wrap; more than a key would be somebody's data. */
async function openWrap(key: OpenKey, wrapped: Bytes): Promise<Opened | Refusal> {
  const opened = await key.unwrap(wrapped);
  return opened === undefined || opened.plaintext.length > MAX_UNWRAPPED ? no('UNWRAP_FAILED') : opened;
}

const publicKeyOf = (gm: Gm, point: string): Sm2PublicKey | undefined => {
  const bytes = fromHex(point);
  return bytes && gm.sm2.importPublic(bytes);
};

const encryptionKeyOf = (gm: Gm, der: Bytes): Sm2PublicKey | undefined => {
  const key = parseCertificate(gm, der)?.key;
  return key?.kind === 'sm2' ? key.publicKey : undefined;
};

export function createActs(
  deps: ActsDeps,
  handleOf: (token: Token) => string,
  tell: (event: AgentEvent) => void,
): Acts {
  const { gm, clock, slots } = deps;
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

  const pinDialog = (token: Token, { origin, frames }: Admission): Answer => {
    if (token.pinEntry !== 'agent') return no('PIN_ENTRY_WRONG');
    const status = token.pinStatus();
    if (status === 'removed') return no('KEY_REMOVED');
    if (status.locked) return no('PIN_LOCKED', 0);
    dropDialog?.();
    const dialog = deps.dialogs.open({ token, origin, frames }, (end) => dialogEnded(token, end));
    dropDialog = dialog.drop;
    return { url: `${deps.ownOrigin}${dialog.path}` };
  };

  const dialogEnded = (token: Token, end: DialogEnd): void => {
    if (end.ok) remember(token, end.key);
    const key = handleOf(token);
    tell(end.ok ? { event: 'pinDone', key, ok: true } : { event: 'pinDone', key, ok: false, error: end.error });
  };

  /** The key's private half, if its PIN was given on this connection and it is still plugged in, before and after. */
  const use = async <T>(token: Token, act: (key: OpenKey) => Promise<T | Refusal>): Promise<T | Refusal> => {
    if (token.pinStatus() === 'removed') return no('KEY_REMOVED');
    const key = openKey(token);
    if (key === undefined) return no('PIN_REQUIRED');
    const made = await act(key);
    const still = slots.list().some((slot) => slot.token === token) && token.pinStatus() !== 'removed';
    return still ? made : no('KEY_REMOVED');
  };

  const sign = async (token: Token, text: string, admission: Admission): Promise<Answer> => {
    if (!admitsChallenge(text, admission, clock.now())) return no('TEXT_REFUSED');
    const signature = await use(token, (key) => key.sign(utf8(text)));
    if (signature instanceof Refusal) return signature;
    return { signature: base64(signature), certificate: base64(token.certificates.sign) };
  };

  const signDocument = async (token: Token, given: string): Promise<Answer> => {
    const toSign = fromBase64(given);
    if (toSign === undefined) return no('BAD_REQUEST');
    if (!admitsDocument(gm, toSign, token.certificates.sign, clock.now())) return no('TEXT_REFUSED');
    const signature = await use(token, (key) => key.sign(toSign));
    if (signature instanceof Refusal) return signature;
    return { signature: base64(signature), certificate: base64(token.certificates.sign) };
  };

  const unwrap = (token: Token, params: UnwrapParams, admission: Admission): Promise<Answer> => {
    const wrapped = fromBase64(params.wrapped);
    const to = params.to === undefined ? undefined : publicKeyOf(gm, params.to);
    if (wrapped === undefined || (params.to !== undefined && to === undefined)) return answer(no('BAD_REQUEST'));
    if (to === undefined && !admitsBareKeys(admission)) return answer(no('OPERATION_NOT_GRANTED'));
    return use<Answer>(token, async (key) => {
      const opened = await openWrap(key, wrapped);
      if (opened instanceof Refusal) return opened;
      const { plaintext, layout } = opened;
      return to === undefined
        ? { key: base64(plaintext), layout }
        : { wrapped: base64(await gm.sm2.encrypt(to, plaintext)), layout };
    });
  };

  const rewrap = (token: Token, params: RewrapParams): Promise<Answer> => {
    const wrapped = fromBase64(params.wrapped);
    const certificate = fromBase64(params.certificate);
    const to = certificate && encryptionKeyOf(gm, certificate);
    if (wrapped === undefined || certificate === undefined || to === undefined) return answer(no('BAD_REQUEST'));
    const old = token.certificates;
    const digests = { old: gm.sm3(old.encrypt), new: gm.sm3(certificate), wrap: gm.sm3(wrapped) };
    const own = { old: hex(digests.old), new: hex(digests.new), wrap: hex(digests.wrap) };
    if (!admitsRewrapText(params.text, own)) return answer(no('TEXT_REFUSED'));
    return use<Answer>(token, async (key) => {
      const opened = await openWrap(key, wrapped);
      if (opened instanceof Refusal) return opened;
      return {
        wrapped: base64(await gm.sm2.encrypt(to, opened.plaintext)),
        signature: base64(await key.sign(utf8(params.text))),
        certificate: base64(old.sign),
      };
    });
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
          return pinDialog(token, admission);
        case 'sign':
          return sign(token, request.params.text, admission);
        case 'unwrap':
          return unwrap(token, request.params, admission);
        case 'rewrap':
          return rewrap(token, request.params);
        case 'signDocument':
          return signDocument(token, request.params.toSign);
      }
    },
    forget: (token) => opened.delete(token),
    close() {
      dropDialog?.();
      opened.clear();
    },
  };
}
