import type { HallView } from '#hosted/hall-view-api.ts';
import { fill } from '../../boot.ts';
import { mayOf } from '../acts.ts';
import type { HallBoot, HallModel } from '../hall-desk.ts';
import { type BoardScreen, boardScreen } from './board.ts';
import { type HallNotice, hallNotices } from './hall-notices.ts';
import { type MineScreen, mineScreen } from './mine.ts';
import { type PanelScreen, panelScreen } from './panel.ts';
import { type SideScreen, sideScreen } from './side.ts';

/** What the hall shows, as plain data: the same model always gives the same screen. */
export interface HallScreen {
  readonly state: string;
  readonly role: string;
  readonly side: SideScreen | null;
  readonly head: HeadScreen | null;
  readonly notices: readonly HallNotice[];
  /** Before anything may be told: what happens next, and how bidders come in. */
  readonly calm: CalmScreen | null;
  readonly board: BoardScreen | null;
  readonly mine: MineScreen | null;
  /** Deeds of host and supervisor that stand ready all the time. */
  readonly tools: readonly { readonly act: string; readonly value: string; readonly label: string }[];
  readonly log: readonly { readonly at: number; readonly text: string; readonly tone: string }[];
  readonly seat: SeatScreen | null;
  readonly panel: PanelScreen | null;
}

export interface HeadScreen {
  readonly place: readonly string[];
  readonly title: string;
}

export interface CalmScreen {
  readonly text: string;
  readonly flow: readonly { readonly text: string; readonly at: 'ok' | 'now' | 'waiting' }[];
  readonly lots: readonly { readonly code: string; readonly name: string; readonly note: string }[];
  readonly join: boolean;
}

export interface SeatScreen {
  readonly text: string;
  readonly act: 'enter' | 'leave';
  readonly label: string;
  readonly hint: string;
}

export function screenOf(model: HallModel, boot: HallBoot): HallScreen {
  const view = model.view?.hall ?? null;
  if (view === null) return blank(model, boot);
  const bidder = view.seat?.role === 'bidder';
  const board = view.board === null || bidder ? null : boardScreen(view, view.board, boot);
  return {
    state: model.hub.kind === 'lost' ? 'offline' : view.phase,
    role: view.seat?.role ?? 'audience',
    side: sideScreen(view, boot, model.doing),
    head: headOf(view, boot),
    notices: hallNotices(model, view, boot),
    calm: board === null && !bidder ? calmOf(view, boot) : null,
    board,
    mine: bidder ? mineScreen(view, boot) : null,
    tools: toolsOf(view, boot),
    log:
      view.seat === null || bidder
        ? []
        : view.events.slice(0, 8).map((one) => ({ at: one.at, text: one.sentence, tone: one.tone })),
    seat: seatOf(view, boot),
    panel: panelScreen(model, view, boot),
  };
}

/** Nothing of the opening is known yet, or there is none. */
function blank(model: HallModel, boot: HallBoot): HallScreen {
  const { fault, trouble, hub } = model;
  const error = fault ?? trouble?.error ?? null;
  const { hall: words } = boot;
  const notice: HallNotice | null =
    error === null
      ? null
      : {
          state: 'lost',
          tone: 'info',
          icon: 'info',
          title: words.lost,
          text: [boot.words.codes[error.code] ?? error.message, words.lostText],
          actions: [],
          vendors: [],
          support: error.supportCode || null,
          timer: null,
          aside: false,
        };
  return {
    state: error !== null ? 'lost' : hub.kind === 'lost' ? 'offline' : 'opening',
    role: 'audience',
    side: null,
    head: null,
    notices: notice === null ? [] : [notice],
    calm: null,
    board: null,
    mine: null,
    tools: [],
    log: [],
    seat: null,
    panel: null,
  };
}

function headOf(view: HallView, boot: HallBoot): HeadScreen {
  const [only] = view.lots;
  const lot = view.lots.length === 1 && only !== undefined ? fill(boot.hall.lot, { lot: only.lot }) : '';
  return {
    place: [view.venue, view.room, lot].filter((text) => text !== ''),
    title:
      view.lots.length === 1 && only !== undefined && only.name !== '' ? joined(view.title, only.name) : view.title,
  };
}

/** The lot's name often begins with the project's. */
const joined = (title: string, lot: string): string =>
  lot === title || lot === '' ? title : lot.startsWith(title) ? lot : `${title}　${lot}`;

function calmOf(view: HallView, boot: HallBoot): CalmScreen {
  const { hall: words } = boot;
  const { phase } = view;
  const step = { before: 0, due: 1, releasing: 2, window: 3, closed: 4, finished: 5, ended: 0, aborted: 0 }[phase];
  const at = (n: number): 'ok' | 'now' | 'waiting' => (n < step ? 'ok' : n === step ? 'now' : 'waiting');
  const over = phase === 'ended' || phase === 'aborted';
  const text = phase in words.calm ? words.calm[phase as keyof typeof words.calm] : words.waitBoard;
  return {
    text,
    flow: over
      ? []
      : [words.flow1, words.flow2, words.flow3, words.flow4].map((line, n) => ({ text: line, at: at(n + 1) })),
    lots:
      view.lots.length < 2 && !over
        ? []
        : view.lots.map((lot) => ({
            code: lot.lot,
            name: lot.name,
            note:
              lot.state === 'too-few' ? [words.lotEnded, lot.reason ?? ''].filter((one) => one !== '').join('：') : '',
          })),
    join: !over,
  };
}

function toolsOf(view: HallView, boot: HallBoot): HallScreen['tools'] {
  const { act: labels } = boot.hall;
  const kinds = mayOf(view.may, 'propose')?.kinds ?? [];
  const objections = mayOf(view.may, 'answer-objection')?.bids ?? [];
  const nameOf = (bid: string): string => view.board?.rows.find((row) => row.bid === bid)?.bidder ?? '';
  return [
    ...kinds.map((kind) => ({ act: kind, value: '', label: labels[kind] })),
    ...(mayOf(view.may, 'close-window') === null
      ? []
      : [{ act: 'close-window', value: '', label: labels['close-window'] }]),
    ...objections.map((bid) => ({
      act: 'answer-objection',
      value: bid,
      label: `${labels['answer-objection']}：${nameOf(bid)}`,
    })),
  ];
}

function seatOf(view: HallView, boot: HallBoot): SeatScreen {
  const { hall: words } = boot;
  if (view.seat === null) return { text: '', act: 'enter', label: words.enter, hint: words.enterHint };
  const text = fill(words.seatAs, { title: view.seat.title, tail: view.seat.tail });
  return { text, act: 'leave', label: words.leave, hint: '' };
}
