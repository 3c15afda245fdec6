import type { Clock } from '#kernel/clock.ts';
import { newId } from '#kernel/ids.ts';
import type { Random } from '#kernel/random.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { Handle, Tx } from '#store/store.ts';
import type { NoteOfBid } from '../notes.ts';
import type { Fact } from './facts.ts';
import * as rows from './repository.ts';

export interface NoteDeps {
  readonly cipher: FieldCipher;
  readonly clock: Clock;
  readonly random: Random;
}

/** A fact as stored: of one capsule, or ('' as capsule) of the whole opening. */
interface NotedFact {
  readonly capsuleId: string;
  readonly fact: Fact;
}

/** Without its time. */
type Told<F extends Fact = Fact> = F extends Fact ? Omit<F, 'at' | 'journal'> : never;
export type NewFact = Told;

/**
 * Writes down what became known. `once`: the same fact again within that many milliseconds adds nothing, so that a page that repeats itself fills no table.
 * false: it stood there already.
 */
export async function note(
  { cipher, clock, random }: NoteDeps,
  tx: Tx,
  openingId: string,
  capsuleId: string,
  fact: NewFact,
  once = 0,
): Promise<boolean> {
  const at = clock.now();
  const id = newId('fct', random);
  const body = JSON.stringify(fact);
  const span = once > 0 ? String(Math.floor(at / once)) : '';
  return rows.insertFact(tx, {
    id,
    opening_id: openingId,
    capsule_id: capsuleId,
    at,
    kind: fact.kind,
    body_sealed: cipher.seal({ table: 'hall_fact', row: id, column: 'body_sealed' }, body),
    once_index: once > 0 ? cipher.index('hall.fact', openingId, capsuleId, span, body) : id,
  });
}

/** What the openings themselves see, as a port of theirs. */
export function noteOfBid(deps: NoteDeps): NoteOfBid {
  return async (tx, { openingId, capsuleId, fact }) => {
    await note(deps, tx, openingId, capsuleId ?? '', fact);
  };
}

/** Oldest first. */
export async function factsOfHall(
  { cipher }: Pick<NoteDeps, 'cipher'>,
  h: Handle,
  openingId: string,
): Promise<NotedFact[]> {
  return (await rows.factsOfOpening(h, openingId)).map((row) => {
    const body = cipher.openText({ table: 'hall_fact', row: row.id, column: 'body_sealed' }, row.body_sealed);
    return { capsuleId: row.capsule_id, fact: { ...(JSON.parse(body) as NewFact), at: row.at } as Fact };
  });
}
