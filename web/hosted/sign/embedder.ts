import type { PageError } from '#hosted/api.ts';
import type { SignView } from '#hosted/sign-api.ts';
import type { SigningEndMessage } from '../../sdk/messages.ts';
import type { Boot } from '../boot.ts';
import { sentenceOf } from '../screen/notices.ts';
import { openLine } from './line.ts';
import type { SignBoot, SignDesk } from './sign-desk.ts';

/** The trading system's page around this one, as far as it uses the SDK. */
export interface Embedder {
  /** It listens: it takes the person on, so this page goes nowhere by itself. */
  readonly connected: () => boolean;
  /** Tells what is new; called after each change of the desk. */
  look(): void;
  /** The person goes on in a window of its own, where this page is claimed: its end is asked for from here. */
  moved(token: string): void;
  /** After all it is done in this page. */
  stayed(): void;
}

type State = SignView['state'] | 'open';

const WATCH_MS = 3000;

/** Nothing that is heard changes what this page does, but that a finished local document is handed over where it was asked for. */
export function createEmbedder(desk: SignDesk, boot: SignBoot): Embedder {
  const line = openLine(boot.embedders, () => look());
  let watching = false;
  let fetching = false;

  function look(): void {
    if (!line.connected() || line.ended()) return;
    const { view, fault, paper, moved: away } = desk.model();
    if (away !== null) {
      line.event({ type: 'moved' });
      return;
    }
    if (fault !== null) {
      line.end(endOfFault(boot, fault, sentenceOf(boot, fault)));
      return;
    }
    if (view === null) return;
    if (paper.at === 'shown' && view.document !== null)
      line.event({ type: 'shown', name: view.document.name, pages: view.document.pages.length });
    if (view.signer !== null) line.event({ type: 'identified' });
    if (view.made.length > 0) line.event({ type: 'sealed', signatures: view.made.length });
    if (view.state === 'succeeded') void signed(view);
    else stands(view.state, view.error, view.supportCode);
  }

  /** Every state but the good end, which brings the document along where this page has it. */
  function stands(state: Exclude<State, 'succeeded'>, error: SignView['error'], supportCode: string): void {
    switch (state) {
      case 'open':
      case 'claimed':
        break;
      case 'proved':
        line.event({ type: 'delivering' });
        break;
      case 'cancelled':
      case 'expired':
        line.end({ type: state });
        break;
      case 'refused':
      case 'undelivered': {
        const message = error == null ? boot.words.state[state].title : sentenceOf(boot, error);
        line.end({ type: 'failed', hubCode: error?.code ?? state.toUpperCase(), message, supportCode });
      }
    }
  }

  async function signed(view: SignView): Promise<void> {
    if (fetching) return;
    fetching = true;
    const { document } = view;
    const wanted = line.takes() && view.mode === 'local' && document !== null;
    const bytes = wanted ? await bytesOf(view.interaction, document.version) : null;
    line.end({ type: 'signed', name: document?.name ?? '', sm3: document?.sm3 ?? null, bytes });
    if (bytes !== null) desk.change({ handed: true });
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

  /** Told in this page too, whether anybody listens or not. A network that is away for a moment ends nothing; a link that is dead does. */
  async function watch(token: string): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
      const answer = await desk.api.call('watch', { token });
      if (!watching) return;
      if (answer.ok) {
        const { state } = answer.value;
        desk.change({ moved: state });
        if (state === 'succeeded') line.end({ type: 'signed', name: '', sm3: null, bytes: null });
        else stands(state, null, '');
        if (!isGoingOn(state)) return;
      } else if (answer.kind === 'refused') {
        line.end(endOfFault(boot, answer.error, sentenceOf(boot, answer.error)));
        desk.change({ moved: null, fault: answer.error });
        return;
      }
    }
  }

  return {
    connected: line.connected,
    look,
    moved: (token) => {
      if (watching) return;
      watching = true;
      desk.change({ moved: 'open' });
      void watch(token);
    },
    stayed: () => {
      watching = false;
      if (desk.model().moved !== null) desk.change({ moved: null });
    },
  };
}

const isGoingOn = (state: State): boolean => state === 'open' || state === 'claimed' || state === 'proved';

/** A link that cannot be used (any more), as the page around is told it. */
export function endOfFault(
  boot: Pick<Boot, 'stateOfCode'>,
  error: PageError,
  message = error.message,
): SigningEndMessage {
  const state = boot.stateOfCode[error.code];
  if (state === 'task-expired') return { type: 'expired' };
  if (state === 'cancelled') return { type: 'cancelled' };
  return { type: 'failed', hubCode: error.code, message, supportCode: error.supportCode };
}
