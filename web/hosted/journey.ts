import { linkAgent } from './agent.ts';
import type { Api } from './api.ts';
import type { Boot } from './boot.ts';
import { watchClock } from './countdown.ts';
import { createDesk } from './create-desk.ts';
import { listenToPerson, openWindow } from './deeds.ts';
import type { Desk, Value } from './desk.ts';
import type { SessionEvent } from './dialects/dialect.ts';
import { byId } from './dom.ts';
import { listen } from './live.ts';
import { isOver } from './model.ts';
import { framedWithoutPermission } from './permission.ts';
import { createPhone } from './phone.ts';
import type { Page } from './render/page.ts';
import { createSigning } from './signing.ts';

/** The login page's story: hello, claim, then both roads until the interaction ends. */
export async function startJourney(boot: Boot, api: Api, page: Page, touch: boolean): Promise<void> {
  const desk = createDesk(boot, api, page, touch);
  const claim = await openLink(desk);
  if (claim === null) return;
  const { interaction } = claim.view;
  // The token leaves the address bar, the history and every later Referer; the same browser reloads by its cookie.
  history.replaceState(null, '', `/check/i/${interaction}${location.search}`);
  if (claim.claim !== null) document.getElementById('language')?.remove();
  desk.seen(claim.view);
  if (isOver(desk.model())) return;

  let looking = false;
  const look = async (): Promise<void> => {
    if (looking || desk.model().leaving) return;
    looking = true;
    const answer = await desk.ask('view', { interaction });
    looking = false;
    if (answer.ok) desk.seen(answer.value.view);
    else desk.change({ fault: answer.error });
    if (isOver(desk.model())) live.stop();
  };
  const live = listen(interaction, claim.claim === null, (version) => {
    if (version === null || version > (desk.model().view?.version ?? 0)) void look();
  });
  watchClock(desk, look);

  const signing = createSigning(desk);
  const phone = createPhone(desk);
  const agent = linkAgent({
    view: claim.agent,
    grant: async (nonce) => {
      const answer = await desk.ask('grant', { interaction, nonce });
      if (answer.ok) return answer.value.grant;
      desk.refused(answer.error);
      return null;
    },
    onStatus: (status, version) => desk.change({ agent: status, agentVersion: version }),
    onSession: (session) => {
      desk.holdSession(session);
      void desk.refreshKeys();
    },
    onEvent: (event) => hear(event),
  });
  const hear = (event: SessionEvent): void => {
    switch (event.event) {
      case 'plugged':
        void desk.refreshKeys();
        return;
      case 'unplugged':
        signing.unplugged(event.key);
        void desk.refreshKeys();
        return;
      case 'pinDone':
        void signing.pinDone(event.key, event.failure);
        return;
      case 'closed':
        desk.holdSession(null);
        signing.agentGone();
    }
  };
  listenToPerson(desk, agent, signing, phone);
  if (!touch) void agent.connect(false);
  phone.offer();
}

/** Hello gives this browser its cookie, claim binds the interaction to it. null: the link is refused, and the page says why. */
async function openLink(desk: Desk): Promise<Value<'claim'> | null> {
  if (framedWithoutPermission()) {
    desk.change({ agent: 'framed' });
    await stayInFrame();
  }
  const hello = await desk.ask('hello', {});
  const answer = hello.ok ? await desk.ask('claim', desk.boot.link) : hello;
  if (!answer.ok) {
    desk.change({ fault: answer.error });
    return null;
  }
  const claimed = answer.value as Value<'claim'>;
  desk.api.keepClaim(claimed.claim);
  return claimed;
}

/** Before the claim, so that a new window can still be the first browser: the person stays here only to use the phone. */
const stayInFrame = (): Promise<void> =>
  new Promise((resolve) => {
    byId('stage').addEventListener('click', (event) => {
      const target = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-act]') : null;
      if (target?.dataset['act'] === 'window') openWindow();
      if (target?.dataset['act'] === 'scan') resolve();
    });
  });
