import type { PageError } from '#hosted/api.ts';
import type { PreparedView, SignView } from '#hosted/sign-api.ts';
import type { TroubleState } from '#hosted/states.ts';
import type { AgentSession } from '../dialects/dialect.ts';
import { type Card, chosenCard } from '../model.ts';
import { createUnlock, type Unlock, withCard } from '../unlock.ts';
import type { Papers } from './papers.ts';
import { jobsOf, MOST_PLACES, placesOf, type SealJob } from './plan.ts';
import { type SignDesk, type SignModel, sealOfMade, signerOf } from './sign-desk.ts';

export interface Signing extends Unlock {
  /** The one button: says who it is, signs what is placed, or sends what is signed. `keep`: more is to be signed afterwards. */
  press(keep: boolean): Promise<void>;
  /** A newer view: by phone the next seal's turn comes with it. */
  heard(view: SignView): void;
  /** The page before this one was signing by phone: what is left of its seals goes on. `last`: and then the page's work ends. */
  resume(run: { readonly last: boolean }): Promise<void>;
  /** Nobody answers on the phone: back to the placing. */
  stop(): void;
}

/** Asks the hub for the phone's code of what is prepared. */
export type BeginPhone = (authority: string) => Promise<void>;

/** A prepared signature whose time is over is made anew, once. */
const STALE: ReadonlySet<string> = new Set(['SIGNING_EXPIRED']);

