import type { LoginView } from '#hosted/api.ts';
import type { Boot } from '../boot.ts';
import { byId, h, icon, slot, spin } from '../dom.ts';
import type { KeyRoad, NoticeScreen, Screen, Stage, StepScreen } from '../screen/screen.ts';
import { keyForm } from './key-form.ts';
import { drawNotice } from './notice.ts';
import { pinPlace } from './pin.ts';
import { drawScan } from './scan.ts';

export interface Page {
  draw(screen: Screen): void;
  /** Who asks and for how long, once the hub has told. */
  drawView(view: LoginView): void;
  /** Reads the PIN and empties the field in the same step. */
  takePin(): string;
  focusPin(): void;
  /** The trouble is read out from its start. */
  focusNotice(): void;
  announce(text: string): void;
}

/** Draws screens into the server's page. Every part is rebuilt only when its own data has changed. */
export function createPage(boot: Boot): Page {
  const { words } = boot;
  const root = document.documentElement;
  const stage = byId('stage');
  const scanPlace = byId('scan');
  const head = byId('head');
  const title = byId('title');
  const form = keyForm(boot);
  const pin = pinPlace(words, form.pin);
  const tag = slot<Screen['tag']>(byId('link'), (shown) =>
    shown === null
      ? []
      : [h('span', { class: `tag is-${shown.tone}` }, shown.icon === 'spin' ? spin() : icon(shown.icon), shown.text)],
  );
  const scan = slot<Screen['scan']>(scanPlace, (shown) => (shown === null ? [] : drawScan(words, shown)));
  // Two tenants of one place: the form outlives the progress, what was typed into it does not.
  const progress = h('div');
  const drawProgress = slot<Exclude<Stage, { kind: 'key' }>>(progress, (shown) => drawStage(boot, shown));
  let mode = '';

  const drawKey = (road: KeyRoad): void => {
    form.draw(road);
    pin.draw(road.pin);
  };

  return {
    draw: (screen) => {
      const before = root.dataset['state'];
      root.dataset['state'] = screen.state;
      setOrDrop(root, 'qr', screen.scan?.status ?? null);
      head.hidden = screen.title === null;
      title.textContent = screen.title ?? '';
      // An end that came before the hub told who asks: there is nothing to say on the left.
      if (screen.stage.kind === 'end' && byId('origin').classList.contains('is-open')) loneSheet();
      tag(screen.tag);
      scanPlace.hidden = screen.scan === null;
      byId('roads').classList.toggle('roads--one', screen.scan === null);
      if (screen.scan !== null) scan(screen.scan);
      if (screen.stage.kind !== mode) stage.replaceChildren(screen.stage.kind === 'key' ? form.element : progress);
      if (mode === 'key' && screen.stage.kind !== 'key') pin.take();
      if (screen.stage.kind === 'key') drawKey(screen.stage.road);
      else drawProgress(screen.stage);
      moveFocus(screen, before, mode);
      mode = screen.stage.kind;
    },
    drawView: (view) => drawAsk(boot, view),
    takePin: pin.take,
    focusPin: pin.focus,
    focusNotice: () => document.querySelector<HTMLElement>('#stage .notice')?.focus(),
    announce: (text) => {
      byId('announce').textContent = text;
    },
  };
}

function loneSheet(): void {
  byId('ask').hidden = true;
  byId('sheet').classList.add('sheet--one');
  byId('sheet').parentElement?.classList.add('wrap--narrow');
}

function setOrDrop(element: HTMLElement, name: string, value: string | null): void {
  if (value === null) delete element.dataset[name];
  else element.dataset[name] = value;
}

/** The part of the focus that the browser cannot keep: an end is read out from its start, progress takes the button's place. */
function moveFocus(screen: Screen, before: string | undefined, mode: string): void {
  if (screen.stage.kind === mode && screen.state === before) return;
  if (screen.stage.kind === 'end') document.querySelector<HTMLElement>('#stage .notice')?.focus();
  if (screen.stage.kind === 'verify' && mode === 'key') document.querySelector<HTMLElement>('#stage .checks')?.focus();
}

function drawStage(boot: Boot, stage: Exclude<Stage, { kind: 'key' }>): readonly Node[] {
  const notice = (one: NoticeScreen | null): readonly Node[] =>
    one === null ? [] : [drawNotice(boot.words, one, false)];
  switch (stage.kind) {
    case 'wait':
      return stage.notice === null ? [steps([{ at: 'now', text: stage.text, took: '' }])] : notice(stage.notice);
    case 'end':
      return [drawNotice(boot.words, stage.notice, false, 'h1')];
    case 'verify':
      return [h('div', { class: 'stage' }, steps(stage.steps), ...notice(stage.notice))];
  }
}

const steps = (list: readonly StepScreen[]): Node =>
  h(
    'ol',
    { class: 'checks', id: 'verifying', 'data-focus': 'steps', tabindex: '-1', role: 'list', 'aria-live': 'polite' },
    list.map((step) =>
      h(
        'li',
        { class: step.at === 'waiting' ? '' : `is-${step.at}` },
        step.at === 'ok' ? icon('ok') : step.at === 'now' ? spin() : h('span', { class: 'dot' }),
        step.text,
        step.took === '' ? null : h('span', { class: 'num' }, step.took),
      ),
    ),
  );

/** Name and origin of who asks come from the hub's registry; the deadline from its clock. */
function drawAsk(boot: Boot, view: LoginView): void {
  const { ask } = boot.words;
  const asker = byId('asker');
  // The server has written it with its places to break already, where it knew it.
  if (asker.textContent !== view.platform.name) asker.textContent = view.platform.name;
  const origin = byId('origin');
  origin.classList.remove('is-open');
  origin.querySelector('span')?.replaceChildren(`${ask.verified} `, h('span', { class: 'code' }, view.platform.host));
  const left = byId('left');
  byId('valid').hidden = view.state !== 'claimed';
  left.dataset['timer'] = ask.validLeft;
  left.dataset['until'] = String(view.expiresAt);
  left.dataset['past'] = ask.validEnded;
  const support = byId('support');
  support.hidden = false;
  support.querySelector('.code')?.replaceChildren(view.supportCode);
}
