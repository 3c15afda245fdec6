import type { AgentEvent, BareKey, SignedGrant, WrappedKey } from '#agent/protocol.ts';
import { type Ask, conversation, read } from './conversation.ts';
import type { AgentFailure, AgentSession, Connected, ConnectOptions, Deed, Said } from './dialect.ts';
import { openSocket } from './open-socket.ts';

/** Something answers that is not our agent's word. */
const FOREIGN: AgentFailure = { code: 'BAD_REQUEST', remaining: null };
const CAN: readonly Deed[] = ['sign', 'sign-document', 'unwrap', 'unwrap-to', 'rewrap'];

/** The hub's own agent (src/agent/protocol.ts). All endpoints are tried at once: on Windows a closed port takes two seconds to say so. */
export async function connect(options: ConnectOptions): Promise<Connected> {
  const found = await firstGreeting(options.endpoints, options.patienceMs);
  if (found === null) return { ok: false, reason: 'unreachable', version: null };
  const version = `${found.agent} ${found.version}`;
  const ask = conversation(found.socket, options.onEvent);
  const grant = await options.grant(found.nonce);
  if (grant === null) return giveUp(found.socket, 'no-grant', version);
  const authorised = await ask('authorize', grant satisfies SignedGrant);
  if (!authorised.ok)
    return giveUp(found.socket, authorised.failure.code === 'CLOSED' ? 'unreachable' : 'refused', version);
  return { ok: true, session: sessionOver(ask, found.socket, version) };
}

function giveUp(socket: WebSocket, reason: 'unreachable' | 'no-grant' | 'refused', version: string): Connected {
  socket.onclose = null;
  socket.close();
  return { ok: false, reason, version };
}

function sessionOver(ask: Ask, socket: WebSocket, version: string): AgentSession {
  const origin = new URL(socket.url.replace(/^ws/, 'http')).origin;
  function unwrap(key: string, wrapped: string): Promise<Said<BareKey>>;
  function unwrap(key: string, wrapped: string, to: string): Promise<Said<WrappedKey>>;
  async function unwrap(key: string, wrapped: string, to?: string): Promise<Said<BareKey | WrappedKey>> {
    const said = await ask('unwrap', to === undefined ? { key, wrapped } : { key, wrapped, to });
    // An agent that answers the other form than the one asked for is not to be believed.
    if (said.ok && 'key' in said.value !== (to === undefined)) return { ok: false, failure: FOREIGN };
    return said;
  }
  return {
    version,
    keys: async () => map(await ask('enumerate'), ({ keys }) => keys.map((key) => ({ ...key, can: CAN }))),
    certificates: (key) => ask('certificates', { key }),
    login: async (key, pin) => map(await ask('login', { key, pin }), () => null),
    pinDialog: async (key) => {
      const said = await ask('pinDialog', { key });
      // Only the agent we are speaking with may draw a PIN field inside this page.
      if (said.ok && new URL(said.value.url).origin !== origin) {
        return { ok: false, failure: FOREIGN };
      }
      return map(said, (result) => result.url);
    },
    sign: (key, text) => ask('sign', { key, text }),
    signDocument: (key, toSign) => ask('signDocument', { key, toSign }),
    unwrap,
    rewrap: (key, wrapped, certificate, text) => ask('rewrap', { key, wrapped, certificate, text }),
    close: () => {
      socket.onclose = null;
      socket.close();
    },
  };
}

const map = <A, B>(said: Said<A>, turn: (value: A) => B): Said<B> =>
  said.ok ? { ok: true, value: turn(said.value) } : said;

interface Greeted {
  readonly socket: WebSocket;
  readonly nonce: string;
  readonly agent: string;
  readonly version: string;
}

/** The first agent that greets; the other sockets are closed. null: nobody did. */
function firstGreeting(endpoints: readonly string[], patienceMs: number): Promise<Greeted | null> {
  return new Promise((resolve) => {
    const sockets: WebSocket[] = [];
    let waiting = endpoints.length;
    const finish = (greeted: Greeted | null) => {
      clearTimeout(timer);
      for (const socket of sockets) {
        socket.onmessage = null;
        socket.onclose = null;
        if (socket !== greeted?.socket) socket.close();
      }
      resolve(greeted);
    };
    const timer = setTimeout(() => finish(null), patienceMs);
    const lost = () => {
      waiting -= 1;
      if (waiting === 0) finish(null);
    };
    for (const endpoint of endpoints) {
      const socket = openSocket(endpoint);
      if (socket === null) {
        lost();
        continue;
      }
      sockets.push(socket);
      socket.onmessage = (message) => {
        const event = read<AgentEvent>(message.data);
        if (event?.event === 'hello' && event.protocol === 1) finish({ socket, ...event });
        else socket.close();
      };
      socket.onclose = lost;
    }
    if (endpoints.length === 0) finish(null);
  });
}
