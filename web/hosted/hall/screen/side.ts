import type { CustodianView, HallPhase, HallView } from '#hosted/hall-view-api.ts';
import type { Icon } from '#hosted/states.ts';
import { fill } from '../../boot.ts';
import { hourText, momentText } from '../../time.ts';
import { mayOf } from '../acts.ts';
import type { HallBoot } from '../hall-desk.ts';

/** What holds for all: the clock, the custodians, the record. */
export interface SideScreen {
  readonly brand: string;
  readonly phase: string;
  readonly clock: ClockScreen | null;
  readonly under: readonly string[];
  /** Counts up since the opening time. */
  readonly since: { readonly text: string; readonly from: number } | null;
  /** Share of the window that has passed; its start and end, hub's UTC ms. */
  readonly window: { readonly from: number; readonly to: number } | null;
  readonly keysHead: string;
  readonly keysCount: string;
  readonly keys: readonly KeyScreen[];
  readonly rule: string;
  readonly digest: string;
  /** The one thing that this seat does with the keys now. */
  readonly does: readonly { readonly act: string; readonly label: string; readonly busy: boolean }[];
}

export interface ClockScreen {
  readonly until: number | null;
  /** Stands still: nothing runs out. */
  readonly text: string;
}

export interface KeyScreen {
  readonly title: string;
  readonly word: string;
  readonly icon: Icon;
  readonly look: '' | 'wait' | 'bad';
}

export function sideScreen(view: HallView, boot: HallBoot, doing: string | null): SideScreen {
  const { hall: words } = boot;
  const { phase, keys } = view;
  const released = phase !== 'before' && phase !== 'due';
  const at = hourText(view.opensAt);
  return {
    brand: view.seat?.role === 'bidder' ? words.mine : words.pageTitle,
    phase: words.phase[phase],
    clock: clockOf(view),
    under: underOf(view, boot),
    since: phase === 'due' || phase === 'releasing' ? { text: words.sinceDue, from: view.opensAt } : null,
    window: phase === 'window' && view.window !== null ? { from: view.window.startedAt, to: view.window.endsAt } : null,
    keysHead: released ? words.keysHead : '',
    keysCount: released
      ? fill(words.keysReleased, { n: String(keys.released), of: String(keys.of) })
      : fill(words.keysSigned, { n: String(keys.checkedIn), of: String(keys.of) }),
    keys: keys.custodians.map((one) => keyScreen(one, boot)),
    // Once the window is open the rule has been kept, and its second half would be wrong.
    rule: released
      ? ''
      : fill(keys.needed === keys.of ? words.ruleAll : words.rule, {
          of: String(keys.of),
          n: String(keys.needed),
          at,
        }),
    digest: view.digest === null ? '' : fill(words.digest, { digest: view.digest }),
    does: (['check-in', 'release', 'start'] as const)
      .filter((act) => mayOf(view.may, act) !== null)
      .map((act) => ({ act, label: words.act[act], busy: doing === act })),
  };
}

const STILL: Readonly<Partial<Record<HallPhase, true>>> = { closed: true, finished: true, ended: true, aborted: true };

function clockOf(view: HallView): ClockScreen | null {
  if (STILL[view.phase]) return null;
  if (view.phase === 'before') return { until: view.opensAt, text: '' };
  if (view.phase === 'window') return { until: view.window?.endsAt ?? null, text: '' };
  if (view.phase === 'due') return { until: null, text: hourText(view.opensAt) };
  // The keys are waited for: how many have come is what the hall looks at.
  return { until: null, text: `${view.keys.released} / ${view.keys.needed}` };
}

function underOf(view: HallView, boot: HallBoot): readonly string[] {
  const { hall: words } = boot;
  const { window } = view;
  switch (view.phase) {
    case 'before':
      return [fill(words.at, { at: momentText(view.opensAt, boot.lang) }), words.secret];
    case 'due':
      return [words.waitHost];
    case 'releasing': {
      const more = Math.max(0, view.keys.needed - view.keys.released);
      return [fill(words.waitMore, { n: String(more) })];
    }
    case 'window':
    case 'closed':
    case 'finished':
    case 'ended':
    case 'aborted': {
      if (window === null) return [fill(words.at, { at: momentText(view.opensAt, boot.lang) })];
      const span = { from: hourText(window.startedAt), to: hourText(window.closedAt ?? window.endsAt) };
      const more = window.extensions.reduce((sum, one) => sum + one.minutes, 0);
      const first = fill(view.phase === 'window' ? words.span : words.spanClosed, span);
      return more === 0 ? [first] : [first, fill(words.extended, { n: String(more) })];
    }
  }
}

function keyScreen(one: CustodianView, boot: HallBoot): KeyScreen {
  const { hall: words } = boot;
  const title = one.deputy ? `${one.title}（${words.deputy}）` : one.title;
  const word = words.custodian[one.state];
  switch (one.state) {
    case 'released':
      return { title, word: one.at === null ? word : hourText(one.at, true), icon: 'unlock', look: '' };
    case 'bad-share':
      return { title, word, icon: 'bad', look: 'bad' };
    case 'absent':
    case 'checked-in':
    case 'not-needed':
      return { title, word, icon: 'lock', look: 'wait' };
  }
}
