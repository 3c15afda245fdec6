import type { BareKey, Grant, KeySignature, Operation, WrappedKey } from '#agent/protocol.ts';
import { fromBase64, toBase64 } from '../../sdk/bytes.ts';
import type { AgentFailure, AgentSession, Deed, HeldKey, Said, SessionEvent } from './dialect.ts';
import { bytesIn, certificateIn, meaningOf, triesIn, truthIn, type User, usersIn } from './sof-answers.ts';
import { readingsOf, signatureIn, standsForDocument } from './sof-forms.ts';
import type { Call, Talk } from './sof-talk.ts';

/** Such a service opens a wrap for the page or not at all, so it can neither re-wrap nor hand a share to an opener unseen. */
const CAN: readonly Deed[] = ['sign', 'sign-document', 'unwrap'];
/** As with the hub's own agent: after its PIN a key stays open this long, for this page only. */
const OPEN_MS = 10 * 60_000;
/** A content key; more would be somebody's data. */
const MOST_UNWRAPPED = 64;
const MOST_SIGNATURE = 512;
const MOST_TO_SIGN = 256 * 1024;

const no = (code: AgentFailure['code'], remaining: number | null = null) =>
  ({ ok: false, failure: { code, remaining } }) as const satisfies Failed;
type Failed = Extract<Said<never>, { ok: false }>;
const yes = <T>(value: T): Said<T> => ({ ok: true, value });

export interface SofSessionDeps {
  readonly talk: Talk;
  readonly grant: Grant;
  readonly version: string;
  readonly onEvent: (event: SessionEvent) => void;
}

/** The session that the pages see, and what its connection tells it. */
export interface SofSession {
  readonly face: AgentSession;
  changed(): void;
  closed(): void;
}

