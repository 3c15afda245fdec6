import type { SignView } from '#hosted/sign-api.ts';
import { isHello, type SigningEndMessage, type SigningToPage } from '../../sdk/messages.ts';
import type { SignBoot, SignDesk } from './sign-desk.ts';

type SigningEvent = Extract<SigningToPage, { say: 'event' }>['event'];

/** The trading system's page around this one, as far as it uses the SDK. */
export interface Embedder {
  /** It listens: it takes the person on, so this page goes nowhere by itself. */
  readonly connected: () => boolean;
  /** Tells what is new; called after each change of the desk. */
  look(): void;
  /** The person goes on in a window of its own, where this page is claimed: its end is asked for from here. */
  moved(token: string): void;
}

const WATCH_MS = 3000;

/**
 * Told are only registered origins (the page's own `frame-ancestors`), each by its exact name, and only the window around us may answer. Nothing that is
 * heard changes what this page does, but that a finished local document is handed over where it was asked for.
 */
export function createEmbedder(desk: SignDesk, boot: SignBoot): Embedder {
  let port: MessagePort | null = null;
  let takes = false;
  let ended = false;
  const told = new Set<string>();

  const say = (message: SigningToPage, transfer: Transferable[] = []): void => port?.postMessage(message, transfer);
  const event = (one: SigningEvent): void => {
    const text = JSON.stringify(one);
    if (port === null || ended || told.has(text)) return;
    told.add(text);
    say({ say: 'event', event: one });
  };
  const end = (what: SigningEndMessage): void => {
    if (port === null || ended) return;
    ended = true;
    say({ say: 'end', end: what }, what.type === 'signed' && what.bytes !== null ? [what.bytes] : []);
  };

  function look(): void {
    if (port === null || ended) return;
    const { view, fault, paper } = desk.model();
    if (fault !== null) {
      end({ type: 'failed', hubCode: fault.code, message: fault.message, supportCode: fault.supportCode });
      return;
    }
    if (view === null) return;
    if (paper.at === 'shown' && view.document !== null)
      event({ type: 'shown', name: view.document.name, pages: view.document.pages.length });
    if (view.signer !== null) event({ type: 'identified' });
    if (view.made.length > 0) event({ type: 'sealed', signatures: view.made.length });
    if (view.state === 'succeeded') void signed(view);
    else stands(view.state, view.error, view.supportCode);
  }

  /** Every state but the good end, which brings the document along where this page has it. */
  function stands(
    state: Exclude<SignView['state'], 'succeeded'> | 'open',
    error: SignView['error'],
    supportCode: string,
  ): void {
    switch (state) {
      case 'open':
      case 'claimed':
        break;
      case 'proved':
        event({ type: 'delivering' });
        break;
      case 'cancelled':
      case 'expired':
        end({ type: state });
        break;
      case 'refused':
      case 'undelivered':
        end({
          type: 'failed',
          hubCode: error?.code ?? state.toUpperCase(),
          message: error?.message ?? '',
          supportCode,
        });
    }
  }

  let fetching = false;
  async function signed(view: SignView): Promise<void> {
    if (fetching) return;
    fetching = true;
    const { document } = view;
    const wanted = takes && view.mode === 'local' && document !== null;
    const bytes = wanted ? await bytesOf(view.interaction, document.version) : null;
    end({ type: 'signed', name: document?.name ?? '', sm3: document?.sm3 ?? null, bytes });
  }

  async function bytesOf(interaction: string, version: number): Promise<ArrayBuffer | null> {
    try {
      const address = `${boot.documents}/${encodeURIComponent(interaction)}?v=${version}`;
      const response = await fetch(address, { headers: desk.api.headers(), cache: 'no-store' });
      return response.ok ? await response.arrayBuffer() : null;
    } catch {
      return null;
    }
  }

  let watching = false;
  function moved(token: string): void {
    event({ type: 'moved' });
    if (watching) return;
    watching = true;
    void watch(token);
  }

  /** A network that is away for a moment ends nothing; a link that is dead does. */
  async function watch(token: string): Promise<void> {
    while (!ended) {
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
      const answer = await desk.api.call('watch', { token });
      if (answer.ok) {
        const { state } = answer.value;
        if (state === 'succeeded') end({ type: 'signed', name: '', sm3: null, bytes: null });
        else stands(state, null, '');
      } else if (answer.kind === 'refused') {
        const { code, message, supportCode } = answer.error;
        end({ type: 'failed', hubCode: code, message, supportCode });
      }
    }
  }

  if (window.parent !== window) {
    window.addEventListener('message', (message: MessageEvent) => {
      if (port !== null || message.source !== window.parent || !boot.embedders.includes(message.origin)) return;
      const [given, second] = message.ports;
      if (!isHello(message.data, 'connect') || given === undefined || second !== undefined) return;
      takes = (message.data as { takeDocument?: unknown }).takeDocument === true;
      port = given;
      look();
    });
    for (const origin of boot.embedders) window.parent.postMessage({ caHub: 1, say: 'ready' }, origin);
  }
  return { connected: () => port !== null, look, moved };
}
