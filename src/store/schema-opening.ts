/** The tables of the opening room, in the manner of schema.ts. Who bids for what has no readable column anywhere. */
export interface OpeningTables {
  opening: OpeningTable;
  opening_lot: OpeningLotTable;
  opening_person: OpeningPersonTable;
  release_share: ReleaseShareTable;
  opening_amendment: OpeningAmendmentTable;
  opening_event: OpeningEventTable;
  capsule: CapsuleTable;
  capsule_wrap: CapsuleWrapTable;
  capsule_ko: CapsuleKoTable;
  rehearsal: RehearsalTable;
  content_link: ContentLinkTable;
  recovery_approval: RecoveryApprovalTable;
  time_trust: TimeTrustTable;
}

export type OpeningState =
  | 'announced' // takes capsules until closes_at; closed until the gate
  | 'releasing' // after the gate: the host has seen the number and begun; custodians hand in their shares
  | 'released' // K_o of every capsule is stored; bidders open until window_ends_at
  | 'ended' // the host ended it, or the window ran out and he confirmed
  | 'aborted'; // fewer than three, or two persons ended it: the capsules stay closed

export interface OpeningTable {
  id: string;
  unit_id: string;
  orgcode: string;
  /** Keyed hash of (unit, taskId): one opening a task. */
  task_index: string;
  /** Keyed hash of the whole request, for idempotent repeats. */
  body_index: string;
  /** JSON of opening/opening.ts `Terms`. */
  terms_sealed: string;
  state: OpeningState;
  /** Grows with every change a page may see; the hall's live channel carries it. */
  version: number;
  /** The last millisecond that takes a capsule is the one before. */
  closes_at: number;
  /** The opening's present time. The gate of a capsule is max(its own header's, this). */
  opens_at: number;
  window_ms: number;
  /** Set at release, moved by extensions. */
  window_ends_at: number | null;
  key_model: 'bidder' | 'joint' | 'quorum';
  /** Custodians needed (t). */
  threshold: number;
  /** Recovery custodians needed (t'); 0 but for `quorum`. */
  recovery_threshold: number;
  /** Hex point of the opening's public key; '' for `bidder`. Its private key exists nowhere. */
  public_point: string;
  /** The release key: made after the gate only. Private part sealed, '' once the opening has ended. */
  release_point: string | null;
  release_sealed: string | null;
  release_at: number | null;
  released_at: number | null;
  ended_at: number | null;
  created_at: number;
  updated_at: number;
}

export interface OpeningLotTable {
  id: string;
  opening_id: string;
  lot_index: string;
  /** JSON of code, name. */
  record_sealed: string;
  place: number;
}

export type OpeningRole = 'host' | 'supervisor' | 'custodian' | 'deputy' | 'recovery';

/** Everybody who has an office in an opening. A deputy has the seat of the custodian he stands in for. */
export interface OpeningPersonTable {
  id: string;
  opening_id: string;
  role: OpeningRole;
  /** 1…n for custodians and their deputies, 1…n' for recovery custodians, 0 for the others. */
  seat: number;
  /** Keyed hash of the signing certificate's fingerprint: who logs in with it takes this seat. */
  sign_index: string;
  /** Keyed hash of the encryption certificate's key; '' for those who unwrap nothing. */
  encrypt_index: string;
  /** JSON of name, signCertificate, encryptionCertificate (base64 DER). */
  record_sealed: string;
  /** Base64 of the share wrapped to this person's encryption certificate, sealed; null for roles without one. */
  share_sealed: string | null;
  /** Hex SM3(label ‖ share ‖ nonce): a bad share names its custodian. */
  share_commitment: string | null;
  /** The running test of the check-in, sealed; null when none runs. */
  test_sealed: string | null;
  checked_in_at: number | null;
  released_at: number | null;
  created_at: number;
}

/** Shares as they came back, wrapped to the release key. */
export interface ReleaseShareTable {
  id: string;
  opening_id: string;
  seat: number;
  person_id: string;
  wrapped_sealed: string;
  wrapped_index: string;
  verdict: 'received' | 'good' | 'bad';
  received_at: number;
  judged_at: number | null;
}

