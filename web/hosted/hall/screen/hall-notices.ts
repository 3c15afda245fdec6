import type { HallView, IncidentView, ProposalView } from '#hosted/hall-view-api.ts';
import { fill } from '../../boot.ts';
import type { NoticeScreen } from '../../screen/notices.ts';
import { hourText, momentText } from '../../time.ts';
import { mayOf } from '../acts.ts';
import type { HallBoot, HallModel } from '../hall-desk.ts';

export type HallNotice = NoticeScreen<string>;

const bare: Omit<HallNotice, 'state' | 'tone' | 'icon' | 'title'> = {
  text: [],
  actions: [],
  vendors: [],
  support: null,
  timer: null,
  aside: false,
};

/** What everybody in the hall must know now, the gravest first. */
export function hallNotices(model: HallModel, view: HallView, boot: HallBoot): readonly HallNotice[] {
  return [
    offline(model, view, boot),
    trouble(model, boot),
    timeBad(view, boot),
    tooFew(view, boot),
    ...recoveries(view, boot),
    ...view.incidents.map((one) => mass(one, view, boot)),
    ...view.proposals.map((one) => proposal(one, view, boot)),
    ...postponed(view, boot),
    minutes(view, boot),
  ].filter((one) => one !== null);
}

function offline(model: HallModel, view: HallView, boot: HallBoot): HallNotice | null {
  if (model.hub.kind !== 'lost' && model.hub.kind !== 'busy') return null;
  const { hall: words } = boot;
  const title = fill(words.offlineTitle, { at: hourText(view.now, true) });
  return { ...bare, state: 'offline', tone: 'warn', icon: 'link', title, text: [words.offlineText] };
}

/** What this page's last deed was refused for. */
function trouble(model: HallModel, boot: HallBoot): HallNotice | null {
  const error = model.trouble?.error ?? model.fault;
  if (error == null || model.panel?.kind === 'key') return null;
  const title = boot.words.codes[error.code] ?? error.message;
  return { ...bare, state: 'trouble', tone: 'bad', icon: 'warn', title, support: error.supportCode || null };
}

function timeBad(view: HallView, boot: HallBoot): HallNotice | null {
  if (view.time.trusted) return null;
  const { hall: words } = boot;
  const actions: HallNotice['actions'] =
    mayOf(view.may, 'state-clock') === null
      ? []
      : [{ act: 'state-clock', value: '', style: 'primary', label: words.act['state-clock'] }];
  return { ...bare, state: 'time', tone: 'bad', icon: 'clock', title: words.timeBad, text: [view.time.note], actions };
}

/** Two persons have allowed it: a recovery custodian gives his shares of this bid's files. */
function recoveries(view: HallView, boot: HallBoot): readonly HallNotice[] {
  const { hall: words } = boot;
  return (mayOf(view.may, 'recover')?.bids ?? []).map((bid) => ({
    ...bare,
    state: `recover-${bid}`,
    tone: 'warn',
    icon: 'lock',
    title: fill(words.recover, { bidder: view.board?.rows.find((row) => row.bid === bid)?.bidder ?? '' }),
    text: [words.recoverText],
    actions: [{ act: 'recover', value: bid, style: 'primary', label: words.act.recover }],
  }));
}

/** Fewer than three: the host ends the lot before anything is released. */
function tooFew(view: HallView, boot: HallBoot): HallNotice | null {
  const may = mayOf(view.may, 'end-lot');
  if (may === null) return null;
  const { hall: words } = boot;
  const few = (view.board?.lots ?? []).filter((one) => one.tooFew && may.lots.includes(one.lot));
  const [first] = few;
  if (first === undefined) return null;
  return {
    ...bare,
    state: 'too-few',
    tone: 'warn',
    icon: 'users',
    title: fill(words.few, { n: String(first.total) }),
    text: [words.fewText],
    actions: few.map((one) => ({
      act: 'end-lot',
      value: one.lot,
      style: 'danger',
      label: few.length === 1 ? words.act['end-lot'] : `${words.act['end-lot']} ${one.lot}`,
    })),
  };
}

/** Several failures of one vendor at once. */
function mass(one: IncidentView, view: HallView, boot: HallBoot): HallNotice {
  const { hall: words } = boot;
  const may = mayOf(view.may, 'propose')?.kinds.includes('extend') ?? false;
  const params = { authority: one.authority, minutes: String(one.minutes), n: String(one.bids) };
  return {
    ...bare,
    state: 'mass',
    tone: 'bad',
    icon: 'server',
    title: fill(words.mass, params),
    text: [`${one.sentence}${words.massOnly}`],
    actions:
      may && one.suggest !== null
        ? [
            {
              act: 'suggest',
              value: one.incident,
              style: 'primary',
              label: fill(words.act.suggest, { n: String(one.suggest) }),
            },
          ]
        : [],
    support: one.supportCode,
  };
}

