import { beijingDateTime } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import type { HallAct } from './acts.ts';
import { actorOf, type Doing, speakerOf } from './doing.ts';
import { rungOf } from './ladder.ts';
import type { May } from './may.ts';
import type { ProposalRecord } from './proposal.ts';
import { insertProposal } from './repository.ts';
import { type Hall, seal } from './room.ts';

type Proposing = Extract<HallAct, { act: 'propose' }>;

/** A second person has so long, and never longer than the window; then it reads 视为不同意. */
const LIFE_MS = 30 * 60_000;
/** An extension in one step. */
const MOST_MINUTES = 120;

/** Writes the proposal; nothing else changes until somebody else confirms it. */
export async function propose(hall: Hall, tx: Tx, doing: Doing, act: Proposing, may: May): Promise<Result<void>> {
  const { seat, picture } = doing;
  if (may.kinds?.includes(act.kind) !== true) return refused(refusal('REMEDY_NOT_ALLOWED'));
  const record = recordOf(doing, act, may);
  if (!record.ok) return record;
  const now = hall.clock.now();
  const id = newId('prp', hall.random);
  const windowEnds = picture.phase === 'window' ? (picture.file.opening.windowEndsAt ?? now) : Number.POSITIVE_INFINITY;
  await insertProposal(tx, {
    id,
    opening_id: seat.openingId,
    kind: act.kind,
    state: 'waiting',
    record_sealed: seal(hall, 'hall_proposal', id, 'record_sealed', record.value),
    proposer_index: seat.personIndex,
    decider_index: null,
    decision_sealed: null,
    lapses_at: Math.min(now + LIFE_MS, windowEnds),
    created_at: now,
    decided_at: null,
  });
  const { title, reason, basis, bid } = record.value;
  await hall.room.events.record(tx, {
    openingId: seat.openingId,
    kind: 'hall.proposed',
    actor: actorOf(seat),
    body: { proposal: id, what: act.kind, title, reason, basis, bid },
    secrecy: 'public',
  });
  return ok(undefined);
}

function recordOf({ seat, picture }: Doing, act: Proposing, may: May): Result<ProposalRecord> {
  const common = {
    reason: act.reason,
    basis: '',
    remedy: null,
    bid: null,
    bidder: null,
    capsules: [],
    minutes: null,
    until: null,
    by: speakerOf(seat),
    asked: false,
  };
  const { opening } = picture.file;
  switch (act.kind) {
    case 'extend': {
      if (act.minutes < 1 || act.minutes > MOST_MINUTES)
        return refused(
          refusal('FIELD_INVALID', { field: 'minutes', label: '延长分钟数', reason: `应为 1 至 ${MOST_MINUTES}` }),
        );
      const until = (opening.windowEndsAt ?? picture.now) + act.minutes * 60_000;
      return ok({ ...common, title: `延长解密窗口 ${act.minutes} 分钟`, minutes: act.minutes, until });
    }
    case 'remedy': {
      const bid = picture.bids?.find((one) => one.id === act.bid);
      if (bid === undefined || bid.state === 'opened' || may.remedies?.includes(act.remedy) !== true)
        return refused(refusal('REMEDY_NOT_ALLOWED'));
      return ok({
        ...common,
        title: `补救：${rungOf(act.remedy).title}`,
        basis: act.basis,
        remedy: act.remedy,
        bid: bid.id,
        bidder: bid.bidder,
        capsules: bid.files.map((file) => file.capsuleId),
      });
    }
    case 'abort':
      return ok({ ...common, title: '终止本次开标' });
    case 'postpone':
      if (act.opensAt <= Math.max(opening.opensAt, picture.now))
        return refused(
          refusal('FIELD_INVALID', { field: 'opensAt', label: '新的开标时间', reason: '应晚于原开标时间' }),
        );
      return ok({ ...common, title: `开标推迟到 ${beijingDateTime(act.opensAt)}`, until: act.opensAt });
    case 'time-override':
      return ok({ ...common, title: '确认平台时钟可信，恢复开标' });
  }
}
