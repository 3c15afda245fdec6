import type { MayDo } from '#hosted/hall-view-api.ts';
import type { HallAct, RemedyKind } from '#opening/hall/acts.ts';
import type { FormAct, FormState, HallBoot, HallDesk } from './hall-desk.ts';
import type { KeyTasks } from './tasks.ts';

/** What the buttons of the hall do. `value` names what it is about. */
export interface HallActs {
  press(name: string, value: string): void;
  submitForm(fields: FormFields): void;
}

/** What the person wrote. */
export interface FormFields {
  readonly text: string;
  readonly basis: string;
  readonly minutes: string;
  readonly remedy: string;
  readonly bid: string;
  /** `2026-03-18T09:30`, Beijing. */
  readonly time: string;
}

export function createHallActs(desk: HallDesk, boot: HallBoot, tasks: KeyTasks): HallActs {
  const seat = (): string => desk.model().view?.hall.seat?.interaction ?? '';
  const label = (name: string): string => (boot.hall.act as Readonly<Record<string, string>>)[name] ?? name;

  const deeds: Readonly<Record<string, (value: string) => void>> = {
    enter: () => void enter(),
    leave: () => void leave(),
    'check-in': () => void share('check-in'),
    release: () => void share('release'),
    start: () => void act('start', { act: 'start' }),
    withdraw: (proposal) => void act('withdraw', { act: 'withdraw', proposal }),
    decrypt: () => void decrypt(),
    recover: (bid) => void recover(bid),
    rehearse: () => void rehearse(),
    rewrap: () => void rewrap(),
    evidence: (bid) => void evidence(bid),
    close: () => tasks.end(),
    cancel: () => tasks.end(),
    suggest: (incident) => openForm('extend', '', incident),
  };

  function press(name: string, value: string): void {
    if (isFormAct(name)) openForm(name, value, '');
    else deeds[name]?.(value);
  }

  function openForm(act: FormAct, about: string, incident: string): void {
    const view = desk.model().view?.hall;
    const suggested = view?.incidents.find((one) => one.incident === incident)?.suggest ?? null;
    const form: FormState = { act, about, incident, minutes: String(suggested ?? 10), problem: null, busy: false };
    tasks.end();
    desk.change({ panel: { kind: 'form', form } });
    document.querySelector<HTMLElement>('#panel [data-first]')?.focus();
  }

  async function enter(): Promise<void> {
    const hello = await desk.ask('hello', {});
    if (!hello.ok) return desk.refused(hello.error);
    const answer = await desk.ask('sit', { opening: boot.opening });
    if (!answer.ok) return desk.refused(answer.error);
    tasks.begin({ kind: 'ask', what: 'seat', asked: answer.value.asked, label: boot.hall.task.seat });
  }

  async function leave(): Promise<void> {
    const answer = await desk.ask('leave', { interaction: seat() });
    if (answer.ok) desk.hall(answer.value.view);
    else desk.refused(answer.error);
  }

  /** Unsigned acts are done with the answer; signed ones go on with the key. */
  async function act(name: string, body: HallAct): Promise<boolean> {
    if (desk.model().doing !== null) return false;
    desk.change({ doing: name, trouble: null });
    const answer = await desk.ask('act', { interaction: seat(), act: body });
    desk.change({ doing: null });
    if (!answer.ok) {
      desk.refused(answer.error);
      return false;
    }
    const { view, asked } = answer.value;
    tasks.end();
    desk.hall(view);
    if (asked !== null) tasks.begin({ kind: 'ask', what: 'act', asked, label: label(name) });
    return true;
  }

  async function share(what: 'check-in' | 'release'): Promise<void> {
    const answer = await desk.ask('share', { interaction: seat(), what });
    if (answer.ok) tasks.begin({ kind: 'share', what, task: answer.value.task });
    else desk.refused(answer.error);
  }

  async function recover(bid: string): Promise<void> {
    const answer = await desk.ask('recover', { interaction: seat(), bid });
    if (answer.ok) tasks.begin({ kind: 'recover', tasks: answer.value.tasks });
    else desk.refused(answer.error);
  }

  async function rehearse(): Promise<void> {
    const answer = await desk.ask('rehearse', { interaction: seat() });
    if (answer.ok) tasks.begin({ kind: 'rehearse', task: answer.value.task });
    else desk.refused(answer.error);
  }

  async function rewrap(): Promise<void> {
    const answer = await desk.ask('rewrap', { interaction: seat() });
    if (!answer.ok) {
      desk.refused(answer.error);
      return;
    }
    const offers = desk.model().view?.hall.mine?.rewrap ?? [];
    const named = answer.value.tasks.map((task) => ({
      ...task,
      needed: offers.find((offer) => offer.offer === task.offer)?.from ?? null,
    }));
    tasks.begin({ kind: 'rewrap', tasks: named });
  }

  async function decrypt(): Promise<void> {
    const answer = await desk.ask('decrypt', { interaction: seat() });
    if (answer.ok) location.assign(answer.value.url);
    else desk.refused(answer.error);
  }

  async function evidence(bid: string): Promise<void> {
    const bidder = desk.model().view?.hall.board?.rows.find((row) => row.bid === bid)?.bidder ?? '';
    tasks.end();
    desk.change({ panel: { kind: 'evidence', bid, bidder, found: null } });
    const answer = await desk.ask('evidence', { interaction: seat(), bid });
    const { panel } = desk.model();
    if (panel?.kind !== 'evidence' || panel.bid !== bid) return;
    if (answer.ok) desk.change({ panel: { ...panel, found: answer.value } });
    else desk.refused(answer.error);
  }

  function submitForm(fields: FormFields): void {
    const { panel } = desk.model();
    if (panel?.kind !== 'form' || panel.form.busy) return;
    const { form } = panel;
    const said = bodyOf(form, fields, desk.now());
    if ('problem' in said) {
      desk.change({ panel: { kind: 'form', form: { ...form, problem: said.problem } } });
      document.querySelector<HTMLElement>('#panel [data-first]')?.focus();
      return;
    }
    desk.change({ panel: { kind: 'form', form: { ...form, problem: null, busy: true } } });
    void act(form.act, said.body).then((done) => {
      const now = desk.model().panel;
      if (!done && now?.kind === 'form') desk.change({ panel: { kind: 'form', form: { ...now.form, busy: false } } });
    });
  }

  return { press, submitForm };
}

