import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import { recordSm3, type SignedRecord, signRecord } from '../capsule/record.ts';
import { checkRecord, type OpeningRecord } from '../minutes/record.ts';
import { topicOf } from '../room.ts';
import { actorOf, type Doing } from './doing.ts';
import { mayDo } from './may.ts';
import type { Picture } from './picture.ts';
import { recordOf } from './record-of.ts';
import * as rows from './repository.ts';
import { type Hall, seal, touch, unseal } from './room.ts';
import { whoMay } from './who.ts';

export type SignedMinutes = SignedRecord<OpeningRecord>;

/** The record of this opening as it stands now, signed by the hub. Outside any transaction: a thousand bids take a while. */
export async function makeMinutes(hall: Hall, picture: Picture): Promise<SignedMinutes> {
  const record = checkRecord(await recordOf(hall, picture, 1));
  return signRecord(hall.gm, hall.signingKey, record);
}

/** The host signs and closes: the minutes are final, the opening is over, no capsule opens any more. Once. */
export async function finish(
  hall: Hall,
  tx: Tx,
  { seat, picture }: Doing,
  minutes: SignedMinutes,
): Promise<Result<void>> {
  const openingId = seat.openingId;
  if (!mayDo(seat, picture).some((may) => may.act === 'finish'))
    return refused(refusal('HALL_NOT_YOURS', { who: whoMay('finish') }));
  const now = hall.clock.now();
  const first = await rows.finishHall(tx, openingId, {
    minutes_sealed: seal(hall, 'hall', openingId, 'minutes_sealed', minutes),
    minutes_digest: recordSm3(hall.gm, minutes.record),
    minutes_signature: minutes.signature,
    minutes_key_id: minutes.key,
    finished_at: now,
  });
  if (!first) return refused(refusal('PROPOSAL_DECIDED'));
  if (picture.file.opening.state === 'released') await hall.openings.end(tx, openingId, actorOf(seat));
  await hall.room.events.record(tx, {
    openingId,
    kind: 'hall.finished',
    actor: actorOf(seat),
    body: { digest: recordSm3(hall.gm, minutes.record) },
    secrecy: 'public',
  });
  await touch(hall, tx, openingId);
  tx.notify(topicOf(openingId));
  return ok(undefined);
}

/** The final minutes; undefined before. */
export async function minutesOf(hall: Hall, openingId: string): Promise<SignedMinutes | undefined> {
  const row = await rows.findHall(hall.store.read, openingId);
  if (row?.minutes_sealed == null) return undefined;
  return unseal<SignedMinutes>(hall, 'hall', openingId, 'minutes_sealed', row.minutes_sealed);
}
