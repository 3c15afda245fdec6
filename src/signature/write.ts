import type { Interaction } from '#interaction/interaction.ts';
import { announce } from '#interaction/page-room.ts';
import type { Change } from '#interaction/repository-changes.ts';
import { endOf } from '#interaction/visit.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import { changeSigning, findSigning, type SigningSet } from './repository.ts';
import type { Room } from './room.ts';
import type { Signing } from './signing.ts';

/** A refusal in the middle of a transaction: nothing of it stays. */
class Refused extends Error {
  readonly refusal: Refusal;
  constructor(why: Refusal) {
    super(why.code);
    this.refusal = why;
  }
}

/** A transaction that a refusal undoes. `need` gives the value of a result, or ends it. */
export async function inTx<T>(
  room: Pick<Room, 'store'>,
  work: (tx: Tx, need: <V>(result: Result<V>) => V) => Promise<T>,
): Promise<Result<T>> {
  const need = <V>(result: Result<V>): V => {
    if (!result.ok) throw new Refused(result.refusal);
    return result.value;
  };
  try {
    return ok(await room.store.tx((tx) => work(tx, need)));
  } catch (error) {
    if (error instanceof Refused) return refused(error.refusal);
    throw error;
  }
}

export async function signingOf(room: Room, interactionId: string): Promise<Signing> {
  const row = await findSigning(room.store.read, interactionId);
  if (row === undefined) throw new Error(`no signing of ${interactionId}`);
  return room.vault.open(row);
}

export interface Write {
  readonly interaction: Interaction;
  /** As it was read: written only while nobody has written since. */
  readonly signing: Signing;
  readonly set: SigningSet;
  /** Only while this signing waits for its answer, which is thereby given. */
  readonly prepared?: string;
  readonly change?: Change;
  readonly journal: { readonly kind: string; readonly body: JsonObject };
}

/**
 * The two rows of one signing and the journal, in the caller's transaction: both change or neither. `DOCUMENT_CHANGED`, `SIGNING_USED`: somebody was
 * faster; else why the interaction is over.
 */
export async function write(room: Room, tx: Tx, one: Write): Promise<Result<Interaction>> {
  const { interaction, signing, prepared } = one;
  const now = room.clock.now();
  const expect = { interactionId: interaction.id, change: signing.change, ...(prepared !== undefined && { prepared }) };
  if (!(await changeSigning(tx, expect, { ...one.set, updated_at: now })))
    return refused(refusal(prepared === undefined ? 'DOCUMENT_CHANGED' : 'SIGNING_USED'));
  const row = await room.interactions.change(
    tx,
    interaction.id,
    { states: ['claimed'], generation: interaction.generation, liveAt: now },
    one.change ?? {},
  );
  if (row === undefined) {
    const present = await room.interactions.find(tx, interaction.id);
    return refused((present && endOf(present, now)) ?? refusal('LINK_SUPERSEDED'));
  }
  await room.journal.append(tx, {
    kind: one.journal.kind,
    unitId: interaction.unitId,
    interactionId: interaction.id,
    body: one.journal.body,
  });
  announce(room, tx, row);
  return ok(row);
}
