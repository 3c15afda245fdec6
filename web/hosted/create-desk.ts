import type { LoginView } from '#hosted/api.ts';
import type { Api } from './api.ts';
import type { Boot } from './boot.ts';
import { type Desk, persist } from './desk.ts';
import type { AgentSession } from './dialects/dialect.ts';
import { readKeys } from './keys.ts';
import { type Card, choose, emptyModel, firstPinStep, type Model } from './model.ts';
import { drawClocks } from './render/clock.ts';
import type { Page } from './render/page.ts';
import { screenOf } from './screen/screen.ts';
import { hubClock } from './time.ts';

/** The one holder of the model: every change goes through here and is drawn at once. */
export function createDesk(boot: Boot, api: Api, page: Page, touch: boolean): Desk {
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
    refused: (error) => {
      const state = boot.stateOfCode[error.code] ?? 'trouble';
      desk.change(boot.states[state].end ? { fault: error, work: null } : { trouble: { state, error } });
    },
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
      desk.refused(answer.error);
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
