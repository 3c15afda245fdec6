import type { Icon, StateName, Tone } from '#hosted/states.ts';
import type { Boot } from '../boot.ts';
import { byId, h, icon, slot, spin } from '../dom.ts';
import type { PageView } from '../model.ts';
import type { NoticeScreen } from '../screen/notices.ts';
import type { ScanScreen } from '../screen/scan.ts';
import { drawNotice } from './notice.ts';
import { drawScan } from './scan.ts';

/** What a sheet shows, as plain data: the same model always gives the same screen. `S` are the stages of the right half. */
export interface SheetScreen<S extends { readonly kind: string }> {
  readonly state: StateName;
  /** Heading of the right half; null: the notice is the heading. */
  readonly title: string | null;
  readonly tag: { readonly tone: Tone | 'mute'; readonly icon: Icon | 'spin'; readonly text: string } | null;
  readonly stage: S | CommonStage;
  readonly scan: ScanScreen | null;
}

export type CommonStage =
  | { readonly kind: 'wait'; readonly text: string; readonly notice: NoticeScreen | null }
  | { readonly kind: 'end'; readonly notice: NoticeScreen };

/** The hands of a page, without what it draws. */
export interface SheetPage<V> {
  /** Who asks and for how long, once the hub has told. */
  drawView(view: V): void;
  /** Reads the PIN and empties the field in the same step. */
  takePin(): string;
  focusPin(how?: FocusOptions): void;
  /** The trouble is read out from its start. */
  focusNotice(): void;
  announce(text: string): void;
}

export interface Sheet<V, S> extends SheetPage<V> {
  draw(screen: S): void;
}

/** One stage of the right half. `keep` stages are built once and live on while away (a form with a PIN half typed). */
export interface StageDrawer<S> {
  readonly element: HTMLElement;
  draw(stage: S): void;
  take?(): string;
  focus?(how?: FocusOptions): void;
}

export interface SheetParts<V, S extends { readonly kind: string }> {
  readonly boot: Boot;
  readonly stages: { readonly [K in S['kind']]: StageDrawer<Extract<S, { kind: K }>> };
  /** The stage with the PIN field. */
  readonly pinStage: S['kind'];
  /** Of a stage that took another's place: what the focus goes to, a selector. */
  readonly focusOn: Partial<Record<S['kind'], string>>;
  readonly drawView: (view: V) => void;
}

/** Draws screens into the server's page. Every part is rebuilt only when its own data has changed. */
export function createSheet<V extends PageView, S extends { readonly kind: string }>(
  parts: SheetParts<V, S>,
): Sheet<V, SheetScreen<S>> {
  const { boot, stages, pinStage } = parts;
  const { words } = boot;
  const root = document.documentElement;
  const [stage, scanPlace, head, title] = [byId('stage'), byId('scan'), byId('head'), byId('title')];
  const pin = stages[pinStage];
  const tag = slot<SheetScreen<S>['tag']>(byId('link'), (shown) =>
    shown === null
      ? []
      : [h('span', { class: `tag is-${shown.tone}` }, shown.icon === 'spin' ? spin() : icon(shown.icon), shown.text)],
  );
  const scan = slot<SheetScreen<S>['scan']>(scanPlace, (shown) => (shown === null ? [] : drawScan(words, shown)));
  const common = h('div');
  const drawCommon = slot<CommonStage>(common, (shown) => commonStage(boot, shown));
  let mode = '';

  function put(shown: SheetScreen<S>['stage']): void {
    const known = (stages as Readonly<Record<string, StageDrawer<never> | undefined>>)[shown.kind];
    const element = known?.element ?? common;
    if (element.parentElement !== stage) stage.replaceChildren(element);
    if (mode === pinStage && shown.kind !== pinStage) pin.take?.();
    if (known === undefined) drawCommon(shown as CommonStage);
    else known.draw(shown as never);
  }

  /** The part of the focus that the browser cannot keep: an end is read out from its start, progress takes the button's place. */
  function moveFocus(screen: SheetScreen<S>, before: string | undefined): void {
    const { kind } = screen.stage;
    if (kind === mode && screen.state === before) return;
    if (kind === 'end') document.querySelector<HTMLElement>('#stage .notice')?.focus();
    const selector = (parts.focusOn as Readonly<Record<string, string | undefined>>)[kind];
    if (selector !== undefined && mode === pinStage) document.querySelector<HTMLElement>(selector)?.focus();
  }

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
      put(screen.stage);
      moveFocus(screen, before);
      mode = screen.stage.kind;
    },
    drawView: (view) => {
      drawAsk(boot, view);
      parts.drawView(view);
    },
    takePin: () => pin.take?.() ?? '',
    focusPin: (how) => pin.focus?.(how),
    focusNotice: () => document.querySelector<HTMLElement>('#stage .notice')?.focus(),
    announce: (text) => {
      byId('announce').textContent = text;
    },
  };
}

function commonStage(boot: Boot, stage: CommonStage): readonly Node[] {
  switch (stage.kind) {
    case 'wait':
      return stage.notice === null
        ? [steps([{ at: 'now', text: stage.text, took: '' }])]
        : [drawNotice(boot.words, stage.notice, false)];
    case 'end':
      return [drawNotice(boot.words, stage.notice, false, 'h1')];
  }
}

export interface StepScreen {
  readonly at: 'ok' | 'now' | 'waiting';
  readonly text: string;
  readonly took: string;
}

export const steps = (list: readonly StepScreen[]): Node =>
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

function loneSheet(): void {
  byId('ask').hidden = true;
  byId('sheet').classList.add('sheet--one');
  byId('sheet').parentElement?.classList.add('wrap--narrow');
}

function setOrDrop(element: HTMLElement, name: string, value: string | null): void {
  if (value === null) delete element.dataset[name];
  else element.dataset[name] = value;
}

/** Name and origin of who asks come from the hub's registry. */
function drawAsk(boot: Boot, view: PageView): void {
  const { ask } = boot.words;
  const asker = byId('asker');
  // The server has written it with its places to break already, where it knew it.
  if (asker.textContent !== view.platform.name) asker.textContent = view.platform.name;
  const origin = byId('origin');
  origin.classList.remove('is-open');
  origin.querySelector('span')?.replaceChildren(`${ask.verified} `, h('span', { class: 'code' }, view.platform.host));
  const support = byId('support');
  support.hidden = false;
  support.querySelector('.code')?.replaceChildren(view.supportCode);
}

/** The line of the left half that counts down; the deadline is the hub's. */
export function drawDeadline(boot: Boot, until: number | null): void {
  const { ask } = boot.words;
  byId('valid').hidden = until === null;
  const left = byId('left');
  left.dataset['timer'] = ask.validLeft;
  left.dataset['until'] = String(until ?? 0);
  left.dataset['past'] = ask.validEnded;
}
