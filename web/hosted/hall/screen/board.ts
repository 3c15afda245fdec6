import type { BidRowView, BoardView, Tally } from '#hosted/hall-bids-api.ts';
import type { HallView } from '#hosted/hall-view-api.ts';
import type { Icon, Tone } from '#hosted/states.ts';
import type { CauseKind } from '#opening/hall/cause.ts';
import { fill } from '../../boot.ts';
import type { HallBoot } from '../hall-desk.ts';

/** What holds for each: tally, bar, rows. */
export interface BoardScreen {
  readonly tally: readonly { readonly n: number; readonly word: string; readonly tone: Tone | '' }[];
  readonly total: string;
  readonly label: string;
  readonly bar: { readonly n: number } & Tally;
  readonly groups: readonly { readonly head: string; readonly rows: readonly RowScreen[] }[];
  /** Many rows stand closer. */
  readonly dense: boolean;
}

export interface RowScreen {
  readonly bid: string;
  readonly place: string;
  readonly bidder: string;
  readonly word: string;
  readonly icon: Icon;
  readonly tone: Tone | 'mute';
  /** 投标人原因 in bold, then why. */
  readonly party: string;
  readonly why: string;
  readonly evidence: string;
  readonly said: string;
}

export function boardScreen(view: HallView, board: BoardView, boot: HallBoot): BoardScreen {
  const { hall: words } = boot;
  const { tally } = board;
  const sees = view.seat !== null;
  const rows = (lot: string | null) =>
    board.rows.filter((row) => lot === null || row.lot === lot).map((row) => rowScreen(row, boot, sees));
  const several = view.lots.length > 1;
  return {
    tally: [
      { n: tally.opened, word: words.tally.opened, tone: 'ok' },
      { n: tally.working, word: words.tally.working, tone: 'info' },
      { n: tally.failed, word: words.tally.failed, tone: 'bad' },
      { n: tally.waiting, word: words.tally.waiting, tone: '' },
    ],
    total: fill(words.total, { n: String(board.total) }),
    label: fill(words.totalLabel, { n: String(board.total), done: String(tally.opened) }),
    bar: { n: board.total, ...tally },
    groups: several
      ? view.lots.map((lot) => ({ head: lotHead(lot.name, lot.state, boot), rows: rows(lot.lot) }))
      : [{ head: '', rows: rows(null) }],
    dense: board.rows.length > 10,
  };
}

const lotHead = (name: string, state: 'open' | 'too-few', boot: HallBoot): string =>
  state === 'open' ? name : `${name}，${boot.hall.lotEnded}`;

const LOOK: Readonly<Record<BidRowView['state'], { readonly tone: Tone | 'mute'; readonly icon: Icon }>> = {
  opened: { tone: 'ok', icon: 'ok' },
  working: { tone: 'info', icon: 'clock' },
  failed: { tone: 'bad', icon: 'bad' },
  waiting: { tone: 'mute', icon: 'clock' },
};

const CAUSE_ICON: Readonly<Partial<Record<CauseKind, Icon>>> = {
  WRONG_KEY: 'swap',
  KEY_RENEWED: 'refresh',
  KEY_MISSING: 'usb-off',
  PIN_LOCKED: 'lock',
  NO_AGENT: 'plug-off',
  KEY_MISMATCH: 'swap',
  VENDOR_DOWN: 'server',
  VENDOR_WIDE: 'server',
  HUB_DOWN: 'server',
  CAPSULE_DAMAGED: 'file',
  NETWORK_CUT: 'link',
};

export function rowScreen(row: BidRowView, boot: HallBoot, sees: boolean): RowScreen {
  const { hall: words } = boot;
  const look = LOOK[row.state];
  const { cause } = row;
  const word = words.tally[row.state];
  const showCause = cause !== null && row.state !== 'opened';
  return {
    bid: row.bid,
    place: String(row.place),
    bidder: row.bidder,
    word,
    icon: row.state === 'failed' && cause !== null ? (CAUSE_ICON[cause.kind] ?? look.icon) : look.icon,
    tone: look.tone,
    party: showCause && row.state === 'failed' ? cause.name : '',
    why: showCause && row.state === 'failed' ? cause.sentence : row.note,
    evidence: sees && showCause && cause.evidence > 0 ? fill(words.evidence, { n: String(cause.evidence) }) : '',
    said: row.said === null ? '' : words.said[row.said.kind],
  };
}
