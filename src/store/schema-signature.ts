/** The tables of the signature room, in the manner of schema.ts. Documents lie in sealed files; here stands what opens them, sealed once more. */
export interface SignatureTables {
  signing: SigningTable;
  signing_file: SigningFileTable;
}

/** What is being signed in one interaction of kind `sign`. */
export interface SigningTable {
  interaction_id: string;
  unit_id: string;
  /** Of the document; 0: none loaded yet. */
  version: number;
  /** Raised by every write: a writer names the one it has read. */
  change: number;
  /** What the request said: JSON. */
  words_sealed: string;
  /** JSON: files, digest, pages, what was found in it; null: none, or removed. */
  document_sealed: string | null;
  /** JSON: certificate and seals of whoever has proved himself. */
  signer_sealed: string | null;
  /** The signing that waits for a key's answer: consumed by setting it to null. */
  prepared_id: string | null;
  prepared_sealed: string | null;
  /** JSON array of the signatures made. */
  made_sealed: string;
  /** JSON: what the person has put where and not signed yet; null: nothing kept, or no longer needed. */
  plan_sealed: string | null;
  /** Raised by each keeping of the plan, and by nothing else: a page names the one it has seen. */
  plan_revision: number;
  /** When the document's files go; null: not decided yet. */
  files_until: number | null;
  updated_at: number;
}

/** Files on disk that somebody still needs: what no row names is swept. */
export interface SigningFileTable {
  /** Name of a sealed file; opens nothing. */
  name: string;
  interaction_id: string;
}
