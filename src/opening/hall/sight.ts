import type { HallPhase } from './picture.ts';
import { has, type Seat } from './seat.ts';

/** How much of the bids somebody may see now. `number`: only how many. */
export type Sight = 'nothing' | 'number' | 'all';

/**
 * Before the gate nobody sees anything. At the opening time the host learns the number, and he alone, so that with fewer than three he can end it before anything
 * is released; with the release supervisors follow; with the window it is a public opening.
 */
export function sightOf(seat: Seat | undefined, phase: HallPhase): Sight {
  switch (phase) {
    case 'before':
      return 'nothing';
    case 'due':
      return has(seat, 'host') ? 'number' : 'nothing';
    case 'releasing':
      if (has(seat, 'host', 'supervisor')) return 'all';
      return seat === undefined ? 'nothing' : 'number';
    case 'ended':
    case 'aborted':
      return has(seat, 'host', 'supervisor') ? 'number' : 'nothing';
    case 'window':
    case 'closed':
    case 'finished':
      return 'all';
  }
}
