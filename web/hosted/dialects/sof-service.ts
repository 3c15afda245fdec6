import type { Grant } from '#agent/protocol.ts';
import type { Connected, ConnectOptions } from './dialect.ts';
import { openSocket } from './open-socket.ts';
import { createSofSession } from './sof-session.ts';
import { createTalk, type Talk, type TalkEvents } from './sof-talk.ts';

/**
 * A vendor's own local service that speaks the SOF functions of GM/T 0020 as JSON over a loopback WebSocket (domain 3.4). It knows no grant and asks nobody where
 * a page comes from: the nonce is this page's own, and it is this module that does nothing before the hub has granted it and nothing beside it.
 */
export async function connect(options: ConnectOptions): Promise<Connected> {
  let changed = (): void => undefined;
  let closed = (): void => undefined;
  const found = await firstVersion(options, { onChange: () => changed(), onClosed: () => closed() });
  if (found === null) return { ok: false, reason: 'unreachable', version: null };
  const { talk, version } = found;
  let gone = false;
  closed = () => {
    gone = true;
  };
  const grant = await granted(options);
  if (gone) return { ok: false, reason: 'unreachable', version };
  if (grant === null) {
    talk.close();
    return { ok: false, reason: 'no-grant', version };
  }
  const session = createSofSession({ talk, grant, version, onEvent: options.onEvent });
  changed = session.changed;
  closed = session.closed;
  talk.watch();
  return { ok: true, session: session.face };
}

/** For this nonce and this page's own origin, or not at all. Its end is not looked at: it came this second, and this PC's clock may be wrong. */
async function granted({ grant }: ConnectOptions): Promise<Grant | null> {
  const nonce = [...crypto.getRandomValues(new Uint8Array(32))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  const signed = await grant(nonce);
  if (signed === null || signed.grant.nonce !== nonce) return null;
  return typeof location === 'undefined' || signed.grant.origin === location.origin ? signed.grant : null;
}

interface Found {
  readonly talk: Talk;
  readonly version: string;
}

/** The first endpoint that says its version, as only such a service does; all are tried at once. null: none in time. */
function firstVersion({ endpoints, patienceMs }: ConnectOptions, events: TalkEvents): Promise<Found | null> {
  return new Promise((resolve) => {
    const talks = new Set<Talk>();
    let waiting = endpoints.length;
    let over = false;
    const finish = (found: Found | null): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      for (const talk of talks) if (talk !== found?.talk) talk.close();
      resolve(found);
    };
    const lost = (): void => {
      waiting -= 1;
      if (waiting <= 0) finish(null);
    };
    const timer = setTimeout(() => finish(null), patienceMs);
    for (const endpoint of endpoints) {
      const socket = openSocket(endpoint);
      if (socket === null) {
        lost();
        continue;
      }
      let chosen = false;
      const talk = createTalk(socket, { ...events, onClosed: () => (chosen ? events.onClosed() : lost()) });
      talks.add(talk);
      socket.onopen = () =>
        void talk.turn(async (call) => {
          const said = await call('SOF_GetVersion');
          const version = said.ok ? /^[\w .()-]{1,40}$/.exec(String(said.value))?.[0] : undefined;
          if (over || !said.ok) return;
          if (version === undefined) {
            talk.close();
            lost();
            return;
          }
          chosen = true;
          finish({ talk, version: `SOF ${version}` });
        });
    }
    if (endpoints.length === 0) finish(null);
  });
}
