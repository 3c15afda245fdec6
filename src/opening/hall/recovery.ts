import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Person } from '../opening.ts';
import { mayDo, toRecover } from './may.ts';
import { type Picture, pictureOf, type SeenBid } from './picture.ts';
import { type Hall, wake } from './room.ts';
import type { Seat } from './seat.ts';
import { whoMay } from './who.ts';

/** One file's share of a recovery custodian, for his agent to wrap to the release key. */
export interface RecoveryTask {
  /** Of the file. */
  readonly capsule: string;
  /** Base64. */
  readonly wrapped: string;
  /** Hex of a 65-byte point. */
  readonly to: string;
  readonly certificate: Certificate;
  readonly name: string;
}

/** What this recovery custodian still gives for a bid: only after two persons have allowed it, and only while the window runs. */
export async function recoveryTasks(hall: Hall, seat: Seat, bidId: string): Promise<Result<readonly RecoveryTask[]>> {
  const found = await recovering(hall, seat, (bid) => bid.id === bidId);
  if (!found.ok) return found;
  const { picture, bid, person, certificate } = found.value;
  const tasks: RecoveryTask[] = [];
  for (const capsule of toRecover(bid, person.id, picture)) {
    const share = await hall.openings.recoveryShareFor(hall.store.read, capsule, person.id);
    if (!share.ok) return share;
    tasks.push({ capsule, ...share.value, certificate, name: person.name });
  }
  return ok(tasks);
}

/** One share comes back, wrapped to the release key (base64). With the last that is needed the file opens. */
export async function recoveryBack(hall: Hall, seat: Seat, capsule: string, wrapped: string): Promise<Result<void>> {
  const found = await recovering(hall, seat, (bid) => bid.files.some((file) => file.capsuleId === capsule));
  if (!found.ok) return found;
  const done = await hall.openings.recover(capsule, found.value.person.id, wrapped);
  wake(hall, seat.openingId);
  return done.ok ? ok(undefined) : done;
}

interface Recovering {
  readonly picture: Picture;
  readonly bid: SeenBid;
  readonly person: Person;
  readonly certificate: Certificate;
}

async function recovering(hall: Hall, seat: Seat, which: (bid: SeenBid) => boolean): Promise<Result<Recovering>> {
  const not = refused(refusal('HALL_NOT_YOURS', { who: whoMay('recover') }));
  const picture = await pictureOf(hall, seat.openingId);
  const bid = picture?.bids?.find(which);
  if (picture === undefined || bid === undefined) return not;
  const may = mayDo(seat, picture).find((one) => one.act === 'recover');
  const office = seat.offices.find((one) => one.role === 'recovery');
  const person = picture.file.persons.find((one) => one.id === office?.id);
  if (may?.bids?.includes(bid.id) !== true || person?.encryptionCertificate == null) return not;
  return ok({ picture, bid, person, certificate: person.encryptionCertificate });
}
