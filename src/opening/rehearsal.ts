import { base64, equalBytes, fromHex, hex } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Handle } from '#store/store.ts';
import { capsuleOf, wrapsOfCapsule } from './capsules.ts';
import { openingOf } from './read-opening.ts';
import { findOpening } from './repository.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';
import { wrongState } from './states.ts';

/** 开标前自检: "will it open?" answered with the same key and a random value; the capsule itself is not touched. */
export interface Rehearsal {
  readonly id: string;
  /** One a key that could open the capsule; `wrapped` base64, 16 random bytes like K_b, and never K_b. */
  readonly wraps: readonly { readonly id: string; readonly wrapped: string; readonly certificate: string }[];
  readonly expiresAt: number;
}

export interface RehearsalFact {
  readonly at: number;
  readonly verdict: 'good' | 'bad';
  readonly wrapId: string;
}

const LIFE_MS = 5 * 60_000;

/** For the capsule's own bidder or unit, as the caller has made sure; until the opening begins. CAPSULE_UNKNOWN, OPENING_STATE. */
export async function beginRehearsal(room: Room, capsuleId: string): Promise<Result<Rehearsal>> {
  const { store, vault, random, gm, clock } = room;
  const row = await rows.findCapsule(store.read, capsuleId);
  if (row?.state !== 'sealed') return refused(refusal('CAPSULE_UNKNOWN'));
  const openingRow = await findOpening(store.read, row.opening_id);
  const opening = openingRow && openingOf(vault, openingRow);
  if (opening?.state !== 'announced') return refused(wrongState(opening?.state ?? 'ended'));
  const id = newId('reh', random);
  const value = random.bytes(16);
  const wraps = await Promise.all(
    (await wrapsOfCapsule(room, store.read, capsuleId))
      .flatMap(({ wrap, certificate }) => {
        if ((wrap.kind !== 'bidder' && wrap.kind !== 'rewrap') || certificate === null) return [];
        const { key } = vault.certificate(certificate);
        if (key.kind !== 'sm2') return [];
        const { publicKey } = key;
        return [async () => ({ id: wrap.id, certificate, wrapped: base64(await gm.sm2.encrypt(publicKey, value)) })];
      })
      .map((make) => make()),
  );
  const now = clock.now();
  const expiresAt = now + LIFE_MS;
  const test = vault.seal('rehearsal', id, 'test_sealed', hex(value));
  await store.tx((tx) =>
    rows.insertRehearsal(tx, {
      id,
      capsule_id: capsuleId,
      wrap_id: '',
      test_sealed: test,
      expires_at: expiresAt,
      verdict: null,
      created_at: now,
      ended_at: null,
    }),
  );
  return ok({ id, wraps, expiresAt });
}

/** The value as the key gave it. A rehearsal counts once, whatever comes of it. REHEARSAL_FAILED, REHEARSAL_OVER. */
export async function finishRehearsal(
  room: Room,
  capsuleId: string,
  id: string,
  given: { readonly wrap: string; readonly value: Uint8Array },
): Promise<Result<RehearsalFact>> {
  const { store, vault, clock } = room;
  const row = await rows.findRehearsal(store.read, id);
  const over = refused(refusal('REHEARSAL_OVER'));
  if (row === undefined || row.capsule_id !== capsuleId || row.verdict !== null || row.test_sealed === '') return over;
  const value = fromHex(vault.open<string>('rehearsal', id, 'test_sealed', row.test_sealed)) ?? Buffer.alloc(0);
  const verdict = equalBytes(value, given.value) ? 'good' : 'bad';
  const capsuleRow = await rows.findCapsule(store.read, capsuleId);
  if (capsuleRow === undefined) return over;
  const { record } = capsuleOf(room, capsuleRow);
  return store.tx(async (tx) => {
    const now = clock.now();
    if (!(await rows.endRehearsal(tx, id, { verdict, wrapId: given.wrap }, now))) return over;
    await room.events.record(tx, {
      openingId: capsuleRow.opening_id,
      kind: 'capsule.rehearsed',
      actor: { kind: 'person', id: record.subscriberId, name: record.bidderName },
      capsuleId,
      body: { verdict, wrap: given.wrap },
      secrecy: 'closed',
    });
    return verdict === 'good' ? ok({ at: now, verdict, wrapId: given.wrap }) : refused(refusal('REHEARSAL_FAILED'));
  });
}

/** Newest first. */
export const rehearsals = async (h: Handle, capsuleId: string): Promise<RehearsalFact[]> =>
  (await rows.rehearsalsOf(h, capsuleId)).map((row) => ({
    at: row.ended_at ?? row.created_at,
    verdict: row.verdict ?? 'bad',
    wrapId: row.wrap_id,
  }));
