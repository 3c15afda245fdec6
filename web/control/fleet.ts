import type { KeyInfo, SignedGrant } from '#agent/protocol.ts';
import type { AgentView } from '#hosted/api.ts';
import type { ControlCertificateView } from '#hosted/control-api.ts';
import { type AgentLink, linkAgent } from '../hosted/agent.ts';
import type { AgentFailure, AgentSession, SessionEvent } from '../hosted/dialects/dialect.ts';
import type { AgentStatus } from '../hosted/model.ts';

/** One key, whichever vendor's agent it is plugged in behind. */
export interface Key {
  readonly session: AgentSession;
  readonly info: KeyInfo;
  /** Base64 DER. */
  readonly sign: string;
  readonly encrypt: string;
  readonly view: ControlCertificateView;
}

export interface FleetDeps {
  readonly agents: readonly AgentView[];
  readonly grant: (nonce: string) => Promise<SignedGrant | null>;
  /** What the hub says of certificates; null: it did not answer. */
  readonly judge: (
    certificates: readonly { readonly key: string; readonly sign: string }[],
  ) => Promise<readonly ControlCertificateView[] | null>;
  /** Keys came or went. */
  readonly changed: () => void;
}

/** Every vendor's agent on this computer, each through its own dialect, seen as one shelf of keys. */
export interface Fleet {
  /** Connects whatever is not connected. `byClick`: from the person's own click, so that the browser may ask for permission. */
  connect(byClick: boolean): Promise<void>;
  /** How the agents stand; the best of them counts for the person. */
  status(): AgentStatus;
  versions(): readonly string[];
  /** null: the hub did not answer. */
  keys(): Promise<readonly Key[] | null>;
  /** The end of the PIN window of this key, once; 'unplugged' when the key or its agent went first. */
  pinWindow(key: Key): { readonly end: Promise<AgentFailure | null>; drop(): void };
  /** Closes every connection, and with it every opened key. The next use connects anew. */
  close(): void;
}

/** The first of these that any agent is in is what the person is told. */
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

interface Member {
  readonly link: AgentLink;
  status: AgentStatus;
  session: AgentSession | null;
}

export function createFleet(deps: FleetDeps): Fleet {
  let members: readonly Member[] = [];
  const windows = new Map<string, (failure: AgentFailure | null) => void>();
  const views = new Map<string, ControlCertificateView>();

  function join(view: AgentView): Member {
    const member: Member = {
      status: 'idle',
      session: null,
      link: linkAgent({
        view,
        grant: deps.grant,
        onStatus: (status) => {
          member.status = status;
        },
        onSession: (session) => {
          member.session = session;
        },
        onEvent: (event) => heard(member, event),
      }),
    };
    return member;
  }

  function heard(member: Member, event: SessionEvent): void {
    switch (event.event) {
      case 'pinDone':
        endWindow(event.key, event.failure);
        return;
      case 'unplugged':
        endWindow(event.key, { code: 'KEY_REMOVED', remaining: null });
        deps.changed();
        return;
      case 'plugged':
        deps.changed();
        return;
      case 'closed':
        member.session = null;
        for (const key of [...windows.keys()]) endWindow(key, { code: 'CLOSED', remaining: null });
        deps.changed();
    }
  }

  function endWindow(key: string, failure: AgentFailure | null): void {
    const tell = windows.get(key);
    windows.delete(key);
    tell?.(failure);
  }

  const sessions = (): readonly AgentSession[] => members.flatMap(({ session }) => (session === null ? [] : [session]));

  async function readKeys(session: AgentSession) {
    const listed = await session.keys();
    if (!listed.ok) return [];
    const read = await Promise.all(
      listed.value.map(async (info) => {
        const said = await session.certificates(info.key);
        return said.ok ? [{ session, info, ...said.value }] : [];
      }),
    );
    return read.flat();
  }

  return {
    async connect(byClick) {
      if (members.length === 0) members = deps.agents.map(join);
      await Promise.all(members.map(({ link }) => link.connect(byClick)));
    },
    status: () => TOLD.find((status) => members.some((member) => member.status === status)) ?? 'idle',
    versions: () => sessions().map(({ version }) => version),
    async keys() {
      const found = (await Promise.all(sessions().map(readKeys))).flat();
      const fresh = found.filter(({ sign }) => !views.has(sign));
      if (fresh.length > 0) {
        // The agents' own handles may be alike; the place in the list is not.
        const asked = fresh.map(({ sign }, place) => ({ key: String(place), sign }));
        const judged = await deps.judge(asked);
        if (judged === null) return null;
        for (const view of judged) {
          const one = asked[Number(view.key)];
          if (one !== undefined) views.set(one.sign, view);
        }
      }
      const shelf = new Map<string, Key>();
      for (const { session, info, sign, encrypt } of found) {
        const view = views.get(sign);
        if (view !== undefined && !shelf.has(view.certId))
          shelf.set(view.certId, { session, info, sign, encrypt, view });
      }
      return [...shelf.values()];
    },
    pinWindow: ({ info }) => ({
      end: new Promise((resolve) => windows.set(info.key, resolve)),
      drop: () => endWindow(info.key, { code: 'PIN_CANCELLED', remaining: null }),
    }),
    close() {
      for (const member of members) {
        member.link.stop();
        member.session?.close();
      }
      members = [];
      for (const key of [...windows.keys()]) endWindow(key, { code: 'CLOSED', remaining: null });
    },
  };
}
