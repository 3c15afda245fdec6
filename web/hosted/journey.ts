import type { LoginView } from '#hosted/api.ts';
import { linkAgent } from './agent.ts';
import type { Api } from './api.ts';
import type { Boot } from './boot.ts';
import { type Desk, persist, type Value } from './desk.ts';
import type { AgentSession, SessionEvent } from './dialects/dialect.ts';
import { byId } from './dom.ts';
import { readKeys } from './keys.ts';
import { listen } from './live.ts';
import { type Card, choose, emptyModel, firstPinStep, type Model } from './model.ts';
import { framedWithoutPermission } from './permission.ts';
import { drawClocks } from './render/clock.ts';
import type { Page } from './render/page.ts';
import { screenOf } from './screen/screen.ts';
import { createSigning, type Signing } from './signing.ts';
import { hubClock } from './time.ts';

const CLOCK_MS = 500;

/** The login page's story: hello, claim, then both roads until the interaction ends. */
export async function startJourney(boot: Boot, api: Api, page: Page, touch: boolean): Promise<void> {
  const clock = hubClock(() => performance.now());
  let model = emptyModel(touch);
  let session: AgentSession | null = null;
  let refreshing: Promise<void> | null = null;
  let minuteTold = false;

  const desk: Desk = {
    boot,
    api,
    page,
    timing: { signedMs: null, judgedMs: null },
    model: () => model,
    session: () => session,
    change: (patch) => {
      model = choose({ ...model, ...patch });
      page.draw(screenOf(model, boot, desk.timing));
      drawClocks(boot.words, clock.now());
    },
    ask: (name, request) => persist(desk, () => api.call(name, request)),
    seen,
    now: () => clock.now(),
    refreshKeys: () => {
      refreshing ??= refresh().finally(() => {
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
    const authority = view.mobile?.authority ?? model.mobile.authority;
    const overdue = view.mobile !== null && view.mobile.expiresAt <= clock.now();
    desk.change({
      view,
      leaving,
      mobile: { ...model.mobile, authority: model.mobile.busy ? model.mobile.authority : authority, overdue },
    });
    if (view.state !== 'claimed') closeAgent();
    // Replaced, not pushed: the way back must not lead into a used link.
    if (leaving) location.replace(next.url);
  }

  function closeAgent(): void {
    session?.close();
    session = null;
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
    const cards = await readKeys(session, model.cards, judge, (first) => {
      desk.change({ cards: first, keysRead: true, ...backAgain(first) });
    });
    if (cards === null) return;
    const chosenBefore = model.chosen;
    desk.change({ cards, keysRead: true, ...backAgain(cards) });
    if (model.chosen !== chosenBefore) page.focusPin();
  }

  /** The pulled key is back: the login goes on where it stood. */
  function backAgain(cards: readonly Card[]): Partial<Model> {
    const back = cards.find((card) => card.id === model.pulled?.card.id);
    return back === undefined ? {} : { pulled: null, chosen: back.id, pin: firstPinStep(back) };
  }

  const signing: Signing = createSigning(desk);

  async function heard(event: SessionEvent): Promise<void> {
    switch (event.event) {
      case 'plugged':
        return desk.refreshKeys();
      case 'unplugged':
        signing.unplugged(event.key);
        return desk.refreshKeys();
      case 'pinDone':
        return signing.pinDone(event.key, event.failure);
      case 'closed':
        session = null;
        signing.agentGone();
    }
  }

  const claim = await openLink(desk);
  if (claim === null) return;
  const { interaction } = claim.view;
  // The token leaves the address bar, the history and every later Referer; the same browser reloads by its cookie.
  history.replaceState(null, '', `/check/i/${interaction}${location.search}`);
  if (claim.claim !== null) document.getElementById('language')?.remove();
  seen(claim.view);
  const live = listen(interaction, claim.claim === null, (version) => {
    if (version === null || version > (model.view?.version ?? 0)) void look();
  });

  let looking = false;
  async function look(): Promise<void> {
    if (looking || model.leaving) return;
    looking = true;
    const answer = await desk.ask('view', { interaction });
    looking = false;
    if (answer.ok) seen(answer.value.view);
    else desk.change({ fault: answer.error });
    if (isOver(model)) live.stop();
  }

  setInterval(() => tick(), CLOCK_MS);
  function tick(): void {
    const now = clock.now();
    drawClocks(boot.words, now);
    const { view } = model;
    if (view?.state !== 'claimed') return;
    const left = view.expiresAt - now;
    byLeft(left);
    if (left <= 0 && !model.ended) {
      desk.change({ ended: true, work: null });
      void look();
    }
    const overdue = view.mobile !== null && view.mobile.expiresAt <= now;
    if (overdue !== model.mobile.overdue) desk.change({ mobile: { ...model.mobile, overdue } });
  }

  function byLeft(left: number): void {
    document.getElementById('left')?.classList.toggle('is-short', left < 60_000);
    if (left >= 60_000 || left <= 0 || minuteTold) return;
    minuteTold = true;
    page.announce(boot.words.login.minuteLeft);
  }

  if (isOver(model)) return live.stop();
  const agent = linkAgent({
    view: claim.agent,
    grant: async (nonce) => {
      const answer = await desk.ask('grant', { interaction, nonce });
      return answer.ok ? answer.value.grant : null;
    },
    onStatus: (status, version) => {
      if (status !== 'connected' || model.agent !== 'connected') desk.change({ agent: status, agentVersion: version });
    },
    onSession: (opened) => {
      session = opened;
      void desk.refreshKeys();
    },
    onEvent: (event) => void heard(event),
  });
  signing.listenTo(document, agent);
  if (!touch) void agent.connect(false);
  signing.offerMobile();
}

const isOver = (model: Model): boolean =>
  model.fault !== null || (model.view !== null && !['claimed', 'proved'].includes(model.view.state));

/** Hello gives this browser its cookie, claim binds the interaction to it. null: the link is refused, and the page says why. */
async function openLink(desk: Desk): Promise<Value<'claim'> | null> {
  const { link } = desk.boot;
  if (framedWithoutPermission()) {
    desk.change({ agent: 'framed' });
    await stayInFrame();
  }
  const hello = await desk.ask('hello', {});
  const answer = hello.ok ? await desk.ask('claim', link) : hello;
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
      if (target?.dataset['act'] === 'window') window.open(location.href, '_blank', 'noopener');
      if (target?.dataset['act'] === 'scan') resolve();
    });
  });
