/** No mouse and a finger: a phone or a tablet, where the mobile certificate comes first. */
export function atTouch(): boolean {
  const touch = window.matchMedia('(hover: none) and (pointer: coarse)').matches;
  document.documentElement.classList.toggle('is-touch', touch);
  return touch;
}
