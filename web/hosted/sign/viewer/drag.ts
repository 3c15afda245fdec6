import type { Leaves } from './leaves.ts';

/** Pixels a pointer may shake before a press is a drag. */
const SHAKE = 4;
/** Pixels at the upper and lower edge where the pages roll along, and how far in each frame. */
const [ROLL_AT, ROLL_BY] = [32, 12];

export interface Follower {
  move(to: { readonly page: number; readonly x: number; readonly y: number }, event: PointerEvent): void;
  end(went: boolean, event: PointerEvent): void;
  cancel(): void;
}

/** Until the button is up: a press that shook a little is no drag; Escape and a lost pointer take it back. At the edges the pages roll along. */
export function follow(leaves: Leaves, start: PointerEvent, follower: Follower): void {
  const { scroller } = leaves;
  let went = false;
  let last = start;
  let rolling = 0;
  const roll = () => {
    const box = scroller.getBoundingClientRect();
    const over = last.clientY < box.top + ROLL_AT ? -1 : last.clientY > box.bottom - ROLL_AT ? 1 : 0;
    if (went && over !== 0 && last.clientX > box.left && last.clientX < box.right) {
      scroller.scrollTop += over * ROLL_BY;
      step(last);
    }
    rolling = requestAnimationFrame(roll);
  };
  const step = (event: PointerEvent) => {
    const to = leaves.under(event.clientX, event.clientY);
    if (to !== null) follower.move(to, event);
  };
  const move = (event: PointerEvent) => {
    if (event.pointerId !== start.pointerId) return;
    last = event;
    went ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > SHAKE;
    if (went) step(event);
  };
  const stop = () => {
    cancelAnimationFrame(rolling);
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', up);
    window.removeEventListener('pointercancel', lost);
    window.removeEventListener('keydown', onEscape, true);
    window.removeEventListener('touchmove', still);
  };
  const up = (event: PointerEvent) => {
    if (event.pointerId !== start.pointerId) return;
    stop();
    follower.end(went, event);
  };
  const lost = (event: PointerEvent) => {
    if (event.pointerId !== start.pointerId) return;
    stop();
    follower.cancel();
  };
  const onEscape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    stop();
    follower.cancel();
  };
  const still = (event: TouchEvent) => event.preventDefault();
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', up);
  window.addEventListener('pointercancel', lost);
  window.addEventListener('keydown', onEscape, true);
  window.addEventListener('touchmove', still, { passive: false });
  rolling = requestAnimationFrame(roll);
}
