import type { HallView } from '#hosted/hall-view-api.ts';
import { fill } from '../../boot.ts';
import { isReady, offState } from '../../model.ts';
import { folded, type KeyRoad, keyRoad } from '../../screen/key-road.ts';
import { act, type NoticeScreen, notice } from '../../screen/notices.ts';
import { type ScanScreen, scanScreen } from '../../screen/scan.ts';
import { hourText } from '../../time.ts';
import { mayOf } from '../acts.ts';
import type { FormState, HallBoot, HallModel, KeyTask, Panel } from '../hall-desk.ts';
import { wantedBy } from '../judge.ts';
import { type MyBidScreen, neededScreen } from './mine.ts';

/** What stands beside the hall: a question to this person, and nobody else's business. */
export type PanelScreen =
  | { readonly kind: 'form'; readonly form: FormScreen }
  | { readonly kind: 'key'; readonly key: KeyPanelScreen }
  | {
      readonly kind: 'evidence';
      readonly title: string;
      readonly name: string;
      readonly lines: readonly EvidenceLine[] | null;
      readonly cause: string;
    }
  | { readonly kind: 'said'; readonly title: string; readonly text: string; readonly tone: 'ok' | 'warn' };

export interface KeyPanelScreen {
  readonly title: string;
  readonly text: string;
  /** What will be signed, word for word. */
  readonly signs: string;
  readonly road: TaskRoad;
  readonly scan: ScanScreen | null;
  readonly working: string;
}

/** The UKey road of a task: which key it needs, where only one will do. */
export interface TaskRoad extends KeyRoad {
  readonly needed: MyBidScreen['needed'];
  readonly neededHead: string;
  readonly forecast: string;
}

export interface EvidenceLine {
  readonly time: string;
  readonly from: string;
  readonly text: string;
  readonly proof: boolean;
  readonly note: string;
}

export interface FormScreen {
  readonly title: string;
  readonly hints: readonly string[];
  readonly pairs: readonly (readonly [string, string])[];
  readonly fields: readonly FieldScreen[];
  readonly submit: string;
  readonly danger: boolean;
  readonly busy: boolean;
  readonly problem: string;
}

export type FieldScreen =
  | {
      readonly kind: 'text';
      readonly name: 'text' | 'basis';
      readonly label: string;
      readonly hint: string;
      readonly placeholder: string;
    }
  | { readonly kind: 'number'; readonly name: 'minutes'; readonly label: string; readonly value: string }
  | { readonly kind: 'time'; readonly name: 'time'; readonly label: string }
  | {
      readonly kind: 'choice';
      readonly name: 'remedy' | 'bid';
      readonly label: string;
      readonly options: readonly (readonly [string, string])[];
    };

export function panelScreen(model: HallModel, view: HallView, boot: HallBoot): PanelScreen | null {
  const { panel } = model;
  switch (panel?.kind) {
    case undefined:
      return null;
    case 'said':
      return panel;
    case 'form':
      return { kind: 'form', form: formScreen(panel.form, view, boot) };
    case 'evidence':
      return evidenceScreen(panel, boot);
    case 'key':
      return { kind: 'key', key: keyPanel(model, panel.task, boot) };
  }
}

function evidenceScreen(panel: Extract<Panel, { kind: 'evidence' }>, boot: HallBoot): PanelScreen {
  const { hall: words } = boot;
  const cause = panel.found === null ? '' : `${panel.found.cause.name}：${panel.found.cause.sentence}`;
  const lines =
    panel.found?.evidence.map((one) => ({
      time: hourText(one.at, true),
      from: words.from[one.from],
      text: one.sentence,
      proof: one.proof,
      note: [
        one.proof ? words.evidenceProof : words.evidenceReport,
        one.journal === null ? '' : fill(words.journal, { n: String(one.journal) }),
      ]
        .filter((text) => text !== '')
        .join('，'),
    })) ?? null;
  return { kind: 'evidence', title: words.evidenceTitle, name: panel.bidder, lines, cause };
}

