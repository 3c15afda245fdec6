import type { CapsuleItem, Opened } from '#envelope/capsule-port.ts';
import { type Bytes, base64, fromHex, fromUtf8Strict } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { CapsuleFault } from './capsule/fault.ts';
import { joinKeys } from './capsule/keys.ts';
import { openCapsule } from './capsule/open.ts';
import { checkStructure } from './capsule/structure.ts';
import { wrapSm3 } from './capsule/wraps.ts';
import { type Capsule, capsuleBytes, wrapsOfCapsule } from './capsules.ts';
import { changed } from './changed.ts';
import { openable } from './find-capsule.ts';
import type { HubFact } from './hall/facts.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';
import { signatureJudge } from './signature-judge.ts';
import { TEXT_BYTES } from './sizes.ts';

/** What became known of an opened capsule; sealed in its row, for the minutes. */
export interface Outcome {
  readonly contentSm3: string;
  readonly bytes: number;
  readonly openedAt: number;
  readonly by: 'own-key' | 'rewrapped-key' | 'recovery';
  readonly kind: 'text' | 'file';
}

/** How K_b came: `vendor` when a vendor's service stood between the key and the hub, and its failure can be nobody's fault for certain. */
export type Road = 'key' | 'vendor';

/**
 * K_b and K_o together, the content read to its end, every check passed: only then is anything given out. The person hears DECRYPT_FAILED for every way
 * in which a capsule can fail; which one it was is a fact of the bid, found from commitments and receipts, never guessed.
 */
export async function openWith(
  room: Room,
  item: Pick<CapsuleItem, 'capsuleId'>,
  given: { readonly wrap: string; readonly kb: Bytes; readonly road: Road },
): Promise<Result<Opened>> {
  const row = await rows.findCapsule(room.store.read, item.capsuleId);
  if (row === undefined) return refused(refusal('CAPSULE_UNKNOWN'));
  const may = await openable(room, room.store.read, row);
  if (!may.ok) return may;
  const { capsule } = may.value;
  const ko = await openingHalf(room, capsule);
  if (ko === undefined) return failed(room, capsule, { kind: 'opening-key-missing', capsule: capsule.id });
  const joined = joinKeys(room.gm, capsule.head.header, given.kb, ko);
  ko?.fill(0);
  if (!joined.ok) return failed(room, capsule, await factOfMiss(room, capsule, joined.wrong, given));
  if ((await room.blobs.size(capsule.blobId)) === undefined)
    return failed(room, capsule, { kind: 'capsule-differs', capsule: capsule.id, what: 'missing' });
  const by = given.wrap.startsWith('w') ? 'rewrapped-key' : given.wrap === RECOVERY ? 'recovery' : 'own-key';
  try {
    return await readContent(room, capsule, joined.dek, by);
  } catch (error) {
    if (!(error instanceof CapsuleFault)) throw error;
    room.log.warn({ capsule: capsule.id, reason: error.reason }, 'a capsule did not open');
    return failed(room, capsule, await factOfBody(room, capsule));
  } finally {
    joined.dek.fill(0);
  }
}

/** Stands for a wrap where recovery custodians gave K_b back. */
export const RECOVERY = 'recovery';

/** What a capsule's outcome says once two persons allowed that its bidder's half be recovered. */
export const RECOVERY_ALLOWED = 'recovery-allowed';

/** null: the key model has none; undefined: it has, and this capsule's cannot be used. */
async function openingHalf({ store, vault }: Room, capsule: Capsule): Promise<Bytes | null | undefined> {
  if (capsule.head.header.keyModel === 'bidder') return null;
  const row = await rows.findKo(store.read, capsule.id);
  if (row?.verdict !== 'good') return undefined;
  return fromHex(vault.open<string>('capsule_ko', capsule.id, 'value_sealed', row.value_sealed));
}

