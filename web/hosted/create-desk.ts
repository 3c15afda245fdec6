import type { Api, Routes } from './api.ts';
import type { Boot } from './boot.ts';
import { type Desk, persist } from './desk.ts';
import type { AgentSession, Deed } from './dialects/dialect.ts';
import { type Judged, type Readable, readKeys } from './keys.ts';
import { type Card, choose, firstPinStep, type Model } from './model.ts';
import { drawClocks } from './render/clock.ts';
import type { SheetPage } from './render/sheet.ts';
import { hubClock } from './time.ts';

/** What makes one page different from another. */
export interface Program<A extends Routes<A>, M extends Model> {
  readonly boot: Boot;
  readonly api: Api<A>;
  readonly page: SheetPage<NonNullable<M['view']>>;
  readonly empty: M;
  draw(model: M): void;
  /** The hub's word on the plugged certificates; null: refused, and the page says why. */
  judge(desk: Desk<A, M>, certificates: readonly Readable[]): Promise<readonly Judged[] | null>;
  /** What this page wants of a key now; without it a signature of the challenge. */
  deed?(desk: Desk<A, M>): Deed;
  /** Changes that a newer view brings with it. */
  onView(desk: Desk<A, M>, view: NonNullable<M['view']>): Partial<M>;
  /** After the view has been drawn. */
  afterView(desk: Desk<A, M>, view: NonNullable<M['view']>): void;
}

/** The one holder of the model: every change goes through here and is drawn at once. */
export function createDesk<A extends Routes<A>, M extends Model>(program: Program<A, M>): Desk<A, M> {
  const { boot, api, page } = program;
  const clock = hubClock(() => performance.now());
  let model = program.empty;
  let session: AgentSession | null = null;
  let refreshing: Promise<void> | null = null;
  let stale = false;

  const desk: Desk<A, M> = {
    boot,
    api,
    page,
    model: () => model,
    session: () => session,
    holdSession: (next) => {
      session = next;
    },
    now: () => clock.now(),
    change: (patch) => {
      model = choose({ ...model, ...patch });
      program.draw(model);
      drawClocks(boot.words, clock.now());
    },
    ask: (name, request) => persist(desk, () => api.call(name, request)),
    seen,
    refused: (error) => {
      // Another road was quicker, or another window: how that ended, the view says.
      if (error.code === 'TASK_ENDED' && model.view !== null) return set({ work: null });
      const state = boot.stateOfCode[error.code] ?? 'trouble';
      set(boot.states[state].end ? { fault: error, work: null } : { trouble: { state, error } });
    },
    refreshKeys: () => {
      stale = true;
      refreshing ??= refreshAll().finally(() => {
        refreshing = null;
      });
      return refreshing;
    },
  };
  const set = (patch: Partial<Model>): void => desk.change(patch as Partial<M>);

  /** A newer view of the interaction; an older one that arrives late is dropped. */
  function seen(view: NonNullable<M['view']>): void {
    clock.set(view.now);
    if (model.view !== null && view.version < model.view.version) return;
    page.drawView(view);
    const mobile = mobileFrom(model, view, clock.now());
    desk.change({ view, mobile, ...program.onView(desk, view) } as Partial<M>);
    program.afterView(desk, view);
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
    const before = model.chosen;
    // The pulled card too: when its key comes back, what the hub has said of it still holds.
    const known = model.pulled === null ? model.cards : [...model.cards, model.pulled.card];
    const judge = (certificates: readonly Readable[]) => program.judge(desk, certificates);
    const cards = await readKeys(session, program.deed?.(desk) ?? 'sign', known, judge, (first) => put(first));
    if (cards !== null) put(cards);
    // Nobody has pressed anything: the page does not move away from what its person reads.
    if (model.chosen !== before && document.activeElement === document.body) page.focusPin({ preventScroll: true });
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
    set({ cards: merged, keysRead: true, ...returned });
    if (back !== undefined) page.focusPin();
  }

  return desk;
}

function mobileFrom(model: Model, view: NonNullable<Model['view']>, now: number): Model['mobile'] {
  const overdue = view.mobile !== null && view.mobile.expiresAt <= now;
  if (model.mobile.busy) return { ...model.mobile, overdue };
  return { ...model.mobile, authority: model.mobile.authority ?? view.mobile?.authority ?? null, overdue };
}
