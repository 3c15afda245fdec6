import type { MyBidView, NeededCertificateView } from '#hosted/hall-bids-api.ts';
import type { HallView } from '#hosted/hall-view-api.ts';
import type { Icon } from '#hosted/states.ts';
import { fill } from '../../boot.ts';
import { hourText } from '../../time.ts';
import { mayOf } from '../acts.ts';
import type { HallBoot } from '../hall-desk.ts';
import type { HallNotice } from './hall-notices.ts';

/** A bidder's own view: where he stands, what he needs, what he does next. */
export interface MineScreen {
  readonly notices: readonly HallNotice[];
  readonly bids: readonly MyBidScreen[];
  readonly others: string;
  /** At the lower edge of a phone. */
  readonly primary: BarAct | null;
  readonly more: readonly BarAct[];
  readonly support: string;
}

export interface BarAct {
  readonly act: string;
  readonly value: string;
  readonly label: string;
  readonly icon: Icon | null;
}

export interface MyBidScreen {
  readonly bid: string;
  readonly lot: string;
  readonly neededHead: string;
  readonly needed: readonly {
    readonly holder: string;
    readonly meta: readonly string[];
    readonly word: string;
    readonly date: string;
  }[];
  readonly checks: readonly { readonly at: 'ok' | 'now' | 'waiting' | 'bad'; readonly text: string }[];
  readonly steps: readonly {
    readonly time: string;
    readonly title: string;
    readonly note: string;
    readonly done: boolean;
  }[];
  readonly statement: { readonly href: string; readonly label: string } | null;
}

const bare: Omit<HallNotice, 'state' | 'tone' | 'icon' | 'title'> = {
  text: [],
  actions: [],
  vendors: [],
  support: null,
  timer: null,
  aside: false,
};

export function mineScreen(view: HallView, boot: HallBoot): MineScreen {
  const { hall: words } = boot;
  const { mine } = view;
  const bids = mine?.bids ?? [];
  const open = bids.filter((one) => one.row.state !== 'opened');
  const bar = barOf(view, boot);
  return {
    notices: [
      ...bids.map((one) => bidNotice(one, view, boot)),
      ...beforeNotices(view, boot),
      ...rewrapNotice(view, boot),
    ],
    bids: bids.map((one) => bidScreen(one, view, boot)),
    others:
      mine?.others == null ? '' : fill(words.others, { n: String(mine.others.opened), of: String(mine.others.total) }),
    ...bar,
    support: open.length > 0 || view.phase === 'before' ? view.supportCode : '',
  };
}

/** Before the opening, and while nothing is asked of him yet. */
function beforeNotices(view: HallView, boot: HallBoot): readonly HallNotice[] {
  const { hall: words } = boot;
  if (view.phase === 'before') {
    const last = view.mine?.rehearsal?.last ?? null;
    const wait: HallNotice = {
      ...bare,
      state: 'b-before',
      tone: 'info',
      icon: 'clock',
      title: fill(words.at, { at: hourText(view.opensAt) }),
      text: [words.bidder.beforeText],
      timer: { text: words.bidder.before, until: view.opensAt },
    };
    if (last === null) return [wait];
    const text = last.ok ? fill(words.bidder.rehearsedText, { at: hourText(last.at), tail: last.tail }) : last.sentence;
    return [
      {
        ...bare,
        state: 'b-rehearsed',
        tone: last.ok ? 'ok' : 'warn',
        icon: last.ok ? 'ok' : 'warn',
        title: last.ok ? words.bidder.rehearsed : words.bidder.notRehearsed,
        text: [text],
      },
      wait,
    ];
  }
  if (view.phase === 'due' || view.phase === 'releasing')
    return [
      {
        ...bare,
        state: 'b-due',
        tone: 'info',
        icon: 'clock',
        title: view.phase === 'due' ? words.bidder.due : words.phase.releasing,
        text: [words.bidder.dueText],
      },
    ];
  if ((view.mine?.bids.length ?? 0) > 0 || view.phase === 'ended' || view.phase === 'aborted') return [];
  return [
    { ...bare, state: 'b-none', tone: 'info', icon: 'info', title: words.bidder.none, text: [words.bidder.noneText] },
  ];
}

