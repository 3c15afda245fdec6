import type { PageError } from '#hosted/api.ts';
import { type Card, chosenCard } from '../model.ts';
import { createUnlock, type Unlock, withCard } from '../unlock.ts';
import type { LoginDesk } from './login-desk.ts';

/** From the button to the hub's word: PIN, challenge, signature, evidence. */
export function createSigning(desk: LoginDesk): Unlock {
  const { boot, page } = desk;
  const interaction = (): string => desk.model().view?.interaction ?? '';
  const unlock = createUnlock(desk, (card) => sign(card));

  /** A challenge that ran out meanwhile is fetched anew, once. A PIN never is tried twice. */
  async function sign(card: Card, again = false): Promise<void> {
    const session = desk.session();
    if (session === null) {
      desk.change({ work: null });
      return;
    }
    const began = performance.now();
    desk.change({ work: { step: 'sign' } });
    const challenge = await desk.ask('challenge', { interaction: interaction() });
    if (!challenge.ok) {
      refused(card, challenge.error);
      return;
    }
    const said = await session.sign(card.handle, challenge.value.text);
    if (!said.ok) {
      unlock.failed(card, said.failure);
      return;
    }
    desk.change({ timing: { signedMs: performance.now() - began, judgedMs: null } });
    await judge(card, said.value, again);
  }

  async function judge(card: Card, signed: { certificate: string; signature: string }, again: boolean): Promise<void> {
    const began = performance.now();
    desk.change({ work: { step: 'judge' } });
    const { certificate, signature } = signed;
    const verdict = await desk.ask('evidence', { interaction: interaction(), certificate, signature });
    if (verdict.ok) {
      desk.change({ timing: { ...desk.model().timing, judgedMs: performance.now() - began } });
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
    const timing = { signedMs: null, judgedMs: null };
    const state = boot.stateOfCode[error.code] ?? 'cert-invalid';
    if (boot.states[state].end) {
      desk.change({ timing, work: null, fault: error });
      return;
    }
    const verdict = { state, error, final: !error.retry };
    const shown = error.retry ? null : card.id;
    desk.change({ timing, work: null, cards: withCard(desk, card, { verdict }), shown });
    page.focusNotice();
  }

  return {
    ...unlock,
    submit: async () => {
      const chosen = chosenCard(desk.model());
      if (chosen !== null) desk.change({ timing: { signedMs: null, judgedMs: null } });
      await unlock.submit();
    },
  };
}
