import type { EnvelopeTables } from './schema-envelope.ts';
import type { HallTables } from './schema-hall.ts';
import type { OpeningTables } from './schema-opening.ts';
import type { SealTables } from './schema-seals.ts';
import type { SignatureTables } from './schema-signature.ts';

/**
 * The whole database, as Kysely sees it. Portable types only: ids and JSON as text, flags as 0/1, times as UTC epoch milliseconds.
 *
 * `*_sealed`  field-encrypted (SM4-CTR + HMAC-SM3 bound to table, row and column): nothing a caller wrote stands here in clear
 * `*_index`   keyed hash of a value, for equality look-ups only
 */

export interface DB extends EnvelopeTables, OpeningTables, HallTables, SealTables, SignatureTables {
  unit: UnitTable;
  unit_secret: UnitSecretTable;
  platform: PlatformTable;
  authority: AuthorityTable;
  authority_certificate: AuthorityCertificateTable;
  crl: CrlTable;
  subscriber: SubscriberTable;
  certificate: CertificateTable;
  enrolment: EnrolmentTable;
  enrolment_history: EnrolmentHistoryTable;
  conflict: ConflictTable;
  interaction: InteractionTable;
  outbox: OutboxTable;
  journal: JournalTable;
  journal_checkpoint: JournalCheckpointTable;
  hub_key: HubKeyTable;
  request_nonce: RequestNonceTable;
  party_version: PartyVersionTable;
  sign_path: SignPathTable;
  control_session: ControlSessionTable;
  offline_job: OfflineJobTable;
  errand: ErrandTable;
}

/** Connecting unit (caUnitId). */
export interface UnitTable {
  id: string;
  name: string;
  status: 'active' | 'suspended';
  /** JSON of relying-party/profile.ts. */
  profile: string;
  /** 16 printable characters, for attFile (readings L36). */
  file_key_sealed: string;
  created_at: number;
  updated_at: number;
}

/** At most two live ones a unit, for roll-over. */
export interface UnitSecretTable {
  id: string;
  unit_id: string;
  secret_sealed: string;
  status: 'live' | 'retired';
  created_at: number;
  retired_at: number | null;
}

/** One row; triggers raise it with every change of unit, unit_secret and platform. */
export interface PartyVersionTable {
  id: number;
  version: number;
}

export interface PlatformTable {
  unit_id: string;
  orgcode: string;
  name: string;
  status: 'active' | 'suspended';
  /** Registered origin + path under which the printed callback paths are appended. */
  callback_base: string;
  /** JSON object: printed path name → absolute URL, overriding callback_base (readings L55). */
  callback_paths: string;
  /** JSON array of exact URLs (readings L30). */
  return_urls: string;
  home_url: string;
  /** Where this platform's people reach the hub; null = the hub's own publicUrl. */
  public_url: string | null;
  /** JSON array of origins allowed to frame the signing pages. */
  origins: string;
  /** JSON array of CIDR ranges: the private addresses registered for this party's callbacks. */
  private_ranges: string;
  created_at: number;
  updated_at: number;
}

/** A CA vendor as a party. */
export interface AuthorityTable {
  id: string;
  name: string;
  driver: string;
  status: 'active' | 'suspended';
  /** JSON: support links, media, revocation policy, identity profile, driver configuration without secrets. */
  manifest: string;
  /** JSON of the driver's secrets, sealed; '' when it has none. */
  secrets_sealed: string;
  created_at: number;
  updated_at: number;
}

export interface AuthorityCertificateTable {
  /** SM3 of the DER, hex. */
  fingerprint: string;
  authority_id: string;
  role: 'root' | 'intermediate';
  der: string;
  created_at: number;
}

/** Newest CRL a distribution point gave, verified before it is written. */
export interface CrlTable {
  /** SM3 of (issuer SPKI ‖ URL), hex. */
  id: string;
  issuer_key: string;
  url: string;
  der: string;
  this_update: number;
  next_update: number;
  fetched_at: number;
}

export interface SubscriberTable {
  id: string;
  kind: 'organisation' | 'person';
  /** Keyed hash of the normalised unitCode. */
  unit_code_index: string;
  /** Keyed hash of the normalised idNumber. */
  id_number_index: string;
  created_at: number;
}

export interface CertificateTable {
  id: string;
  /** SM3 of the DER, keyed hash hex: the certificate's identity. */
  fingerprint_index: string;
  /** SM3 of the issuer's SPKI, hex: vendor by key, never by name (T26). */
  issuer_key: string;
  /** Keyed hash of the canonical serial. */
  serial_index: string;
  spki_index: string;
  purpose: 'sign' | 'encrypt' | 'both';
  authority_id: string;
  subscriber_id: string;
  der_sealed: string;
  not_before: number;
  not_after: number;
  status: 'active' | 'expired' | 'revoked' | 'superseded' | 'cancelled';
  status_at: number;
  created_at: number;
}

/** One unit's record of one key (signing + encryption certificate) of one subscriber. */
export interface EnrolmentTable {
  id: string;
  unit_id: string;
  subscriber_id: string;
  sign_certificate_id: string;
  enc_certificate_id: string;
  /** JSON of the text members as the unit sent them. */
  record_sealed: string;
  seal_sealed: string;
  /** Keyed hash of the whole content, for idempotent repeats. */
  content_index: string;
  status: 'active' | 'superseded' | 'cancelled';
  /** The enrolment that took its place (renew, change). */
  superseded_by: string | null;
  version: number;
  created_at: number;
  updated_at: number;
}

