import { h, icon, spin } from '../hosted/dom.ts';
import type { Key } from './fleet.ts';
import { seen } from './seen.ts';
import { words } from './words.ts';

/** What the person is asked. */
export interface Question {
  readonly kind: 'login' | 'sign' | 'decrypt';
  readonly key: Key;
  /** Begin of a text to be signed; null: not a text. */
  readonly excerpt: string | null;
  readonly size: number | null;
  readonly sm3: string | null;
}

export type PinState =
  | { readonly at: 'ask' | 'agent' | 'known' }
  | { readonly at: 'hint'; readonly text: string }
  /** The agent's own field. */
  | { readonly at: 'window'; readonly url: string };

export type Reply = { readonly act: 'confirm'; readonly pin: string } | { readonly act: 'cancel' };

export interface Sheet {
  ask(question: Question, pin: PinState): Promise<Reply>;
  /** The agent's window stands in the sheet; resolves when the person cancels. */
  window(question: Question, url: string): Promise<Reply>;
  working(question: Question): void;
  trouble(title: string, text: string, act: string | null): Promise<'again' | 'cancel'>;
  /** Nothing to ask any more. */
  hide(): void;
}

export interface SheetDeps {
  readonly stage: HTMLElement;
  readonly announce: (text: string) => void;
  readonly platform: string;
  /** Host of the page that asks. */
  readonly asker: string;
  /** Host of the hub, as it should read. */
  readonly host: string;
  readonly supportCode: string;
  readonly show: () => void;
  readonly hide: () => void;
}

/** The hub's window over the trading system's page. It shows who asks, what for and with which key, and takes the PIN. */
export function createSheet(deps: SheetDeps): Sheet {
  let open = false;

  function draw(title: string, body: readonly (Node | null)[], cancel: (() => void) | null): HTMLElement {
    const sheet = h(
      'section',
      { class: 'dialog', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'title' },
      h(
        'header',
        { class: 'dialog__bar' },
        h('span', { class: 'dialog__site' }, icon('shield', 's'), words.site),
        h('span', { class: 'code dim' }, deps.host),
      ),
      h('div', { class: 'dialog__body' }, h('h1', { id: 'title' }, title), ...body),
      h('footer', { class: 'dialog__foot dim' }, `${words.support} `, h('span', { class: 'code' }, deps.supportCode)),
    );
    sheet.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && cancel !== null) cancel();
      if (event.key === 'Tab') keepInside(sheet, event);
    });
    deps.stage.replaceChildren(h('div', { class: 'scrim' }, sheet));
    if (!open) deps.show();
    open = true;
    deps.announce(title);
    return sheet;
  }

  const asks = (question: Question): Node =>
    h(
      'p',
      { class: 'dialog__asks' },
      h('b', {}, deps.platform),
      h('span', { class: 'code dim' }, `（${deps.asker}）`),
      words[question.kind].asks,
    );

  function about(question: Question): readonly (Node | null)[] {
    const facts = [
      question.size === null ? null : words.bytes(question.size),
      question.sm3 === null ? null : words.sm3(question.sm3),
    ].filter((one) => one !== null);
    return [
      asks(question),
      question.kind === 'sign'
        ? h('blockquote', { class: 'quote', tabindex: '0' }, question.excerpt ?? words.binary)
        : null,
      facts.length === 0 ? null : h('p', { class: 'dialog__facts dim' }, facts.join(' · ')),
      card(question.key),
    ];
  }

  function ask(question: Question, pin: PinState): Promise<Reply> {
    return new Promise((resolve) => {
      const cancel = () => resolve({ act: 'cancel' });
      const input = h('input', {
        class: 'input input--pin',
        id: 'pin',
        type: 'password',
        autocomplete: 'one-time-code',
        autocapitalize: 'off',
        spellcheck: 'false',
        maxlength: '64',
        'aria-describedby': 'hint',
      });
      const bad = pin.at === 'hint';
      const onPage = question.key.info.pinEntry === 'page' && pin.at !== 'known';
      const hint = h('p', { class: `field__hint${bad ? ' is-bad' : ''}`, id: 'hint' });
      const say = (text: string, alarm: boolean) => {
        hint.className = `field__hint${alarm ? ' is-bad' : pin.at === 'known' ? ' is-ok' : ''}`;
        if (alarm) hint.setAttribute('role', 'alert');
        hint.replaceChildren(icon(alarm ? 'warn' : 'lock', 's'), h('span', {}, text));
      };
      say(hintOf(pin, onPage), bad);
      input.classList.toggle('is-wrong', bad && onPage);
      const confirm = h('button', { class: 'btn btn--primary btn--big', type: 'submit' }, words[question.kind].act);
      const form = h(
        'form',
        { class: 'dialog__form', autocomplete: 'off' },
        ...(onPage ? [h('label', { class: 'field__label', for: 'pin' }, words.pin), input] : []),
        hint,
        h(
          'div',
          { class: 'dialog__do' },
          withClick(h('button', { class: 'btn btn--big', type: 'button' }, words.cancel), cancel),
          confirm,
        ),
      );
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        const typed = input.value;
        if (onPage && typed === '') {
          say(words.pinMissing, true);
          return input.focus();
        }
        if (!watch.visible()) return say(words.covered, true);
        input.value = '';
        watch.stop();
        resolve({ act: 'confirm', pin: typed });
      });
      const sheet = draw(words[question.kind].title, [...about(question), form], cancel);
      const watch = seen(sheet);
      (onPage ? input : confirm).focus();
    });
  }

  return {
    ask,
    window: (question, url) =>
      new Promise((resolve) => {
        const cancel = () => resolve({ act: 'cancel' });
        const frame = h('iframe', {
          class: 'pin-frame',
          id: 'pin-frame',
          src: url,
          title: words.pinAgent,
          referrerpolicy: 'no-referrer',
          sandbox: 'allow-scripts allow-same-origin allow-forms',
        });
        frame.addEventListener('load', () => frame.focus());
        const stop = withClick(h('button', { class: 'btn btn--big', type: 'button' }, words.cancel), cancel);
        const body = [asks(question), card(question.key), frame, h('div', { class: 'dialog__do' }, stop)];
        draw(words[question.kind].title, body, cancel);
      }),
    working: (question) => {
      const line = question.kind === 'login' ? '' : words[question.kind].working;
      draw(words[question.kind].title, [card(question.key), h('p', { class: 'dialog__busy' }, spin(), line)], null);
    },
    trouble: (title, text, act) =>
      new Promise((resolve) => {
        const cancel = () => resolve('cancel');
        const again = withClick(h('button', { class: 'btn btn--primary btn--big', type: 'button' }, act ?? ''), () =>
          resolve('again'),
        );
        const stop = act === null ? words.close : words.cancel;
        const sheet = draw(
          title,
          [
            h('p', { class: 'dialog__asks' }, text),
            h(
              'div',
              { class: 'dialog__do' },
              withClick(h('button', { class: 'btn btn--big', type: 'button' }, stop), cancel),
              act === null ? null : again,
            ),
          ],
          cancel,
        );
        (sheet.querySelector<HTMLElement>('.btn--primary') ?? sheet.querySelector<HTMLElement>('.btn'))?.focus();
      }),
    hide: () => {
      deps.stage.replaceChildren();
      if (open) deps.hide();
      open = false;
    },
  };
}

