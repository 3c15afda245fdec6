import type { ControlPageApi } from '#hosted/control-api.ts';
import type { ControlBoot } from '#hosted/pages/control.ts';
import { createApi } from '../hosted/api.ts';
import { readBoot } from '../hosted/boot.ts';
import { byId } from '../hosted/dom.ts';
import { failure } from '../sdk/errors.ts';
import { type CallName, isHello, type ToFrame, type ToPage } from '../sdk/messages.ts';
import { createCalls } from './calls.ts';
import { ofHub } from './done.ts';
import { createFleet } from './fleet.ts';
import { createSheet } from './sheet.ts';

/** Waits for the page that this session was opened for, claims the session, then answers the page's calls one after another. */
export async function start(): Promise<void> {
  const boot = readBoot<ControlBoot>();
  const port = await connected(boot.origin);
  const say = (message: ToPage): void => port.postMessage(message);
  if (boot.fault !== null) {
    const { code, message, supportCode } = boot.fault;
    return say({ say: 'refused', failure: failure('SESSION_ENDED', { message, hubCode: code, supportCode }) });
  }
  const api = createApi<ControlPageApi>(fetch.bind(window), '/hosted/api/control');
  const claimed = ofHub(await api.call('claim', { token: boot.token }));
  if (!claimed.ok) return say({ say: 'refused', failure: claimed.failure });
  const { session, agents, claim } = claimed.value;
  api.keepClaim(claim);
  const { interaction } = session;

  const fleet = createFleet({
    agents,
    grant: async (nonce) => {
      const granted = await api.call('grant', { interaction, nonce });
      return granted.ok ? granted.value.grant : null;
    },
    judge: async (certificates) => {
      const judged = await api.call('certificates', { interaction, certificates });
      return judged.ok ? judged.value.certificates : null;
    },
    changed: () => say({ say: 'event', event: 'keys' }),
  });
  const sheet = createSheet({
    stage: byId('stage'),
    announce: (text) => {
      byId('announce').textContent = text;
    },
    platform: session.platform.name,
    asker: new URL(boot.origin).host,
    host: location.host,
    supportCode: session.supportCode,
    show: () => say({ say: 'show' }),
    hide: () => say({ say: 'hide' }),
  });
  serve(port, createCalls({ api, session, fleet, sheet }), sheet.hide);
  const expiresInMs = Math.max(0, session.expiresAt - session.now);
  setTimeout(() => fleet.close(), expiresInMs);
  say({ say: 'welcome', operations: session.operations, expiresInMs, hub: location.host });
}

/**
 * The port of the one page that may hold this frame: a message from exactly that origin and exactly the window around us; the first is taken, nobody can
 * exchange it afterwards.
 */
function connected(origin: string): Promise<MessagePort> {
  return new Promise((resolve) => {
    window.addEventListener('message', function hear(message: MessageEvent) {
      if (message.origin !== origin || message.source !== window.parent || window.parent === window) return;
      const [port, second] = message.ports;
      if (!isHello(message.data, 'connect') || port === undefined || second !== undefined) return;
      window.removeEventListener('message', hear);
      resolve(port);
    });
    window.parent.postMessage({ caHub: 1, say: 'ready' }, origin);
  });
}

/** One call after another, each answered once: two windows over one page would confuse the person, and a key does one thing at a time anyway. */
function serve(port: MessagePort, calls: ReturnType<typeof createCalls>, hide: () => void): void {
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
  const answer = async ({ id, name, ask }: ToFrame): Promise<void> => {
    const call = calls[name] as (ask: unknown) => ReturnType<(typeof calls)[CallName]>;
    const made = await call(ask).catch(() => ({ ok: false, failure: failure('AGENT_FAILED') }) as const);
    if (waiting <= 1) hide();
    port.postMessage({ say: 'answer', id, ...made } satisfies ToPage);
  };
  port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    if (!isCall(data) || !Object.hasOwn(calls, data.name)) return;
    if (data.name === 'close') return void answer(data);
    waiting += 1;
    queue = queue
      .then(() => answer(data))
      .finally(() => {
        waiting -= 1;
      });
  };
}

const isCall = (data: Partial<ToFrame> | null): data is ToFrame =>
  typeof data === 'object' &&
  data !== null &&
  data.say === 'call' &&
  typeof data.id === 'number' &&
  typeof data.ask === 'object';
