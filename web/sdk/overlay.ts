/** Which browser features the frame must be handed to reach this computer's agent; both names of Chromium's Local Network Access. */
const ALLOW = 'loopback-network; local-network-access; local-network';
const COMMON = 'position:fixed;top:0;left:0;border:0;margin:0;padding:0;background:transparent;color-scheme:light;';
/** Out of sight but alive: a frame that is not displayed is not loaded by every browser. */
const HIDDEN = `${COMMON}width:1px;height:1px;opacity:0;pointer-events:none;z-index:-1;`;
const SHOWN = `${COMMON}width:100vw;height:100vh;z-index:2147483647;`;

export interface Overlay {
  readonly frame: HTMLIFrameElement;
  show(): void;
  hide(): void;
  remove(): void;
}

/** A frame for a page of the hub, with what it must be handed to reach the agent. */
export function hubFrame(title: string): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.setAttribute('allow', ALLOW);
  frame.title = title;
  frame.referrerPolicy = 'no-referrer';
  return frame;
}

/** The hub's frame: invisible until it has something to ask the person, then over the whole page. Focus goes in and comes back. */
export function overlay(host: HTMLElement, url: string, title: string): Overlay {
  const frame = hubFrame(title);
  frame.tabIndex = -1;
  frame.style.cssText = HIDDEN;
  frame.setAttribute('aria-hidden', 'true');
  frame.src = url;
  host.append(frame);
  let before: Element | null = null;
  return {
    frame,
    show: () => {
      before = document.activeElement;
      frame.style.cssText = SHOWN;
      frame.removeAttribute('aria-hidden');
      frame.focus();
    },
    hide: () => {
      frame.style.cssText = HIDDEN;
      frame.setAttribute('aria-hidden', 'true');
      if (before instanceof HTMLElement) before.focus();
      before = null;
    },
    remove: () => frame.remove(),
  };
}
