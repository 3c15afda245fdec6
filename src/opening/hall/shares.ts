import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Person } from '../opening.ts';
import { isHolder, mayDo } from './may.ts';
import { pictureOf } from './picture.ts';
import { type Hall, wake } from './room.ts';
import type { Seat } from './seat.ts';
import { whoMay } from './who.ts';

export type ShareKind = 'check-in' | 'release';

/** What the custodian's agent unwraps, and to which key it wraps the result again. */
export interface ShareTask {
  readonly what: ShareKind;
  /** Base64. */
  readonly wrapped: string;
  /** Hex of a 65-byte point. */
  readonly to: string;
  readonly certificate: Certificate;
  readonly name: string;
}

/** The next share of this seat: a test before the opening, the real one after the host began. Never bare, here or on the page. */
export async function shareTask(hall: Hall, seat: Seat, what: ShareKind): Promise<Result<ShareTask>> {
  const found = await custodianAt(hall, seat, what);
  if (!found.ok) return found;
  const { person, certificate } = found.value;
  const wrap =
    what === 'check-in'
      ? await hall.openings.beginCheckIn(seat.openingId, person.id)
      : await hall.openings.shareFor(hall.store.read, seat.openingId, person.id);
  return wrap.ok ? ok({ what, ...wrap.value, certificate, name: person.name }) : wrap;
}

/** What came back (base64). With the last share that is needed the opener runs and the window begins. */
export async function shareBack(hall: Hall, seat: Seat, what: ShareKind, wrapped: string): Promise<Result<void>> {
  const found = await custodianAt(hall, seat, what);
  if (!found.ok) return found;
  const { person } = found.value;
  const done: Result<unknown> =
    what === 'check-in'
      ? await hall.openings.finishCheckIn(seat.openingId, person.id, wrapped)
      : await hall.openings.release(seat.openingId, person.id, wrapped);
  wake(hall, seat.openingId);
  return done.ok ? ok(undefined) : done;
}

async function custodianAt(
  hall: Hall,
  seat: Seat,
  what: ShareKind,
): Promise<Result<{ person: Person; certificate: Certificate }>> {
  const not = refused(refusal('HALL_NOT_YOURS', { who: whoMay(what) }));
  const picture = await pictureOf(hall, seat.openingId);
  if (picture === undefined || !mayDo(seat, picture).some((may) => may.act === what)) return not;
  const person = picture.file.persons.find(
    (one) => isHolder(one) && seat.offices.some((office) => office.id === one.id),
  );
  if (person?.encryptionCertificate == null) return not;
  return ok({ person, certificate: person.encryptionCertificate });
}
