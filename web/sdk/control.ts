import { fromBase64, toBase64 } from './bytes.ts';
import type {
  CaControl,
  CaHubErrorCode,
  ControlData,
  ControlEvent,
  ControlOperation,
  ControlOptions,
} from './ca-hub.d.ts';
import { CaHubError, type Failure, failure } from './errors.ts';
import { type CallName, type Calls, isHello, readFailure, type ToPage } from './messages.ts';
import { overlay } from './overlay.ts';
import { version } from './version.ts';

const CONNECT_MS = 20_000;
/** Longer than any PIN window and any patience; the frame itself answers every call long before. */
const ANSWER_MS = 10 * 60_000;
const LINGER_MS = 2000;
const MOST_BYTES = 1024 * 1024;

/** Puts the hub's frame into this page and waits until it has said who it is. Rejects with FRAME_BLOCKED when it never does. */
export function openControl(options: ControlOptions): Promise<CaControl> {
  const url = frameUrl(options?.frame);
  if (url === null) return Promise.reject(new CaHubError(failure('BAD_ARGUMENT')));
  const shown = overlay(options.host ?? document.body, url.href, '数字证书控件');
  return new Promise((resolve, reject) => {
    let port: MessagePort | null = null;
    const give = (error: Failure): void => {
      done();
      port?.close();
      shown.remove();
      reject(new CaHubError(error));
    };
    const timer = setTimeout(() => give(failure('FRAME_BLOCKED')), options.timeout ?? CONNECT_MS);
    const done = (): void => {
      clearTimeout(timer);
      window.removeEventListener('message', hear);
    };
    /** Only the frame we made, only from the hub's origin, only once. */
    function hear(message: MessageEvent): void {
      if (message.source !== shown.frame.contentWindow || message.origin !== url?.origin) return;
      if (port !== null || !isHello(message.data, 'ready')) return;
      const channel = new MessageChannel();
      port = channel.port1;
      port.onmessage = ({ data }: MessageEvent<ToPage>) => {
        if (data.say === 'refused') return give(readFailure(data.failure) ?? failure('FRAME_BLOCKED'));
        if (data.say !== 'welcome' || port === null) return;
        done();
        resolve(controlOver(port, shown, data));
      };
      shown.frame.contentWindow?.postMessage({ caHub: 1, say: 'connect' }, url.origin, [channel.port2]);
    }
    window.addEventListener('message', hear);
  });
}

function frameUrl(text: unknown): URL | null {
  try {
    const url = new URL(String(text));
    return /^https?:$/.test(url.protocol) && url.pathname.startsWith('/control/frame/') ? url : null;
  } catch {
    return null;
  }
}

