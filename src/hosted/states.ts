import type { ErrorCode } from '#kernel/catalogue.ts';

/**
 * Every situation in which a person can find himself on a page that an interaction was opened for. The name stands in `data-state` of the page, and tests, help desk and
 * looks use the same name. One table says how each one looks; words.ts says what each one reads.
 */
export type Tone = 'bad' | 'warn' | 'info' | 'ok';
export type Icon =
  | 'bad'
  | 'badge'
  | 'block'
  | 'clock'
  | 'down'
  | 'file'
  | 'info'
  | 'left'
  | 'link'
  | 'lock'
  | 'minus'
  | 'ok'
  | 'phone'
  | 'plug-off'
  | 'plus'
  | 'refresh'
  | 'remove'
  | 'right'
  | 'seal'
  | 'server'
  | 'shield'
  | 'swap'
  | 'unlock'
  | 'usb'
  | 'usb-off'
  | 'users'
  | 'warn'
  | 'window';

interface Look {
  readonly tone: Tone;
  readonly icon: Icon;
  /** The interaction is over on this page: one way out. */
  readonly end?: true;
}

export const states = {
  // the agent
  'no-agent': { tone: 'warn', icon: 'plug-off' },
  'lna-blocked': { tone: 'info', icon: 'window' },
  'lna-denied': { tone: 'bad', icon: 'block' },
  framed: { tone: 'warn', icon: 'window' },
  'not-paired': { tone: 'warn', icon: 'shield' },
  'agent-lost': { tone: 'warn', icon: 'plug-off' },
  // the key and its PIN
  pulled: { tone: 'warn', icon: 'usb-off' },
  'pin-last': { tone: 'warn', icon: 'warn' },
  locked: { tone: 'bad', icon: 'lock' },
  'pin-refused': { tone: 'warn', icon: 'lock' },
  // the certificate
  expired: { tone: 'bad', icon: 'clock' },
  'not-yet-valid': { tone: 'bad', icon: 'clock' },
  revoked: { tone: 'bad', icon: 'badge' },
  superseded: { tone: 'bad', icon: 'swap' },
  'cert-cancelled': { tone: 'bad', icon: 'badge' },
  denied: { tone: 'bad', icon: 'users' },
  suspended: { tone: 'bad', icon: 'server' },
  'unknown-issuer': { tone: 'bad', icon: 'badge' },
  'cert-invalid': { tone: 'bad', icon: 'badge' },
  'status-down': { tone: 'warn', icon: 'server' },
  unreadable: { tone: 'warn', icon: 'usb-off' },
  'sign-failed': { tone: 'bad', icon: 'warn' },
  'key-unable': { tone: 'warn', icon: 'usb-off' },
  // the files
  'wrong-key': { tone: 'bad', icon: 'swap' },
  renewed: { tone: 'warn', icon: 'refresh' },
  'expired-ok': { tone: 'info', icon: 'info' },
  partial: { tone: 'bad', icon: 'file' },
  'not-yet': { tone: 'info', icon: 'clock' },
  'vendor-down': { tone: 'warn', icon: 'server' },
  'all-open': { tone: 'ok', icon: 'ok', end: true },
  closed: { tone: 'bad', icon: 'lock', end: true },
  // the document to sign
  broken: { tone: 'bad', icon: 'file' },
  'too-big': { tone: 'bad', icon: 'file' },
  'not-signable': { tone: 'bad', icon: 'file' },
  'view-failed': { tone: 'warn', icon: 'file' },
  changed: { tone: 'warn', icon: 'refresh' },
  'place-refused': { tone: 'warn', icon: 'seal' },
  'seal-refused': { tone: 'bad', icon: 'seal' },
  'other-unit': { tone: 'bad', icon: 'users' },
  'signer-key': { tone: 'info', icon: 'usb' },
  'stamp-down': { tone: 'warn', icon: 'clock' },
  moved: { tone: 'info', icon: 'window' },
  signed: { tone: 'ok', icon: 'ok', end: true },
  'signed-local': { tone: 'ok', icon: 'down', end: true },
  'signed-handed': { tone: 'ok', icon: 'ok', end: true },
  // the interaction
  taken: { tone: 'bad', icon: 'swap', end: true },
  'superseded-link': { tone: 'info', icon: 'swap', end: true },
  'link-invalid': { tone: 'info', icon: 'clock', end: true },
  'task-expired': { tone: 'info', icon: 'clock', end: true },
  cancelled: { tone: 'info', icon: 'block', end: true },
  'already-done': { tone: 'ok', icon: 'ok', end: true },
  done: { tone: 'ok', icon: 'ok', end: true },
  // the trading system
  'no-answer': { tone: 'warn', icon: 'server' },
  undelivered: { tone: 'bad', icon: 'server', end: true },
  refused: { tone: 'bad', icon: 'users', end: true },
  // the hub
  offline: { tone: 'warn', icon: 'plug-off' },
  busy: { tone: 'warn', icon: 'clock' },
  trouble: { tone: 'bad', icon: 'warn' },
} as const satisfies Record<string, Look>;

