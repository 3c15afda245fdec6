import { isHello, type SigningEndMessage, type SigningToPage } from '../../sdk/messages.ts';

type SigningEvent = Extract<SigningToPage, { say: 'event' }>['event'];

/** The way to the trading system's page around this one, as far as it uses the SDK. Nothing that comes in is a command. */
export interface Line {
  /** It listens. */
  readonly connected: () => boolean;
  /** It asked for a local document. */
  readonly takes: () => boolean;
  /** Each event once. */
  event(one: SigningEvent): void;
  /** The first end is told, and nothing after it. */
  end(what: SigningEndMessage): void;
  readonly ended: () => boolean;
}

/**
 * Greeted are only registered origins (the page's own `frame-ancestors`), each by its exact name, and only the window around us may answer, once, with one
 * port. `connected` is called when it has.
 */
export function openLine(embedders: readonly string[], connected: () => void): Line {
  let port: MessagePort | null = null;
  let takes = false;
  let ended = false;
  const told = new Set<string>();

  const hear = (message: MessageEvent): void => {
    if (message.source !== window.parent || !embedders.includes(message.origin)) return;
    const [given, second] = message.ports;
    if (!isHello(message.data, 'connect') || given === undefined || second !== undefined) return;
    window.removeEventListener('message', hear);
    takes = (message.data as { takeDocument?: unknown }).takeDocument === true;
    port = given;
    connected();
  };
  if (window.parent !== window) {
    window.addEventListener('message', hear);
    for (const origin of around(embedders)) window.parent.postMessage({ caHub: 1, say: 'ready' }, origin);
  }

  const say = (message: SigningToPage, transfer: Transferable[] = []): void => port?.postMessage(message, transfer);
  return {
    connected: () => port !== null,
    takes: () => takes,
    ended: () => ended,
    event: (one) => {
      const text = JSON.stringify(one);
      if (port === null || ended || told.has(text)) return;
      told.add(text);
      say({ say: 'event', event: one });
    },
    end: (what) => {
      if (port === null || ended) return;
      ended = true;
      say({ say: 'end', end: what }, what.type === 'signed' && what.bytes !== null ? [what.bytes] : []);
    },
  };
}

/** The one around us, where the browser names it: greeting the others would only fill the console. */
function around(embedders: readonly string[]): readonly string[] {
  const parent = window.location.ancestorOrigins?.[0];
  return parent === undefined ? embedders : embedders.filter((origin) => origin === parent);
}
