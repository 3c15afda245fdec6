import type { SignedGrant } from '#agent/protocol.ts';
import type { AgentView } from '#hosted/api.ts';
import type { AgentLink } from './agent.ts';
import type { PageLink } from './boot.ts';
import { openWindow } from './deeds.ts';
import type { Answered, KeyDesk } from './desk.ts';
import type { SessionEvent } from './dialects/dialect.ts';
import { byId } from './dom.ts';
import { listen } from './live.ts';
import { createLookout } from './lookout.ts';
import type { PageView } from './model.ts';
import { framedWithoutPermission, inFrame, loopbackPermission } from './permission.ts';
import { linkServices } from './services.ts';
import type { Unlock } from './unlock.ts';

/** What a claim brings. */
export interface Claim<V extends PageView> {
  readonly view: V;
  readonly agents: readonly AgentView[];
  /** Where the hub saw no cookie: the claim's secret, for memory only. */
  readonly claim: string | null;
}

export interface Claiming<V extends PageView> {
  hello(): Promise<Answered<unknown>>;
  claim(link: PageLink): Promise<Answered<Claim<V>>>;
  keepClaim(secret: string | null): void;
  /** The person goes on in a window of its own; or, after all, here. */
  moved?(): void;
  stayed?(): void;
}

/** Hello gives this browser its cookie, claim binds the interaction to it. null: the link is refused, and the page says why. */
export async function openLink<V extends PageView>(
  desk: KeyDesk,
  link: PageLink,
  ask: Claiming<V>,
): Promise<Claim<V> | null> {
  if (inFrame() && (framedWithoutPermission() || (await loopbackPermission()).state === 'denied')) {
    desk.change({ agent: 'framed' });
    await stayInFrame(() => ask.moved?.());
  }
  const hello = await ask.hello();
  const answer = hello.ok ? await ask.claim(link) : hello;
  if (!answer.ok) {
    desk.change({ fault: answer.error });
    return null;
  }
  ask.keepClaim(answer.value.claim);
  ask.stayed?.();
  return answer.value;
}

/** The token leaves the address bar, the history and every later Referer; the same browser reloads by its cookie. */
export function cleanAddress(folder: string, claim: Claim<PageView>): void {
  history.replaceState(null, '', `${folder}/i/${claim.view.interaction}${location.search}`);
  if (claim.claim !== null) document.getElementById('language')?.remove();
}

/** Re-reads the view whenever the hub names a newer version, until `over`. Answers the function that looks at once. */
export function follow<V extends PageView>(
  desk: KeyDesk,
  claim: Claim<V>,
  ask: (interaction: string) => Promise<Answered<{ readonly view: V }>>,
  over: () => boolean,
): () => Promise<void> {
  const { interaction } = claim.view;
  const known = (): number => desk.model().view?.version ?? 0;
  const lookout = createLookout(known, async () => {
    if (desk.model().leaving) return;
    const answer = await ask(interaction);
    if (answer.ok) desk.seen(answer.value.view);
    else desk.change({ fault: answer.error });
    if (over()) live.stop();
  });
  const live = listen(`/hosted/live?i=${encodeURIComponent(interaction)}`, claim.claim === null, lookout.hear);
  return lookout.look;
}

/** Joins the services of this computer to the desk: how they stand, their keys, their PIN windows. */
export function joinAgent(
  desk: KeyDesk,
  views: readonly AgentView[],
  unlock: Pick<Unlock, 'unplugged' | 'pinDone' | 'agentGone'>,
  grant: (nonce: string) => Promise<Answered<{ readonly grant: SignedGrant }>>,
): AgentLink {
  const hear = (event: SessionEvent): void => {
    switch (event.event) {
      case 'plugged':
        void desk.refreshKeys();
        return;
      case 'unplugged':
        unlock.unplugged(event.key);
        void desk.refreshKeys();
        return;
      case 'pinDone':
        void unlock.pinDone(event.key, event.failure);
        return;
      case 'closed':
        desk.holdSession(null);
        unlock.agentGone();
    }
  };
  return linkServices({
    views,
    grant: async (nonce) => {
      const answer = await grant(nonce);
      if (answer.ok) return answer.value.grant;
      desk.refused(answer.error);
      return null;
    },
    onStatus: (agent, services) => desk.change({ agent, services }),
    onSession: (session) => {
      desk.holdSession(session);
      void desk.refreshKeys();
    },
    onEvent: hear,
  });
}

/** Before the claim, so that a new window can still be the first browser: the person stays here only to use the phone. */
const stayInFrame = (moved: () => void): Promise<void> =>
  new Promise((resolve) => {
    const stage = byId('stage');
    stage.addEventListener('click', function hear(event) {
      const target = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-act]') : null;
      if (target?.dataset['act'] === 'window') {
        openWindow();
        moved();
      }
      if (target?.dataset['act'] !== 'scan') return;
      stage.removeEventListener('click', hear);
      resolve();
    });
  });
