import type { IslandWords as Words } from '#hosted/words.ts';
import { h, icon, spin } from '../dom.ts';
import type { ScanScreen } from '../screen/scan.ts';
import { drawVendorPage, inParts } from './vendor-page.ts';

/** The column of phone and vendor's page. */
export function drawScan(words: Words, scan: ScanScreen): readonly Node[] {
  const { mobile } = words;
  const title = h('h2', { class: 'scan__t', id: 'scan-title', tabindex: '-1', 'data-focus': 'scan-title' }, scan.title);
  if (scan.medium === 'page' && scan.status !== 'choose' && scan.status !== 'none')
    return [title, ...drawVendorPage(words, scan)];
  switch (scan.status) {
    case 'none':
      return [title, para(scan.hint, 'dim')];
    case 'choose':
      return [title, pick(scan), para(scan.hint, 'dim')];
    case 'loading':
      return [title, h('div', { class: 'qr qr--blank' }, spin()), para(scan.hint, 'dim')];
    case 'waiting':
      return [
        title,
        openButton(scan),
        code(words, scan, null),
        para(hintOf(words, scan)),
        digits(words, scan),
        countdown(words, scan),
        other(words, scan),
      ].flatMap(present);
    case 'scanned': {
      const over = [icon('ok', 'l'), h('b', {}, scan.over)];
      return [
        title,
        code(words, scan, h('span', { class: 'qr__over is-ok' }, over)),
        para(scan.overHint),
        digits(words, scan),
        countdown(words, scan),
        other(words, scan),
      ].flatMap(present);
    }
    case 'expired':
      return [
        title,
        code(words, scan, renew(mobile.refresh, scan)),
        para(scan.over, '', 'status'),
        other(words, scan),
      ].flatMap(present);
    case 'cancelled':
      return [
        title,
        code(words, scan, renew(mobile.again, scan)),
        para(scan.over, '', 'status'),
        other(words, scan),
      ].flatMap(present);
    case 'failed':
      return [
        title,
        code(words, scan, renew(mobile.again, scan)),
        para(scan.over, '', 'status'),
        scan.overHint === '' ? null : para(scan.overHint, 'dim'),
        other(words, scan),
      ].flatMap(present);
  }
}

const present = <T>(node: T | null): readonly T[] => (node === null ? [] : [node]);

const para = (text: string, tone = '', role?: string): HTMLElement => h('p', { class: `scan__p ${tone}`, role }, text);

const hintOf = (words: Words, scan: ScanScreen): string =>
  scan.touch ? (scan.openUrl === null ? words.mobile.touchHint : words.mobile.openHint) : scan.hint;

/** The hub's SVG as a picture: whatever is in it, a picture runs nothing. */
function code(words: Words, scan: ScanScreen, over: Node | null): HTMLElement {
  const picture =
    scan.qrSvg === ''
      ? null
      : h('img', {
          src: `data:image/svg+xml,${encodeURIComponent(scan.qrSvg)}`,
          alt: over === null ? words.mobile.qr : '',
          width: '132',
          height: '132',
        });
  const hide = scan.touch && scan.openUrl !== null ? ' not-phone' : '';
  return h('div', { class: `qr${over === null ? '' : ' qr--over'}${hide}` }, picture, over);
}

const renew = (label: string, scan: ScanScreen): Node =>
  h(
    'span',
    { class: 'qr__over' },
    icon('refresh', 'l'),
    h(
      'button',
      {
        class: 'btn btn--s',
        type: 'button',
        'data-act': 'mobile',
        'data-value': scan.authority,
        'data-focus': 'renew',
      },
      label,
    ),
  );

const digits = (words: Words, scan: ScanScreen): Node =>
  h(
    'p',
    { class: 'scan__digits' },
    `${words.mobile.digits} `,
    h('b', { id: 'digits' }, scan.digits),
    h('span', {}, words.mobile.digitsHint),
  );

const countdown = (words: Words, scan: ScanScreen): Node | null =>
  scan.until === null
    ? null
    : h('p', {
        class: 'scan__more dim num',
        'aria-live': 'off',
        'data-timer': words.mobile.refreshIn,
        'data-until': String(scan.until),
      });

const other = (words: Words, scan: ScanScreen): Node | null =>
  scan.canSwitch
    ? h(
        'p',
        { class: 'scan__more' },
        h(
          'button',
          { class: 'link', type: 'button', 'data-act': 'mobile-other', 'data-focus': 'other' },
          words.mobile.other,
        ),
      )
    : null;

const openButton = (scan: ScanScreen): Node | null =>
  scan.touch && scan.openUrl !== null
    ? h(
        'a',
        {
          class: 'btn btn--primary btn--big btn--wide',
          href: scan.openUrl,
          rel: 'noreferrer',
          target: '_blank',
          id: 'open-app',
        },
        icon('phone'),
        scan.openLabel,
      )
    : null;

const pick = (scan: ScanScreen): Node =>
  h(
    'div',
    { class: 'scan__pick' },
    scan.offers.map((offer) =>
      h(
        'button',
        {
          class: 'btn',
          type: 'button',
          'data-act': 'mobile',
          'data-value': offer.id,
          'data-focus': `mobile-${offer.id}`,
        },
        icon(offer.medium === 'page' ? 'link' : 'phone'),
        inParts(offer.label),
      ),
    ),
  );
