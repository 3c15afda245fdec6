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

/** Facts are append-only and stand behind the gate: what was read once is kept. */
const read = new WeakMap<FieldCipher, Map<string, NotedFact>>();
const MOST_KEPT = 50_000;
/** Parameters of one statement. */
const AT_ONCE = 500;

/** Oldest first. */
export async function factsOfHall(
  { cipher }: Pick<NoteDeps, 'cipher'>,
  h: Handle,
  openingId: string,
): Promise<NotedFact[]> {
  const kept = read.get(cipher) ?? new Map<string, NotedFact>();
  read.set(cipher, kept);
  const ids = await rows.factIdsOf(h, openingId);
  if (kept.size + ids.length > MOST_KEPT) kept.clear();
  const fresh = ids.filter((id) => !kept.has(id));
  for (let from = 0; from < fresh.length; from += AT_ONCE)
    for (const row of await rows.factsNamed(h, fresh.slice(from, from + AT_ONCE))) {
      const body = cipher.openText({ table: 'hall_fact', row: row.id, column: 'body_sealed' }, row.body_sealed);
      const fact = { ...(JSON.parse(body) as NewFact), at: row.at } as Fact;
      kept.set(row.id, { capsuleId: row.capsule_id, fact });
    }
  return ids.flatMap((id) => kept.get(id) ?? []);
}
