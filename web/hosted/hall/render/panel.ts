import { h, icon, slot, spin } from '../../dom.ts';
import { drawCards } from '../../render/cards.ts';
import { keyStage } from '../../render/key-form.ts';
import { listHead, noKeys } from '../../render/key-list.ts';
import { drawScan } from '../../render/scan.ts';
import type { FormFields } from '../acts.ts';
import type { HallBoot } from '../hall-desk.ts';
import type { FieldScreen, FormScreen, KeyPanelScreen, PanelScreen, TaskRoad } from '../screen/panel.ts';
import { neededList } from './mine.ts';

export interface PanelDrawer {
  draw(panel: PanelScreen | null): void;
  take(): string;
  focusPin(): void;
  focusNotice(): void;
  fields(): FormFields;
}

/** The drawer beside the hall. The PIN's form is built once, so that nothing typed is lost while the board behind it changes. */
export function createPanel(boot: HallBoot, place: HTMLElement): PanelDrawer {
  const key = keyStage<TaskRoad>(boot, (road) => drawRoad(boot, road));
  const keyHead = h('div', { class: 'panel__head' });
  const scan = h('div', { class: 'panel__scan' });
  const working = h('div');
  const keyBody = h('div', { class: 'panel__body' }, keyHead, working, key.element, scan);
  const drawKeyHead = slot<Pick<KeyPanelScreen, 'title' | 'text' | 'signs'>>(keyHead, (shown) => [
    head(boot, shown.title),
    h('p', { class: 'panel__text' }, shown.text),
    shown.signs === '' ? null : h('pre', { class: 'panel__signs', tabindex: '0' }, shown.signs),
  ]);
  const drawScanPart = slot<KeyPanelScreen['scan']>(scan, (shown) =>
    shown === null ? [] : drawScan(boot.words, shown),
  );
  const drawWorking = slot<string>(working, (text) =>
    text === '' ? [] : [h('ol', { class: 'checks', role: 'status' }, h('li', { class: 'is-now' }, spin(), text))],
  );
  const other = h('div', { class: 'panel__body' });
  const drawOther = slot<Exclude<PanelScreen, { kind: 'key' }>>(other, (panel) => drawPlain(boot, panel));
  let mode = '';

  const show = (element: HTMLElement): void => {
    if (element.parentElement !== place) place.replaceChildren(element);
  };

  function drawKey(screen: KeyPanelScreen): void {
    show(keyBody);
    drawKeyHead({ title: screen.title, text: screen.text, signs: screen.signs });
    key.element.hidden = screen.working !== '';
    scan.hidden = screen.scan === null;
    drawWorking(screen.working);
    key.draw({ kind: 'key', road: screen.road });
    drawScanPart(screen.scan);
  }

  return {
    draw: (panel) => {
      place.hidden = panel === null;
      document.documentElement.classList.toggle('has-panel', panel !== null);
      const before = mode;
      mode = panel?.kind ?? '';
      if (panel === null) {
        place.replaceChildren();
        return;
      }
      if (panel.kind === 'key') drawKey(panel.key);
      else {
        // A form that a person writes in is never rebuilt while it stands: only its problem and its button change.
        show(other);
        if (panel.kind === 'form' && before === 'form' && other.querySelector('form') !== null)
          amend(other, panel.form);
        else drawOther(panel);
      }
      if (before !== mode && mode !== 'form') place.querySelector<HTMLElement>('.panel__t')?.focus();
    },
    take: () => key.take?.() ?? '',
    focusPin: () => key.focus?.(),
    focusNotice: () => place.querySelector<HTMLElement>('.notice')?.focus(),
    fields: () => fieldsOf(other),
  };
}

const head = (boot: HallBoot, title: string): Node =>
  h(
    'div',
    { class: 'row' },
    h('h2', { class: 'panel__t', tabindex: '-1', id: 'panel-title' }, title),
    h(
      'button',
      { class: 'btn btn--quiet push', type: 'button', 'data-act': 'close', 'data-focus': 'close' },
      boot.hall.act.close,
    ),
  );

function drawRoad(boot: HallBoot, road: TaskRoad): readonly (Node | null)[] {
  const needed = neededList(road.neededHead, road.needed);
  const instead = noKeys(boot, road);
  if (instead !== null) return [needed, ...instead];
  if (road.head === null) return [needed];
  return [
    needed,
    listHead(boot, road.head),
    drawCards(boot.words, road),
    road.forecast === '' ? null : h('p', { class: 'field__hint' }, icon('badge', 's'), h('span', {}, road.forecast)),
  ];
}

