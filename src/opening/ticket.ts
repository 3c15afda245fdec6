import { base64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle } from '#store/store.ts';
import { type SealingTicket, type SignedTicket, signTicket } from './capsule/ticket.ts';
import type { OpeningFile } from './opening.ts';
import { readFile } from './read-opening.ts';
import { type Room, seatName } from './room.ts';
import { refusalOfState } from './states.ts';

/** An opening of this very unit; another unit's reads like one that does not exist (T44). OPENING_UNKNOWN. */
export async function ownOpening(room: Room, h: Handle, unit: Unit, id: string): Promise<Result<OpeningFile>> {
  const file = await readFile(room.vault, h, id);
  return file?.opening.unitId === unit.id ? ok(file) : refused(refusal('OPENING_UNKNOWN'));
}

/** What is needed to seal for one lot, as a plain record: the sealer of this hub gets it on a trusted road. */
export function ticketOf(room: Room, { opening, persons }: OpeningFile, lot: string): SealingTicket {
  const recovery = persons.filter((person) => person.role === 'recovery');
  return {
    type: 'sealing-ticket',
    v: 1,
    hub: room.publicUrl,
    opening: opening.id,
    lot,
    opensAt: opening.opensAt,
    keyModel: opening.keyModel,
    openingKey: opening.publicPoint === '' ? null : opening.publicPoint,
    recovery:
      opening.keyModel === 'quorum'
        ? {
            threshold: opening.recoveryThreshold,
            custodians: recovery.map((person) => ({
              id: seatName(person.seat),
              certificate: base64(person.encryptionCertificate?.der ?? Buffer.alloc(0)),
            })),
          }
        : null,
    issuedAt: room.clock.now(),
  };
}

/** The ticket signed by the hub, while the opening takes capsules. OPENING_UNKNOWN, LOT_UNKNOWN, OPENING_CLOSED, OPENING_STATE. */
export async function sealingTicket(
  room: Room,
  unit: Unit,
  openingId: string,
  lot: string,
): Promise<Result<SignedTicket>> {
  const file = await ownOpening(room, room.store.read, unit, openingId);
  if (!file.ok) return file;
  if (!file.value.lots.some((one) => one.code === lot)) return refused(refusal('LOT_UNKNOWN'));
  const closed = refusalOfState(file.value.opening, room.clock.now());
  if (closed !== undefined) return refused(closed);
  return ok(await signTicket(room.gm, room.signingKey, ticketOf(room, file.value, lot)));
}