function keyPanel(model: HallModel, task: KeyTask, boot: HallBoot): KeyPanelScreen {
  const { task: words } = boot.hall;
  const name = task.kind === 'ask' || task.kind === 'share' ? task.what : task.kind;
  const scan = task.kind === 'ask' && model.view !== null ? scanScreen(model, model.view, boot) : null;
  const working = model.work?.step === 'open' || model.work?.step === 'judge' ? words.working : '';
  return {
    title: task.kind === 'ask' ? task.label : words[name],
    text: words[`${name}Text`],
    signs: task.kind === 'ask' && task.what === 'act' ? task.asked.text : '',
    road: taskRoad(model, task, boot),
    scan: scan?.status === 'none' || working !== '' ? null : scan,
    working,
  };
}

function submitWords(task: KeyTask, boot: HallBoot): { readonly here: string; readonly agent: string } {
  const { task: words } = boot.hall;
  if (task.kind === 'ask')
    return task.what === 'seat'
      ? { here: words.submitSeat, agent: words.submitSeatAgent }
      : { here: words.submitAct, agent: words.submitActAgent };
  if (task.kind === 'share')
    return { here: task.what === 'release' ? words.submitRelease : words['submitCheck-in'], agent: words.submitPin };
  const here = { recover: words.submitRecover, rehearse: words.submitRehearse, rewrap: words.submitRewrap };
  return { here: here[task.kind], agent: words.submitPin };
}

function taskRoad(model: HallModel, task: KeyTask, boot: HallBoot): TaskRoad {
  const road = keyRoad(model, boot, submitWords(task, boot));
  const wanted = wantedBy(task).flatMap((one) => (one.needed === null ? [] : [one.needed]));
  const needed = [...new Map(wanted.map((one) => [one.tail, one])).values()].map((one) => neededScreen(one, boot));
  const list = seated(model, task, road.list);
  const base = { ...road, list, needed, neededHead: boot.hall.needed, forecast: forecast(model, task, boot) };
  const judged = model.cards.every((card) => card.reading !== 'reading') && model.cards.length > 0;
  const wrong = judged && !model.cards.some(isReady) && model.cards.every((card) => offState(card) === 'wrong-key');
  if (wrong)
    return { ...base, list: [], head: null, pin: null, submit: null, notice: null, top: road.top ?? wrongNotice(boot) };
  // The needed key is plugged: it stands as such, and not a second time in a list of one.
  if (task.kind !== 'ask' && model.cards.some(isReady)) return { ...base, list: [], head: null };
  return folded(model, boot, base);
}

/** At the door: certificates that have a seat here first, and those that have none only where there is no other. */
function seated(model: HallModel, task: KeyTask, list: KeyRoad['list']): KeyRoad['list'] {
  if (task.kind !== 'ask' || task.what !== 'seat') return list;
  const has = list.filter((card) => {
    const handle = model.cards.find((one) => one.id === card.id)?.handle ?? '';
    return (model.roles[handle]?.length ?? 0) > 0;
  });
  return has.length === 0 ? list : has;
}

const wrongNotice = (boot: HallBoot): NoticeScreen =>
  notice(boot, 'wrong-key', {}, { actions: [act('again', boot.words.key.again, 'plain', { icon: 'refresh' })] });

/** 席位：开标主持人 */
function forecast(model: HallModel, task: KeyTask, boot: HallBoot): string {
  const card = model.cards.find((one) => one.id === model.chosen);
  if (task.kind !== 'ask' || task.what !== 'seat' || card === undefined) return '';
  const roles = model.roles[card.handle];
  if (roles === undefined) return '';
  const { hall: words } = boot;
  if (roles.length === 0) return words.task.noRole;
  return fill(words.task.will, { roles: roles.map((role) => words.role[role]).join('、') });
}