export function createSofSession({ talk, grant, version, onEvent }: SofSessionDeps): SofSession {
  /** Handles are this session's own: what the vendor calls a key stays between page and service. */
  const handles = new Map<string, string>();
  const plugged = new Set<string>();
  /** Opened by this very page: until when, and the end of it. Such a service opens a key for everybody at this PC, so this page also closes it again. */
  const opened = new Map<string, ReturnType<typeof setTimeout>>();

  const may = (...operations: readonly Operation[]): boolean =>
    operations.some((one) => grant.operations.includes(one));
  const certOf = (key: string): string | undefined => [...handles].find(([, handle]) => handle === key)?.[0];

  function handleOf(certId: string): string {
    const known = handles.get(certId);
    if (known !== undefined) return known;
    const handle = `k${handles.size + 1}`;
    handles.set(certId, handle);
    return handle;
  }

  async function list(call: Call): Promise<Said<readonly User[]>> {
    const said = await call('SOF_GetUserList');
    if (!said.ok) return said;
    const users = usersIn(said.value);
    return users === null ? no('BAD_REQUEST') : yes(users);
  }

  function shut(certId: string): void {
    clearTimeout(opened.get(certId));
    if (opened.delete(certId)) talk.tell('SOF_Logout', certId);
  }
  const shutAll = (): void => {
    for (const certId of [...opened.keys()]) shut(certId);
  };

  /** Why the call before this one failed; asked in the same turn. `fallback` where the service has no better word. */
  async function reason(call: Call, certId: string, fallback: AgentFailure['code']): Promise<Failed> {
    const said = await call('SOF_GetLastError');
    if (!said.ok) return said;
    const code = meaningOf(said.value) ?? fallback;
    if (code === 'PIN_REQUIRED') {
      clearTimeout(opened.get(certId));
      opened.delete(certId);
    }
    if (code !== 'PIN_INCORRECT' && code !== 'PIN_LOCKED') return no(code);
    const left = await call('SOF_GetPinRetryCount', certId);
    const remaining = left.ok ? triesIn(left.value) : null;
    return remaining === 0 || code === 'PIN_LOCKED' ? no('PIN_LOCKED', 0) : no('PIN_INCORRECT', remaining);
  }

  /** A key's turn: granted, there, and opened by this page where it must be. */
  async function withKey<T>(
    key: string,
    operations: readonly Operation[],
    needsPin: boolean,
    act: (call: Call, certId: string) => Promise<Said<T>>,
  ): Promise<Said<T>> {
    if (!may(...operations)) return no('OPERATION_NOT_GRANTED');
    const certId = certOf(key);
    if (certId === undefined) return no('KEY_NOT_FOUND');
    if (!plugged.has(certId)) return no('KEY_REMOVED');
    if (needsPin && !opened.has(certId)) return no('PIN_REQUIRED');
    return talk.turn((call) => act(call, certId));
  }

  async function signed(call: Call, certId: string, bytes: Uint8Array): Promise<Said<KeySignature>> {
    const said = await call('SOF_SignData', certId, toBase64(bytes));
    if (!said.ok) return said;
    const raw = bytesIn(said.value, MOST_SIGNATURE);
    if (raw === null) return reason(call, certId, 'INTERNAL');
    const signature = signatureIn(raw);
    if (signature === null) return no('BAD_REQUEST');
    const exported = await call('SOF_ExportUserCert', certId);
    if (!exported.ok) return exported;
    const certificate = certificateIn(exported.value);
    return certificate === null ? no('BAD_REQUEST') : yes({ signature: toBase64(signature), certificate });
  }

  function unwrap(key: string, wrapped: string): Promise<Said<BareKey>>;
  function unwrap(key: string, wrapped: string, to: string): Promise<Said<WrappedKey>>;
  async function unwrap(key: string, wrapped: string, to?: string): Promise<Said<BareKey | WrappedKey>> {
    if (to !== undefined) return no('NOT_SUPPORTED');
    const bytes = fromBase64(wrapped);
    if (bytes === null) return no('BAD_REQUEST');
    return withKey<BareKey>(key, ['unwrap', 'rehearse'], true, async (call, certId) => {
      for (const { layout, der } of readingsOf(bytes)) {
        const said = await call('SOF_PriKeyDecrypt', certId, toBase64(der));
        if (!said.ok) return said;
        const content = bytesIn(said.value, MOST_UNWRAPPED);
        if (content !== null) return yes({ key: toBase64(content), layout });
        const why = await reason(call, certId, 'UNWRAP_FAILED');
        if (why.failure.code !== 'UNWRAP_FAILED') return why;
      }
      return no('UNWRAP_FAILED');
    });
  }

  const face: AgentSession = {
    version,
    keys: async () => {
      if (!may('enumerate')) return no('OPERATION_NOT_GRANTED');
      return talk.turn(async (call) => {
        const users = await list(call);
        if (!users.ok) return users;
        const keys: HeldKey[] = [];
        for (const { name, certId } of users.value) {
          const said = await call('SOF_GetPinRetryCount', certId);
          if (!said.ok) return said;
          const pinRemaining = triesIn(said.value);
          // Pulled between the two calls.
          if (pinRemaining === null) continue;
          plugged.add(certId);
          const loggedIn = opened.has(certId);
          keys.push({ key: handleOf(certId), label: name, pinEntry: 'page', pinRemaining, loggedIn, can: CAN });
        }
        return yes(keys);
      });
    },
    certificates: (key) =>
      withKey(key, ['certificates'], false, async (call, certId) => {
        const [sign, encrypt] = [
          await call('SOF_ExportUserCert', certId),
          await call('SOF_ExportExChangeUserCert', certId),
        ];
        if (!sign.ok) return sign;
        if (!encrypt.ok) return encrypt;
        const certificate = certificateIn(sign.value);
        if (certificate === null) return reason(call, certId, 'BAD_REQUEST');
        return yes({ sign: certificate, encrypt: certificateIn(encrypt.value) ?? '' });
      }),
    login: (key, pin) =>
      withKey(key, ['sign-login', 'unwrap', 'rehearse', 'sign-document'], false, async (call, certId) => {
        if (pin.length === 0 || pin.length > 64) return no('BAD_REQUEST');
        const said = await call('SOF_Login', certId, pin);
        if (!said.ok) return said;
        const open = truthIn(said.value);
        if (open === null) return no('BAD_REQUEST');
        if (!open) return reason(call, certId, 'PIN_INCORRECT');
        opened.set(
          certId,
          setTimeout(() => shut(certId), OPEN_MS),
        );
        return yes(null);
      }),
    pinDialog: async () => no('PIN_ENTRY_WRONG'),
    sign: async (key, text) => {
      if (!isChallenge(text, grant)) return no('TEXT_REFUSED');
      return withKey(key, ['sign-login'], true, (call, certId) => signed(call, certId, new TextEncoder().encode(text)));
    },
    signDocument: async (key, toSign) => {
      const bytes = fromBase64(toSign);
      if (bytes === null || bytes.length > MOST_TO_SIGN) return no('BAD_REQUEST');
      if (!standsForDocument(bytes)) return no('TEXT_REFUSED');
      return withKey(key, ['sign-document'], true, (call, certId) => signed(call, certId, bytes));
    },
    unwrap,
    rewrap: async () => no('NOT_SUPPORTED'),
    close: () => {
      leave();
      talk.close();
    },
  };

  /** The page goes: what it opened is closed behind it. */
  function leave(): void {
    shutAll();
    globalThis.removeEventListener?.('pagehide', shutAll);
  }
  globalThis.addEventListener?.('pagehide', shutAll);

  /** The service says that something changed, not what: the list is read anew, and the difference told. */
  async function compare(call: Call): Promise<void> {
    const users = await list(call);
    if (!users.ok) return;
    const now = new Set(users.value.map(({ certId }) => certId));
    for (const certId of [...plugged].filter((one) => !now.has(one))) {
      plugged.delete(certId);
      clearTimeout(opened.get(certId));
      opened.delete(certId);
      onEvent({ event: 'unplugged', key: handleOf(certId) });
    }
    for (const certId of now) {
      if (plugged.has(certId)) continue;
      plugged.add(certId);
      onEvent({ event: 'plugged', key: handleOf(certId) });
    }
  }

  return {
    face,
    changed: () => {
      if (may('enumerate')) void talk.turn(compare);
    },
    closed: () => {
      for (const timer of opened.values()) clearTimeout(timer);
      opened.clear();
      leave();
      onEvent({ event: 'closed' });
    },
  };
}

/** The challenge form (design 5) of the hub and interaction of this grant: what the service itself would never ask for. */
function isChallenge(text: string, { origin, interaction }: Grant): boolean {
  const lines = text.split('\n');
  return (
    lines.length === 8 &&
    lines[0] === 'caihub/1' &&
    (lines[1] === 'purpose=login' || lines[1] === 'purpose=sign') &&
    lines[2] === `hub=${origin}` &&
    lines[5] === `interaction=${interaction}`
  );
}
