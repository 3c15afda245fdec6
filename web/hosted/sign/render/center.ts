import { byId, h, icon, slot, spin } from '../../dom.ts';
import { drawNotice } from '../../render/notice.ts';
import type { BarScreen, CenterScreen, CoverScreen } from '../screen/center.ts';
import type { SignBoot } from '../sign-desk.ts';

/** The middle: tools above the document, and a cover where there is none to see. */
export function createCenter(boot: SignBoot): { draw(screen: CenterScreen): void } {
  const [bar, cover] = [byId('viewer-bar'), byId('cover')];
  const goTo = h('input', {
    class: 'viewer__page',
    id: 'goto',
    type: 'number',
    min: '1',
    inputmode: 'numeric',
    'aria-label': boot.sign.viewer.goTo,
  });
  const [of, scale, same] = [h('span', { class: 'num' }), h('span', { class: 'num not-phone' }), h('span')];
  const { viewer: words } = boot.sign;
  const button = (act: string, label: string, picture: Parameters<typeof icon>[0], tone = ''): Node =>
    h(
      'button',
      { class: `btn btn--s btn--icon${tone}`, type: 'button', 'data-act': act, 'aria-label': label, title: label },
      icon(picture, 's'),
    );
  const move = h('span', { class: 'viewer__own', hidden: true }, button('window', boot.words.act.newWindow, 'window'));
  bar.replaceChildren(
    button('previous', words.previous, 'left'),
    h('span', { class: 'viewer__where' }, goTo, of),
    button('next', words.next, 'right'),
    h(
      'span',
      { class: 'viewer__zoom push not-phone' },
      button('zoom-out', words.zoomOut, 'minus'),
      scale,
      button('zoom-in', words.zoomIn, 'plus'),
      h('button', { class: 'btn btn--s', type: 'button', 'data-act': 'fit' }, words.fit),
    ),
    same,
    move,
  );
  const drawSame = slot<boolean>(same, (yes) =>
    yes ? [h('span', { class: 'tag is-ok not-narrow' }, icon('shield'), words.same)] : [],
  );
  const drawCover = slot<CoverScreen | null>(cover, (shown) => (shown === null ? [] : coverPart(boot, shown)));
  const drawBar = (shown: BarScreen): void => {
    goTo.max = String(shown.pages);
    if (document.activeElement !== goTo) goTo.value = String(shown.page);
    of.textContent = `/ ${shown.pages}`;
    scale.textContent = shown.scale;
    drawSame(shown.same);
    move.hidden = !shown.canMove;
  };
  return {
    draw: (screen) => {
      bar.hidden = screen.bar === null;
      if (screen.bar !== null) drawBar(screen.bar);
      cover.hidden = screen.cover === null;
      cover.classList.toggle('cover--drop', screen.cover?.kind === 'drop');
      // The line of a sending moves many times a second: no rebuild, so that 停止 keeps the focus.
      const { cover: shown } = screen;
      if (shown?.kind === 'sending' && cover.querySelector('progress') !== null) moveOn(cover, shown);
      else drawCover(shown);
    },
  };
}

function coverPart(boot: SignBoot, shown: CoverScreen): readonly Node[] {
  const { local } = boot.sign;
  switch (shown.kind) {
    case 'wait':
      return [h('p', { class: 'cover__wait', role: 'status' }, spin(), shown.text)];
    case 'notice':
      return [drawNotice(boot.words, shown.notice, true)];
    case 'drop':
      return [
        h(
          'div',
          { class: 'drop', id: 'drop' },
          icon('file', 'l'),
          h('h2', {}, local.title),
          h('p', {}, local.drop),
          h(
            'button',
            { class: 'btn btn--primary btn--big', type: 'button', 'data-act': 'choose-file', 'data-focus': 'choose' },
            local.choose,
          ),
          shown.said === ''
            ? null
            : h('p', { class: 'field__hint is-bad', role: 'alert' }, icon('warn', 's'), h('span', {}, shown.said)),
          shown.notice === null ? null : drawNotice(boot.words, shown.notice, true),
          h('p', { class: 'small dim' }, shown.limit),
        ),
      ];
    case 'sending':
      return [
        h(
          'div',
          { class: 'drop' },
          icon('file', 'l'),
          h('p', { role: 'status' }, shown.text),
          h('progress', { max: '1', value: String(shown.done), 'aria-label': shown.text }),
          h('p', { class: 'small dim num' }, shown.count),
          h('button', { class: 'btn', type: 'button', 'data-act': 'stop-upload', 'data-focus': 'stop' }, local.stop),
        ),
      ];
  }
}

function moveOn(cover: HTMLElement, shown: Extract<CoverScreen, { kind: 'sending' }>): void {
  const bar = cover.querySelector('progress');
  if (bar !== null) bar.value = shown.done;
  const count = cover.querySelector('.num');
  if (count !== null) count.textContent = shown.count;
}
