import type { AuthorityView } from '#hosted/api.ts';
import type { Desk } from './desk.ts';
import type { MobileRoad } from './model.ts';

/** The road by phone: one authority's QR code at a time. */
export interface Phone {
  /** With one vendor of mobile certificates its code is shown at once. */
  offer(): void;
  begin(authority: string): Promise<void>;
  /** Another vendor. */
  rechoose(): void;
  /** From the other road: to the code, or to the choice of a vendor. */
  turnTo(): void;
}

const idle: MobileRoad = { authority: null, busy: false, error: null, overdue: false };

export function createPhone(desk: Desk): Phone {
  const offers = (): readonly AuthorityView[] =>
    (desk.model().view?.authorities ?? []).filter((one) => one.media.includes('mobile'));

  async function begin(authority: string): Promise<void> {
    const { view, mobile } = desk.model();
    if (view === null || mobile.busy) return;
    desk.change({ mobile: { ...idle, authority, busy: true } });
    const answer = await desk.ask('mobile', { interaction: view.interaction, authority });
    if (answer.ok) {
      desk.change({ mobile: { ...idle, authority } });
      desk.seen(answer.value.view);
      return;
    }
    const state = desk.boot.stateOfCode[answer.error.code];
    if (state !== undefined && desk.boot.states[state].end) desk.change({ fault: answer.error });
    else desk.change({ mobile: { ...idle, authority, error: answer.error } });
  }

  function offer(): void {
    const [only, more] = offers();
    if (only === undefined || more !== undefined || desk.model().mobile.authority !== null) return;
    void begin(only.id);
  }

  return {
    offer,
    begin,
    rechoose: () => desk.change({ mobile: idle }),
    turnTo: () => {
      offer();
      const title = document.getElementById('scan-title');
      title?.scrollIntoView({ block: 'center' });
      title?.focus({ preventScroll: true });
    },
  };
}
