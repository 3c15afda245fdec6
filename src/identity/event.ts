/**
 * Body of the outbox event `login.verified`: everything message 4 needs (readings L13, L28), in domain names. Stored sealed, erased once delivered.
 * `taskId` and `standBy` are the caller's own words and go back verbatim.
 */
export type LoginVerified = {
  readonly taskId: string;
  readonly standBy: string | null;
  /** Base64 DER, one line. */
  readonly signCertificate: string;
  readonly encryptionCertificate: string;
  /** Canonical: upper hex. */
  readonly signSerial: string;
  readonly encryptionSerial: string;
  readonly userName: string;
  readonly idNumber: string;
  readonly unitName: string;
  readonly unitCode: string;
  /** notAfter of the signing certificate, UTC ms. */
  readonly certificateEnds: number;
  readonly authorityId: string;
  readonly authorityName: string;
  /** SM3 of the ticket's ASCII text, lower hex: only the browser that brings that ticket may be logged in. */
  readonly ticketSm3: string;
};
