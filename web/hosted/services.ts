import type { BareKey, SignedGrant, WrappedKey } from '#agent/protocol.ts';
import type { AgentView } from '#hosted/api.ts';
import { type AgentLink, linkAgent } from './agent.ts';
import type { AgentFailure, AgentSession, HeldKey, Said, SessionEvent } from './dialects/dialect.ts';
import type { AgentStatus } from './model.ts';

/** How one service stands: the hub's own agent, or a vendor's program. */
export interface ServiceState {
  readonly view: AgentView;
  readonly status: AgentStatus;
  readonly version: string | null;
}

export interface ServicesDeps {
  readonly views: readonly AgentView[];
  /** One grant a connection: the hub's for that nonce, or null where it refused. */
  readonly grant: (nonce: string) => Promise<SignedGrant | null>;
  /** `best`: what counts for the person. In the order of `views`. */
  readonly onStatus: (best: AgentStatus, services: readonly ServiceState[]) => void;
  /** A service has connected; `session` is always the same. */
  readonly onSession: (session: AgentSession) => void;
  /** As of one agent: `closed` when the last one went; the keys of one that went before are unplugged. */
  readonly onEvent: (event: SessionEvent) => void;
}

/** The first of these that any service is in is what the person is told. */
const TOLD: readonly AgentStatus[] = [
  'connected',
  'ask',
  'asking',
  'searching',
  'framed',
  'denied',
  'not-paired',
  'lost',
  'none',
  'idle',
];

const CLOSED: AgentFailure = { code: 'CLOSED', remaining: null };
const gone = { ok: false, failure: CLOSED } as const;

/** Which of `views` holds this key. */
export const serviceOf = (handle: string): number => Number.parseInt(handle, 10);

interface Member {
  readonly place: number;
  readonly view: AgentView;
  readonly link: AgentLink;
  status: AgentStatus;
  version: string | null;
  session: AgentSession | null;
  /** Handles that the page has seen, the member's own. */
  readonly seen: Set<string>;
}

/** Every service of this computer, each in its own dialect, as one: one connection to keep, one session, one shelf of keys whose handles name their service. */
export function linkServices(deps: ServicesDeps): AgentLink {
  const members = deps.views.map(join);
  const session = sessionOver(members);

  function join(view: AgentView, place: number): Member {
    const member: Member = {
      ...{ place, view, status: 'idle', version: null, session: null, seen: new Set() },
      link: linkAgent({
        view,
        grant: deps.grant,
        onStatus: (status, version) => {
          Object.assign(member, { status, version });
          tell();
        },
        onSession: (one) => {
          member.session = one;
          deps.onSession(session);
        },
        onEvent: (event) => heard(member, event),
      }),
    };
    return member;
  }

  function tell(): void {
    const best = TOLD.find((status) => members.some((member) => member.status === status)) ?? 'idle';
    deps.onStatus(
      best,
      members.map(({ view, status, version }) => ({ view, status, version })),
    );
  }

  function heard(member: Member, event: SessionEvent): void {
    if (event.event !== 'closed') {
      deps.onEvent({ ...event, key: nameOf(member, event.key) });
      return;
    }
    const keys = [...member.seen];
    member.seen.clear();
    member.session = null;
    if (members.every((one) => one.session === null)) deps.onEvent({ event: 'closed' });
    else for (const key of keys) deps.onEvent({ event: 'unplugged', key: nameOf(member, key) });
  }

  return {
    connect: async (byClick) => {
      await Promise.all(members.map(({ link }) => link.connect(byClick)));
    },
    stop: () => {
      for (const { link } of members) link.stop();
    },
  };
}

const nameOf = ({ place }: Member, key: string): string => `${place}:${key}`;

function sessionOver(members: readonly Member[]): AgentSession {
  /** The session that a handle belongs to, and its own word for the key. */
  function of(handle: string): { readonly session: AgentSession; readonly key: string } | null {
    const [place, ...rest] = handle.split(':');
    const session = members[Number(place)]?.session;
    return session == null ? null : { session, key: rest.join(':') };
  }

  /** A service that does not answer hides its own keys, not the others'. */
  async function keys(): Promise<Said<readonly HeldKey[]>> {
    const asked = members.flatMap((member) => (member.session === null ? [] : [listOf(member, member.session)]));
    const said = await Promise.all(asked);
    const good = said.flatMap((one) => (one.ok ? [one.value] : []));
    return good.length > 0 ? { ok: true, value: good.flat() } : (said[0] ?? gone);
  }

  async function listOf(member: Member, session: AgentSession): Promise<Said<readonly HeldKey[]>> {
    const said = await session.keys();
    if (!said.ok) return said;
    for (const { key } of said.value) member.seen.add(key);
    return { ok: true, value: said.value.map((info) => ({ ...info, key: nameOf(member, info.key) })) };
  }

  function unwrap(handle: string, wrapped: string): Promise<Said<BareKey>>;
  function unwrap(handle: string, wrapped: string, to: string): Promise<Said<WrappedKey>>;
  async function unwrap(handle: string, wrapped: string, to?: string): Promise<Said<BareKey | WrappedKey>> {
    const one = of(handle);
    if (one === null) return gone;
    return to === undefined ? one.session.unwrap(one.key, wrapped) : one.session.unwrap(one.key, wrapped, to);
  }

  return {
    get version() {
      return members.flatMap(({ session }) => (session === null ? [] : [session.version])).join(', ');
    },
    keys,
    certificates: async (handle) => {
      const one = of(handle);
      return one === null ? gone : one.session.certificates(one.key);
    },
    login: async (handle, pin) => {
      const one = of(handle);
      return one === null ? gone : one.session.login(one.key, pin);
    },
    pinDialog: async (handle) => {
      const one = of(handle);
      return one === null ? gone : one.session.pinDialog(one.key);
    },
    unwrap,
    rewrap: async (handle, wrapped, certificate, text) => {
      const one = of(handle);
      return one === null ? gone : one.session.rewrap(one.key, wrapped, certificate, text);
    },
    sign: async (handle, text) => {
      const one = of(handle);
      return one === null ? gone : one.session.sign(one.key, text);
    },
    signDocument: async (handle, toSign) => {
      const one = of(handle);
      return one === null ? gone : one.session.signDocument(one.key, toSign);
    },
    close: () => {
      for (const member of members) {
        member.session?.close();
        member.session = null;
        member.seen.clear();
      }
    },
  };
}
