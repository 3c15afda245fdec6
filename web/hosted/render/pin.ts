import type { IslandWords as Words } from '#hosted/words.ts';
import { h, icon } from '../dom.ts';
import type { PinScreen } from '../screen/pin-screen.ts';

/**
 * The PIN's place. The field is built once for a card and kept while only its hint changes, so that nothing typed is lost and the focus stays.
 * `one-time-code` instead of `off`: Chromium ignores `off` on a password field and offers to save it; a PIN must not reach a password store.
 */
export function pinPlace(
  words: Words,
  place: HTMLElement,
): { draw(pin: PinScreen | null): void; take(): string; focus(how?: FocusOptions): void } {
  let built = '';
  const input = h('input', {
    class: 'input input--pin',
    id: 'pin',
    name: 'pin',
    type: 'password',
    autocomplete: 'one-time-code',
    autocapitalize: 'off',
    spellcheck: 'false',
    maxlength: '64',
    'aria-describedby': 'pin-hint',
    'data-focus': 'pin',
  });
  const hint = h('p', { class: 'field__hint', id: 'pin-hint' });

  const build = (pin: PinScreen): readonly Node[] => {
    const label = h(
      'label',
      { class: 'field__label', for: 'pin' },
      words.key.pin,
      ' ',
      h('small', {}, pin.whose[0] ?? '', h('i', { class: 'sep' }), pin.whose[1] ?? ''),
    );
    switch (pin.entry) {
      case 'page':
        return [label, input, hint];
      case 'agent':
      case 'known':
        return [hint];
      case 'frame':
        return [
          h('iframe', {
            class: 'pin-frame',
            id: 'pin-frame',
            src: pin.url,
            title: words.key.pinFrame,
            referrerpolicy: 'no-referrer',
            sandbox: 'allow-scripts allow-same-origin allow-forms',
          }),
          hint,
        ];
    }
  };

  return {
    draw: (pin) => {
      const key = pin === null ? '' : JSON.stringify([pin.entry, pin.card, pin.url]);
      if (key !== built) {
        built = key;
        input.value = '';
        place.replaceChildren(...(pin === null ? [] : build(pin)));
        if (pin?.entry === 'frame') place.scrollIntoView({ block: 'nearest' });
      }
      if (pin === null) return;
      const open = pin.entry === 'page' && !pin.locked;
      input.toggleAttribute('readonly', !open);
      input.classList.toggle('is-wrong', pin.wrong);
      input.setAttribute('aria-invalid', pin.wrong ? 'true' : 'false');
      drawHint(hint, pin);
    },
    take: () => {
      const pin = input.value;
      input.value = '';
      return pin;
    },
    focus: (how) => {
      if (input.isConnected) input.focus(how);
    },
  };
}

function drawHint(hint: HTMLElement, pin: PinScreen): void {
  const tone = pin.wrong ? ' is-bad' : pin.entry === 'known' ? ' is-ok' : '';
  hint.className = `field__hint${tone}`;
  if (pin.wrong) hint.setAttribute('role', 'alert');
  else hint.removeAttribute('role');
  if (hint.dataset['said'] === pin.hint) return;
  hint.dataset['said'] = pin.hint;
  hint.replaceChildren(icon(pin.wrong ? 'warn' : pin.entry === 'known' ? 'ok' : 'lock', 's'), h('span', {}, pin.hint));
}
