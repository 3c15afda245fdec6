import { lastRehearsal, rewraps } from './bidder-acts.ts';
import { rowOf, tallyOf } from './board.ts';
import { remediesToAsk, rungOf } from './ladder.ts';
import { mayDo, ownBids } from './may.ts';
import { neededFor, neededOf } from './needed.ts';
import type { Picture, SeenBid } from './picture.ts';
import type { Proposal } from './proposal.ts';
import type { Hall } from './room.ts';
import type { Seat } from './seat.ts';
import { sightOf } from './sight.ts';

/** What a bidder sees of his own bids, and what he can do for them. */
export async function mineOf(hall: Hall, picture: Picture, seat: Seat) {
  const own = picture.phase === 'before' || picture.phase === 'due' ? [] : ownBids(seat, picture.bids);
  const may = mayDo(seat, picture);
  const seesOthers = sightOf(seat, picture.phase) !== 'nothing';
  const tally = tallyOf(picture.bids ?? []);
  return {
    bidder: seat.bidder?.name ?? '',
    bids: await Promise.all(own.map((bid) => myBid(hall, picture, bid, seat))),
    canDecrypt: may.some((one) => one.act === 'decrypt'),
    others: seesOthers ? { opened: tally.opened, total: picture.bids?.length ?? 0 } : null,
    ...(await beforehand(hall, picture, seat)),
  };
}

/** What a bidder can do before the time: told to nobody but him. */
async function beforehand(hall: Hall, picture: Picture, seat: Seat) {
  if (picture.phase !== 'before') return { rehearsal: null, rewrap: [] };
  const offers = await rewraps(hall, seat);
  const holder = seat.bidder?.name ?? '';
  const rewrap = await Promise.all(
    (offers.ok ? offers.value : []).map(async (task) => ({
      offer: task.offer,
      from: { ...(await neededOf(hall, task.old, holder, picture.now)), renewed: true },
      to: await neededOf(hall, task.new, holder, picture.now),
      done: false,
    })),
  );
  return { rehearsal: { last: await lastRehearsal(hall, seat) }, rewrap };
}

async function myBid(hall: Hall, picture: Picture, bid: SeenBid, seat: Seat) {
  const needed = await neededFor(hall, bid, picture.now);
  const damaged = bid.cause?.kind === 'CAPSULE_DAMAGED';
  const released = picture.file.opening.releasedAt !== null;
  const opened = bid.state === 'opened';
  const proposal = picture.proposals.find((one) => one.kind === 'remedy' && one.bid === bid.id);
  const final = picture.hall?.finished_at != null;
  return {
    bid: bid.id,
    lot: bid.lot,
    row: rowOf(picture, bid, seat),
    needed,
    checks: [
      damaged
        ? { name: 'intact' as const, state: 'bad' as const, sentence: '平台保存的文件与回执不一致' }
        : { name: 'intact' as const, state: 'ok' as const, sentence: '投标文件完好，摘要与回执一致' },
      released
        ? { name: 'released' as const, state: 'ok' as const, sentence: '开标密钥已释放' }
        : { name: 'released' as const, state: 'waiting' as const, sentence: '开标密钥尚未释放' },
      ownKeyCheck(bid, opened, released),
    ],
    steps: stepsOf(proposal),
    remedies: opened
      ? []
      : remediesToAsk(picture.file.opening.terms.rules).map((kind) => ({ kind, title: rungOf(kind).title })),
    statement: final ? `/hall/${picture.file.opening.id}/statement/${bid.id}` : null,
  };
}

function ownKeyCheck(bid: SeenBid, opened: boolean, released: boolean) {
  if (opened) return { name: 'own-key' as const, state: 'ok' as const, sentence: '您的密钥：已解出' };
  if (bid.state === 'failed')
    return { name: 'own-key' as const, state: 'bad' as const, sentence: '您的密钥：尚未解出' };
  return {
    name: 'own-key' as const,
    state: released ? ('now' as const) : ('waiting' as const),
    sentence: '您的密钥：等待解密',
  };
}

function stepsOf(proposal: Proposal | undefined) {
  if (proposal === undefined) return [];
  const verdict = { confirmed: '已同意', refused: '不同意', lapsed: '未按时确认，视为不同意', withdrawn: '提议已撤回' };
  return [
    { at: proposal.proposedAt, title: `${proposal.by.title}已提议`, note: proposal.title, done: true },
    proposal.state !== 'waiting'
      ? {
          at: proposal.decidedAt,
          title: verdict[proposal.state],
          note: proposal.decision?.opinion ?? '',
          done: true,
        }
      : { at: null, title: '等待另一位人员确认', note: '窗口结束前未确认，视为不同意', done: false },
  ];
}
