import type { Tx } from '#store/store.ts';
import type { HubFact } from './hall/facts.ts';

/** What the hub itself saw of one bid, or (null) of the whole opening: the ground on which the hall decides causes. */
export interface BidNote {
  readonly openingId: string;
  readonly capsuleId: string | null;
  readonly fact: HubFact;
}

/** Told in the transaction in which it was seen; only ever behind the gate. */
export type NoteOfBid = (tx: Tx, note: BidNote) => Promise<void>;
