/** The tables of the opening's hall, in the manner of schema-opening.ts: who sits there, what two persons decided, what became known of each bid. */
export interface HallTables {
  hall: HallTable;
  hall_seat: HallSeatTable;
  hall_act: HallActTable;
  hall_proposal: HallProposalTable;
  hall_lot_end: HallLotEndTable;
  hall_fact: HallFactTable;
  hall_response: HallResponseTable;
}

/** One row an opening, made when its hall is first entered. */
export interface HallTable {
  opening_id: string;
  /** Grows with every change of the hall itself that a page may see. */
  version: number;
  /** Set when the window is over: bidders confirm or object until `confirm_until`. */
  closed_at: number | null;
  confirm_until: number | null;
  /** The signed minutes: canonical JSON, sealed; null until final. */
  minutes_sealed: string | null;
  /** SM3 of that JSON, hex. */
  minutes_digest: string | null;
  /** Hex DER, by the hub's signing key. */
  minutes_signature: string | null;
  minutes_key_id: string | null;
  finished_at: number | null;
  /** Last sign of life of any hub while the window ran: a gap is a fact of every bid. */
  beat_at: number | null;
  created_at: number;
  updated_at: number;
}

/** A login in the hall. Its id is the interaction's, which is bound to one browser. */
export interface HallSeatTable {
  id: string;
  opening_id: string;
  /** SM3 over (opening, browser secret), hex: a reload finds its seat. */
  browser_index: string;
  /** Keyed hash of who the person is (signing certificate's key): two decisions of one person are one. */
  person_index: string;
  /** JSON of opening/hall/seat.ts: roles, who, which certificate. Sealed, so that nobody counts bidders here before the gate. */
  record_sealed: string;
  state: 'taken' | 'left';
  ends_at: number;
  created_at: number;
  updated_at: number;
}

/** An act that is to be signed: asked, not yet done. Its id is the interaction's whose challenge names it. */
export interface HallActTable {
  id: string;
  opening_id: string;
  seat_id: string;
  /** JSON of the act and the salt: SM3(salt ‖ act) is the challenge's nonce, so that the signature is of this act. */
  act_sealed: string;
  state: 'asked' | 'done' | 'refused';
  /** The signature, certificate and text that did it, sealed JSON; '' before. */
  proof_sealed: string;
  created_at: number;
  done_at: number | null;
}

export interface HallProposalTable {
  id: string;
  opening_id: string;
  kind: 'extend' | 'remedy' | 'abort' | 'postpone' | 'time-override';
  state: 'waiting' | 'confirmed' | 'refused' | 'lapsed' | 'withdrawn';
  /** What is proposed, by whom, why; sealed JSON. */
  record_sealed: string;
  proposer_index: string;
  /** The second person; never the first. */
  decider_index: string | null;
  decision_sealed: string | null;
  lapses_at: number;
  created_at: number;
  decided_at: number | null;
}

/** A lot that the host ended for want of bidders, before any release. */
export interface HallLotEndTable {
  opening_id: string;
  lot_id: string;
  record_sealed: string;
  at: number;
}

/** Append-only: what became known of a bid, or ('' as capsule) of the whole opening. Nothing stands here before the gate. */
export interface HallFactTable {
  id: string;
  opening_id: string;
  capsule_id: string;
  at: number;
  /** opening/hall/facts.ts. */
  kind: string;
  body_sealed: string;
  /** Keyed hash of the content where it is to be kept once; else the id. */
  once_index: string;
}

/** Confirmation or objection of a bidder, and the host's answer. */
export interface HallResponseTable {
  id: string;
  opening_id: string;
  bid_id: string;
  kind: 'confirmed' | 'objected';
  record_sealed: string;
  answer_sealed: string | null;
  at: number;
  answered_at: number | null;
}