type Welcome = Extract<ToPage, { say: 'welcome' }>;
interface Waiting {
  readonly done: (value: unknown) => void;
  readonly failed: (error: CaHubError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

function controlOver(port: MessagePort, shown: ReturnType<typeof overlay>, welcome: Welcome): CaControl {
  const waiting = new Map<number, Waiting>();
  const listeners: Record<ControlEvent, Set<() => void>> = { keys: new Set(), closed: new Set() };
  let last = 0;
  let lastError: CaHubErrorCode | null = null;
  let over: Failure | null = null;

  /** One answer a call: whoever comes second finds nobody waiting. */
  function settle(id: number, answer: (one: Waiting) => void): void {
    const one = waiting.get(id);
    if (one === undefined) return;
    waiting.delete(id);
    clearTimeout(one.timer);
    answer(one);
  }

  function fail(id: number, why: Failure): void {
    lastError = why.code;
    settle(id, (one) => one.failed(new CaHubError(why)));
  }

  function end(why: Failure, lingerMs = 0): void {
    if (over !== null) return;
    over = why;
    clearTimeout(expiry);
    gone.disconnect();
    for (const id of [...waiting.keys()]) fail(id, why);
    shown.hide();
    setTimeout(() => {
      port.close();
      shown.remove();
    }, lingerMs);
    tell('closed');
  }

  function tell(event: ControlEvent): void {
    for (const listener of listeners[event]) listener();
  }

  port.onmessage = ({ data }: MessageEvent<ToPage>) => {
    switch (data.say) {
      case 'answer':
        if (data.ok) return settle(data.id, (one) => one.done(data.value));
        return fail(data.id, readFailure(data.failure) ?? failure('AGENT_FAILED'));
      case 'show':
        return shown.show();
      case 'hide':
        return shown.hide();
      case 'event':
        return data.event === 'closed' ? end(failure('SESSION_ENDED')) : tell(data.event);
      case 'welcome':
      case 'refused':
        return;
    }
  };
  const expiry = setTimeout(() => end(failure('SESSION_ENDED')), welcome.expiresInMs);
  // Somebody takes the frame out of the page: nothing will ever answer again.
  const gone = new MutationObserver(() => {
    if (!shown.frame.isConnected) end(failure('CLOSED'));
  });
  gone.observe(document, { childList: true, subtree: true });

  function call<N extends CallName>(name: N, ask: Calls[N]['ask']): Promise<Calls[N]['answer']> {
    return new Promise((resolve, reject) => {
      if (over !== null) {
        lastError = over.code;
        return reject(new CaHubError(over));
      }
      last += 1;
      const id = last;
      const timer = setTimeout(() => fail(id, failure('TIMEOUT')), ANSWER_MS);
      waiting.set(id, { done: resolve as (value: unknown) => void, failed: reject, timer });
      port.postMessage({ say: 'call', id, name, ask });
    });
  }

  function wrong(code: CaHubErrorCode): Promise<never> {
    lastError = code;
    return Promise.reject(new CaHubError(failure(code)));
  }

  /** Checks what the page's programmer gave before anything leaves the page. */
  function withContent<T>(data: unknown, next: (content: string, text: boolean) => Promise<T>): Promise<T> {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    if (!(bytes instanceof Uint8Array)) return wrong('BAD_ARGUMENT');
    if (bytes.length > MOST_BYTES) return wrong('TOO_LARGE');
    return next(toBase64(bytes), typeof data === 'string');
  }

  const withId = <T>(certId: unknown, next: (id: string) => Promise<T>): Promise<T> =>
    typeof certId === 'string' && /^[0-9a-f]{64}$/.test(certId) ? next(certId) : wrong('BAD_ARGUMENT');

  const sign = (certId: string, data: ControlData, detached: boolean): Promise<string> =>
    withId(certId, (id) => withContent(data, (content, text) => call('sign', { certId: id, content, text, detached })));

  return {
    operations: welcome.operations as readonly ControlOperation[],
    expiresAt: new Date(Date.now() + welcome.expiresInMs),
    SOF_GetVersion: async () => `ca-hub ${version}; ${await call('version', {})}`,
    SOF_GetUserList: () => call('list', {}),
    SOF_ExportUserCert: (certId) => withId(certId, (id) => call('export', { certId: id, which: 'sign' })),
    SOF_ExportExChangeUserCert: (certId) => withId(certId, (id) => call('export', { certId: id, which: 'encrypt' })),
    SOF_GetPinRetryCount: (certId) => withId(certId, (id) => call('retries', { certId: id })),
    SOF_Login: async (certId) => void (await withId(certId, (id) => call('login', { certId: id }))),
    SOF_Logout: async () => void (await call('logout', {})),
    SOF_SignMessage: (certId, data, { detached = false } = {}) => sign(certId, data, detached),
    SOF_SignData: (certId, data) => sign(certId, data, true),
    SOF_VerifySignedMessage: (message, data) => {
      if (typeof message !== 'string' || message === '') return wrong('BAD_ARGUMENT');
      const ask = { signature: message, certificate: null };
      if (data === undefined) return call('verify', { ...ask, content: null });
      return withContent(data, (content) => call('verify', { ...ask, content }));
    },
    SOF_VerifySignedData: (certificate, data, signature) => {
      if (typeof signature !== 'string' || signature === '') return wrong('BAD_ARGUMENT');
      return withContent(data, (content) => call('verify', { content, signature, certificate }));
    },
    SOF_EncryptData: (recipients, data) => {
      const all = typeof recipients === 'string' ? [recipients] : recipients;
      if (!Array.isArray(all) || all.length === 0 || !all.every((one) => typeof one === 'string'))
        return wrong('BAD_ARGUMENT');
      return withContent(data, (content) => call('encrypt', { recipients: all, content }));
    },
    SOF_DecryptData: (certId, envelope) =>
      withId(certId, async (id) => {
        if (typeof envelope !== 'string' || envelope === '') return wrong('BAD_ARGUMENT');
        if (envelope.length > 2 * MOST_BYTES) return wrong('TOO_LARGE');
        const opened = fromBase64(await call('decrypt', { certId: id, envelope }));
        return opened ?? wrong('DECRYPT_FAILED');
      }),
    SOF_GetLastError: () => lastError,
    on: (event, listener) => {
      listeners[event]?.add(listener);
      return () => void listeners[event]?.delete(listener);
    },
    close: () => {
      if (over !== null) return;
      port.postMessage({ say: 'call', id: 0, name: 'close', ask: {} });
      // The frame still has to tell the hub.
      end(failure('CLOSED'), LINGER_MS);
    },
  };
}
