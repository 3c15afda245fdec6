/** The seal library, in the manner of schema.ts. */
export interface SealTables {
  seal: SealTable;
  enrolment_seal: EnrolmentSealTable;
  seal_power: SealPowerTable;
  seal_use: SealUseTable;
}

export interface SealTable {
  id: string;
  unit_id: string;
  /** The organisation whose seal it is: `unit_code_index` of its subscribers. */
  owner_index: string;
  /** Keyed hash of the seal's or picture's bytes. Unique with unit and owner: the same seal is one row however it came. */
  content_index: string;
  /** DER of SESeal, or the picture's file. */
  content_sealed: string;
  /** JSON of subscriber/seals/facts.ts: name, size, maker. */
  facts_sealed: string;
  /** 1: registered by the unit; 0: it stands as long as an active enrolment brings it. */
  registered: number;
  state: 'active' | 'suspended' | 'revoked';
  /** Why, as said by whoever changed the state; '' for none. */
  reason_sealed: string;
  valid_from: number | null;
  valid_to: number | null;
  /** How often it was used. */
  uses: number;
  version: number;
  created_at: number;
  updated_at: number;
}

/** The seal that an enrolment brings now. */
export interface EnrolmentSealTable {
  enrolment_id: string;
  seal_id: string;
}

export interface SealPowerTable {
  seal_id: string;
  /** As `certificate.fingerprint_index`; the certificate need not be on record (yet). */
  certificate_index: string;
  power: 'manage' | 'use' | 'audit';
  /** Last four of the certificate's serial; '' where a seal names it by digest only. */
  tail: string;
  /** `maker`: named in the seal's list · `enrolment`: the key that brings the seal · `grant`: by a person who manages it, or the operator. */
  given_by: 'maker' | 'enrolment' | 'grant';
  given_at: number;
  /** null: in force. */
  withdrawn_at: number | null;
  /** `enrolment`: the key brings another seal now; what a person or the operator withdrew no record brings back. */
  withdrawn_by: 'enrolment' | 'person' | 'operator' | null;
}

export interface SealUseTable {
  id: string;
  /** `sel_…`, or `brought_…` of a vendor's. */
  seal_id: string;
  unit_id: string;
  interaction_id: string;
  certificate_index: string;
  tail: string;
  /** Of the document that resulted, lower hex. */
  document_sm3: string;
  places: number;
  at: number;
}
