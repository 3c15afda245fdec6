import type { AgentLink } from './agent.ts';
import type { Desk } from './desk.ts';
import type { AgentFailure } from './dialects/dialect.ts';
import { type Card, chosenCard, firstPinStep, isReady } from './model.ts';

/** The person's deeds on the page: choosing, PIN, signing, the phone, leaving. */
export interface Signing {
  listenTo(place: Document, agent: AgentLink): void;
  unplugged(handle: string): void;
  pinDone(handle: string, failure: AgentFailure | null): Promise<void>;
  agentGone(): void;
  /** With one vendor of mobile certificates its code is shown at once. */
  offerMobile(): void;
}

export function createSigning(desk: Desk): Signing {
  const { boot, page } = desk;
  const interaction = (): string => desk.model().view?.interaction ?? '';

  async function submit(): Promise<void> {
    const card = chosenCard(desk.model());
    const session = desk.session();
    if (card === null || session === null || !isReady(card) || desk.model().work !== null) return;
    if (desk.model().pin.at === 'last') return;
    const pin = card.pinEntry === 'page' ? page.takePin() : '';
    desk.change({ trouble: null, shown: null, cards: withCard(card, { verdict: null }) });
    if (card.loggedIn) return sign(card);
    if (card.pinEntry === 'agent') return openDialog(card);
    if (pin === '') {
      desk.change({ pin: { at: 'missing' } });
      return page.focusPin();
    }
    desk.change({ work: { step: 'pin' } });
    const said = await session.login(card.handle, pin);
    if (said.ok) return sign({ ...card, loggedIn: true });
    pinFailed(card, said.failure);
  }

  /** The agent shows its own field in a frame; `pinDone` follows. */
  async function openDialog(card: Card): Promise<void> {
    desk.change({ work: { step: 'pin' } });
    const said = await desk.session()?.pinDialog(card.handle);
    if (said === undefined) return;
    if (said.ok) desk.change({ work: { step: 'frame', url: said.value } });
    else pinFailed(card, said.failure);
  }

  async function pinDone(handle: string, failure: AgentFailure | null): Promise<void> {
    const card = chosenCard(desk.model());
    if (card?.handle !== handle || desk.model().work?.step !== 'frame') return;
    if (failure === null) await sign({ ...card, loggedIn: true });
    else pinFailed(card, failure);
  }

  function pinFailed(card: Card, failure: AgentFailure): void {
    const remaining = failure.remaining ?? card.pinRemaining;
    switch (failure.code) {
      case 'PIN_INCORRECT': {
        const cards = withCard(card, { pinRemaining: remaining, loggedIn: false });
        desk.change({ work: null, cards, pin: remaining === 1 ? { at: 'last' } : { at: 'wrong', remaining } });
        if (remaining > 1) page.focusPin();
        else focusNotice();
        return;
      }
      case 'PIN_LOCKED':
        desk.change({ work: null, cards: withCard(card, { pinRemaining: 0, loggedIn: false }), shown: card.id });
        return focusNotice();
      case 'PIN_CANCELLED':
        return desk.change({ work: null, pin: { at: 'cancelled' } });
      case 'PIN_REQUIRED':
        desk.change({ work: null, cards: withCard(card, { loggedIn: false }), pin: { at: 'asked' } });
        return page.focusPin();
      case 'KEY_REMOVED':
      case 'KEY_NOT_FOUND':
        return pulled(card);
      case 'PIN_ENTRY_WRONG':
        desk.change({ work: null });
        void desk.refreshKeys();
        return;
      case 'CLOSED':
        return desk.change({ work: null });
      default:
        desk.change({ work: null, pin: { at: 'failed' }, trouble: { state: 'pin-refused', error: null } });
    }
  }

  /** Challenge, signature, evidence. A challenge that ran out meanwhile is fetched anew, once; a PIN never is tried twice. */
  async function sign(card: Card, again = false): Promise<void> {
    const session = desk.session();
    if (session === null) return;
    const began = performance.now();
    desk.change({ cards: withCard(card, { loggedIn: true }), pin: { at: 'asked' }, work: { step: 'sign', began } });
    const challenge = await desk.ask('challenge', { interaction: interaction() });
    if (!challenge.ok) return refused(card, challenge.error, true);
    const said = await session.sign(card.handle, challenge.value.text);
    if (!said.ok) return signFailed(card, said.failure);
    const signedMs = performance.now() - began;
    desk.timing = { signedMs, judgedMs: null };
    const judging = performance.now();
    desk.change({ work: { step: 'judge', began: judging, signedMs } });
    const { certificate, signature } = said.value;
    const verdict = await desk.ask('evidence', { interaction: interaction(), certificate, signature });
    if (verdict.ok) {
      desk.timing = { signedMs, judgedMs: performance.now() - judging };
      desk.seen(verdict.value.view);
      return desk.change({ work: null });
    }
    const stale = verdict.error.code === 'CHALLENGE_EXPIRED' || verdict.error.code === 'CHALLENGE_USED';
    if (stale && !again) return resign(card);
    refused(card, verdict.error, verdict.error.retry);
  }

  /** The challenge is gone: perhaps because our own answer was lost on the way, so look first. */
  async function resign(card: Card): Promise<void> {
    const answer = await desk.ask('view', { interaction: interaction() });
    if (answer.ok) desk.seen(answer.value.view);
    if (desk.model().view?.state === 'claimed') return sign(card, true);
    desk.change({ work: null });
  }

  function signFailed(card: Card, failure: AgentFailure): void {
    desk.timing = { signedMs: null, judgedMs: null };
    if (failure.code === 'TEXT_REFUSED' || failure.code === 'OPERATION_NOT_GRANTED') {
      return desk.change({ work: null, trouble: { state: 'sign-failed', error: null } });
    }
    pinFailed(card, failure);
  }

  /** The hub said no to this certificate; `final` is false where another try with it may help. */
  function refused(card: Card, error: Parameters<typeof verdictOf>[0], retry: boolean): void {
    desk.timing = { signedMs: null, judgedMs: null };
    if (isEnd(error.code)) return desk.change({ work: null, fault: error });
    desk.change({
      work: null,
      cards: withCard(card, { verdict: verdictOf(error, retry) }),
      shown: retry ? null : card.id,
    });
    focusNotice();
  }

  const isEnd = (code: string): boolean => {
    const state = boot.stateOfCode[code];
    return state !== undefined && boot.states[state].end === true;
  };

  const verdictOf = (error: import('#hosted/api.ts').PageError, retry: boolean) => ({
    state: boot.stateOfCode[error.code] ?? ('cert-invalid' as const),
    error,
    final: !retry,
  });

  const withCard = (card: Card, patch: Partial<Card>): readonly Card[] =>
    desk.model().cards.map((one) => (one.id === card.id ? { ...one, ...patch } : one));

  const focusNotice = (): void => document.querySelector<HTMLElement>('#key-form .notice')?.focus();

  function pulled(card: Card): void {
    page.takePin();
    const rest = desk.model().cards.filter((one) => one.id !== card.id);
    desk.change({ work: null, pulled: { card: { ...card, loggedIn: false }, since: desk.now() }, cards: rest });
  }

  function unplugged(handle: string): void {
    const { cards, chosen, work } = desk.model();
    const card = cards.find((one) => one.handle === handle);
    if (card === undefined) return;
    // Evidence is with the hub already: the key has done its part.
    if (work?.step === 'judge') return;
    if (card.id === chosen) pulled(card);
    else desk.change({ cards: cards.filter((one) => one !== card) });
  }

  async function beginMobile(authority: string): Promise<void> {
    desk.change({ mobile: { authority, busy: true, error: null, overdue: false } });
    const answer = await desk.ask('mobile', { interaction: interaction(), authority });
    if (answer.ok) {
      desk.change({ mobile: { authority, busy: false, error: null, overdue: false } });
      return desk.seen(answer.value.view);
    }
    if (isEnd(answer.error.code)) return desk.change({ fault: answer.error });
    desk.change({ mobile: { authority, busy: false, error: answer.error, overdue: false } });
  }

  function toScan(): void {
    const offers = mobileOffers();
    const [only] = offers;
    const idle = desk.model().mobile.authority === null;
    if (offers.length === 1 && only !== undefined && idle) void beginMobile(only.id);
    const title = document.getElementById('scan-title');
    title?.scrollIntoView({ block: 'center' });
    title?.focus({ preventScroll: true });
  }

  const mobileOffers = () => (desk.model().view?.authorities ?? []).filter((one) => one.media.includes('mobile'));

  /** Cancelled at the hub first, then back: the trading system can ask what became of it. */
  async function cancel(): Promise<void> {
    const home = desk.model().view?.platform.homeUrl ?? '';
    const answer = await desk.ask('cancel', { interaction: interaction() });
    if (!answer.ok) return desk.change({ fault: answer.error });
    desk.seen(answer.value.view);
    if (answer.value.view.state === 'cancelled' && home !== '') location.assign(home);
  }

  async function redeliver(): Promise<void> {
    const answer = await desk.ask('redeliver', { interaction: interaction() });
    if (answer.ok) desk.seen(answer.value.view);
  }

  function pick(id: string): void {
    const card = desk.model().cards.find((one) => one.id === id) ?? null;
    desk.change({ chosen: id, shown: null, trouble: null, pulled: null, pin: firstPinStep(card) });
    page.focusPin();
  }

  function act(name: string, value: string, agent: AgentLink): void {
    const { model } = desk;
    switch (name) {
      case 'again':
        void (model().agent === 'connected' ? rereadKeys() : agent.connect(true));
        return;
      case 'connect':
      case 'reconnect':
        void agent.connect(true);
        return;
      case 'use-key':
        desk.change({ wantsKey: true });
        void agent.connect(true);
        return;
      case 'scan':
        return toScan();
      case 'use':
        return pick(value);
      case 'other':
        return desk.change({ pulled: null, chosen: null });
      case 'why':
        return desk.change({ shown: model().shown === value ? null : value });
      case 'pin-once':
        desk.change({ pin: { at: 'dared' } });
        return page.focusPin();
      case 'mobile':
        void beginMobile(value);
        return;
      case 'mobile-other':
        return desk.change({ mobile: { authority: null, busy: false, error: null, overdue: false } });
      case 'cancel':
        void cancel();
        return;
      case 'redeliver':
        void redeliver();
        return;
      case 'window':
        window.open(location.href, '_blank', 'noopener');
    }
  }

  /** Everything anew, the hub's word on each certificate included. */
  async function rereadKeys(): Promise<void> {
    desk.change({ cards: desk.model().cards.map((card) => ({ ...card, verdict: null })), shown: null });
    await desk.refreshKeys();
  }

  return {
    listenTo: (place, agent) => {
      place.addEventListener('click', (event) => {
        const target = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-act]') : null;
        if (target === null) return;
        event.preventDefault();
        act(target.dataset['act'] ?? '', target.dataset['value'] ?? '', agent);
      });
      place.addEventListener('change', (event) => {
        if (event.target instanceof HTMLInputElement && event.target.name === 'certificate') pick(event.target.value);
      });
      place.addEventListener('submit', (event) => {
        event.preventDefault();
        void submit();
      });
    },
    unplugged,
    pinDone,
    agentGone: () => {
      if (desk.model().work?.step !== 'judge') desk.change({ work: null });
    },
    offerMobile: () => {
      const offers = mobileOffers();
      const [only] = offers;
      if (offers.length === 1 && only !== undefined && desk.model().view?.mobile === null) void beginMobile(only.id);
    },
  };
}