/** Append-only; number 1 is the announcement itself. */
export interface OpeningAmendmentTable {
  id: string;
  opening_id: string;
  number: number;
  /** Canonical JSON that the hub's signing key signed, sealed. */
  record_sealed: string;
  /** Hex DER. */
  signature: string;
  key_id: string;
  created_at: number;
}

/** Append-only: what the minutes are made of. `digest` stands in the journal at the same time. */
export interface OpeningEventTable {
  id: string;
  opening_id: string;
  at: number;
  /** Canonical JSON of opening/events.ts, sealed. */
  body_sealed: string;
  /** SM3 of the canonical JSON (a random nonce inside), hex. */
  digest: string;
}

export type CapsuleState =
  | 'sealed' // the one of its slot that opens
  | 'replaced' // a later version took its place before the deadline
  | 'withdrawn'
  | 'opened' // its content was delivered or handed over
  | 'failed' // the window ended without it
  | 'returned'; // the opening was aborted: closed for good

export interface CapsuleTable {
  id: string;
  opening_id: string;
  lot_index: string;
  /** Keyed hash of the connecting unit. */
  owner_index: string;
  /** Keyed hash of (unit, opening, lot, taskId): one bid, of which the last version opens. */
  slot_index: string;
  /** Keyed hash of (unit, taskId, SM3 of the whole capsule): the same upload again is the same capsule. */
  upload_index: string;
  /** Keyed hash of the bidder's encryption key (SPKI). */
  bidder_index: string;
  version: number;
  state: CapsuleState;
  /** JSON of opening/capsules.ts `CapsuleRecord`: unit, task, lot, bidder, receipt. */
  record_sealed: string;
  /** The capsule's head (header and first wraps), base64, sealed; the blob holds only the encrypted body. */
  head_sealed: string;
  blob_id: string;
  /** Of the whole capsule. */
  bytes: number;
  /** Keyed hash of the whole capsule, and of nothing readable. */
  content_index: string;
  /** header.opensAt: never opened before, whatever is amended. */
  opens_at: number;
  sealed_at: number;
  /** Code of the last verdict about its opening. */
  outcome: string | null;
  outcome_sealed: string | null;
  /** DEK of an opened content that is fetched by address, sealed; null before, and again when it was fetched or its time is over. */
  key_sealed: string | null;
  ended_at: number | null;
  updated_at: number;
}

/** Append-only: the wraps of K_b, of K_o and, by a re-wrap, of K_b to a renewed certificate. */
export interface CapsuleWrapTable {
  id: string;
  capsule_id: string;
  kind: 'bidder' | 'recovery' | 'opening';
  /** Keyed hash of the recipient's key as in `certificate.spki_index`; of the opening's point for `opening`. */
  spki_index: string;
  /** JSON of wrapped, certificate, rewrap?, sealed. */
  record_sealed: string;
  created_at: number;
}

/** K_o after release. */
export interface CapsuleKoTable {
  capsule_id: string;
  opening_id: string;
  /** JSON of value, nonce hex, sealed; '' when the opener could not get it (`bad`). */
  value_sealed: string;
  /** `bad`: the opener could not unwrap it, or it misses its commitment. */
  verdict: 'good' | 'bad';
  created_at: number;
}

/** 开标前自检: a random value wrapped to the same certificate as the capsule's key; the capsule is not touched. */
export interface RehearsalTable {
  id: string;
  capsule_id: string;
  wrap_id: string;
  test_sealed: string;
  expires_at: number;
  verdict: 'good' | 'bad' | null;
  created_at: number;
  ended_at: number | null;
}

/** A one-time address of an opened content over 1 MB. */
export interface ContentLinkTable {
  /** SM3 of the token, hex. */
  token_index: string;
  capsule_id: string;
  unit_id: string;
  expires_at: number;
  used_at: number | null;
  created_at: number;
}

/** A recovery custodian's share of one K_b, re-wrapped to the release key (key model `quorum`). */
export interface RecoveryApprovalTable {
  id: string;
  opening_id: string;
  capsule_id: string;
  person_id: string;
  wrapped_sealed: string;
  received_at: number;
}

/** Every change of mind about the clock; the last row is the present one. No row: trusted. */
export interface TimeTrustTable {
  id: string;
  state: 'trusted' | 'distrusted';
  /** A hub-made code: jump, behind-journal, far-ahead, contradicted, witness, custodians, override. */
  reason: string;
  evidence_sealed: string;
  at: number;
}