/** From the button to a signed document: first who it is, then one seal after another. A PIN is never tried twice. */
export function createSigning(
  desk: SignDesk,
  papers: Papers,
  beginPhone: BeginPhone,
  keepPlan: () => Promise<void>,
): Signing {
  const { boot, page } = desk;
  const interaction = (): string => desk.model().view?.interaction ?? '';
  let keeping = false;
  let known = 0;
  const unlock = createUnlock(
    desk,
    (card) => (signerOf(desk.model()) === null ? identify(card) : signAll(card)),
    () => desk.model().work?.step === 'judge',
  );

  async function press(keep: boolean): Promise<void> {
    const model = desk.model();
    const signer = signerOf(model);
    if (model.run !== null || model.view?.state !== 'claimed') return;
    if (signer === null) return unlock.submit();
    const missing = missingFor(model);
    if (missing === 'finish') return finish();
    desk.change({ hint: missing });
    if (missing !== null) return;
    keeping = keep;
    if (signer.road === 'mobile') await signOnPhone();
    else await unlock.submit();
  }

  /** A challenge that ran out meanwhile is fetched anew, once. */
  async function identify(card: Card, again = false): Promise<void> {
    const session = desk.session();
    if (session === null) return desk.change({ work: null });
    desk.change({ work: { step: 'sign' } });
    const challenge = await desk.ask('challenge', { interaction: interaction() });
    if (!challenge.ok) return refusedCard(card, challenge.error);
    const said = await session.sign(card.handle, challenge.value.text);
    if (!said.ok) return unlock.failed(card, said.failure);
    desk.change({ work: { step: 'judge' } });
    const { certificate, signature } = said.value;
    const verdict = await desk.ask('identify', { interaction: interaction(), certificate, signature });
    if (verdict.ok) return identified(verdict.value.view);
    const stale = verdict.error.code === 'CHALLENGE_EXPIRED' || verdict.error.code === 'CHALLENGE_USED';
    if (stale && !again) return identify(card, true);
    refusedCard(card, verdict.error);
  }

  function identified(view: SignView): void {
    desk.change({ changing: false });
    desk.seen(view);
    desk.change({ work: null });
    void desk.refreshKeys();
    const find = (selector: string) => document.querySelector<HTMLElement>(`#left-pane ${selector}`);
    (find('.seal.is-on') ?? find('.seal:not(:disabled)') ?? find('.btn'))?.focus();
  }

  /** The hub said no to this certificate, or to the whole interaction. */
  function refusedCard(card: Card, error: PageError): void {
    const state = boot.stateOfCode[error.code] ?? 'cert-invalid';
    if (boot.states[state].end) {
      desk.change({ work: null, fault: error });
      return;
    }
    const verdict = { state, error, final: !error.retry };
    desk.change({ work: null, cards: withCard(desk, card, { verdict }), shown: error.retry ? null : card.id });
    page.focusNotice();
  }

  /** One seal after another with the open key; what is signed stays signed when a later one fails. */
  async function signAll(card: Card): Promise<void> {
    const session = desk.session();
    if (session === null) return desk.change({ work: null });
    const jobs = jobsOf(desk.model());
    begin(jobs, 'key');
    for (const [at, job] of jobs.entries()) {
      const signed = await signOne(card, session, job, !keeping && at === jobs.length - 1);
      if (!signed) {
        freed();
        return;
      }
    }
    desk.change({ work: null });
    freed();
  }

  /** Nothing is being signed any more: the newest version is shown, and what is left can be moved. */
  function freed(): void {
    if (desk.model().run !== null) desk.change({ run: null });
    papers.look();
  }

  function begin(jobs: readonly SealJob[], road: 'key' | 'mobile'): void {
    const before = desk.model().view?.made.length ?? 0;
    desk.change({
      run: { jobs, done: 0, last: !keeping, road, before },
      work: road === 'key' ? { step: 'sign' } : null,
      trouble: null,
      hint: null,
      dismissed: null,
      kept: null,
    });
    papers.look();
  }

  async function signOne(card: Card, session: AgentSession, job: SealJob, last: boolean): Promise<boolean> {
    for (let again = false; ; again = true) {
      desk.change({ work: { step: 'sign' } });
      const prepared = await prepare(job);
      if (prepared === null) return false;
      const said = await session.signDocument(card.handle, prepared.toSign);
      if (!said.ok) {
        desk.change({ run: null });
        unlock.failed(card, said.failure);
        return false;
      }
      desk.change({ work: { step: 'judge' } });
      const { signature } = said.value;
      const answer = await desk.ask('complete', { interaction: interaction(), prepared: prepared.id, signature, last });
      if (answer.ok) {
        signed(job);
        desk.seen(answer.value.view);
        return true;
      }
      if (again || !STALE.has(answer.error.code)) {
        refusedJob(answer.error);
        return false;
      }
    }
  }

  async function prepare(job: SealJob): Promise<PreparedView | null> {
    const { seal, placements, straddle } = job;
    const version = desk.model().view?.document?.version;
    const answer = await desk.ask('prepare', {
      interaction: interaction(),
      seal,
      placements,
      straddle,
      ...(version !== undefined && { version }),
    });
    if (!answer.ok) {
      refusedJob(answer.error);
      return null;
    }
    desk.seen(answer.value.view);
    return answer.value.view.prepared;
  }

  /** Its places are part of the document now. */
  function signed(job: SealJob): void {
    const { run, invisible } = desk.model();
    if (run !== null) desk.change({ run: { ...run, done: run.done + 1 } });
    if (job.seal === null && invisible) desk.change({ invisible: false });
    if (job.seal !== null) papers.forget(job.seal);
  }

  /** The hub said no to a signature: everything placed stays as it is. */
  function refusedJob(error: PageError): void {
    const state: TroubleState = boot.stateOfCode[error.code] ?? 'trouble';
    const over = boot.states[state].end && state !== 'already-done';
    if (over) {
      desk.change({ work: null, run: null, fault: error });
      return;
    }
    desk.change({ work: null, run: null, trouble: { state, error } });
    page.focusNotice();
    // Perhaps the other road was quicker, or the answer before this one was lost.
    void look();
  }

  async function look(): Promise<void> {
    const answer = await desk.ask('view', { interaction: interaction() });
    if (answer.ok) desk.seen(answer.value.view);
  }

  async function finish(): Promise<void> {
    desk.change({ work: { step: 'judge' }, run: { jobs: [], done: 0, last: true, road: 'key', before: 0 } });
    const answer = await desk.ask('finish', { interaction: interaction() });
    if (!answer.ok) return refusedJob(answer.error);
    desk.seen(answer.value.view);
    desk.change({ work: null, run: null });
  }

  async function signOnPhone(): Promise<void> {
    begin(jobsOf(desk.model()), 'mobile');
    // A page that is loaded again goes on with what is left.
    await keepPlan();
    await nextOnPhone();
  }

  async function resume({ last }: { readonly last: boolean }): Promise<void> {
    const model = desk.model();
    const { view } = model;
    if (model.run !== null || view?.state !== 'claimed' || signerOf(model)?.road !== 'mobile') return;
    const { prepared: waiting, mobile } = view;
    const isWaiting = (job: SealJob): boolean => waiting !== null && job.seal === waiting.seal;
    const jobs = [...jobsOf(model)].sort((a, b) => Number(isWaiting(b)) - Number(isWaiting(a)));
    const [first] = jobs;
    if (first === undefined) return;
    keeping = !last;
    begin(jobs, 'mobile');
    // The phone is asked already, and its answer is heard.
    if (!isWaiting(first) || mobile?.step !== 'sign') await nextOnPhone();
  }

  async function nextOnPhone(): Promise<void> {
    const { run, view } = desk.model();
    const job = run?.jobs[run.done];
    if (run === null || job === undefined || view?.signer == null) return;
    desk.change({ run: { ...run, before: view.made.length } });
    const prepared = await prepare(job);
    if (prepared !== null) await beginPhone(view.signer.authority.id);
  }

  /** The hub has completed what the phone confirmed. */
  function heard(view: SignView): void {
    const { run } = desk.model();
    const fresh = view.made.slice(known);
    known = view.made.length;
    // Confirmed on the phone after all, or begun before a reload.
    if (run === null)
      for (const one of fresh) {
        const seal = sealOfMade(view, one);
        if (seal !== null) papers.forget(seal.id);
      }
    if (run?.road !== 'mobile' || view.made.length <= run.before) return;
    const job = run.jobs[run.done];
    if (job === undefined) return;
    signed(job);
    const more = (desk.model().run?.done ?? 0) < run.jobs.length && view.state === 'claimed';
    if (more) {
      desk.change({ run: { ...run, done: run.done + 1, before: view.made.length } });
      void nextOnPhone();
      return;
    }
    desk.change({ run: null, mobile: noPhone });
    papers.look();
  }

  return {
    ...unlock,
    unplugged: (handle) => {
      const pulled = chosenCard(desk.model())?.handle === handle;
      unlock.unplugged(handle);
      if (pulled && desk.model().pulled !== null) freed();
    },
    agentGone: () => {
      unlock.agentGone();
      if (desk.model().work === null && desk.model().run?.road === 'key') freed();
    },
    press,
    heard,
    resume,
    stop: () => {
      desk.change({ run: null, mobile: noPhone, dismissed: desk.model().view?.prepared?.id ?? null });
      papers.look();
    },
  };
}

const noPhone = { authority: null, busy: false, error: null, overdue: false } as const;

/** What stands between the button and a signature; `finish`: nothing is left to sign, and something is signed. */
function missingFor(model: SignModel): 'nothing' | 'not-shown' | 'finish' | null {
  const jobs = jobsOf(model);
  if (jobs.length === 0) return (model.view?.made.length ?? 0) > 0 ? 'finish' : 'nothing';
  if (model.paper.at !== 'shown') return 'not-shown';
  return jobs.every((job) => placesOf(job) <= MOST_PLACES) ? null : 'nothing';
}
