import type { Icon } from '#hosted/states.ts';

type Child = Node | string | null | readonly Child[];
type Attributes = Readonly<Record<string, string | boolean | null | undefined>>;

/** An element; texts become text nodes, so that nothing a person or a vendor wrote is ever markup. `false`, null: no attribute. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'string') element.setAttribute(name, value);
  }
  append(element, children);
  return element;
}

function append(element: HTMLElement, children: readonly Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child as readonly Child[]);
    else if (child !== null) element.append(child as Node | string);
  }
}

const SVG = 'http://www.w3.org/2000/svg';

/** From the page's sprite. */
export function icon(name: Icon, size: '' | 's' | 'l' = ''): Node {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', size === '' ? 'i' : `i i--${size}`);
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

export const spin = (): Node => h('span', { class: 'spin' });

/** A place of the page that is rebuilt only when what it shows has changed; focus inside it survives by `data-focus`. */
export function slot<T>(element: HTMLElement, build: (shown: T) => readonly Child[]): (shown: T) => void {
  let last = '';
  return (shown) => {
    const now = JSON.stringify(shown);
    if (now === last) return;
    last = now;
    const active = document.activeElement;
    const mark = active instanceof HTMLElement && element.contains(active) ? active.dataset['focus'] : undefined;
    element.replaceChildren();
    append(element, build(shown));
    if (mark === undefined) return;
    const again = element.querySelector<HTMLElement>(`[data-focus="${CSS.escape(mark)}"]`);
    again?.focus({ preventScroll: true });
  };
}

export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}
