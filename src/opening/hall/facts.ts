/** What became known of one bid: the only ground on which a cause is ever decided. Times are UTC ms. */
export type Fact = { readonly at: number; readonly journal?: number } & (HubFact | ReportFact);

/** Seen by the hub itself, with its own eyes: proof. */
export type HubFact =
  /** The bidder's browser claimed a decrypt page that holds this bid. */
  | { readonly kind: 'page-entered' }
  /** A call of that page; the last one tells since when there is silence. */
  | { readonly kind: 'page-called' }
  | { readonly kind: 'opened'; readonly capsule: string }
  | {
      readonly kind: 'key-returned';
      readonly capsule: string;
      /** K_b against its commitment in the header that the receipt covers. */
      readonly commitment: 'met' | 'missed';
      /** The wrap that was given to the key, byte for byte the one of the receipt (or of a re-wrap's receipt). */
      readonly wrapAsReceipt: boolean;
      /** `vendor`: a vendor's service stood between the key and the hub. */
      readonly road: 'key' | 'vendor';
      readonly sealedBy: 'client' | 'hub';
    }
  /** Stored bytes against the receipt: content or header changed while the hub kept them. */
  | { readonly kind: 'capsule-differs'; readonly capsule: string; readonly what: 'digest' | 'header' | 'missing' }
  /** Bytes as received, both halves meet their commitments, and yet the body does not open. */
  | { readonly kind: 'body-broken'; readonly capsule: string }
  /** K_o of this capsule misses its commitment, or never came out of the opener. */
  | { readonly kind: 'opening-key-missing'; readonly capsule: string }
  /** A custodian's share misses its commitment. */
  | { readonly kind: 'share-bad'; readonly custodian: number; readonly title: string }
  | { readonly kind: 'not-released'; readonly have: number; readonly need: number }
  /** A vendor's service did not do what it was asked for this bid. `othersReached`: within a minute the hub reached somebody else outside. */
  | {
      readonly kind: 'vendor-failed';
      readonly authority: string;
      readonly name: string;
      readonly why: 'no-answer' | 'error' | 'driver-down';
      readonly othersReached: boolean;
    }
  /** No hub was at work from `from` to `at`. */
  | { readonly kind: 'hub-away'; readonly from: number }
  /** Pages of `bids` different bidders fell silent within the same half minute. */
  | { readonly kind: 'many-silent'; readonly bids: number }
  | { readonly kind: 'platform-refused'; readonly capsule: string }
  /** The certificate that is needed has a successor on record. */
  | { readonly kind: 'renewed'; readonly tail: string; readonly newTail: string }
  | { readonly kind: 'expired'; readonly tail: string };

/** Said by a page or an agent: believed as far as it helps the person, never as proof against anybody. */
export interface ReportFact {
  readonly kind: 'report';
  readonly what:
    | 'no-agent'
    | 'agent-blocked'
    | 'no-key'
    | 'wrong-key'
    | 'pin-wrong'
    | 'pin-locked'
    | 'key-pulled'
    | 'network'
    | 'unwrap-failed';
  /** Serial tail of the plugged certificate, where one was seen. */
  readonly tail: string | null;
}

export const isProof = (fact: Fact): boolean => fact.kind !== 'report';

/** Facts of one kind, oldest first. */
export const factsOf = <K extends Fact['kind']>(facts: readonly Fact[], kind: K): Extract<Fact, { kind: K }>[] =>
  facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind);
