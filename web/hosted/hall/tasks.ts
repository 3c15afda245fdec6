import type { AgentView, PageError } from '#hosted/api.ts';
import type { RecoveryTask, RehearseTask, RewrapTask, ShareTask } from '#hosted/hall-api.ts';
import type { AskedView, HallView } from '#hosted/hall-view-api.ts';
import type { AgentLink } from '../agent.ts';
import type { AgentFailure, AgentSession } from '../dialects/dialect.ts';
import type { Card } from '../model.ts';
import { createUnlock, type Unlock, withCard } from '../unlock.ts';
import { joinAgent } from '../visit.ts';
import { type HallBoot, type HallDesk, type KeyTask, pageView } from './hall-desk.ts';

/** What a person's key does in the hall: each task has its own grant, so each has its own connection to the agent. */
export interface KeyTasks extends Pick<Unlock, 'submit'> {
  begin(task: KeyTask): void;
  /** The person, or the end of the task, closes it. */
  end(): void;
  /** For the shared buttons: connects for the task that is open. */
  readonly agent: AgentLink;
  /** A newer state of the question that is asked. */
  asked(asked: AskedView): void;
  /** The hub's news of the question that is asked. */
  look(): Promise<void>;
}

const grantFor = { ask: 'ask', share: 'share', recover: 'share', rehearse: 'rehearse', rewrap: 'rewrap' } as const;