function drawPlain(boot: HallBoot, panel: Exclude<PanelScreen, { kind: 'key' }>): readonly (Node | null)[] {
  switch (panel.kind) {
    case 'form':
      return [head(boot, panel.form.title), form(boot, panel.form)];
    case 'said':
      return [
        head(boot, panel.title),
        h(
          'div',
          { class: `notice is-${panel.tone}`, role: 'status', id: 'said' },
          icon(panel.tone),
          h('p', { class: 'notice__t' }, panel.text),
        ),
      ];
    case 'evidence':
      return [
        head(boot, panel.title),
        h('p', { class: 'panel__text' }, h('b', {}, panel.name)),
        panel.cause === '' ? null : h('p', { class: 'panel__text' }, panel.cause),
        panel.lines === null
          ? h('ol', { class: 'checks' }, h('li', { class: 'is-now' }, spin()))
          : evidenceList(panel.lines),
      ];
  }
}

const evidenceList = (lines: NonNullable<Extract<PanelScreen, { kind: 'evidence' }>['lines']>): Node =>
  h(
    'ol',
    { class: 'timeline' },
    lines.map((line) =>
      h(
        'li',
        { class: line.proof ? 'is-ok' : '' },
        h('time', {}, line.time),
        h('span', { class: 'timeline__p' }),
        h('div', {}, h('b', {}, line.text), h('span', { class: 'dim' }, `${line.from}，${line.note}`)),
      ),
    ),
  );

function form(boot: HallBoot, screen: FormScreen): Node {
  return h(
    'form',
    { class: 'stage', id: 'act-form', novalidate: true, autocomplete: 'off' },
    screen.pairs.length === 0
      ? null
      : h(
          'dl',
          { class: 'pairs' },
          screen.pairs.flatMap(([term, text]) => [h('dt', {}, term), h('dd', {}, text)]),
        ),
    screen.fields.map((field, at) => fieldBlock(field, at === 0)),
    h('p', { class: 'field__hint is-bad', id: 'form-problem', role: 'alert', hidden: true }),
    screen.hints.length === 0
      ? null
      : h(
          'div',
          {},
          screen.hints.map((hint) => h('p', { class: 'field__hint' }, icon('info', 's'), h('span', {}, hint))),
        ),
    h(
      'div',
      { class: 'row' },
      h(
        'button',
        {
          class: `btn btn--big ${screen.danger ? 'btn--danger' : 'btn--primary'}`,
          type: 'submit',
          'data-first': screen.fields.length === 0,
        },
        screen.submit,
      ),
      h('button', { class: 'btn btn--big', type: 'button', 'data-act': 'close' }, boot.hall.act.back),
    ),
  );
}

function fieldBlock(field: FieldScreen, first: boolean): Node {
  const id = `field-${field.name}`;
  const label = h(
    'label',
    { class: 'field__label', for: id },
    field.label,
    field.kind === 'text' && field.hint !== '' ? h('small', {}, field.hint) : null,
  );
  return h('div', {}, label, control(field, id, first));
}

function control(field: FieldScreen, id: string, first: boolean): Node {
  const base = { id, name: field.name, class: 'input', 'data-first': first };
  switch (field.kind) {
    case 'text':
      return field.name === 'basis'
        ? h('input', { ...base, maxlength: '100', placeholder: field.placeholder })
        : h('textarea', { ...base, class: 'input input--text', rows: '3', maxlength: '200' });
    case 'number':
      return h('input', {
        ...base,
        type: 'number',
        min: '1',
        max: '240',
        step: '1',
        value: field.value,
        inputmode: 'numeric',
      });
    case 'time':
      return h('input', { ...base, type: 'datetime-local' });
    case 'choice':
      return h(
        'select',
        base,
        field.options.map(([value, text]) => h('option', { value }, text)),
      );
  }
}

function amend(place: HTMLElement, screen: FormScreen): void {
  const problem = place.querySelector<HTMLElement>('#form-problem');
  if (problem !== null) {
    problem.hidden = screen.problem === '';
    problem.textContent = screen.problem;
  }
  const submit = place.querySelector<HTMLButtonElement>('button[type=submit]');
  if (submit !== null) submit.disabled = screen.busy;
}

function fieldsOf(place: HTMLElement): FormFields {
  const written = (name: string): string =>
    place.querySelector<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>(`[name=${name}]`)?.value ?? '';
  return {
    text: written('text'),
    basis: written('basis'),
    minutes: written('minutes'),
    remedy: written('remedy'),
    bid: written('bid'),
    time: written('time'),
  };
}