export type TroubleState = keyof typeof states;
/** States in which nothing is wrong, and those shown inside a component instead of a notice. */
export type CalmState =
  | 'opening'
  | 'searching'
  | 'ready'
  | 'empty'
  | 'pin-wrong'
  | 'verifying'
  | 'leaving'
  | 'mobile'
  | 'running'
  | 'pick-file'
  | 'placing'
  | 'no-seal'
  | 'signing'
  | 'telling';
export type StateName = TroubleState | CalmState;

/** Which situation a refusal of the hub is. What is not named is `trouble`, with the hub's own sentence. */
export const stateOfCode: Readonly<Partial<Record<ErrorCode, TroubleState>>> = {
  TASK_EXPIRED: 'task-expired',
  TASK_ENDED: 'already-done',
  TASK_UNKNOWN: 'link-invalid',
  LINK_INVALID: 'link-invalid',
  LINK_SUPERSEDED: 'superseded-link',
  OTHER_BROWSER: 'taken',
  CANCELLED_BY_PERSON: 'cancelled',
  CERTIFICATE_EXPIRED: 'expired',
  CERTIFICATE_NOT_YET_VALID: 'not-yet-valid',
  CERTIFICATE_REVOKED: 'revoked',
  CERTIFICATE_SUPERSEDED: 'superseded',
  CERTIFICATE_CANCELLED: 'cert-cancelled',
  CERTIFICATE_NOT_ENROLLED: 'denied',
  AUTHORITY_SUSPENDED: 'suspended',
  ISSUER_UNKNOWN: 'unknown-issuer',
  CHAIN_INVALID: 'cert-invalid',
  CERTIFICATE_PURPOSE: 'cert-invalid',
  CERTIFICATE_UNREADABLE: 'cert-invalid',
  ALGORITHM_NOT_ALLOWED: 'cert-invalid',
  IDENTITY_AMBIGUOUS: 'cert-invalid',
  CERTIFICATE_STATUS_UNAVAILABLE: 'status-down',
  SIGNATURE_WRONG: 'sign-failed',
  CHALLENGE_WRONG: 'sign-failed',
  CHALLENGE_USED: 'sign-failed',
  CHALLENGE_EXPIRED: 'sign-failed',
  DOCUMENT_NOT_PDF: 'not-signable',
  DOCUMENT_FORMAT: 'not-signable',
  DOCUMENT_ENCRYPTED: 'not-signable',
  DOCUMENT_BROKEN: 'not-signable',
  DOCUMENT_TOO_COMPLEX: 'not-signable',
  DOCUMENT_CERTIFIED: 'not-signable',
  DOCUMENT_CHANGED: 'changed',
  SIGNER_OTHER_UNIT: 'other-unit',
  PLACEMENT_INVALID: 'place-refused',
  SIGNING_EXPIRED: 'sign-failed',
  SIGNING_USED: 'changed',
  SIGNATURE_NOT_TAKEN: 'sign-failed',
  TIMESTAMP_UNAVAILABLE: 'stamp-down',
  SEAL_ALGORITHM: 'seal-refused',
  SEAL_UNKNOWN: 'seal-refused',
  SEAL_MAKER_UNKNOWN: 'seal-refused',
  SEAL_MAKER_UNUSABLE: 'seal-refused',
  SEAL_MAKER_STATUS: 'seal-refused',
  SEAL_ALTERED: 'seal-refused',
  SEAL_NOT_YET_VALID: 'seal-refused',
  SEAL_EXPIRED: 'seal-refused',
  SEAL_PICTURE: 'seal-refused',
  SEAL_TOO_LARGE: 'seal-refused',
  SEAL_IMAGE_NOT_TAKEN: 'seal-refused',
  SEAL_NOT_YOURS: 'seal-refused',
  SEAL_SUSPENDED: 'seal-refused',
  SEAL_REVOKED: 'seal-refused',
  SEAL_REPLACED: 'seal-refused',
  SEAL_POWER: 'seal-refused',
  PLATFORM_REFUSED: 'refused',
  PLATFORM_NO_ANSWER: 'undelivered',
  RATE_LIMITED: 'busy',
  SERVICE_BUSY: 'busy',
};
