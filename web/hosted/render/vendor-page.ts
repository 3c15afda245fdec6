import type { IslandWords as Words } from '#hosted/words.ts';
import { h, icon, spin } from '../dom.ts';
import type { ScanScreen } from '../screen/scan.ts';

/** A vendor's own page: the digits are read first, then the person goes there; it leads back to this page. */
export function drawVendorPage({ mobile: { page, other } }: Words, scan: ScanScreen): readonly Node[] {
  const para = (text: string, tone = '', role?: string): Node => h('p', { class: `scan__p ${tone}`, role }, text);
  const again = h(
    'button',
    { class: 'btn', type: 'button', 'data-act': 'mobile', 'data-value': scan.authority, 'data-focus': 'renew' },
    icon('refresh'),
    page.again,
  );
  const switching = scan.canSwitch
    ? [
        h(
          'p',
          { class: 'scan__more' },
          h('button', { class: 'link', type: 'button', 'data-act': 'mobile-other', 'data-focus': 'other' }, other),
        ),
      ]
    : [];
  switch (scan.status) {
    case 'none':
    case 'choose':
      return [];
    case 'loading':
      return [h('div', { class: 'away' }, spin()), para(scan.hint, 'dim')];
    case 'waiting':
    case 'scanned':
      return [
        h(
          'p',
          { class: 'away scan__digits' },
          `${page.digits} `,
          h('b', { id: 'digits' }, scan.digits),
          h('span', {}, page.digitsHint),
        ),
        h('p', { class: 'away__go' }, go(scan)),
        para(scan.hint, 'dim'),
        ...(scan.until === null
          ? []
          : [
              h('p', {
                class: 'scan__more dim num',
                'aria-live': 'off',
                'data-timer': page.until,
                'data-until': String(scan.until),
              }),
            ]),
        ...switching,
      ];
    case 'expired':
    case 'cancelled':
    case 'failed':
      return [
        h('div', { class: 'away' }, icon(scan.status === 'expired' ? 'clock' : 'bad', 'l')),
        para(scan.over, '', 'status'),
        ...(scan.overHint === '' ? [] : [para(scan.overHint, 'dim')]),
        h('p', { class: 'away__go' }, again),
        ...switching,
      ];
  }
}

/** In a frame the vendor's page gets a window of its own: it may not be framed, and must not take this frame's place. */
const go = (scan: ScanScreen): Node =>
  h(
    'a',
    {
      // Beside a key's own button it is the second road; on a phone it is the first.
      class: `btn btn--wide${scan.touch ? ' btn--primary' : ''}`,
      href: scan.openUrl,
      rel: 'noreferrer noopener',
      target: window.top === window.self ? null : '_blank',
      id: 'open-vendor',
      'data-focus': 'open-vendor',
    },
    inParts(scan.openLabel),
  );

/** A label that breaks between its lines first, wherever it is too narrow for the whole. */
export const inParts = (label: string): Node =>
  h(
    'span',
    {},
    label.split('\n').map((part) => h('span', { class: 'part' }, part)),
  );
