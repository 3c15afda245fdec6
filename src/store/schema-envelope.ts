/** The tables of the envelope room, in the manner of schema.ts. No content stands in any of them: ciphertexts only, and those sealed again. */
export interface EnvelopeTables {
  encryption: EncryptionTable;
  ciphertext: CiphertextTable;
  ciphertext_recipient: CiphertextRecipientTable;
  decrypt_item: DecryptItemTable;
  decrypt_recipient: DecryptRecipientTable;
}

/** One task of `encrypt`: what a repeat must equal. */
export interface EncryptionTable {
  id: string;
  unit_id: string;
  /** Keyed hash of (unit, taskId): one row a task. */
  task_index: string;
  /** Keyed hash of the request's content. */
  body_index: string;
  created_at: number;
}

/** A ciphertext the hub gave out, by what recognises it again. */
export interface CiphertextTable {
  id: string;
  encryption_id: string;
  unit_id: string;
  /** Keyed hash of the decoded bytes. */
  hash_index: string;
  /** Keyed check of the content key; null where a vendor or the sealer made it. */
  key_index: string | null;
  made_by: 'hub' | 'vendor' | 'capsule';
  bytes: number;
  /** First time it was opened through the hub. */
  opened_at: number | null;
  created_at: number;
}

export interface CiphertextRecipientTable {
  ciphertext_id: string;
  certificate_id: string;
}

/** One thing to be opened in an interaction of kind `decrypt`. */
export interface DecryptItemTable {
  id: string;
  interaction_id: string;
  unit_id: string;
  /** 0, 1, … in the order shown. */
  place: number;
  kind: 'envelope' | 'bare' | 'capsule';
  state: 'waiting' | 'failed' | 'opened' | 'delivered' | 'undelivered';
  ciphertext_id: string | null;
  capsule_id: string | null;
  /** taskId and standBy for message 7, and what the page calls it: JSON. */
  words_sealed: string;
  /** JSON of the wrapped keys. */
  wraps_sealed: string;
  /** The ciphertext; '' once its interaction has ended. */
  body_sealed: string;
  bytes: number;
  /** The interaction on whose page it was opened: its own or a sibling's. */
  opened_by: string | null;
  opened_at: number | null;
  outbox_id: string | null;
  /** Profile `plaintext: memory-only`: which process holds the content, and until when it has said so. */
  held_by: string | null;
  held_until: number | null;
  refusal_code: string | null;
  refusal_sealed: string | null;
  updated_at: number;
}

/** Whose key opens an item, for finding what one key opens together. */
export interface DecryptRecipientTable {
  item_id: string;
  /** Keyed hash of the public key, or of the recipient as the ciphertext names it. */
  recipient_index: string;
}