export interface EnrolmentHistoryTable {
  id: string;
  enrolment_id: string;
  change: 'sync' | 'renew' | 'change' | 'cancel';
  /** JSON of what stood before, sealed; '' for the first. */
  before_sealed: string;
  at: number;
}

/** The conflict desk: what two units say differently of one certificate or subscriber (readings L28). */
export interface ConflictTable {
  id: string;
  certificate_id: string;
  unit_id: string;
  other_unit_id: string;
  /** JSON array of member names. */
  fields: string;
  detail_sealed: string;
  status: 'open' | 'resolved';
  resolution: string | null;
  created_at: number;
  resolved_at: number | null;
}

/** A document to be signed once without a network; the document itself never lies here. */
export interface OfflineJobTable {
  id: string;
  unit_id: string;
  /** Lower hex. */
  document_sm3: string;
  bytes: number;
  /** SM3 of the only certificate that may sign, hex; null: any. */
  certificate_sm3: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
  result_sm3: string | null;
}

/** Beside an interaction of kind `control`. */
export interface ControlSessionTable {
  interaction_id: string;
  /** The one origin that may hold the frame. */
  origin: string;
  /** Of control/operations.ts, joined by commas. */
  operations: string;
}

export type InteractionState =
  | 'open' // page URL given, no browser yet
  | 'claimed' // bound to one browser
  | 'proved' // VerifiedIdentity made, result being delivered
  | 'succeeded' // the trading system took it
  | 'refused' // the trading system said no
  | 'undelivered' // it never answered in time
  | 'cancelled'
  | 'expired';

/** `hall`: somebody's seat in an opening's hall. */
export type InteractionKind = 'login' | 'decrypt' | 'hall' | 'sign' | 'control';

export interface InteractionTable {
  id: string;
  kind: InteractionKind;
  unit_id: string;
  orgcode: string;
  /** Keyed hash of (unit, interface, taskId). */
  task_index: string;
  task_sealed: string;
  /** 1, 2, … : a taskId may be tried again after failure, expiry, cancel (readings L31). Unique with task_index. */
  attempt: number;
  /** Keyed hash of the request's content. */
  body_index: string;
  standby_sealed: string;
  return_url_sealed: string;
  state: InteractionState;
  /** Grows with every change of the row that a page or a receiver may see. */
  version: number;
  /** Page-token generation: a repeated startCheck raises it and kills older URLs. */
  generation: number;
  /** SM3 of the browser secret, hex; null until claimed. */
  browser_hash: string | null;
  challenge_nonce: string | null;
  challenge_expires_at: number | null;
  /** Set when the challenge is consumed. */
  challenge_used_at: number | null;
  /** Driver exchange in progress (mobile): authority, state; sealed JSON or null. */
  exchange_sealed: string | null;
  exchange_authority: string | null;
  certificate_id: string | null;
  authority_id: string | null;
  /** Set once: the ticket was redeemed at the hub. */
  ticket_used_at: number | null;
  support_code: string;
  /** Error code and sealed params of the end or of the last refusal shown. */
  refusal_code: string | null;
  refusal_sealed: string | null;
  created_at: number;
  expires_at: number;
  ended_at: number | null;
  updated_at: number;
}

export interface OutboxTable {
  id: string;
  /** Domain event kind; the encoder of app.ts turns it into a wire message. */
  kind: 'login.verified' | 'decrypt.opened' | 'document.signed';
  unit_id: string;
  orgcode: string;
  interaction_id: string;
  state_version: number;
  /** Which row of delivery/schedule.ts says when to try again. */
  schedule: 'login' | 'window' | 'document';
  /** Domain event as JSON, sealed; '' once delivered, lapsed or refused. */
  body_sealed: string;
  state: 'pending' | 'delivered' | 'refused' | 'lapsed' | 'parked';
  attempts: number;
  due_at: number;
  deadline_at: number;
  lease_owner: string | null;
  lease_until: number | null;
  /** Fencing: raised by every claim; only the claimer of this generation may finish. */
  generation: number;
  last_error: string | null;
  created_at: number;
  done_at: number | null;
}

export interface JournalTable {
  seq: number;
  at: number;
  kind: string;
  unit_id: string | null;
  interaction_id: string | null;
  /** JSON, no personal data, no caller's text: ids, codes, tails, keyed hashes. */
  body: string;
  prev: string;
  hash: string;
}

export interface JournalCheckpointTable {
  seq: number;
  head: string;
  at: number;
  key_id: string;
  signature: string;
}

/** The hub's own keys; private parts sealed under the key provider's master key. */
export interface HubKeyTable {
  id: string;
  purpose: 'signing' | 'journal';
  public_point: string;
  private_sealed: string;
  status: 'live' | 'retired';
  created_at: number;
}

/** Nonces of header-signed requests, until their time stamps are too old to be taken anyway. */
export interface RequestNonceTable {
  unit_id: string;
  nonce: string;
  expires_at: number;
}

/** On which printed path a unit's signed string was taken (readings L1). */
export interface SignPathTable {
  unit_id: string;
  /** SM3 of the canonical string, lower hex. */
  digest: string;
  path: string;
  /** Last time, UTC ms; null: by a version that did not write it down. */
  taken_at: number | null;
}

/** What a hub does once, behind its start, and how far it has come. */
export interface ErrandTable {
  name: string;
  /** The last id that was looked at. */
  reached: string;
  /** UTC ms; null: not at the end yet. */
  done_at: number | null;
}
