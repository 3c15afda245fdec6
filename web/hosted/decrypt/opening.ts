import type { PageError } from '#hosted/api.ts';
import type { UnwrappedKey, WrapForKey } from '#hosted/decrypt-api.ts';
import type { AgentSession } from '../dialects/dialect.ts';
import type { Card } from '../model.ts';
import { createUnlock, type Unlock, withCard } from '../unlock.ts';
import { type DecryptDesk, tooEarly, unopened } from './decrypt-desk.ts';

/** Named for the hub's journal: the token tried and could not. */
interface Missed {
  readonly item: string;
  readonly wrap: string;
}

export interface Opening extends Unlock {
  /** The opening time has come: what was made ready begins. */
  begin(): Promise<void>;
}

/** From the button to open files: PIN once, then one wrapped key after another through the token, each content key straight to the hub. */
export function createOpening(desk: DecryptDesk): Opening {
  const interaction = (): string => desk.model().view?.interaction ?? '';
  const unlock = createUnlock(
    desk,
    (card) => start(card),
    () => false,
  );

  async function start(card: Card): Promise<void> {
    if (tooEarly(desk.model())) {
      desk.change({ armed: true, work: null });
      return;
    }
    const session = desk.session();
    if (session === null) {
      desk.change({ work: null });
      return;
    }
    desk.change({ work: { step: 'open' }, again: false, armed: false });
    const wraps = await wrapsFor(card, session);
    if (wraps === null) {
      desk.change({ work: null, run: null });
      return;
    }
    const items = [...new Set(wraps.map((wrap) => wrap.item))];
    desk.change({ run: { items, now: null, failed: [], began: performance.now() } });
    await openAll(card, session, wraps);
    desk.change({ work: null, run: null });
  }

  /** What is still closed, for this very key: asked anew, because another road may have opened some of it meanwhile. */
  async function wrapsFor(card: Card, session: AgentSession): Promise<readonly WrapForKey[] | null> {
    const read = await session.certificates(card.handle);
    if (!read.ok) {
      unlock.failed(card, read.failure);
      return null;
    }
    const certificates = [{ key: card.handle, sign: read.value.sign, encrypt: read.value.encrypt }];
    const answer = await desk.ask('certificates', { interaction: interaction(), certificates });
    if (!answer.ok) {
      refused(card, answer.error);
      return null;
    }
    const open = new Map(unopened(desk.model()).map((item) => [item.id, item.interaction]));
    const wraps = (answer.value.wraps[card.handle] ?? []).filter((wrap) => open.has(wrap.item));
    // This interaction's own items last: with them it ends, and what came with it could not be sent any more.
    const own = (wrap: WrapForKey): boolean => open.get(wrap.item) === interaction();
    return [...wraps.filter((wrap) => !own(wrap)), ...wraps.filter(own)];
  }

  /** While the hub opens one file, the token unwraps the next key. Ends early where the key is gone or wants its PIN again. */
  async function openAll(card: Card, session: AgentSession, wraps: readonly WrapForKey[]): Promise<void> {
    let sent: Promise<boolean> = Promise.resolve(true);
    const done = new Set<string>();
    for (const wrap of wraps) {
      if (done.has(wrap.item)) continue;
      progress({ now: wrap.item });
      const said = await session.unwrap(card.handle, wrap.wrapped);
      if (!said.ok && said.failure.code !== 'UNWRAP_FAILED') {
        await sent;
        unlock.failed(card, said.failure);
        return;
      }
      if (!(await sent)) return;
      if (said.ok) {
        done.add(wrap.item);
        const { key, layout } = said.value;
        sent = send(card, [{ item: wrap.item, wrap: wrap.wrap, key, layout }], []);
      } else if (!wraps.some((other) => other.item === wrap.item && other !== wrap && !tried(wraps, wrap, other))) {
        sent = send(card, [], [{ item: wrap.item, wrap: wrap.wrap }]);
        progress({ failed: [...(desk.model().run?.failed ?? []), wrap.item] });
      }
    }
    await sent;
  }

  /** The content keys leave this page with this call; nothing keeps them. false: the hub ended it. */
  async function send(card: Card, keys: readonly UnwrappedKey[], failed: readonly Missed[]): Promise<boolean> {
    desk.change({ sent: [...desk.model().sent, ...keys.map((one) => one.item)] });
    const answer = await desk.ask('keys', { interaction: interaction(), keys, failed });
    if (answer.ok) {
      desk.seen(answer.value.view);
      return true;
    }
    desk.change({ sent: desk.model().sent.filter((id) => !keys.some((one) => one.item === id)) });
    refused(card, answer.error);
    return false;
  }

  const progress = (patch: Partial<NonNullable<ReturnType<DecryptDesk['model']>['run']>>): void => {
    const { run } = desk.model();
    if (run !== null) desk.change({ run: { ...run, ...patch } });
  };

  /** The hub said no: to the whole interaction, or to this step. */
  function refused(card: Card, error: PageError): void {
    const state = desk.boot.stateOfCode[error.code] ?? 'trouble';
    if (desk.boot.states[state].end) {
      desk.change({ work: null, run: null, fault: error });
      return;
    }
    const verdict = { state, error, final: false };
    desk.change({ work: null, run: null, cards: withCard(desk, card, { verdict }) });
    desk.page.focusNotice();
  }

  return {
    ...unlock,
    begin: async () => {
      const { armed, cards, chosen } = desk.model();
      const card = cards.find((one) => one.id === chosen);
      if (armed && card !== undefined && desk.model().work === null) await start(card);
    },
  };
}

/** `other` stands before `wrap`: its turn is over. */
const tried = (wraps: readonly WrapForKey[], wrap: WrapForKey, other: WrapForKey): boolean =>
  wraps.indexOf(other) < wraps.indexOf(wrap);
