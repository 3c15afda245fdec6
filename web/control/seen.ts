/** Chromium's own word on whether anything lies over an element, also from the page around a frame (Intersection Observer v2). */
interface SeenEntry extends IntersectionObserverEntry {
  readonly isVisible?: boolean;
}

export interface Seen {
  /** false: the browser is sure that something covers it. Browsers that cannot say count as visible. */
  visible(): boolean;
  stop(): void;
}

/** A confirmation counts only where the person could see what he confirms: a page that lays its own picture over this window gets no click through it. */
export function seen(element: HTMLElement): Seen {
  let visible = true;
  if (typeof IntersectionObserverEntry === 'undefined' || !('isVisible' in IntersectionObserverEntry.prototype))
    return { visible: () => visible, stop: () => undefined };
  const observer = new IntersectionObserver(
    (entries: readonly SeenEntry[]) => {
      visible = entries[entries.length - 1]?.isVisible !== false;
    },
    { threshold: [0.5], trackVisibility: true, delay: 100 } as IntersectionObserverInit,
  );
  observer.observe(element);
  return { visible: () => visible, stop: () => observer.disconnect() };
}