async function readContent(room: Room, capsule: Capsule, dek: Bytes, by: Outcome['by']): Promise<Result<Opened>> {
  const { gm, blobs, store, vault, clock } = room;
  const doubts: string[] = [];
  const judge = await signatureJudge(room, capsule.record.unitId, () => doubts.push('signer'));
  const opened = await openCapsule({ gm, head: capsule.head, body: blobs.open(capsule.blobId), dek, judge });
  const { preface } = opened;
  const kept: Buffer[] = [];
  const small = preface.size <= TEXT_BYTES;
  // Where no file can be sent, small bytes go in message 7 itself, as they do out of an envelope.
  const unit = await room.relyingParties.unit(store.read, capsule.record.unitId);
  const inMessage = small && (preface.kind === 'text' || unit?.profile.capsuleFiles === false);
  for await (const piece of opened.content) if (inMessage) kept.push(piece);
  const sm3 = opened.contentSm3();
  const whole = inMessage ? Buffer.concat(kept) : undefined;
  const text = whole && preface.kind === 'text' ? fromUtf8Strict(whole) : undefined;
  const binary = whole && unit?.profile.capsuleFiles === false ? base64(whole) : undefined;
  for (const piece of [...kept, ...(whole ? [whole] : [])]) piece.fill(0);
  const now = clock.now();
  const kind = text === undefined ? 'file' : 'text';
  const outcome: Outcome = { contentSm3: sm3, bytes: preface.size, openedAt: now, by, kind };
  await store.tx(async (tx) => {
    await rows.changeCapsule(tx, capsule.id, ['sealed', 'failed', 'opened'], {
      outcome: 'opened',
      outcome_sealed: vault.seal('capsule', capsule.id, 'outcome_sealed', outcome),
      // A text goes out with message 7 and is asked for no more; a file is fetched, and so is what no page of the bidder opened.
      key_sealed:
        kind === 'file' || by === 'recovery' ? vault.sealBytes('capsule', capsule.id, 'key_sealed', dek) : null,
      updated_at: now,
    });
    await room.note(tx, {
      openingId: capsule.openingId,
      capsuleId: capsule.id,
      fact: { kind: 'opened', capsule: capsule.id },
    });
    const actor = { kind: 'hub', id: 'opener', name: '' } as const;
    const body = { content: sm3, bytes: preface.size, by, unproved: doubts.length > 0 };
    await room.events.record(tx, {
      openingId: capsule.openingId,
      kind: 'capsule.opened',
      actor,
      capsuleId: capsule.id,
      body,
      secrecy: 'public',
    });
    await changed(room, tx, capsule.openingId);
  });
  if (text !== undefined) return ok({ kind: 'text', text });
  if (binary !== undefined) return ok({ kind: 'binary', base64: binary });
  return ok({ kind: 'file', capsuleId: capsule.id, sm3, size: preface.size });
}

/**
 * "Bidder" can only come of a K_b that misses its commitment although the wrap that was unwrapped is, byte for byte, the one on the receipt (design 8); everything that
 * is needed to say so is written down here, and the hall draws the conclusion.
 */
async function factOfMiss(
  room: Room,
  capsule: Capsule,
  wrong: 'kb' | 'ko' | 'dek',
  given: { readonly wrap: string; readonly road: Road },
): Promise<HubFact> {
  if (wrong === 'ko') return { kind: 'opening-key-missing', capsule: capsule.id };
  if (wrong === 'dek') return { kind: 'body-broken', capsule: capsule.id };
  const wraps = await wrapsOfCapsule(room, room.store.read, capsule.id);
  const used = wraps.find(({ wrap }) => wrap.id === given.wrap)?.wrap;
  const receipted = capsule.record.receipts
    .flatMap((receipt) => receipt.record.wraps)
    .find((one) => one.id === given.wrap);
  const wrapAsReceipt = used !== undefined && receipted !== undefined && wrapSm3(room.gm, used) === receipted.sm3;
  return {
    kind: 'key-returned',
    capsule: capsule.id,
    commitment: 'missed',
    wrapAsReceipt,
    road: given.road,
    sealedBy: capsule.record.sealedBy,
  };
}

/** Both halves are right and the body does not open: are these still the bytes of the receipt? */
async function factOfBody(room: Room, capsule: Capsule): Promise<HubFact> {
  try {
    const { sm3 } = await checkStructure(room.gm, capsuleBytes(room, capsule));
    if (sm3 === capsule.record.sm3) return { kind: 'body-broken', capsule: capsule.id };
  } catch (error) {
    if (!(error instanceof CapsuleFault)) throw error;
  }
  return { kind: 'capsule-differs', capsule: capsule.id, what: 'digest' };
}

async function failed(room: Room, capsule: Capsule, fact: HubFact): Promise<Result<never>> {
  await room.store.tx(async (tx) => {
    await room.note(tx, { openingId: capsule.openingId, capsuleId: capsule.id, fact });
    await room.events.record(tx, {
      openingId: capsule.openingId,
      kind: `bid.${fact.kind}`,
      actor: { kind: 'hub', id: 'opener', name: '' },
      capsuleId: capsule.id,
      body: { ...fact },
      secrecy: 'public',
    });
    // Two persons' word stands: a bidder who tries once more with a wrong key does not take it back.
    const row = await rows.findCapsule(tx, capsule.id);
    const outcome = row?.outcome === RECOVERY_ALLOWED ? RECOVERY_ALLOWED : fact.kind;
    await rows.changeCapsule(tx, capsule.id, ['sealed', 'failed'], { outcome, updated_at: room.clock.now() });
    await changed(room, tx, capsule.openingId);
  });
  return refused(refusal('DECRYPT_FAILED'));
}