const FORMS: Readonly<Record<FormAct, true>> = {
  'end-lot': true,
  'close-window': true,
  extend: true,
  remedy: true,
  abort: true,
  postpone: true,
  'time-override': true,
  agree: true,
  refuse: true,
  'ask-remedy': true,
  confirm: true,
  object: true,
  'answer-objection': true,
  'state-clock': true,
  finish: true,
};
const isFormAct = (name: string): name is FormAct => name in FORMS;

type Body = { readonly body: HallAct } | { readonly problem: NonNullable<FormState['problem']> };

/** The act as the hub wants it, or what is missing. */
export function bodyOf(form: FormState, fields: FormFields, now: number): Body {
  const reason = fields.text.trim().replace(/\s+/g, ' ');
  const short = reason.length < 2 || reason.length > 200;
  const about = form.about;
  switch (form.act) {
    case 'confirm':
      return { body: { act: 'confirm', bid: about } };
    case 'finish':
      return { body: { act: 'finish' } };
    case 'end-lot':
      return short ? { problem: 'tooShort' } : { body: { act: 'end-lot', lot: about, reason } };
    case 'close-window':
      return short ? { problem: 'tooShort' } : { body: { act: 'close-window', reason } };
    case 'extend': {
      const minutes = Number(fields.minutes);
      if (!Number.isInteger(minutes) || minutes < 1 || minutes > 240) return { problem: 'notNumber' };
      if (short) return { problem: 'tooShort' };
      const incident = form.incident === '' ? {} : { incident: form.incident };
      return { body: { act: 'propose', kind: 'extend', minutes, reason, ...incident } };
    }
    case 'remedy': {
      const bid = about === '' ? fields.bid : about;
      if (short || bid === '') return { problem: 'tooShort' };
      const remedy = fields.remedy as RemedyKind;
      return { body: { act: 'propose', kind: 'remedy', remedy, bid, reason, basis: fields.basis.trim() } };
    }
    case 'abort':
    case 'time-override':
      return short ? { problem: 'tooShort' } : { body: { act: 'propose', kind: form.act, reason } };
    case 'postpone': {
      const opensAt = Date.parse(`${fields.time}:00+08:00`);
      if (Number.isNaN(opensAt) || opensAt <= now) return { problem: 'notTime' };
      return short ? { problem: 'tooShort' } : { body: { act: 'propose', kind: 'postpone', opensAt, reason } };
    }
    case 'state-clock': {
      const statedAt = Date.parse(`${fields.time}:00+08:00`);
      return Number.isNaN(statedAt) ? { problem: 'noTime' } : { body: { act: 'state-clock', statedAt } };
    }
    case 'agree':
    case 'refuse': {
      const agree = form.act === 'agree';
      return short ? { problem: 'tooShort' } : { body: { act: 'decide', proposal: about, agree, opinion: reason } };
    }
    case 'ask-remedy': {
      const remedy = fields.remedy as RemedyKind;
      return short ? { problem: 'tooShort' } : { body: { act: 'ask-remedy', bid: about, remedy, reason } };
    }
    case 'object':
      return short ? { problem: 'tooShort' } : { body: { act: 'object', bid: about, reason } };
    case 'answer-objection':
      return short ? { problem: 'tooShort' } : { body: { act: 'answer-objection', bid: about, answer: reason } };
  }
}

/** What this seat may do, by name. */
export const mayOf = <A extends MayDo['act']>(may: readonly MayDo[], act: A): Extract<MayDo, { act: A }> | null =>
  (may.find((one) => one.act === act) as Extract<MayDo, { act: A }> | undefined) ?? null;