export function createKeyTasks(desk: HallDesk, boot: HallBoot, views: readonly AgentView[]): KeyTasks {
  let link: AgentLink | null = null;
  const unlock = createUnlock(
    desk,
    (card) => work(card),
    () => desk.model().work?.step === 'judge',
  );

  const current = (): KeyTask | null => {
    const { panel } = desk.model();
    return panel?.kind === 'key' ? panel.task : null;
  };
  const seat = (): string => desk.model().view?.hall.seat?.interaction ?? '';

  function begin(task: KeyTask): void {
    hangUp();
    desk.change({ panel: { kind: 'key', task, working: false }, ...clean });
    renew(task);
    const interaction = task.kind === 'ask' ? task.asked.interaction : seat();
    link = joinAgent(desk, views, unlock, (nonce) =>
      desk.ask('grant', { interaction, nonce, what: grantFor[task.kind] }),
    );
    if (!desk.model().touch || task.kind !== 'ask') void link.connect(false);
    if (task.kind !== 'ask') desk.change({ wantsKey: true });
  }

  /** The view that keys and phone work with names the task's own question. */
  function renew(task: KeyTask | null): void {
    const { view } = desk.model();
    if (view !== null) desk.change({ view: pageView(view.hall, task?.kind === 'ask' ? task.asked : null) });
  }

  function hangUp(): void {
    link?.stop();
    link = null;
    desk.session()?.close();
    desk.holdSession(null);
  }

  function end(): void {
    hangUp();
    desk.page.takePin();
    desk.change({ panel: null, ...clean });
    renew(null);
  }

  async function work(card: Card): Promise<void> {
    const [task, session] = [current(), desk.session()];
    if (task === null || session === null) {
      desk.change({ work: null });
      return;
    }
    desk.change({ work: { step: 'open' } });
    const outcome = await run(task, card, session);
    if (current()?.kind !== task.kind && outcome?.kind !== 'done') return;
    desk.change({ work: null });
    if (outcome === null) return;
    switch (outcome.kind) {
      case 'failed':
        unlock.failed(card, outcome.failure);
        return;
      case 'refused':
        refused(card, outcome.error);
        return;
      case 'done':
        end();
        if (outcome.said !== null) desk.change({ panel: outcome.said });
        desk.hall(outcome.view);
    }
  }

  const run = (task: KeyTask, card: Card, session: AgentSession): Promise<Outcome> => {
    switch (task.kind) {
      case 'ask':
        return sign(task.asked, card, session);
      case 'share':
        return share(task.what, task.task, card, session);
      case 'recover':
        return recover(task.tasks, card, session);
      case 'rehearse':
        return rehearse(task.task, card, session);
      case 'rewrap':
        return rewrap(task.tasks, card, session);
    }
  };

  async function sign(
    asked: { interaction: string; text: string },
    card: Card,
    session: AgentSession,
  ): Promise<Outcome> {
    const said = await session.sign(card.handle, asked.text);
    if (!said.ok) return { kind: 'failed', failure: said.failure };
    desk.change({ work: { step: 'judge' } });
    const { certificate, signature } = said.value;
    return took(await desk.ask('signed', { interaction: asked.interaction, certificate, signature }));
  }

  /** The share leaves the token wrapped for the opener alone: never bare in this page. */
  async function share(
    what: 'check-in' | 'release',
    task: ShareTask,
    card: Card,
    session: AgentSession,
  ): Promise<Outcome> {
    const said = await session.unwrap(card.handle, task.wrapped, task.to);
    if (!said.ok) return { kind: 'failed', failure: said.failure };
    desk.change({ work: { step: 'judge' } });
    return took(await desk.ask('shared', { interaction: seat(), what, wrapped: said.value.wrapped }));
  }

  /** A share for each file, one after the other; what was taken stays taken. */
  async function recover(tasks: readonly RecoveryTask[], card: Card, session: AgentSession): Promise<Outcome> {
    let outcome: Outcome = null;
    for (const task of tasks) {
      const said = await session.unwrap(card.handle, task.wrapped, task.to);
      if (!said.ok) return { kind: 'failed', failure: said.failure };
      const { capsule } = task;
      outcome = took(await desk.ask('recovered', { interaction: seat(), capsule, wrapped: said.value.wrapped }));
      if (outcome?.kind !== 'done') return outcome;
    }
    return outcome;
  }

  /** Test values only; what does not open is left out, and the hub says which. */
  async function rehearse(task: RehearseTask, card: Card, session: AgentSession): Promise<Outcome> {
    const results: { id: string; key: string }[] = [];
    for (const test of task.tests) {
      const said = await session.unwrap(card.handle, test.wrapped);
      if (said.ok) results.push({ id: test.id, key: said.value.key });
      else if (said.failure.code !== 'UNWRAP_FAILED') return { kind: 'failed', failure: said.failure };
    }
    const answer = await desk.ask('rehearsed', { interaction: seat(), rehearsal: task.rehearsal, results });
    if (!answer.ok) return { kind: 'refused', error: answer.error };
    const { task: text } = boot.hall;
    const good = answer.value.opened.length > 0;
    return {
      kind: 'done',
      view: answer.value.view,
      said: good
        ? { kind: 'said', tone: 'ok', title: text.rehearse, text: text.rehearseOk }
        : { kind: 'said', tone: 'warn', title: text.rehearseBad, text: text.rehearseBadText },
    };
  }

  async function rewrap(tasks: readonly RewrapTask[], card: Card, session: AgentSession): Promise<Outcome> {
    let outcome: Outcome = null;
    for (const task of tasks) {
      const said = await session.rewrap(card.handle, task.wrapped, task.certificate, task.text);
      if (!said.ok) return { kind: 'failed', failure: said.failure };
      const { wrapped, signature, certificate } = said.value;
      const answer = await desk.ask('rewrapped', {
        interaction: seat(),
        offer: task.offer,
        wrapped,
        signature,
        certificate,
      });
      if (!answer.ok) return { kind: 'refused', error: answer.error };
      const { task: text } = boot.hall;
      outcome = {
        kind: 'done',
        view: answer.value.view,
        said: { kind: 'said', tone: 'ok', title: text.done, text: text.rewrapDone },
      };
    }
    return outcome;
  }

  function refused(card: Card, error: PageError): void {
    const state = desk.boot.stateOfCode[error.code] ?? 'trouble';
    desk.change({ cards: withCard(desk, card, { verdict: { state, error, final: false } }) });
    desk.page.focusNotice();
  }

  /** How a question that the phone may answer stands. */
  async function look(): Promise<void> {
    const task = current();
    if (task?.kind !== 'ask') return;
    const answer = await desk.ask('asked', { interaction: task.asked.interaction });
    if (current()?.kind !== 'ask') return;
    if (!answer.ok) {
      desk.refused(answer.error);
      return;
    }
    const { asked, view } = answer.value;
    if (view !== null && asked === null) {
      end();
      desk.hall(view);
    } else if (asked !== null) newer(asked);
  }

  function newer(asked: AskedView): void {
    const task = current();
    if (task?.kind !== 'ask') return;
    const next: KeyTask = { ...task, asked };
    desk.change({ panel: { kind: 'key', task: next, working: false } });
    renew(next);
  }

  return {
    submit: unlock.submit,
    begin,
    end,
    look,
    asked: newer,
    agent: {
      connect: async (byClick) => link?.connect(byClick),
      stop: () => link?.stop(),
    },
  };
}

type Outcome =
  | { readonly kind: 'done'; readonly view: HallView; readonly said: Said | null }
  | { readonly kind: 'failed'; readonly failure: AgentFailure }
  | { readonly kind: 'refused'; readonly error: PageError }
  | null;
type Said = { readonly kind: 'said'; readonly tone: 'ok' | 'warn'; readonly title: string; readonly text: string };

const took = (answer: { ok: true; value: { view: HallView } } | { ok: false; error: PageError }): Outcome =>
  answer.ok ? { kind: 'done', view: answer.value.view, said: null } : { kind: 'refused', error: answer.error };

/** What one task leaves behind is none of the next one's business. */
const clean = {
  agent: 'idle',
  services: [],
  keysRead: false,
  cards: [],
  chosen: null,
  shown: null,
  unfolded: false,
  pin: { at: 'asked' },
  work: null,
  pulled: null,
  mobile: { authority: null, busy: false, error: null, overdue: false },
  wantsKey: false,
  trouble: null,
  fault: null,
  roles: {},
} as const;