function hintOf(pin: PinState, onPage: boolean): string {
  if (pin.at === 'hint') return pin.text;
  if (pin.at === 'known') return words.pinKnown;
  return onPage ? words.pinHint : words.pinAgentNext;
}

/** Which key: a person knows it by its holder, its vendor and the end of its number. */
function card({ view }: Key): Node {
  const meta = [view.authority ?? words.unknownAuthority, words.tail(view.tail), words.until(dayOf(view.notAfter))];
  return h(
    'div',
    { class: 'cert cert--flat' },
    h(
      'div',
      { class: 'cert__body' },
      h('span', { class: 'cert__medium' }, icon('usb')),
      h(
        'div',
        { class: 'cert__main' },
        h('p', { class: 'cert__holder' }, view.holder),
        h('p', { class: 'cert__meta' }, ...meta.map((text) => h('span', {}, text))),
      ),
    ),
  );
}

/** The day in Beijing. */
const dayOf = (iso: string): string => new Date(Date.parse(iso) + 8 * 3600_000).toISOString().slice(0, 10);

function withClick<T extends HTMLElement>(element: T, act: () => void): T {
  element.addEventListener('click', act);
  return element;
}

/** Focus stays in the window while it stands. */
function keepInside(sheet: HTMLElement, event: KeyboardEvent): void {
  const places = [...sheet.querySelectorAll<HTMLElement>('button, input, iframe, [tabindex]')];
  const [first, last] = [places[0], places[places.length - 1]];
  const leaving = event.shiftKey ? document.activeElement === first : document.activeElement === last;
  if (!leaving) return;
  event.preventDefault();
  (event.shiftKey ? last : first)?.focus();
}
