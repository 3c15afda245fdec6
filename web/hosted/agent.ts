import type { SignedGrant } from '#agent/protocol.ts';
import type { AgentView } from '#hosted/api.ts';
import { loadDialect } from './dialect-loader.ts';
import type { AgentSession, SessionEvent } from './dialects/dialect.ts';
import type { AgentStatus } from './model.ts';
import { framedWithoutPermission, loopbackPermission, onLoopback } from './permission.ts';

export interface AgentDeps {
  readonly view: AgentView;
  readonly grant: (nonce: string) => Promise<SignedGrant | null>;
  readonly onStatus: (status: AgentStatus, version: string | null) => void;
  readonly onSession: (session: AgentSession) => void;
  readonly onEvent: (event: SessionEvent) => void;
}

export interface AgentLink {
  /** Tries to connect. `byClick`: from the person's own click, so the browser may ask for permission. */
  connect(byClick: boolean): Promise<void>;
  /** Looks no more; an open session is its holder's to close. */
  stop(): void;
}

const GREET_MS = 4000;
/** While the browser's question is open. */
const PROMPT_MS = 120_000;
const LOOK_AGAIN_MS = 3000;

/** Keeps the connection to the agent: asks when it must, looks again by itself when nobody answered, comes back when the agent returns. */
export function linkAgent(deps: AgentDeps): AgentLink {
  let trying = false;
  let connected = false;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watching = false;
  let dialect: Awaited<ReturnType<typeof loadDialect>> = null;

  const later = (): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void attempt(false, true), LOOK_AGAIN_MS);
  };

  /** `again`: a quiet repetition; the page keeps showing the trouble until it is over. */
  async function attempt(byClick: boolean, again: boolean): Promise<void> {
    if (trying || connected || stopped) return;
    trying = true;
    clearTimeout(timer);
    try {
      await attemptOnce(byClick, again);
    } finally {
      trying = false;
    }
  }

  async function attemptOnce(byClick: boolean, again: boolean): Promise<void> {
    if (framedWithoutPermission()) return deps.onStatus('framed', null);
    const permission = await loopbackPermission();
    watch(permission.watch);
    if (permission.state === 'denied') return deps.onStatus('denied', null);
    const mustAsk = permission.state === 'prompt' && !onLoopback(location.hostname);
    if (mustAsk && !byClick) return deps.onStatus('ask', null);
    if (!again) deps.onStatus(mustAsk ? 'asking' : 'searching', null);
    dialect ??= await loadDialect(deps.view.dialect.url, deps.view.dialect.integrity);
    if (dialect === null) return deps.onStatus('none', null);
    const found = await dialect.connect({
      endpoints: deps.view.endpoints,
      patienceMs: mustAsk ? PROMPT_MS : GREET_MS,
      grant: deps.grant,
      onEvent: heard,
    });
    if (found.ok && stopped) return found.session.close();
    if (found.ok) {
      connected = true;
      deps.onStatus('connected', found.session.version);
      return deps.onSession(found.session);
    }
    if (found.reason === 'refused') return deps.onStatus('not-paired', found.version);
    if (found.reason === 'no-grant') return later();
    await tellWhyNot(mustAsk);
  }

  /** A blocked socket looks like a closed port: only the permission tells them apart. */
  async function tellWhyNot(asked: boolean): Promise<void> {
    const { state } = await loopbackPermission();
    if (state === 'denied') return deps.onStatus('denied', null);
    if (asked && state === 'prompt') return deps.onStatus('asking', null);
    deps.onStatus('none', null);
    later();
  }

  function heard(event: SessionEvent): void {
    if (event.event === 'closed') {
      connected = false;
      deps.onStatus('lost', null);
      later();
    }
    deps.onEvent(event);
  }

  /** The person changed his mind in the browser's settings: no reload needed. */
  function watch(onChange: (changed: () => void) => void): void {
    if (watching) return;
    watching = true;
    onChange(() => void attempt(true, false));
  }

  return {
    connect: (byClick) => attempt(byClick, false),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
