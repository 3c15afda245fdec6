import type { IslandWords as Words } from '#hosted/words.ts';
import { h, icon } from '../dom.ts';
import { inFrame } from '../permission.ts';
import type { Action, NoticeScreen, Timer, VendorLine } from '../screen/notices.ts';

/** Where the trouble is: never a toast, never a dialogue over the page. `quiet` where the screen has its primary button elsewhere. */
export function drawNotice(
  words: Words,
  notice: NoticeScreen<string>,
  quiet: boolean,
  heading: 'h1' | 'p' = 'p',
): HTMLElement {
  const { text, timer } = notice;
  return h(
    'div',
    {
      class: `notice is-${notice.tone}`,
      id: notice.state,
      role: notice.tone === 'bad' ? 'alert' : 'status',
      tabindex: '-1',
      'data-focus': 'notice',
    },
    icon(notice.icon),
    h(heading, { class: 'notice__t' }, notice.title),
    text.length > 1
      ? h(
          'ol',
          {},
          text.map((line) => h('li', {}, line)),
        )
      : text.map((line) => h('p', {}, line)),
    timer === null ? null : drawTimer(timer, text.length > 0),
    notice.vendors.length === 0 ? null : drawVendors(words, notice.vendors),
    notice.actions.length === 0
      ? null
      : h(
          'div',
          { class: 'notice__do' },
          notice.actions.map((action) => drawAction(action, quiet)),
        ),
    notice.support === null
      ? null
      : h(
          'p',
          { class: 'support' },
          `${words.site.support} `,
          h('b', {}, notice.support),
          `　${words.site.supportHint}`,
        ),
  );
}

/** The clock writes into it (render/clock.ts). Not announced: a number that changes every second is noise to a screen reader. */
const drawTimer = (timer: Timer, dim: boolean): HTMLElement =>
  h('p', {
    class: dim ? 'dim num' : '',
    'aria-live': 'off',
    'data-timer': timer.text,
    'data-from': timer.from === undefined ? null : String(timer.from),
    'data-until': timer.until === undefined ? null : String(timer.until),
    'data-past': timer.past ?? null,
  });

/** Out of a frame: a page of another site may not stand in it, or has no session there. */
export function drawAction(action: Action, quiet: boolean): HTMLElement {
  const style = action.style === 'plain' || (quiet && action.style === 'primary') ? '' : ` btn--${action.style}`;
  const inside = [action.icon === undefined ? null : icon(action.icon), action.label];
  if (action.href !== undefined)
    return h(
      'a',
      {
        class: `btn${style}`,
        href: action.href,
        rel: 'noreferrer',
        target: action.beside ? '_blank' : inFrame() ? '_top' : null,
      },
      inside,
    );
  return h(
    'button',
    { class: `btn${style}`, type: 'button', 'data-act': action.act, 'data-value': action.value },
    inside,
  );
}

export const drawVendors = (words: Words, vendors: readonly VendorLine[]): HTMLElement =>
  h(
    'ul',
    { class: 'vendors' },
    vendors.map((vendor) =>
      h(
        'li',
        {},
        h('b', {}, vendor.name),
        h('span', { class: 'dim' }, `${words.act.hotline} `, telephone(vendor.hotline)),
        vendor.link === null
          ? null
          : h(
              'span',
              { class: 'vendors__links small' },
              h('a', { href: vendor.link.href, rel: 'noreferrer', target: '_blank' }, vendor.link.text),
            ),
      ),
    ),
  );

const telephone = (number: string): HTMLElement =>
  h('a', { class: 'num', href: `tel:${number.replace(/[^\d+]/g, '')}` }, number);
