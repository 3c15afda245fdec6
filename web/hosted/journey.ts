import type { LoginView } from '#hosted/api.ts';
import { linkAgent } from './agent.ts';
import type { Api } from './api.ts';
import type { Boot } from './boot.ts';
import { watchClock } from './countdown.ts';
import { listenToPerson, openWindow } from './deeds.ts';
import { type Desk, persist, type Value } from './desk.ts';
import type { AgentSession, SessionEvent } from './dialects/dialect.ts';
import { byId } from './dom.ts';
import { readKeys } from './keys.ts';
import { listen } from './live.ts';
import { type Card, choose, emptyModel, firstPinStep, isOver, type Model } from './model.ts';
import { framedWithoutPermission } from './permission.ts';
import { createPhone } from './phone.ts';
import { drawClocks } from './render/clock.ts';
import type { Page } from './render/page.ts';
import { screenOf } from './screen/screen.ts';
import { createSigning } from './signing.ts';
import { hubClock } from './time.ts';

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
      return answer.ok ? answer.value.grant : null;
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

function createDesk(boot: Boot, api: Api, page: Page, touch: boolean): Desk {
  const clock = hubClock(() => performance.now());
  let model = emptyModel(touch);
  let session: AgentSession | null = null;
  let refreshing: Promise<void> | null = null;
  let stale = false;

  const desk: Desk = {
    boot,
    api,
    page,
    timing: { signedMs: null, judgedMs: null },
    model: () => model,
    session: () => session,
    holdSession: (next) => {
      session = next;
    },
    now: () => clock.now(),
    change: (patch) => {
      model = choose({ ...model, ...patch });
      page.draw(screenOf(model, boot, desk.timing));
      drawClocks(boot.words, clock.now());
    },
    ask: (name, request) => persist(desk, () => api.call(name, request)),
    seen,
    refreshKeys: () => {
      stale = true;
      refreshing ??= refreshAll().finally(() => {
        refreshing = null;
      });
      return refreshing;
    },
  };

  /** A newer view of the interaction; an older one that arrives late is dropped. */
  function seen(view: LoginView): void {
    clock.set(view.now);
    if (model.view !== null && view.version < model.view.version) return;
    page.drawView(view);
    const { next } = view;
    const leaving = view.state === 'succeeded' && next?.kind === 'redirect';
    desk.change({ view, leaving, mobile: mobileFrom(model, view, clock.now()) });
    if (view.state !== 'claimed') {
      session?.close();
      session = null;
    }
    // Replaced, not pushed: the way back must not lead into a used link.
    if (leaving) location.replace(next.url);
  }

  /** A key plugged while the list is being read makes it stale: it is read once more. */
  async function refreshAll(): Promise<void> {
    while (stale) {
      stale = false;
      await refresh();
    }
  }

  async function refresh(): Promise<void> {
    if (session === null || model.view === null) return;
    const { interaction } = model.view;
    const judge = async (certificates: readonly { key: string; sign: string }[]) => {
      const answer = await desk.ask('certificates', { interaction, certificates });
      if (answer.ok) return answer.value.certificates;
      desk.change({ trouble: { state: boot.stateOfCode[answer.error.code] ?? 'trouble', error: answer.error } });
      return null;
    };
    const before = model.chosen;
    // The pulled card too: when its key comes back, what the hub has said of it still holds.
    const known = model.pulled === null ? model.cards : [...model.cards, model.pulled.card];
    const cards = await readKeys(session, known, judge, (first) => put(first));
    if (cards !== null) put(cards);
    if (model.chosen !== before && document.activeElement === document.body) page.focusPin();
  }

  /** What a slow reading brings must not undo what has happened to a key meanwhile. */
  function put(cards: readonly Card[]): void {
    const merged = cards.map((card) => ({
      ...card,
      verdict: model.cards.find((one) => one.id === card.id)?.verdict ?? card.verdict,
    }));
    const back = merged.find((card) => card.id === model.pulled?.card.id);
    const returned: Partial<Model> =
      back === undefined ? {} : { pulled: null, chosen: back.id, pin: firstPinStep(back) };
    desk.change({ cards: merged, keysRead: true, ...returned });
    if (back !== undefined) page.focusPin();
  }

  return desk;
}

function mobileFrom(model: Model, view: LoginView, now: number): Model['mobile'] {
  const overdue = view.mobile !== null && view.mobile.expiresAt <= now;
  if (model.mobile.busy) return { ...model.mobile, overdue };
  return { ...model.mobile, authority: model.mobile.authority ?? view.mobile?.authority ?? null, overdue };
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
