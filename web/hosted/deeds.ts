import type { AgentLink } from './agent.ts';
import type { Answered, KeyDesk } from './desk.ts';
import { firstPinStep, type PageView } from './model.ts';
import type { Phone } from './phone.ts';
import { focusUnfolded } from './render/cards.ts';
import type { ActName } from './screen/notices.ts';

type Deed = (value: string) => void;
/** What the hub answers to a deed of this interaction: its newer view. */
type Asked = Promise<Answered<{ readonly view: PageView }>>;

/** What the buttons of a page do that the parts here cannot know. */
export interface PageDeeds {
  submit(): void;
  cancel?(interaction: string): Asked;
  redeliver?(interaction: string): Asked;
  /** In a frame: whoever holds it takes the person on. */
  stays?(): boolean;
  readonly more?: Partial<Readonly<Record<ActName, Deed>>>;
  /** Buttons that only this page knows. */
  other?(name: string, value: string): void;
}

/** Joins the page's buttons, cards and form to what they do. One listener for all: parts of the page come and go. */
export function listenToPerson(desk: KeyDesk, agent: AgentLink, phone: Phone, page: PageDeeds): void {
  const interaction = (): string => desk.model().view?.interaction ?? '';
  const connect = (): void => void agent.connect(true);

  const deeds: Readonly<Partial<Record<ActName, Deed>>> = {
    again: () => (desk.model().agent === 'connected' ? void readAgain() : connect()),
    connect,
    reconnect: connect,
    'use-key': () => {
      desk.change({ wantsKey: true });
      connect();
    },
    scan: () => phone.turnTo(),
    use: (id) => {
      choose(id);
      desk.page.focusPin();
    },
    other: () => desk.change({ pulled: null, chosen: null }),
    unfold: () => {
      const before = document.querySelectorAll('.list > .cert').length;
      desk.change({ unfolded: true });
      focusUnfolded(before);
    },
    why: (id) => desk.change({ shown: desk.model().shown === id ? null : id }),
    'pin-once': () => {
      desk.change({ pin: { at: 'dared' } });
      desk.page.focusPin();
    },
    mobile: (authority) => void phone.begin(authority),
    'mobile-other': () => phone.rechoose(),
    cancel: () => void cancel(),
    redeliver: () => void redeliver(),
    window: openWindow,
    ...page.more,
  };

  function choose(id: string): void {
    const model = desk.model();
    if (model.work !== null && model.work.step !== 'frame') return;
    const card = model.cards.find((one) => one.id === id) ?? null;
    desk.change({ chosen: id, shown: null, trouble: null, pulled: null, work: null, pin: firstPinStep(card) });
  }

  /** Everything anew, the hub's word on each certificate included. */
  async function readAgain(): Promise<void> {
    const cards = desk.model().cards.map((card) => ({ ...card, verdict: null }));
    desk.change({ cards, shown: null, trouble: null });
    await desk.refreshKeys();
  }

  /** At the hub first, then back: the trading system can ask what became of it. */
  async function cancel(): Promise<void> {
    const home = desk.model().view?.platform.homeUrl ?? '';
    const answer = await page.cancel?.(interaction());
    if (answer === undefined) return;
    if (!answer.ok) {
      desk.change({ fault: answer.error });
      return;
    }
    desk.seen(answer.value.view);
    if (answer.value.view.state === 'cancelled' && home !== '' && page.stays?.() !== true) location.assign(home);
  }

  async function redeliver(): Promise<void> {
    const answer = await page.redeliver?.(interaction());
    if (answer?.ok) desk.seen(answer.value.view);
  }

  document.addEventListener('click', (event) => {
    if (byPointer(event)) desk.page.focusPin();
    const pressed = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-act]') : null;
    if (pressed === null) return;
    event.preventDefault();
    const [name, value] = [pressed.dataset['act'] ?? '', pressed.dataset['value'] ?? ''];
    const deed = deeds[name as ActName];
    if (deed === undefined) page.other?.(name, value);
    else deed(value);
  });
  document.addEventListener('change', (event) => {
    if (event.target instanceof HTMLInputElement && event.target.name === 'certificate') choose(event.target.value);
  });
  document.addEventListener('submit', (event) => {
    event.preventDefault();
    page.submit();
  });
}

/** A card chosen with mouse or finger: the PIN comes next. Arrow keys stay in the group (their clicks count no presses). */
const byPointer = (event: MouseEvent): boolean =>
  event.detail > 0 && event.target instanceof HTMLInputElement && event.target.name === 'certificate';

export const openWindow = (): void => {
  window.open(location.href, '_blank', 'noopener');
};