function formScreen(form: FormState, view: HallView, boot: HallBoot): FormScreen {
  const { form: words, act: labels, remedy } = boot.hall;
  const reason: FieldScreen = {
    kind: 'text',
    name: 'text',
    label: words.reason,
    hint: words.required,
    placeholder: '',
  };
  const base: FormScreen = {
    title: labels[form.act],
    hints: [],
    pairs: [],
    fields: [reason],
    submit: labels[form.act],
    danger: false,
    busy: form.busy,
    problem: form.problem === null ? '' : words[form.problem],
  };
  switch (form.act) {
    case 'end-lot': {
      const total = view.board?.lots.find((one) => one.lot === form.about)?.total ?? 0;
      return { ...base, danger: true, hints: [fill(words.endLot, { n: String(total) }), words.signs] };
    }
    case 'close-window':
      return { ...base, danger: true, hints: [words.closeWindow] };
    case 'extend': {
      const minutes: FieldScreen = { kind: 'number', name: 'minutes', label: words.minutes, value: form.minutes };
      return { ...base, fields: [minutes, reason], hints: [words.twoPersons, words.signs] };
    }
    case 'remedy':
      return { ...base, fields: remedyFields(form, view, boot, reason), hints: [words.twoPersons, words.signs] };
    case 'abort':
      return { ...base, danger: true, hints: [words.abort, words.twoPersons, words.signs] };
    case 'postpone': {
      const time: FieldScreen = { kind: 'time', name: 'time', label: words.time };
      return { ...base, fields: [time, reason], hints: [words.twoPersons, words.signs] };
    }
    case 'state-clock': {
      const time: FieldScreen = { kind: 'time', name: 'time', label: words.ownTime };
      return { ...base, fields: [time], hints: [words.ownWatch, words.signs] };
    }
    case 'time-override':
      return { ...base, hints: [words.twoPersons, words.signs] };
    case 'agree':
    case 'refuse': {
      const one = view.proposals.find((other) => other.proposal === form.about);
      const opinion: FieldScreen = { ...reason, label: words.opinion };
      return {
        ...base,
        title: one?.title ?? base.title,
        pairs: one === undefined ? [] : proposalPairs(one, boot),
        fields: [opinion],
        hints: [words.signs],
        danger: form.act === 'refuse',
      };
    }
    case 'ask-remedy': {
      const bid = view.mine?.bids.find((one) => one.bid === form.about);
      const options = (bid?.remedies ?? []).map((one) => [one.kind, one.title || remedy[one.kind]] as const);
      const choice: FieldScreen = { kind: 'choice', name: 'remedy', label: words.remedyKind, options };
      return { ...base, fields: [choice, reason] };
    }
    case 'confirm':
      return { ...base, fields: [], hints: [words.confirm, words.signs] };
    case 'object':
      return { ...base, hints: [words.object, words.signs] };
    case 'answer-objection': {
      const row = view.board?.rows.find((one) => one.bid === form.about);
      const pairs = [[words.bid, row?.bidder ?? ''] as const, [words.reason, row?.said?.text ?? ''] as const];
      return { ...base, pairs, fields: [{ ...reason, label: words.answer }] };
    }
    case 'finish':
      return { ...base, fields: [], hints: [words.finish, words.signs] };
  }
}

function remedyFields(form: FormState, view: HallView, boot: HallBoot, reason: FieldScreen): readonly FieldScreen[] {
  const { form: words, remedy } = boot.hall;
  const kinds = mayOf(view.may, 'propose')?.remedies ?? [];
  const open = (view.board?.rows ?? []).filter((row) => row.state !== 'opened');
  const bids: FieldScreen = {
    kind: 'choice',
    name: 'bid',
    label: words.bid,
    options: open.map((row) => [row.bid, row.bidder] as const),
  };
  return [
    ...(form.about === '' ? [bids] : []),
    {
      kind: 'choice',
      name: 'remedy',
      label: words.remedyKind,
      options: kinds.map((kind) => [kind, remedy[kind]] as const),
    },
    { kind: 'text', name: 'basis', label: words.basis, hint: '', placeholder: words.basisHint },
    reason,
  ];
}

function proposalPairs(one: HallView['proposals'][number], boot: HallBoot): readonly (readonly [string, string])[] {
  const { form: words, proposalBy } = boot.hall;
  const pairs: readonly (readonly [string, string])[] = [
    [words.bid, one.bidder ?? ''],
    [words.cause, one.cause === null ? '' : `${one.cause.name}，${one.cause.sentence}`],
    [words.basis, one.basis],
    [words.reason, one.reason],
    [words.proposal, fill(proposalBy, { who: one.proposedBy, at: hourText(one.proposedAt, true) })],
  ];
  return pairs.filter(([, text]) => text !== '');
}
