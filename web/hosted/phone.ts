import type { AuthorityView, PageError } from '#hosted/api.ts';
import type { Answered, KeyDesk } from './desk.ts';
import type { MobileRoad, PageView } from './model.ts';
import { mediumOf } from './screen/medium.ts';

/** The road over a vendor's own service: one authority's QR code, or its own page, at a time. */
export interface Phone {
  /** With one vendor of mobile certificates its code is shown at once. */
  offer(): void;
  begin(authority: string): Promise<void>;
  /** Another vendor. */
  rechoose(): void;
  /** From the other road: to the code, or to the choice of a vendor. */
  turnTo(): void;
}

/** Asks the hub to begin, or renew, the road with one authority. */
export type BeginMobile = (interaction: string, authority: string) => Promise<Answered<{ readonly view: PageView }>>;

const idle: MobileRoad = { authority: null, busy: false, error: null, overdue: false };

export function createPhone(desk: KeyDesk, ask: BeginMobile): Phone {
  const offers = (): readonly AuthorityView[] =>
    (desk.model().view?.authorities ?? []).filter((one) => mediumOf(one) !== null);

  async function begin(authority: string): Promise<void> {
    const { view, mobile } = desk.model();
    if (view === null || mobile.busy) return;
    desk.change({ mobile: { ...idle, authority, busy: true } });
    const answer = await ask(view.interaction, authority);
    if (answer.ok) {
      desk.change({ mobile: { ...idle, authority } });
      desk.seen(answer.value.view);
    } else refused(authority, answer.error);
  }

  function refused(authority: string, error: PageError): void {
    // The other road was quicker: how that ended, the view says.
    if (error.code === 'TASK_ENDED') {
      desk.change({ mobile: idle });
      return;
    }
    const state = desk.boot.stateOfCode[error.code];
    if (state !== undefined && desk.boot.states[state].end) desk.change({ fault: error });
    else desk.change({ mobile: { ...idle, authority, error } });
  }

  function offer(): void {
    const [only, more] = offers();
    if (only === undefined || more !== undefined || desk.model().mobile.authority !== null) return;
    // A code is there to be scanned; nobody is led to another page unasked.
    if (mediumOf(only) === 'page') return;
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
