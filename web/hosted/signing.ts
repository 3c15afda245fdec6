import type { PageError } from '#hosted/api.ts';
import type { Desk } from './desk.ts';
import type { AgentFailure } from './dialects/dialect.ts';
import { type Card, chosenCard, isReady } from './model.ts';
import { afterFailure, pulledOut } from './pin-failure.ts';

/** From the button to the hub's word: PIN, challenge, signature, evidence. */
export interface Signing {
  submit(): Promise<void>;
  unplugged(handle: string): void;
  pinDone(handle: string, failure: AgentFailure | null): Promise<void>;
  agentGone(): void;
}

export function createSigning(desk: Desk): Signing {
  const { boot, page } = desk;
  const interaction = (): string => desk.model().view?.interaction ?? '';

  async function submit(): Promise<void> {
    const model = desk.model();
    const card = chosenCard(model);
    const session = desk.session();
    if (card === null || session === null || !isReady(card)) return;
    if (model.work !== null || model.pin.at === 'last') return;
    const pin = page.takePin();
    desk.change({ trouble: null, shown: null, cards: withCard(card, { verdict: null }) });
    if (card.loggedIn) return sign(card);
    if (card.pinEntry === 'agent') return openDialog(card);
    if (pin === '') {
      desk.change({ pin: { at: 'missing' } });
      page.focusPin();
      return;
    }
    desk.change({ work: { step: 'pin' } });
    const said = await session.login(card.handle, pin);
    if (said.ok) await sign(card);
    else failed(card, said.failure);
  }

  /** The agent shows its own field in a frame; `pinDone` follows. */
  async function openDialog(card: Card): Promise<void> {
    desk.change({ work: { step: 'pin' } });
    const said = await desk.session()?.pinDialog(card.handle);
    if (said === undefined || chosenCard(desk.model())?.id !== card.id) return;
    if (said.ok) desk.change({ work: { step: 'frame', url: inLanguage(said.value) } });
    else failed(card, said.failure);
  }

  /** The agent's window speaks the page's language. */
  function inLanguage(address: string): string {
    if (boot.lang === 'zh') return address;
    const url = new URL(address);
    url.searchParams.set('lang', boot.lang);
    return url.href;
  }

  async function pinDone(handle: string, failure: AgentFailure | null): Promise<void> {
    const card = chosenCard(desk.model());
    if (card?.handle !== handle || desk.model().work?.step !== 'frame') return;
    if (failure === null) await sign(card);
    else failed(card, failure);
  }

  function failed(card: Card, failure: AgentFailure): void {
    desk.timing = { signedMs: null, judgedMs: null };
    const { patch, next } = afterFailure(desk.model(), card, failure, desk.now());
    desk.change(patch);
    if (next === 'focus-pin') page.focusPin();
    if (next === 'focus-notice') page.focusNotice();
    if (next === 'read-keys') void desk.refreshKeys();
  }

  /** A challenge that ran out meanwhile is fetched anew, once. A PIN never is tried twice. */
  async function sign(card: Card, again = false): Promise<void> {
    const session = desk.session();
    if (session === null) {
      desk.change({ work: null });
      return;
    }
    const began = performance.now();
    desk.change({ cards: withCard(card, { loggedIn: true }), pin: { at: 'asked' }, work: { step: 'sign' } });
    const challenge = await desk.ask('challenge', { interaction: interaction() });
    if (!challenge.ok) {
      refused(card, challenge.error);
      return;
    }
    const said = await session.sign(card.handle, challenge.value.text);
    if (!said.ok) {
      failed(card, said.failure);
      return;
    }
    desk.timing = { signedMs: performance.now() - began, judgedMs: null };
    await judge(card, said.value, again);
  }

  async function judge(card: Card, signed: { certificate: string; signature: string }, again: boolean): Promise<void> {
    const began = performance.now();
    desk.change({ work: { step: 'judge' } });
    const { certificate, signature } = signed;
    const verdict = await desk.ask('evidence', { interaction: interaction(), certificate, signature });
    if (verdict.ok) {
      desk.timing = { ...desk.timing, judgedMs: performance.now() - began };
      desk.seen(verdict.value.view);
      desk.change({ work: null });
      return;
    }
    const stale = verdict.error.code === 'CHALLENGE_EXPIRED' || verdict.error.code === 'CHALLENGE_USED';
    if (stale && !again) await signAnew(card);
    else refused(card, verdict.error);
  }

  /** The challenge is gone: perhaps because the hub's answer was lost on its way to us, so look first. */
  async function signAnew(card: Card): Promise<void> {
    const answer = await desk.ask('view', { interaction: interaction() });
    if (answer.ok) desk.seen(answer.value.view);
    if (desk.model().view?.state === 'claimed') await sign(card, true);
    else desk.change({ work: null });
  }

  /** The hub said no: to the whole interaction, or to this certificate. */
  function refused(card: Card, error: PageError): void {
    desk.timing = { signedMs: null, judgedMs: null };
    const state = boot.stateOfCode[error.code] ?? 'cert-invalid';
    if (boot.states[state].end) {
      desk.change({ work: null, fault: error });
      return;
    }
    const verdict = { state, error, final: !error.retry };
    desk.change({ work: null, cards: withCard(card, { verdict }), shown: error.retry ? null : card.id });
    page.focusNotice();
  }

  const withCard = (card: Card, patch: Partial<Card>): readonly Card[] =>
    desk.model().cards.map((one) => (one.id === card.id ? { ...one, ...patch } : one));

  function unplugged(handle: string): void {
    const model = desk.model();
    const card = model.cards.find((one) => one.handle === handle);
    // With the evidence at the hub the key has done its part.
    if (card === undefined || model.work?.step === 'judge') return;
    if (card.id !== model.chosen) {
      desk.change({ cards: model.cards.filter((one) => one !== card) });
      return;
    }
    page.takePin();
    desk.change(pulledOut(model, card, desk.now()));
  }

  return {
    submit,
    unplugged,
    pinDone,
    agentGone: () => {
      if (desk.model().work?.step !== 'judge') desk.change({ work: null });
    },
  };
}
