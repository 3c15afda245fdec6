/**
 * Why a capsule cannot be made, stored or opened. For the journal and for the cause of a bid that did not open; a person is told one sentence for all
 * of them, so that nobody learns from the answer which check failed.
 */
export type CapsuleFaultReason =
  | 'format' // not a capsule, or its head is not spelled as written
  | 'length' // cut short or extended against what the header says
  | 'chunk' // a chunk's tag does not hold: altered, moved, or another key
  | 'content' // what lies inside is not laid out as written
  | 'signature' // the inner signature does not hold
  | 'size' // the source gave more or less than was announced
  | 'key'; // the key is not the one the header commits to

/** Thrown by streams, which have no other way to say it; never carries content. */
export class CapsuleFault extends Error {
  readonly reason: CapsuleFaultReason;
  constructor(reason: CapsuleFaultReason, detail: string) {
    super(`capsule ${reason}: ${detail}`);
    this.name = 'CapsuleFault';
    this.reason = reason;
  }
}
