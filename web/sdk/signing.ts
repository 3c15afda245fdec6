import type { Signing, SigningEnd, SigningEvent, SigningOptions } from './ca-hub.d.ts';
import { failure } from './errors.ts';
import { isHello, type SigningEndMessage, type SigningToPage } from './messages.ts';
import { hubFrame } from './overlay.ts';

const CONNECT_MS = 20_000;
const LOOK_MS = 1000;

/**
 * Puts the hub's signing page into `host`, hands it the browser's permission to reach the agent, and tells what became of it exactly once. What is
 * heard counts only from the frame made here and from the hub's origin.
 */
export function openSigning(options: SigningOptions): Signing {
  const url = signingUrl(options?.signurl);
  const frame = hubFrame('文件签章');
  frame.style.cssText = 'display:block;width:100%;height:100%;border:0;';
  let port: MessagePort | null = null;
  let finish: (end: SigningEnd) => void = () => undefined;
  const ended = new Promise<SigningEnd>((resolve) => {
    finish = resolve;
  });
  let over = false;
  let [loads, greeted] = [0, 0];

  const end = (what: SigningEnd): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    clearInterval(watch);
    window.removeEventListener('message', hear);
    frame.removeEventListener('load', loaded);
    finish(what);
  };
  const tell = (event: SigningEvent): void => {
    if (!over) options.onEvent?.(event);
  };
  const hear = (message: MessageEvent): void => {
    if (message.source !== frame.contentWindow || message.origin !== url?.origin) return;
    if (!isHello(message.data, 'ready')) return;
    // A page that was loaded anew in the frame begins a new conversation; only the newest is listened to.
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }: MessageEvent<SigningToPage>) => {
      if (data?.say === 'event') tell(data.event);
      if (data?.say === 'end') end(endOf(data.end) ?? failed('HUB_REFUSED'));
    };
    greeted += 1;
    clearTimeout(timer);
    const connect = { caHub: 1, say: 'connect', takeDocument: options.takeDocument === true };
    frame.contentWindow?.postMessage(connect, url.origin, [channel.port2]);
    tell({ type: 'opened' });
  };
  const patience = (): ReturnType<typeof setTimeout> =>
    setTimeout(() => end(failed('FRAME_BLOCKED')), options?.timeout ?? CONNECT_MS);
  let timer = patience();
  // What is loaded later in the same frame must greet too: a page that the browser refused, or of somebody else, never will.
  const loaded = (): void => {
    loads += 1;
    clearTimeout(timer);
    if (loads > greeted) timer = patience();
  };
  // Somebody takes the frame out of the page: nothing will ever answer again.
  const watch = setInterval(() => {
    if (!frame.isConnected) end(failed('CLOSED'));
  }, LOOK_MS);
  const signing: Signing = {
    frame,
    ended,
    close: () => {
      end(failed('CLOSED'));
      port?.close();
      frame.remove();
    },
  };
  if (url === null || !(options.host instanceof HTMLElement)) {
    end(failed('BAD_ARGUMENT'));
    return signing;
  }
  window.addEventListener('message', hear);
  frame.addEventListener('load', loaded);
  frame.src = url.href;
  options.host.append(frame);
  return signing;
}

function signingUrl(text: unknown): URL | null {
  try {
    const url = new URL(String(text));
    return /^https?:$/.test(url.protocol) && url.pathname.startsWith('/sign/') ? url : null;
  } catch {
    return null;
  }
}

const sentences = {
  FRAME_BLOCKED: '签章页没有打开，请刷新页面后重试；仍不成功时请联系交易系统客服。',
  CLOSED: '签章页已关闭，请刷新页面后重试。',
  BAD_ARGUMENT: '打开签章页的参数不正确，请联系交易系统客服。',
  HUB_REFUSED: failure('HUB_REFUSED').message,
} as const;

const failed = (code: keyof typeof sentences): SigningEnd => {
  const { hubCode, supportCode } = failure(code);
  const message = sentences[code];
  return { type: 'failed', code, message, hubCode, supportCode };
};

/** null: an end that this SDK does not know. */
function endOf(end: SigningEndMessage | undefined): SigningEnd | null {
  switch (end?.type) {
    case 'signed': {
      const { name, sm3, bytes } = end;
      const document = bytes === null ? null : new Blob([bytes], { type: 'application/pdf' });
      return { type: 'signed', name, sm3, document };
    }
    case 'cancelled':
    case 'expired':
      return { type: end.type };
    case 'failed': {
      const { message, hubCode, supportCode } = end;
      return { type: 'failed', code: 'HUB_REFUSED', message, hubCode, supportCode };
    }
    case undefined:
      return null;
  }
  return null;
}
