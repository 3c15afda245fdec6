import type { KeyDesk } from './desk.ts';
import type { AgentFailure } from './dialects/dialect.ts';
import { type Card, chosenCard, isReady } from './model.ts';
import { afterFailure, pulledOut } from './pin-failure.ts';

/** From the button to an open key: the PIN, wherever it is typed. What is done with the key then is the page's own deed. */
export interface Unlock {
  submit(): Promise<void>;
  pinDone(handle: string, failure: AgentFailure | null): Promise<void>;
  unplugged(handle: string): void;
  agentGone(): void;
  /** The agent could not do what was asked of the key. */
  failed(card: Card, failure: AgentFailure): void;
}

/** `proceed` runs once the key is open; `safe` says when a pulled key no longer matters, because its part is done. */
export function createUnlock(
  desk: KeyDesk,
  proceed: (card: Card) => Promise<void>,
  safe: () => boolean = () => desk.model().work?.step === 'judge',
): Unlock {
  const { boot, page } = desk;

  async function submit(): Promise<void> {
    const model = desk.model();
    const card = chosenCard(model);
    const session = desk.session();
    if (card === null || session === null || !isReady(card)) return;
    if (model.work !== null || model.pin.at === 'last') return;
    const pin = page.takePin();
    desk.change({ trouble: null, shown: null, cards: withCard(desk, card, { verdict: null }) });
    if (card.loggedIn) return open(card);
    if (card.pinEntry === 'agent') return openDialog(card);
    if (pin === '') {
      desk.change({ pin: { at: 'missing' } });
      page.focusPin();
      return;
    }
    desk.change({ work: { step: 'pin' } });
    const said = await session.login(card.handle, pin);
    if (said.ok) await open(card);
    else failed(card, said.failure);
  }

  async function open(card: Card): Promise<void> {
    desk.change({ cards: withCard(desk, card, { loggedIn: true }), pin: { at: 'asked' } });
    await proceed(card);
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
    if (failure === null) await open(card);
    else failed(card, failure);
  }

  function failed(card: Card, failure: AgentFailure): void {
    const { patch, next } = afterFailure(desk.model(), card, failure, desk.now());
    desk.change(patch);
    if (next === 'focus-pin') page.focusPin();
    if (next === 'focus-notice') page.focusNotice();
    if (next === 'read-keys') void desk.refreshKeys();
  }

  function unplugged(handle: string): void {
    const model = desk.model();
    const card = model.cards.find((one) => one.handle === handle);
    if (card === undefined || safe()) return;
    if (card.id !== model.chosen) {
      desk.change({ cards: model.cards.filter((one) => one !== card) });
      return;
    }
    page.takePin();
    desk.change(pulledOut(model, card, desk.now()));
  }

  return {
    submit,
    pinDone,
    unplugged,
    failed,
    agentGone: () => {
      if (!safe()) desk.change({ work: null });
    },
  };
}

export const withCard = (desk: KeyDesk, card: Card, patch: Partial<Card>): readonly Card[] =>
  desk.model().cards.map((one) => (one.id === card.id ? { ...one, ...patch } : one));
