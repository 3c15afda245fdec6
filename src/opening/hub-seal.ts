import type { EncryptRequest } from '#envelope/requests.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import { type TakenIn, takeIn } from './intake.ts';
import type { Room } from './room.ts';
import { refusalOfState } from './states.ts';
import { ownOpening, ticketOf } from './ticket.ts';

/**
 * `encrypt` for an opening: the hub has the plaintext in its hands, so it says so on the receipt. The text goes to the one-shot sealer, its buffers are overwritten,
 * the capsule is taken in like any other and comes back whole, so that the caller may keep it. Refusals: those of intake, RECIPIENT_UNKNOWN.
 */
export async function hubSeal(room: Room, unit: Unit, request: EncryptRequest): Promise<Result<Bytes>> {
  const { openingId = '', fileName } = request.hub;
  const file = await ownOpening(room, room.store.read, unit, openingId);
  if (!file.ok) return file;
  const { opening, lots } = file.value;
  // With one lot only there is nothing to choose.
  const lot = request.hub.lot ?? (lots.length === 1 ? lots[0]?.code : undefined);
  if (lot === undefined || !lots.some((one) => one.code === lot)) return refused(refusal('LOT_UNKNOWN'));
  const closed = refusalOfState(opening, room.clock.now());
  if (closed !== undefined) return refused(closed);
  const key = await room.subscribers.findForEncryption(room.store.read, unit, request);
  if (!key.ok) return key;
  const content = Buffer.from(request.content, 'utf8');
  const size = content.length;
  const sealed = room.processes.runSealer({
    ticket: ticketOf(room, file.value, lot),
    task: request.taskId,
    bidder: request.unitCode,
    recipients: [key.value.certificate.der],
    content: [content],
    size,
    kind: 'text',
    name: fileName ?? null,
    signer: {
      name: { by: 'hub', key: hex(room.signingKey.publicKey.point) },
      sign: (text) => room.gm.sm2.sign(room.signingKey, [text]),
    },
  });
  const pieces: Buffer[] = [];
  try {
    for await (const piece of sealed) pieces.push(piece);
  } finally {
    content.fill(0); // also where the sealer failed before it had read all of it
  }
  const capsule = Buffer.concat(pieces);
  const upload = {
    openingId: opening.id,
    lot,
    taskId: request.taskId,
    label: fileName ?? '',
    standBy: request.standBy,
    sealedBy: 'hub' as const,
  };
  const taken: Result<TakenIn> = await takeIn(room, unit, upload, inPieces(capsule));
  return taken.ok ? ok(capsule) : taken;
}

async function* inPieces(capsule: Buffer): AsyncGenerator<Uint8Array> {
  yield capsule;
}
