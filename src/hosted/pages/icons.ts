import { raw } from 'hono/html';
import type { Icon } from '../states.ts';

/** The looks' own icons: 24 grid, drawn with the text's colour. */
const drawings: Readonly<Record<Icon, string>> = {
  bad: '<circle cx="12" cy="12" r="9"/><path d="M9 9l6 6M15 9l-6 6"/>',
  badge: '<circle cx="12" cy="9.5" r="6"/><path d="M8.5 14.500L7.5 21l4.5-2.5 4.5 2.5-1-6.5"/>',
  block: '<circle cx="12" cy="12" r="9"/><path d="M5.7 5.700l12.6 12.6"/>',
  clock: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.300l3.5 2"/>',
  down: '<path d="M12 4v11M7.5 11L12 15.5 16.5 11M4.5 20h15"/>',
  file: '<path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"/>',
  info: '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.500M12 7.700h.01"/>',
  link: '<path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.700l1-1"/>',
  left: '<path d="M15 5.500L8.500 12l6.5 6.500"/>',
  lock: '<rect x="5" y="10.5" width="14" height="10" rx="1.5"/><path d="M8 10.500V7.500a4 4 0 0 1 8 0v3"/>',
  minus: '<path d="M5 12h14"/>',
  ok: '<circle cx="12" cy="12" r="9"/><path d="M8 12.300l2.7 2.700L16 9.5"/>',
  phone: '<rect x="7" y="2.5" width="10" height="19" rx="2"/><path d="M11 18.5h2"/>',
  'plug-off': '<path d="M9 3v4M15 3v4M7 7h10v3c0 2.8-1.8 5-5 5s-5-2.2-5-5zM12 15v3M4 20.500h16"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  refresh: '<path d="M20 11.500a8 8 0 1 0-2 6M20 5.500v6h-6"/>',
  remove: '<path d="M6.500 6.500l11 11M17.500 6.500l-11 11"/>',
  right: '<path d="M9 5.500l6.5 6.500L9 18.500"/>',
  seal: '<path d="M5 20.500h14M6 17v-1.500c0-1.5 1.2-2.5 3-2.500h1.200V10C9 9.2 8.500 8.2 8.500 7a3.5 3.5 0 0 1 7 0c0 1.2-.5 2.2-1.7 3v3H15c1.8 0 3 1 3 2.500V17z"/>',
  server:
    '<rect x="4" y="4" width="16" height="7" rx="1.5"/><rect x="4" y="13" width="16" height="7" rx="1.5"/><path d="M7.5 7.500h.01M7.5 16.500h.01M11 7.500h5M11 16.500h5"/>',
  shield: '<path d="M12 3l7.5 2.6V11c0 4.7-3 8.2-7.5 10-4.5-1.8-7.5-5.3-7.5-10V5.600zM8.6 11.800l2.4 2.4 4.4-4.6"/>',
  swap: '<path d="M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4"/>',
  unlock: '<rect x="5" y="10.5" width="14" height="10" rx="1.5"/><path d="M8 10.500V7.500a4 4 0 0 1 7.7-1.5"/>',
  usb: '<path d="M8 10V4h8v6M6 10h12v7a4 4 0 0 1-4 4h-4a4 4 0 0 1-4-4zM10.5 7h.01M13.5 7h.01"/>',
  'usb-off': '<path d="M8 8V4h8v6h2v5M6 10v7a4 4 0 0 0 4 4h4a4 4 0 0 0 3.2-1.6M4 4l16 16"/>',
  users:
    '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.5-4 3-6 6.5-6s6 2 6.5 6M15.5 5a3.5 3.5 0 0 1 0 6.500M17.5 14.300c2.3.7 3.7 2.6 4 5.7"/>',
  warn: '<path d="M12 3.500L21.5 20h-19zM12 10v4.500M12 17.300h.01"/>',
  window: '<rect x="3" y="4.5" width="18" height="15" rx="1.5"/><path d="M3 9h18M6 6.800h.01M8.5 6.800h.01"/>',
};

/** One sprite a page; `icon` and the island refer to it. */
export const sprite = raw(
  `<svg class="sprite" width="0" height="0" aria-hidden="true">${Object.entries(drawings)
    .map(([name, drawing]) => `<symbol id="i-${name}" viewBox="0 0 24 24">${drawing}</symbol>`)
    .join('')}</svg>`,
);

export const icon = (name: Icon, size: '' | 's' | 'l' = '') =>
  raw(`<svg class="i${size === '' ? '' : ` i--${size}`}" aria-hidden="true"><use href="#i-${name}"/></svg>`);

export const brandMark = raw(
  '<svg class="brand__mark" viewBox="0 0 30 22" aria-hidden="true"><circle cx="11" cy="11" r="8"/><path d="M15.3 4.200A8 8 0 1 1 15.3 17.800"/></svg>',
);
