import { newId } from '#kernel/ids.ts';
import type { Tx } from '#store/store.ts';
import type { Fact } from './facts.ts';
import * as rows from './repository.ts';
import { type Hall, seal, unseal } from './room.ts';

/** A fact as stored: of one capsule, or ('' as capsule) of the whole opening. */
export interface NotedFact {
  readonly capsuleId: string;
  readonly fact: Fact;
}

/** Without its time: what makes two facts the same. */
type Told<F extends Fact = Fact> = F extends Fact ? Omit<F, 'at' | 'journal'> : never;
export type NewFact = Told;

/**
 * Writes down what became known. `once`: the same fact again within that many milliseconds adds nothing, so that a page that repeats itself fills no table.
 * false: it stood there already.
 */
export async function note(
  hall: Hall,
  tx: Tx,
  openingId: string,
  capsuleId: string,
  fact: NewFact,
  once = 0,
): Promise<boolean> {
  const { clock, cipher, random } = hall;
  const at = clock.now();
  const id = newId('fct', random);
  const body = JSON.stringify(fact);
  const onceIndex =
    once > 0 ? cipher.index('hall.fact', openingId, capsuleId, String(Math.floor(at / once)), body) : id;
  return rows.insertFact(tx, {
    id,
    opening_id: openingId,
    capsule_id: capsuleId,
    at,
    kind: fact.kind,
    body_sealed: seal(hall, 'hall_fact', id, 'body_sealed', fact),
    once_index: onceIndex,
  });
}

/** Oldest first. */
export async function factsOfHall(hall: Hall, openingId: string): Promise<NotedFact[]> {
  return (await rows.factsOfOpening(hall.store.read, openingId)).map((row) => ({
    capsuleId: row.capsule_id,
    fact: { ...unseal<NewFact>(hall, 'hall_fact', row.id, 'body_sealed', row.body_sealed), at: row.at } as Fact,
  }));
}