const DONE = { confirmed: 'proposalConfirmed', refused: 'proposalRefused', lapsed: 'proposalLapsed' } as const;

/** One proposes, another confirms; everybody sees both. */
function proposal(one: ProposalView, view: HallView, boot: HallBoot): HallNotice | null {
  const { hall: words } = boot;
  const reason = fill(words.proposalWaitsText, { reason: one.reason });
  const basis = one.basis === '' ? '' : fill(words.proposalBasis, { basis: one.basis });
  if (one.state === 'withdrawn') return null;
  if (one.state !== 'waiting') {
    const decided =
      one.decidedBy === null || one.decidedAt === null
        ? ''
        : fill(words.proposalDecided, {
            who: one.decidedBy,
            at: hourText(one.decidedAt, true),
            opinion: one.opinion ?? '',
          });
    return {
      ...bare,
      state: `proposal-${one.proposal}`,
      tone: one.state === 'confirmed' ? 'ok' : 'info',
      icon: one.state === 'confirmed' ? 'ok' : 'block',
      title: fill(words[DONE[one.state]], { title: one.title }),
      text: [sentences(boot, reason, decided)],
    };
  }
  const until =
    one.until === null || one.kind !== 'extend' ? '' : fill(words.proposalUntil, { at: hourText(one.until) });
  return {
    ...bare,
    state: one.kind === 'remedy' ? 'remedy' : 'proposal',
    tone: 'warn',
    icon: 'clock',
    title: fill(words.proposalWaits, { title: one.title }),
    text: [sentences(boot, one.bidder ?? '', reason, basis, until)],
    timer: { text: words.proposalLapses, until: one.lapsesAt },
    actions: proposalActions(one, view, boot),
  };
}

/** Parts of one paragraph; each ends with its stop. */
const sentences = (boot: HallBoot, ...parts: readonly string[]): string =>
  parts
    .filter((part) => part !== '')
    .map((part) => (/[。.？?]$/.test(part) ? part : `${part}${boot.lang === 'zh' ? '。' : '. '}`))
    .join('');

function proposalActions(one: ProposalView, view: HallView, boot: HallBoot): HallNotice['actions'] {
  const { act: labels } = boot.hall;
  const value = one.proposal;
  if (mayOf(view.may, 'decide')?.proposals.includes(value))
    return [
      { act: 'agree', value, style: 'primary', label: labels.agree },
      { act: 'refuse', value, style: 'danger', label: labels.refuse },
    ];
  if (mayOf(view.may, 'withdraw')?.proposals.includes(value))
    return [{ act: 'withdraw', value, style: 'plain', label: labels.withdraw }];
  return [];
}

function postponed(view: HallView, boot: HallBoot): readonly HallNotice[] {
  if (view.phase !== 'before') return [];
  const { hall: words } = boot;
  return view.postponed.slice(0, 1).map((one) => ({
    ...bare,
    state: 'postponed',
    tone: 'info',
    icon: 'info',
    title: fill(words.postponed, { from: momentText(one.from, boot.lang), to: momentText(one.to, boot.lang) }),
    text: [fill(words.proposalWaitsText, { reason: one.reason })],
  }));
}

/** The record: bidders speak, then it is signed. */
function minutes(view: HallView, boot: HallBoot): HallNotice | null {
  const { hall: words } = boot;
  const one = view.minutes;
  if (one === null) return null;
  if (one.state === 'confirming') {
    const params = {
      n: String(one.confirmed),
      o: String(one.objected),
      s: String(one.silent),
      at: hourText(one.confirmUntil),
    };
    const finish = mayOf(view.may, 'finish');
    return {
      ...bare,
      state: 'confirming',
      tone: 'info',
      icon: 'users',
      title: words.confirming,
      text: [fill(words.confirmingText, params)],
      actions: finish === null ? [] : [{ act: 'finish', style: 'primary', label: words.act.finish }],
    };
  }
  const link = (href: string | null, label: string, style: 'primary' | 'plain') =>
    href === null ? [] : [{ label, href, style, icon: 'down' as const }];
  return {
    ...bare,
    state: 'minutes',
    tone: 'ok',
    icon: 'ok',
    title: words.minutesTitle,
    text: [
      sentences(
        boot,
        one.sentence,
        words.minutesText,
        one.digest === null ? '' : fill(words.minutesDigest, { digest: one.digest.slice(0, 16) }),
      ),
    ],
    actions: [...link(one.pdf, words.act.table, 'primary'), ...link(one.record, words.act.record, 'plain')],
  };
}
