import type { PlanView, SignView } from '#hosted/sign-api.ts';
import { isBare, planOf, restored } from './kept-plan.ts';
import type { Papers } from './papers.ts';
import { type SignDesk, type SignModel, sealOf, signerOf } from './sign-desk.ts';

/** What the person has placed outlives a reload and a move to another window: the hub keeps it with the task. */
export interface Keeping {
  /** After each change of the desk: what is new is kept, a while later. */
  look(): void;
  /** A newer view: what cannot stand any more is taken off, with a sentence. */
  seen(view: SignView): void;
  /** Kept now. */
  flush(): Promise<void>;
  /** Once seals and pages are there: what was kept stands again. `nothing`: nothing was. */
  restore(): 'not-yet' | 'nothing' | 'done';
  /** Another window was quicker: its places, or these. */
  takeTheirs(): Promise<void>;
  takeMine(): Promise<void>;
}

/** After a seal was put somewhere, and after the person only leafed. */
const [PLACED_MS, LEAFED_MS, AGAIN_MS] = [800, 5000, 5000];
/** Browsers refuse larger bodies of requests that outlive their page. */
const MOST_OUTLIVING = 60 * 1024;

/** `resume`: seals were being signed by phone, one after another, when the page before this one went. */
export function createKeeping(desk: SignDesk, papers: Papers, resume: (run: { last: boolean }) => void): Keeping {
  let revision = 0;
  /** What the hub has, as far as this page knows. */
  let kept = '';
  let looked: readonly unknown[] = [];
  let timer = 0;
  let sending: Promise<void> | null = null;
  let state: 'before' | 'keeping' | 'over' = 'before';
  let found: 'nothing' | 'done' = 'nothing';
  let paper = { version: 0, made: 0 };

  const free = (model: SignModel): boolean =>
    state === 'keeping' &&
    model.kept?.at !== 'elsewhere' &&
    model.view?.state === 'claimed' &&
    model.moved === null &&
    signerOf(model) !== null &&
    model.paper.at === 'shown';

  function look(): void {
    const model = desk.model();
    if (model.run !== null || !free(model)) return;
    const { placed, straddle, invisible, seal, page, zoom } = model;
    const now = [placed, straddle, invisible, page, seal, zoom];
    const changed = now.findIndex((one, at) => one !== looked[at]);
    looked = now;
    if (changed >= 0) later(changed < 3 ? PLACED_MS : LEAFED_MS);
  }

  function later(ms: number): void {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void keep(), ms);
  }

  /** The newest plan, and its text where the hub has another one. */
  function unkept(): { readonly plan: PlanView; readonly text: string } | null {
    const model = desk.model();
    if (!free(model)) return null;
    // Once a seal of the run is signed the hub has taken it out of the plan, and this page still shows it.
    const { run } = model;
    if (run !== null && (run.done > 0 || (model.view?.made.length ?? 0) > run.before)) return null;
    const plan = planOf(model);
    const text = JSON.stringify(plan);
    return text === kept || (revision === 0 && isBare(plan)) ? null : { plan, text };
  }

  async function keep(): Promise<void> {
    window.clearTimeout(timer);
    // One after the other: each names the revision that the one before it has got.
    while (sending !== null) await sending;
    const next = unkept();
    if (next === null) return;
    sending = send(next.plan, next.text).finally(() => {
      sending = null;
    });
    await sending;
  }

  async function send(plan: PlanView, text: string): Promise<void> {
    const interaction = desk.model().view?.interaction ?? '';
    const answer = await desk.api.call('plan', { interaction, revision, plan });
    if (answer.ok) {
      revision = answer.value.revision;
      kept = text;
      return;
    }
    if (answer.kind !== 'refused') return later(AGAIN_MS);
    if (answer.error.code === 'PLAN_CHANGED') desk.change({ kept: { at: 'elsewhere' } });
    // A newer document is on its way to this page; with it the plan is looked at again.
    else if (answer.error.code !== 'DOCUMENT_CHANGED') state = 'over';
  }

  /** The page goes: the last change goes with a request that outlives it. */
  function leave(): void {
    const next = unkept();
    if (next === null) return;
    const interaction = desk.model().view?.interaction ?? '';
    const body = JSON.stringify({ interaction, revision: sending === null ? revision : revision + 1, plan: next.plan });
    if (body.length > MOST_OUTLIVING) return;
    void fetch('/hosted/api/sign/plan', {
      method: 'POST',
      keepalive: true,
      headers: { 'content-type': 'application/json', ...desk.api.headers() },
      body,
      credentials: 'same-origin',
    }).catch(() => undefined);
  }
  window.addEventListener('pagehide', leave);

  function restore(): 'not-yet' | 'nothing' | 'done' {
    if (state !== 'before') return found;
    const model = desk.model();
    const { view } = model;
    if (view?.plan == null || view.document === null || view.state !== 'claimed') return 'not-yet';
    if (signerOf(model) === null || model.paper.at !== 'shown') return 'not-yet';
    state = 'keeping';
    revision = view.plan.revision;
    if (view.plan.kept !== null) found = apply(view.plan.kept, view);
    return found;
  }

  function apply(plan: PlanView, view: SignView): 'nothing' | 'done' {
    const model = desk.model();
    if (plan.version !== view.document?.version) {
      if (!isBare(plan)) desk.change({ kept: { at: 'other-document' } });
      return isBare(plan) ? 'nothing' : 'done';
    }
    const { places, straddle, gone } = restored(plan, view);
    const stand = papers.viewer.placeAll(places).length + (straddle === null ? 0 : 1);
    const missing = gone + places.length + (straddle === null ? 0 : 1) - stand;
    const chosen = sealOf(view, plan.chosen)?.usable === true ? plan.chosen : model.seal;
    desk.change({ straddle, invisible: plan.invisible, seal: chosen, zoom: plan.zoom });
    papers.straddled();
    if (plan.zoom !== null) papers.viewer.zoom(plan.zoom);
    if (model.page === 0 && plan.page > 0) papers.viewer.goTo(plan.page);
    desk.change({ kept: stand + missing === 0 ? null : { at: 'restored', n: stand, gone: missing } });
    if (missing === 0) kept = JSON.stringify({ ...planOf(desk.model()), run: plan.run });
    if (plan.run !== null && stand + (plan.invisible ? 1 : 0) > 0) resume(plan.run);
    return 'done';
  }

  function seen(view: SignView): void {
    const { version = 0 } = view.document ?? {};
    const exchanged = paper.version > 0 && version !== paper.version && view.made.length <= paper.made;
    paper = { version, made: view.made.length };
    if (state !== 'keeping' || view.state !== 'claimed' || desk.model().run !== null) return;
    const { placed, straddle } = desk.model();
    const all = placed.length + (straddle === null ? 0 : 1);
    if (all === 0) return;
    if (exchanged) {
      takeOff(() => true);
      desk.change({ kept: { at: 'other-document' } });
      return;
    }
    if (signerOf(desk.model()) === null) return;
    takeOff((seal) => sealOf(view, seal)?.usable !== true);
    const left = desk.model().placed.length + (desk.model().straddle === null ? 0 : 1);
    if (left < all) desk.change({ kept: { at: 'gone', n: all - left } });
  }

  function takeOff(which: (seal: string) => boolean): void {
    const { placed, straddle } = desk.model();
    for (const seal of new Set(placed.map((one) => one.seal.id))) if (which(seal)) papers.viewer.clear(seal);
    if (straddle === null || !which(straddle.seal.id)) return;
    desk.change({ straddle: null });
    papers.straddled();
  }

  async function present(): Promise<SignView | null> {
    const answer = await desk.ask('view', { interaction: desk.model().view?.interaction ?? '' });
    if (!answer.ok) {
      desk.refused(answer.error);
      return null;
    }
    desk.seen(answer.value.view);
    revision = answer.value.view.plan?.revision ?? revision;
    return answer.value.view;
  }

  return {
    look,
    seen,
    flush: keep,
    restore,
    takeTheirs: async () => {
      const view = await present();
      if (view === null || desk.model().run !== null) return;
      takeOff(() => true);
      desk.change({ kept: null });
      const theirs = view.plan?.kept ?? null;
      if (theirs !== null) apply({ ...theirs, run: null }, view);
    },
    takeMine: async () => {
      if ((await present()) === null) return;
      kept = '';
      desk.change({ kept: null });
      await keep();
    },
  };
}
