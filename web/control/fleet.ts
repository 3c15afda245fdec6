import type { SignedGrant } from '#agent/protocol.ts';
import type { AgentView } from '#hosted/api.ts';
import type { ControlCertificateView } from '#hosted/control-api.ts';
import type { AgentLink } from '../hosted/agent.ts';
import type { AgentFailure, AgentSession, HeldKey, SessionEvent } from '../hosted/dialects/dialect.ts';
import { AT_ONCE } from '../hosted/keys.ts';
import type { AgentStatus } from '../hosted/model.ts';
import { linkServices } from '../hosted/services.ts';

/** One key, whichever vendor's program it is plugged in behind. */
export interface Key {
  readonly session: AgentSession;
  readonly info: HeldKey;
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

/** Every service on this computer, each through its own dialect, seen as one shelf of keys. */
export interface Fleet {
  /** Connects whatever is not connected. `byClick`: from the person's own click, so that the browser may ask for permission. */
  connect(byClick: boolean): Promise<void>;
  /** How the services stand; the best of them counts for the person. */
  status(): AgentStatus;
  /** Of every service that is connected; '' for none. */
  version(): string;
  /** null: the hub did not answer. */
  keys(): Promise<readonly Key[] | null>;
  /** The end of the PIN window of this key, once; 'unplugged' when the key or its agent went first. */
  pinWindow(key: Key): { readonly end: Promise<AgentFailure | null>; drop(): void };
  /** Closes every connection, and with it every opened key. The next use connects anew. */
  close(): void;
}

export function createFleet(deps: FleetDeps): Fleet {
  let link: AgentLink | null = null;
  let best: AgentStatus = 'idle';
  let session: AgentSession | null = null;
  const windows = new Map<string, (failure: AgentFailure | null) => void>();
  const views = new Map<string, ControlCertificateView>();

  const join = (): AgentLink =>
    linkServices({
      views: deps.agents,
      grant: deps.grant,
      onStatus: (status) => {
        best = status;
      },
      onSession: (one) => {
        // Keys of a service that was found later than the others.
        if (session !== null) deps.changed();
        session = one;
      },
      onEvent: heard,
    });

  function heard(event: SessionEvent): void {
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
        session = null;
        endAll();
        deps.changed();
    }
  }

  function endAll(): void {
    for (const key of [...windows.keys()]) endWindow(key, { code: 'CLOSED', remaining: null });
  }

  function endWindow(key: string, failure: AgentFailure | null): void {
    const tell = windows.get(key);
    windows.delete(key);
    tell?.(failure);
  }

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
      const first = link === null;
      link ??= join();
      const looked = link.connect(byClick);
      // Once a service is there, the missing ones are looked for behind its back: on Windows a closed port takes two seconds to say so.
      if (first || session === null || byClick) await looked;
    },
    status: () => best,
    version: () => session?.version ?? '',
    async keys() {
      const found = session === null ? [] : await readKeys(session);
      const fresh = found.filter(({ sign }) => !views.has(sign));
      if (fresh.length > 0) {
        const asked = fresh.map(({ sign }, place) => ({ key: String(place), sign }));
        for (let at = 0; at < asked.length; at += AT_ONCE) {
          const judged = await deps.judge(asked.slice(at, at + AT_ONCE));
          if (judged === null) return null;
          for (const view of judged) {
            const one = asked[Number(view.key)];
            if (one !== undefined) views.set(one.sign, view);
          }
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
      link?.stop();
      session?.close();
      link = null;
      session = null;
      best = 'idle';
      endAll();
    },
  };
}