/** How this bid stands, in one notice. */
function bidNotice(one: MyBidView, view: HallView, boot: HallBoot): HallNotice {
  const words = boot.hall.bidder;
  const { row } = one;
  const cause = row.cause;
  if (row.state === 'opened')
    return {
      ...bare,
      state: 'b-ok',
      tone: 'ok',
      icon: 'ok',
      title: words.opened,
      text: [
        fill(words.openedText, {
          at: row.openedAt === null ? '' : hourText(row.openedAt, true),
          n: String(row.files.total),
        }),
        ...saidOf(one, boot),
      ],
    };
  if (view.phase !== 'window')
    return {
      ...bare,
      state: 'b-closed',
      tone: 'bad',
      icon: 'lock',
      title: words.closed,
      text: [cause === null ? words.closedText : `${cause.name}：${cause.sentence}`, ...saidOf(one, boot)],
    };
  if (row.state === 'working')
    return { ...bare, state: 'b-working', tone: 'info', icon: 'clock', title: words.working, text: [row.note] };
  if (cause?.party === 'vendor')
    return {
      ...bare,
      state: 'b-vendor',
      tone: 'warn',
      icon: 'server',
      title: cause.sentence,
      text: [words.vendor],
    };
  if (row.state === 'failed')
    return {
      ...bare,
      state: 'b-failed',
      tone: 'bad',
      icon: cause?.kind === 'WRONG_KEY' || cause?.kind === 'KEY_RENEWED' ? 'swap' : 'bad',
      title: words.failed,
      text: [cause === null ? row.note : cause.sentence],
    };
  return { ...bare, state: 'b-waiting', tone: 'info', icon: 'unlock', title: words.waiting, text: [words.waitingText] };
}

function saidOf(one: MyBidView, boot: HallBoot): readonly string[] {
  const words = boot.hall.bidder;
  const { said } = one.row;
  if (said === null) return [];
  const first = said.kind === 'confirmed' ? words.confirmed : words.objected;
  return said.answer === null ? [first] : [first, fill(words.answered, { answer: said.answer })];
}

function rewrapNotice(view: HallView, boot: HallBoot): readonly HallNotice[] {
  const words = boot.hall.bidder;
  const open = (view.mine?.rewrap ?? []).filter((one) => !one.done);
  const [first] = open;
  if (first === undefined) return [];
  return [
    {
      ...bare,
      state: 'b-rewrap',
      tone: 'warn',
      icon: 'refresh',
      title: fill(words.rewrap, { n: String(open.length) }),
      text: [fill(words.rewrapText, { tail: first.from.tail, new: first.to.tail })],
      actions:
        mayOf(view.may, 'rewrap') === null
          ? []
          : [{ act: 'rewrap', style: 'plain', label: boot.hall.act.rewrap, icon: 'refresh' }],
    },
  ];
}

function bidScreen(one: MyBidView, view: HallView, boot: HallBoot): MyBidScreen {
  const { hall: words } = boot;
  const opened = one.row.state === 'opened';
  return {
    bid: one.bid,
    lot: view.lots.length > 1 ? (view.lots.find((lot) => lot.lot === one.lot)?.name ?? one.lot) : '',
    neededHead: words.needed,
    needed: opened ? [] : one.needed.map((needed) => neededScreen(needed, boot)),
    checks: one.checks.map((check) => ({ at: check.state, text: check.sentence })),
    steps: one.steps.map((step) => ({
      time: step.at === null ? '' : hourText(step.at),
      title: step.title,
      note: step.note,
      done: step.done,
    })),
    statement: one.statement === null ? null : { href: one.statement, label: words.act.statement },
  };
}

export function neededScreen(one: NeededCertificateView, boot: HallBoot): MyBidScreen['needed'][number] {
  const { card, decrypt } = boot.words;
  return {
    holder: one.holder,
    meta: [one.authority?.name ?? card.unknownAuthority, fill(card.tail, { tail: one.tail })],
    word: one.renewed ? decrypt.oldKey : one.expired ? decrypt.expiredMark : '',
    date: fill(decrypt.until, { date: one.notAfter }),
  };
}

/** What he does next; one primary deed, the rest quiet. */
function barOf(view: HallView, boot: HallBoot): Pick<MineScreen, 'primary' | 'more'> {
  const { act: labels } = boot.hall;
  const deed = (act: keyof typeof labels, value = '', icon: Icon | null = null): BarAct => ({
    act,
    value,
    label: labels[act],
    icon,
  });
  const confirm = mayOf(view.may, 'confirm')?.bids ?? [];
  const object = mayOf(view.may, 'object')?.bids ?? [];
  const remedy = mayOf(view.may, 'ask-remedy')?.bids ?? [];
  const all = [
    ...(mayOf(view.may, 'decrypt') === null ? [] : [deed('decrypt', '', 'unlock')]),
    ...(mayOf(view.may, 'rehearse') === null ? [] : [deed('rehearse', '', 'usb')]),
    ...confirm.map((bid) => deed('confirm', bid)),
    ...object.map((bid) => deed('object', bid)),
    ...remedy.map((bid) => deed('ask-remedy', bid)),
  ];
  const [primary = null, ...more] = all;
  return { primary, more };
}
